import MartletCore

/// How an optimiser changes a parameter's elements, one for one: the formula, and nothing else.
///
/// `ElementwiseOptimizer` does the rest, as it does for Adam: it finds parameters and gradients, keeps and restores the rule's
/// slots, and makes the step one parallel pass over all parameters.
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
/// Hyperparameters that may change between steps are `var`: `optimizer.learningRate = 1e-5`.
///
/// A plain loop as above is vectorised, once for each scalar type, since both are called by name. Two things end that: a loop
/// over more than four arrays, which the compiler no longer makes sure do not overlap, and is better made two; and
/// `squareRoot()`, for which there is `UpdatePart.root(_:)`.
public protocol UpdateRule: Sendable {
  /// The optimiser's name in messages and profiles: `Lion`.
  var name: String { get }

  /// The step size; may be changed between steps.
  var learningRate: Double { get set }

  /// The names of the tensors that are kept for a parameter, in the order of `UpdatePart.slots`: `firstMoment`. Zeros at
  /// first. Asked for once, when the optimiser is made. None by default.
  var slotNames: [String] { get }

  /// The hyperparameters beside the learning rate, in the order in which they are written: what is checked, and printed where
  /// it is not as by default. None by default.
  var hyperparameters: [Hyperparameter] { get }

  /// Floating-point operations for one element, for profiles; by default two, and two more for each slot.
  var flops: Int { get }

  /// Tells a copy of the rule which step parameters take next, counted from 1: for what the step's number decides, such as Adam's
  /// corrections. Called once for all parameters that have taken as many steps. Does nothing by default.
  mutating func prepare(step: Int)

  /// Changes some elements of a parameter of floats, and of its slots. Called on several threads at once, for other elements;
  /// no element's result may depend on which others are with it.
  func update(_ part: UpdatePart<Float>)

  /// The same for a parameter of doubles.
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
}

/// Some elements of a parameter, side by side, and what an update rule needs for them. Good within `update` alone.
public struct UpdatePart<Scalar: FloatingScalar> {
  /// The parameter's elements, to be changed.
  public let parameter: UnsafeMutableBufferPointer<Scalar>
  /// The gradient at them.
  public let gradient: UnsafeBufferPointer<Scalar>
  /// The elements of the rule's tensors, by their number in `slotNames`, to be changed.
  public let slots: UpdateSlots<Scalar>

  /// The number of elements.
  @inlinable public var count: Int { parameter.count }

  /// The elements' numbers, from 0.
  @inlinable public var indices: Range<Int> { 0..<parameter.count }

  /// The square root, and 0 of what is below 0. Loops with it are vectorised; `squareRoot()` alone calls the C library for what
  /// has no root, and they are not.
  @inlinable
  @inline(__always)
  public func root(_ x: Scalar) -> Scalar { (x < 0 ? 0 : x).squareRoot() }

  init(_ piece: UpdatePiece) {
    parameter = UnsafeMutableBufferPointer(start: piece.elements(of: 0), count: piece.count)
    gradient = UnsafeBufferPointer(
      start: UnsafePointer(piece.gradient.assumingMemoryBound(to: Scalar.self)) + piece.from, count: piece.count)
    slots = UpdateSlots(piece)
  }
}

/// What an update rule keeps, for some elements of a parameter: see `UpdatePart`.
public struct UpdateSlots<Scalar: FloatingScalar> {
  /// How many slots there are.
  public let count: Int
  @usableFromInline let tensors: UnsafePointer<UnsafeMutableRawPointer>
  @usableFromInline let from: Int
  @usableFromInline let elements: Int

  init(_ piece: UpdatePiece) {
    count = piece.slotCount
    tensors = piece.targets + 1
    from = piece.from
    elements = piece.count
  }

  /// The elements of one slot.
  @inlinable
  public subscript(slot: Int) -> UnsafeMutableBufferPointer<Scalar> {
    precondition(slot >= 0 && slot < count, "an update rule has no slot of this number")
    return UnsafeMutableBufferPointer(
      start: tensors[slot].assumingMemoryBound(to: Scalar.self) + from, count: elements)
  }
}
