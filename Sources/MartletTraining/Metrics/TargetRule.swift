import MartletCore
import MartletNN

extension TargetRule {
  /// Throws unless targets fit outputs of the given shape for one row.
  func check<Target>(
    _ targets: Tensor<Target>, outputShape: Shape, of consumer: String
  ) throws(TrainingError) {
    let rows = targets.shape[0]
    let outputs = Shape([rows] + outputShape)
    switch self {
    case .any:
      return
    case .sameShape:
      if targets.shape == outputs { return }
      var message =
        "\(consumer) compares outputs of shape \(outputs) with targets of that shape, not \(targets.shape)"
      if targets.count == outputs.elementCount { message += "; y.reshaped(to: \(outputs)) makes them so" }
      throw .targets(message)
    case .labels:
      if outputShape.rank != 1 {
        throw .targets(
          "\(consumer) wants an output for every class, shape [rows, classes]; the model gives \(outputs)")
      }
      if targets.rank != 1 {
        var message = "\(consumer) wants one label a row, shape [\(rows)], not \(targets.shape)"
        if targets.count == rows {
          message += "; y.flattened() makes them so"
        } else if targets.shape == outputs {
          message += "; from one-hot rows, y.argMax(axis: 1).cast(to: Int32.self) makes them so"
        }
        throw .targets(message)
      }
      guard let labels = try? Tensor<Int32>(targets.erased) else { return }
      let classes = outputShape[0]
      let found = labels.withUnsafeScalars { labels in labels.firstIndex { $0 < 0 || Int($0) >= classes } }
      if let row = found {
        throw .labelOutOfRange(label: Int(labels.scalars[row]), row: row, classes: classes)
      }
    }
  }
}
