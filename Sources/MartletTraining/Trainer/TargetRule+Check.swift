import MartletCore
import MartletData

extension TargetRule {
  /// Whether targets are compared with the outputs' shape.
  var needsOutputShape: Bool { form != .any }

  /// Whether targets are labels of classes.
  var areLabels: Bool { if case .labels = form { true } else { false } }

  /// Throws unless the targets fit outputs whose shape for one row is `outputShape`, and are within the rule's range.
  /// Without `outputShape`, only the range is checked.
  func check(
    _ targets: [(tensor: AnyTensor, extremes: Extremes?)], outputShape: Shape?, of consumer: String
  ) throws(TrainingError) {
    if form != .any && targets.count != 1 {
      throw .targets("\(consumer): expected targets of one tensor, got \(targets.count)")
    }
    for (tensor, extremes) in targets { try check(tensor, extremes, outputShape, consumer) }
  }

  private func check(
    _ targets: AnyTensor, _ extremes: Extremes?, _ outputShape: Shape?, _ consumer: String
  ) throws(TrainingError) {
    if let outputShape { try checkForm(of: targets, extremes, outputShape, consumer) }
    if let range, let extremes, !extremes.isWithin(range) {
      let expected =
        range == TargetRule.finite
        ? "finite targets"
        : "targets within \(BadNumber.text(range.lowerBound))…\(BadNumber.text(range.upperBound))"
      if let bad = BadNumber(in: targets, outside: range, "\(consumer): expected \(expected)") {
        throw .number(bad)
      }
    }
  }

  private func checkForm(
    of targets: AnyTensor, _ extremes: Extremes?, _ outputShape: Shape, _ consumer: String
  ) throws(TrainingError) {
    let rows = targets.shape[0]
    let outputs = Shape([rows] + outputShape)
    switch form {
    case .any:
      return
    case .sameShape:
      if targets.shape == outputs { return }
      var message =
        "\(consumer) compares outputs of shape \(outputs) with targets of that shape, not \(targets.shape)"
      if targets.count == outputs.elementCount { message += "; y.reshaped(to: \(outputs)) makes them so" }
      throw .targets(message)
    case .columns(let count):
      let expected = Shape(outputs.dropLast())
      if outputShape.last != count {
        throw .targets("\(consumer) wants \(count) outputs for every target; the model gives \(outputs)")
      }
      if targets.shape == expected { return }
      var message = "\(consumer) wants targets of shape \(expected), not \(targets.shape)"
      if targets.count == expected.elementCount { message += "; y.reshaped(to: \(expected)) makes them so" }
      throw .targets(message)
    case .labels(let ignored):
      guard let classes = outputShape.last else {
        throw .targets(
          "\(consumer) wants an output for every class, shape [rows, classes]; the model gives \(outputs)")
      }
      let labels = Shape(outputs.dropLast())
      if targets.shape != labels {
        var message = "\(consumer) wants one label a row, shape \(labels), not \(targets.shape)"
        if targets.count == labels.elementCount {
          message += "; y.reshaped(to: \(labels)) makes them so"
        } else if targets.shape == outputs {
          message += "; from one-hot rows, y.argMax(axis: -1) makes them so"
        }
        throw .targets(message)
      }
      let range = 0...Double(max(classes, 1) - 1)
      guard let extremes, !extremes.isWithin(range) else { return }
      let expectation = "\(consumer): expected labels within 0..<\(classes)" + (ignored.map { " or \($0)" } ?? "")
      let other = ignored.map(Double.init)
      if let bad = BadNumber(in: targets, expectation, where: { !range.contains($0) && $0 != other }) {
        guard let label = Int(exactly: bad.value) else { throw .number(bad) }
        throw .labelOutOfRange(label: label, row: bad.row, classes: classes)
      }
    }
  }
}
