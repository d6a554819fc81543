import MartletTraining

// Energy as a part of a checkpoint, with every bit.

extension Quantity {
  var state: SavedState {
    SavedState(numbers: ["amount": amount, "low": low, "high": high], texts: ["provenance": provenance.rawValue])
  }

  init(_ state: SavedState) throws(CheckpointError) {
    let (amount, low, high) = (try state.number("amount"), try state.number("low"), try state.number("high"))
    guard let provenance = Provenance(rawValue: try state.text("provenance")), low >= 0, low <= amount, amount <= high,
      high.isFinite
    else {
      throw .state("expected an amount of at least 0 within its interval, got \(amount) within \(low) to \(high)")
    }
    self.init(unchecked: amount, low, high, provenance)
  }
}

extension EnergyUse {
  var state: SavedState {
    var state = SavedState(numbers: ["seconds": seconds, "processorSeconds": processorSeconds])
    state.add(processor.state, under: "processor")
    state.add(memory.state, under: "memory")
    state.add(provisioned.state, under: "provisioned")
    state.add(machine.state, under: "machine")
    return state
  }

  init(_ state: SavedState) throws(CheckpointError) {
    self.init()
    (seconds, processorSeconds) = (try state.number("seconds"), try state.number("processorSeconds"))
    if !(seconds >= 0 && processorSeconds >= 0) {
      throw .state("expected seconds of at least 0, got \(seconds) and \(processorSeconds)")
    }
    processor = try Energy(state.under("processor"))
    memory = try Energy(state.under("memory"))
    provisioned = try Energy(state.under("provisioned"))
    machine = try Energy(state.under("machine"))
  }
}
