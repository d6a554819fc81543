import Martlet

extension Workload {
  /// Predictions with the initial parameters of the networks that are trained. The check value is the outputs'.
  public static let inference: [Workload] = [
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

  /// The model that a process loads in the suite Startup.
  public static func startupModel() -> Sequential { Network.images.model() }
}
