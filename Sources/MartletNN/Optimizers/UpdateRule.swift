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
}

/// Consecutive elements of a parameter, with what an update rule needs to change them. Valid only within `update`.
public struct UpdatePart<Scalar: FloatingScalar> {
  /// The parameter's elements, to be changed.
  public let parameter: UnsafeMutableBufferPointer<Scalar>
  /// The gradient's elements.
  public let gradient: UnsafeBufferPointer<Scalar>
  /// The slots' elements, in the order of `slotNames`, to be changed.
  public let slots: UpdateSlots<Scalar>

  /// The number of elements.
  @inlinable public var count: Int { parameter.count }

  /// The indices of the elements, from 0.
  @inlinable public var indices: Range<Int> { 0..<parameter.count }

  /// The square root, or 0 for a number below 0.
  ///
  /// Loops with it are vectorised; those with `squareRoot()` are not, since that calls the C library for numbers that
  /// have no root.
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

/// The slots of consecutive elements of a parameter: see `UpdatePart`.
public struct UpdateSlots<Scalar: FloatingScalar> {
  /// The number of slots.
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

  /// The elements of one slot; traps when there is no such slot.
  @inlinable
  public subscript(slot: Int) -> UnsafeMutableBufferPointer<Scalar> {
    precondition(slot >= 0 && slot < count, "an update rule has no slot of this number")
    return UnsafeMutableBufferPointer(
      start: tensors[slot].assumingMemoryBound(to: Scalar.self) + from, count: elements)
  }
}
