import MartletCore
import MartletText

/// How much each element of each row adds to what is explained, by one method.
public struct Attribution<Scalar: FloatingScalar>: Sendable {
  /// The method with its settings, in words.
  public let method: String
  /// What is explained, in words.
  public let target: String
  /// The attributions, of the shape of the input.
  public let values: Tensor<Scalar>
  /// The names of a row's elements, in row-major order.
  public let featureNames: [String]
  /// Whether attributions add up to what they should, by row; nil for methods that do not promise it.
  public let completeness: [Completeness]?
  let scale: Scale

  /// What attributions are of.
  enum Scale: Sendable {
    /// A change of an element by 1.
    case perUnit
    /// The change from a baseline to the row.
    case multiplied(by: Tensor<Scalar>)
    /// Neither, or of no sign.
    case unscaled
  }

  init(
    _ method: String, _ target: String, _ values: Tensor<Scalar>, _ names: [String], _ scale: Scale,
    completeness: [Completeness]? = nil
  ) {
    (self.method, self.target, self.values, featureNames) = (method, target, values, names)
    (self.scale, self.completeness) = (scale, completeness)
  }

  /// The number of rows.
  public var rowCount: Int { values.shape[0] }

  /// The rows whose completeness gap is above its limit; empty for methods that do not promise completeness.
  public var incompleteRows: [Int] {
    (completeness ?? []).indices.filter { !completeness![$0].isMet }
  }
}

/// Whether the attributions of a row add up to the difference of what is explained at the row and at its baseline.
public struct Completeness: Sendable, Equatable, Codable {
  /// What is explained, at the row.
  public let output: Double
  /// What is explained, at the baseline.
  public let baselineOutput: Double
  /// The sum of the row's attributions.
  public let sum: Double
  /// How large the gap may be.
  public let limit: Double
  /// How many times the row was evaluated.
  public let evaluations: Int

  /// The sum of the attributions less the difference of the outputs.
  public var gap: Double { sum - (output - baselineOutput) }
  /// Whether the gap is within its limit; a gap that is no number is not.
  public var isMet: Bool { abs(gap) <= limit }

  /// The limit that a tolerance stands for: that share of the outputs' difference, and what the scalar type can tell of
  /// outputs of this size.
  static func limit<Scalar: FloatingScalar>(
    _ tolerance: Double, _ output: Double, _ baseline: Double, as type: Scalar.Type
  ) -> Double {
    let rounding = 64 * Scalar.ulpOfOne.doubleValue * (abs(output) + abs(baseline))
    return max(tolerance * abs(output - baseline), rounding)
  }
}

extension Attribution: CustomStringConvertible {
  /// The method, the features that matter most, and the completeness gap of each row, of the first 20 at most.
  public var description: String {
    var lines = ["\(method) of \(target): \(rowCount) \(rowCount == 1 ? "row" : "rows")"]
    if let completeness {
      var table = TextTable(["row", "output", "baseline", "sum", "gap", "limit", "evaluations", ""], textColumns: 0)
      for (row, part) in completeness.prefix(20).enumerated() {
        let shown = [part.output, part.baselineOutput, part.sum, part.gap, part.limit].map(NumberFormat.metric)
        table.append(["\(row)"] + shown + ["\(part.evaluations)", part.isMet ? "" : "not met"])
      }
      lines += table.lines
      if completeness.count > 20 { lines.append("⋮") }
      let missed = incompleteRows
      if !missed.isEmpty {
        lines.append(
          "the gap of \(missed.count) of \(rowCount) rows is above its limit: "
            + missed.prefix(10).map(String.init).joined(separator: ", ") + (missed.count > 10 ? ", …" : ""))
      }
    }
    return lines.joined(separator: "\n")
  }
}
