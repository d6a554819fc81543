/// Which targets a loss or a metric takes, so that a trainer can check the data before the first step.
///
/// ```swift
/// let poisson = Loss<Tensor<Float>, Tensor<Float>>(
///   "poisson", targets: .sameShape(within: 0...1e6)
/// ) { predicted, expected in
///   (predicted.exp() - expected * predicted).mean()
/// }
/// ```
public struct TargetRule: Sendable {
  /// How targets correspond to outputs.
  package enum Form: Sendable, Equatable {
    /// In an unknown way.
    case any
    /// Element by element.
    case sameShape
    /// Outputs `[rows, …, classes]` with targets `[rows, …]`, each one of the classes, or the label that is ignored.
    case labels(ignored: Int?)
    /// Outputs `[rows, …, n]` with targets `[rows, …]`: n numbers for each target.
    case columns(Int)
  }

  package let form: Form
  /// The range that the numbers must be within; nil where they are not checked.
  package let range: ClosedRange<Double>?

  /// Targets of any shape whose numbers are finite.
  public static let any = TargetRule(form: .any, range: finite)
  /// Targets of any shape with any numbers: for losses that give NaN a meaning, such as "not known".
  public static let unchecked = TargetRule(form: .any, range: nil)
  /// Targets of the outputs' shape whose numbers are finite.
  public static let sameShape = sameShape(within: finite)
  /// Outputs `[rows, …, classes]` with targets `[rows, …]`, mostly `[rows]`, that are within `0 ..< classes`.
  public static let labels = labels(ignored: nil)

  /// As `labels`, where a label that is no class may stand for "not known", such as -100.
  public static func labels(ignored: Int?) -> TargetRule { TargetRule(form: .labels(ignored: ignored), range: nil) }

  /// Outputs `[rows, …, count]`, several numbers for each of the targets `[rows, …]`, which are finite.
  public static func columns(_ count: Int) -> TargetRule { TargetRule(form: .columns(count), range: finite) }

  /// Targets of the outputs' shape whose numbers are within a range.
  public static func sameShape(within range: ClosedRange<Double>) -> TargetRule {
    TargetRule(form: .sameShape, range: range)
  }

  /// All finite numbers.
  package static let finite = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
}
