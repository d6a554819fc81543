import MartletCore
import MartletData
import MartletNN
import MartletTraining
import Synchronization

@testable import MartletAccountability
@testable import MartletEnergy

/// A machine of one processor of 100 W, on which each reading finds a second of full use gone by.
final class SteadyClock {
  let system = FakeSystem()
  var readings = 0

  func moment() -> EnergyReader.Moment {
    readings += 1
    let seconds = Double(readings)
    return EnergyReader.Moment(seconds: seconds, own: seconds, busy: seconds, residentBytes: 0)
  }

  /// A meter whose every step is read: 100 J each.
  func meter(
    _ limits: [EnergyLimit] = [], target: EnergyTarget? = nil, _ accounting: EnergyAccounting = EnergyAccounting(),
    interval: Double = 0
  ) -> EnergyMeter {
    var accounting = accounting
    accounting.fullPower = Power(unchecked: 100, 50, 200, .declared)
    return EnergyMeter(accounting, limits: limits, target: target, forecasts: false, interval: interval) {
      EnergyReader($0, root: self.system.root) { self.moment() }
    }
  }
}

/// A callback that records a measure of one's own, by the epoch.
final class Scripted: Callback {
  let name: String
  let values: [Double]
  init(_ name: String, _ values: [Double]) { (self.name, self.values) = (name, values) }
  func onEpochEnd(_ fit: FitState) { fit.record(name, values[fit.epoch - 1]) }
}

/// A fit of 4 steps an epoch.
struct SmallFit {
  let model: Sequential
  let trainer: Trainer<Sequential, Tensor<Float>>
  let x: Tensor<Float>
  let y: Tensor<Float>

  init() {
    model = withRandomSeed(1) {
      Sequential(inputShape: [3]) {
        Dense(8, activation: .relu)
        BatchNorm()
        Dropout(0.1)
        Dense(1)
      }
    }
    trainer = Trainer(model, optimizer: Adam(learningRate: 0.01), loss: .meanSquaredError)
    (x, y) = withRandomSeed(2) {
      (Tensor<Float>.randomUniform([32, 3]), Tensor<Float>.randomUniform([32, 1]))
    }
  }

  @discardableResult
  func run(
    _ callbacks: [any Callback], epochs: Int = 3, validated: Bool = false, from path: String? = nil,
    progress: ProgressStyle = .none
  ) throws -> History {
    try trainer.fit(
      x, y, epochs: epochs, batchSize: 8, validationData: validated ? (x, y) : nil, seed: 3, progress: progress,
      callbacks: callbacks, resumingFrom: path)
  }

  /// The bits of the parameters, the buffers and what the optimiser keeps.
  var bits: [[UInt8]] {
    let tensors = (model.parameters() + model.buffers()).map { $0.variable.value }
    return (tensors + trainer.optimizer.state(for: model).map(\.tensor)).map { $0.withUnsafeBytes { Array($0) } }
  }
}

/// Lines that a fit shows.
final class Lines: Sendable {
  private let kept = Mutex<[String]>([])
  var style: ProgressStyle { .lines(to: { [self] line in kept.withLock { $0.append(line) } }) }
  var text: String { kept.withLock { $0.joined() } }
}
