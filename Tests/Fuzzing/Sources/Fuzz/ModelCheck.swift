import Martlet

/// A file that is refused leaves the model as it was, and one that is taken can be saved and loaded again.
func checkModel(_ bytes: [UInt8]) {
  let model = Small()
  let before = state(of: model)
  guard load(memoryFile(bytes), into: model) else {
    promise(isSame(state(of: model), before), "model: a file that was refused has changed it")
    return
  }
  let loaded = state(of: model)
  guard let written = Outcome({ () throws(FormatError) in try Safetensors.bytes(of: loaded) }).value else {
    promise(false, "model: what was loaded cannot be saved")
    return
  }
  let other = Small()
  promise(load(memoryFile(written), into: other), "model: what was loaded and saved cannot be loaded again")
  promise(isSame(state(of: other), loaded), "model: loaded, saved and loaded again it is something else")
}

private final class Small: Module {
  let net = Sequential(inputShape: [2]) {
    Dense(3, activation: .relu)
    Dense(1)
  }
  let twice: Dense
  /// The same layer again: its parameters have two names.
  let again: Dense
  @Buffer var steps: Tensor<Int64> = [7]

  init() {
    twice = Dense(1, 1, useBias: false)
    again = twice
  }
}

private func load(_ path: String, into model: some Module) -> Bool {
  do {
    try model.load(from: path)
    return true
  } catch {
    promise(!error.description.isEmpty, "an error without a description")
    return false
  }
}

private func state(of model: some Module) -> Safetensors.Tensors {
  do {
    return try model.namedTensors()
  } catch {
    fatalError("model: \(error)")
  }
}

private func isSame(_ a: Safetensors.Tensors, _ b: Safetensors.Tensors) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { $0.name == $1.name && $0.tensor.hasSameBits(as: $1.tensor) }
}
