import Martlet

extension Workload {
  /// Predictions with the initial parameters of the networks that are trained. The check value is the outputs'.
  public static let inference: [Workload] = calls + requests + batches

  /// Calls of the model.
  private static let calls: [Workload] = [
    ("10-64-1", Network.small), ("784-512-512-10", .images), ("1024x4-10", .square), ("12x1024", .deep),
    ("4096-wide", .wide),
  ].flatMap { name, network in
    [1, 256].map { rows in
      Workload("inference/\(name)-b\(rows)", network.predictionWork(rows)) {
        let (model, x) = (network.model(), network.features(rows))
        return Instance { model(x) }
      }
    }
  }

  /// What a server does: a row at a time, checked and predicted by the model's predictor.
  private static let requests: [Workload] = [
    ("10-64-1", Network.small), ("784-512-512-10", .images),
  ].map { name, network in
    Workload("inference/\(name)-predictor-b1", network.predictionWork(1), isLatency: true) {
      let (predictor, x) = (try network.model().predictor(), network.features(1))
      // The row fits, so that no prediction throws.
      return Instance { try! predictor.predict(x) }
    }
  }

  /// What an evaluation does: many rows at a time, checked and predicted by the trainer.
  private static let batches: [Workload] = [
    ("10-64-1", Network.small), ("784-512-512-10", .images),
  ].map { name, network in
    Workload("inference/\(name)-trainer-b256", network.predictionWork(256), isLatency: true) {
      let x = network.features(256)
      switch network.task {
      case .regression: return predicting(Trainer(network.model(), optimizer: Adam(), loss: .meanSquaredError), x)
      case .classification: return predicting(Trainer(network.model(), optimizer: Adam(), loss: .crossEntropy), x)
      }
    }
  }

  private static func predicting<Target>(_ trainer: Trainer<Sequential, Target>, _ x: Tensor<Float>) -> Instance {
    // The rows fit, so that no prediction throws.
    Instance { try! trainer.predict(x) }
  }

  /// The model that a process loads in the suite Startup.
  public static func startupModel() -> Sequential { Network.images.model() }
}
