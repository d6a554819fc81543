import MartletCore

/// The first operation that made a NaN or an infinity: where, and from what.
public struct NonFiniteReport: Sendable, CustomStringConvertible {
  /// A tensor's scalar type, shape and range.
  public struct Summary: Sendable, CustomStringConvertible {
    /// The type of the elements.
    public let scalarType: ScalarType
    /// The lengths of the axes.
    public let shape: Shape
    /// The least and largest finite element, nil when there is none.
    public let range: ClosedRange<Double>?
    /// The number of elements that are NaN.
    public let nanCount: Int
    /// The number of elements that are infinite.
    public let infinityCount: Int

    /// Whether no element is NaN or infinite.
    public var isFinite: Bool { nanCount == 0 && infinityCount == 0 }

    public var description: String {
      var text = "\(scalarType) \(shape)"
      if let range { text += " in \(range.lowerBound) ... \(range.upperBound)" }
      if nanCount > 0 { text += ", \(nanCount) NaN" }
      if infinityCount > 0 { text += ", \(infinityCount) infinite" }
      return text
    }
  }

  /// The operation's name, such as `log`.
  public let operation: String
  /// The path of the layer that it belongs to, such as `encoder.layers.3`; empty outside layers.
  public let layerPath: String
  /// The name of the operation whose derivative it belongs to, nil outside of derivatives.
  public let derivativeOf: String?
  /// The tensors that it read.
  public let operands: [Summary]
  /// The tensor that it made.
  public let result: Summary

  /// Whether an operand was not finite already: then the mistake was made before, outside of what was observed.
  public var cameFromOutside: Bool { operands.contains { !$0.isFinite } }

  public var description: String {
    var text =
      cameFromOutside
      ? "\(operation) was given a value that is not finite" : "\(operation) made a value that is not finite"
    if let derivativeOf { text += ", in the derivative of \(derivativeOf)" }
    if !layerPath.isEmpty { text += ", in layer \(layerPath)" }
    for (index, operand) in operands.enumerated() { text += "\n  operand \(index): \(operand)" }
    return text + "\n  result: \(result)"
  }
}

/// Runs `body` and reports the first operation with a NaN or an infinity in its result, derivatives included.
///
/// The report is nil when all results are finite. This is for debugging: every operation takes several times as long.
///
/// ```swift
/// let (_, report) = findingNonFinite { valueWithGradient(at: model) { … } }
/// if let report { print(report) }
/// ```
public func findingNonFinite<R>(_ body: () throws -> R) rethrows -> (result: R, report: NonFiniteReport?) {
  let hunter = NonFiniteHunter()
  let result = try Observation.with(hunter, body)
  return (result, hunter.report)
}

private final class NonFiniteHunter: Observer {
  var report: NonFiniteReport?

  func observe(_ event: DoorEvent) {
    if report != nil { return }
    guard let result = event.writing.lazy.map({ AnyTensor($0).summary }).first(where: { !$0.isFinite }) else { return }
    report = NonFiniteReport(
      operation: event.action.name, layerPath: event.layerPath, derivativeOf: event.derivativeOf,
      operands: event.reading.map { AnyTensor($0).summary }, result: result)
  }
}

extension AnyTensor {
  /// The summary of a tensor; elements of a type without NaN are not looked at.
  fileprivate var summary: NonFiniteReport.Summary {
    guard scalarType.isFloatingPoint else {
      return .init(scalarType: scalarType, shape: shape, range: nil, nanCount: 0, infinityCount: 0)
    }
    var (least, most) = (Double.infinity, -Double.infinity)
    var (nan, infinite) = (0, 0)
    func scan<S: FloatingScalar>(_ type: S.Type) {
      Tensor<S>(unchecked: detached()).withUnsafeScalars { scalars in
        for scalar in scalars {
          if scalar.isFinite {
            least = min(least, Double(scalar))
            most = max(most, Double(scalar))
          } else if scalar.isNaN {
            nan += 1
          } else {
            infinite += 1
          }
        }
      }
    }
    scalarType.floating(scan(Float.self), scan(Double.self))
    return .init(
      scalarType: scalarType, shape: shape, range: least <= most ? least...most : nil, nanCount: nan,
      infinityCount: infinite)
  }
}
