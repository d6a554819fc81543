import MartletCore

/// The number of each row that is explained: one of a model's outputs, or what a function makes of them.
///
/// ```swift
/// ExplanationTarget.output(3)                        // the same class for all rows
/// ExplanationTarget.outputs(labels)                  // each row's own
/// ExplanationTarget.function("margin") { outputs, _ in outputs[0..., 1] - outputs[0..., 0] }
/// ```
public struct ExplanationTarget<Scalar: FloatingScalar>: Sendable {
  /// A function from the outputs `[n, …]` of some rows to a number for each, `[n]`. The same row may occur several times,
  /// in any order: `rows` `[n]` has the place of each among those that are explained.
  public typealias Function = @Sendable (_ outputs: Tensor<Scalar>, _ rows: Tensor<Int64>) -> Tensor<Scalar>

  /// What is explained, in words: `output 3`.
  public let name: String
  private let choice: Choice

  private enum Choice: Sendable {
    case single
    case output(Int)
    case outputs([Int64])
    case function(Function)
  }

  /// The output of a model that has one for each row, `[n]` or `[n, 1]`.
  public static var single: ExplanationTarget { ExplanationTarget(name: "the output", choice: .single) }

  /// The output of this index; for outputs `[n, a, b]`, the index is among all a · b.
  public static func output(_ index: Int) -> ExplanationTarget {
    ExplanationTarget(name: "output \(index)", choice: .output(index))
  }

  /// For each row `[rows]` the output of its index, such as its class.
  public static func outputs(_ indices: Tensor<some IntegerScalar>) -> ExplanationTarget {
    ExplanationTarget(name: "each row's output", choice: .outputs(indices.cast(to: Int64.self).flattened().scalars))
  }

  /// What a differentiable function makes of the outputs, such as a difference of two, with its name for reports.
  public static func function(_ name: String, _ function: @escaping Function) -> ExplanationTarget {
    ExplanationTarget(name: name, choice: .function(function))
  }

  /// The number that is explained for each of these outputs `[n, …]`, which belong to `rows`.
  func values(of outputs: Tensor<Scalar>, rows: [Int]) throws(ExplanationError) -> Tensor<Scalar> {
    if outputs.rank == 0 || outputs.shape[0] != rows.count {
      throw .shapes("expected an output for each of \(rows.count) rows, got shape \(outputs.shape)")
    }
    let width = outputs.count / max(1, rows.count)
    switch choice {
    case .single:
      if width != 1 {
        throw .shapes(
          "expected one output for each row, got \(width), shape \(outputs.shape): say which is explained by .output(_:)"
        )
      }
      return outputs.reshaped(to: [rows.count])
    case .output(let index):
      try check(index, width)
      return outputs.reshaped(to: [rows.count, width])[0..., index]
    case .outputs(let indices):
      var chosen: [Int64] = []
      for row in rows {
        guard row < indices.count else {
          throw .shapes("expected an index of an output for each row, got \(indices.count) and row \(row)")
        }
        try check(Int(indices[row]), width)
        chosen.append(indices[row])
      }
      let places = Tensor<Int64>(shape: [rows.count, 1], scalars: chosen)
      return outputs.reshaped(to: [rows.count, width]).takeAlong(places, axis: 1).reshaped(to: [rows.count])
    case .function(let function):
      let values = function(outputs, Tensor<Int64>(rows.map(Int64.init)))
      if values.shape != [rows.count] {
        throw .shapes("\(name): expected a number for each of \(rows.count) rows, got shape \(values.shape)")
      }
      return values
    }
  }

  private func check(_ index: Int, _ width: Int) throws(ExplanationError) {
    if index < 0 || index >= width { throw .invalid("expected an output among 0 ..< \(width), got \(index)") }
  }
}
