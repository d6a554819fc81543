import MartletCore

/// How an optimiser changes a parameter's elements, one for one: the formula alone.
///
/// `ElementwiseOptimizer` does the rest, as it does for Adam: it finds parameters and gradients, keeps and restores the
/// rule's slots, and runs the step in parallel over all parameters.
///
/// ```swift
/// /// Lion (Chen et al., 2023, arXiv:2302.06675).
/// struct LionRule: UpdateRule {
///   var learningRate = 1e-4
///   let beta1 = 0.9
///   let beta2 = 0.99
///
///   var name: String { "Lion" }
///   var slotNames: [String] { ["firstMoment"] }
///   var hyperparameters: [Hyperparameter] {
///     [.number("beta1", beta1, .belowOne, default: 0.9), .number("beta2", beta2, .belowOne, default: 0.99)]
///   }
///
///   func update(_ part: UpdatePart<Float>) { move(part) }
///   func update(_ part: UpdatePart<Double>) { move(part) }
///
///   private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
///     let (p, g, m) = (part.parameter, part.gradient, part.slots[0])
///     let (rate, beta1, beta2) = (S(learningRate), S(beta1), S(beta2))
///     for i in part.indices {
///       let ahead = m[i] + (1 - beta1) * (g[i] - m[i])
///       m[i] += (1 - beta2) * (g[i] - m[i])
///       p[i] -= ahead == 0 ? 0 : ahead > 0 ? rate : -rate
///     }
///   }
/// }
///
/// let optimizer = ElementwiseOptimizer(LionRule())
/// ```
/// Hyperparameters that are `var` may be changed between steps: `optimizer.learningRate = 1e-5`.
///
/// The compiler vectorises a plain loop like the one above, once for each scalar type, since `move` is called with both
/// types by name. It does not vectorise a loop over more than four arrays, since it no longer checks that they do not
/// overlap: write two loops instead. Nor does it vectorise a loop with `squareRoot()`: use `UpdatePart.root(_:)`.
public protocol UpdateRule: Sendable {
  /// The optimiser's name in messages and profiles: `Lion`.
  var name: String { get }

  /// The step size; may be changed between steps.
  var learningRate: Double { get set }

  /// The factor of the weight decay; 0, and not to be changed, by default. With it a `ParameterGroup` may ask for another.
  var weightDecay: Double { get set }

  /// The hyperparameter that a schedule of momenta changes, such as SGD's `momentum` or Adam's `beta1`; none by default.
  static var cycledMomentum: WritableKeyPath<Self, Double>? { get }

  /// The names of the slots, in the order of `UpdatePart.slots`, such as `firstMoment`; none by default. Slots are zero
  /// at first. The names are read once, when the optimiser is made.
  var slotNames: [String] { get }

  /// The hyperparameters beside the learning rate, in the order in which they are printed; none by default. They are
  /// checked, and those that differ from their defaults are printed.
  var hyperparameters: [Hyperparameter] { get }

  /// The number of floating-point operations for one element, for profiles; by default two, and two more for each slot.
  var flops: Int { get }

  /// Tells a copy of the rule the number of the step that parameters take next, counted from 1; does nothing by
  /// default.
  ///
  /// Use it for what depends on that number, such as Adam's corrections. It is called once for consecutive parameters
  /// that have taken the same number of steps.
  mutating func prepare(step: Int)

  /// Whether the step needs sums over a whole parameter, such as the norm that LAMB divides by: then `measure` is called
  /// for all of its parts before `update`. False by default.
  var measures: Bool { get }

  /// Returns two sums over some elements of a parameter; added up over the parameter they are `UpdatePart.sums` in
  /// `update`. It may change the slots, under the conditions of `update`. Zeros by default.
  func measure(_ part: UpdatePart<Float>) -> SIMD2<Double>

  /// The same for a parameter of type `Double`.
  func measure(_ part: UpdatePart<Double>) -> SIMD2<Double>

  /// Changes some elements of a parameter of type `Float`, and of its slots.
  ///
  /// It is called on several threads at once, for different elements; the result for an element must not depend on
  /// which other elements are in the part.
  func update(_ part: UpdatePart<Float>)

  /// Changes some elements of a parameter of type `Double`, and of its slots, under the same conditions.
  func update(_ part: UpdatePart<Double>)
}

extension UpdateRule {
  /// None.
  public var slotNames: [String] { [] }

  /// None.
  public var hyperparameters: [Hyperparameter] { [] }

  /// Two, and two more for each slot.
  public var flops: Int { 2 + 2 * slotNames.count }

  /// Does nothing.
  public mutating func prepare(step: Int) {}

  /// None: it stays 0.
  public var weightDecay: Double {
    get { 0 }
    set {}
  }

  /// None.
  public static var cycledMomentum: WritableKeyPath<Self, Double>? { nil }

  /// False.
  public var measures: Bool { false }

  /// Zeros.
  public func measure(_ part: UpdatePart<Float>) -> SIMD2<Double> { .zero }

  /// Zeros.
  public func measure(_ part: UpdatePart<Double>) -> SIMD2<Double> { .zero }

  /// What the parameter is multiplied by, to be added to the gradient, and to be left before the step: one or the other
  /// is the weight decay.
  func decayFactors<S: FloatingScalar>(_: S.Type, decoupled: Bool) -> (added: S, kept: S) {
    decoupled ? (0, S(1 - learningRate * weightDecay)) : (S(weightDecay), 1)
  }
}

/// `base` to a positive integer power, by repeated squaring.
func integerPower(_ base: Double, _ exponent: Int) -> Double {
  var result = 1.0
  var square = base
  var rest = exponent
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
