import MartletCore

/// Examples, row by row: one tensor whose first axis is the rows, or several tensors that each have a row for every
/// example.
///
/// Data sets, trainers and models take and return such values. Tensors of any scalar type are batchable, and so are
/// arrays, optionals, dictionaries with `String` keys and `Pair`s of batchable values. A struct of your own conforms by
/// saying where its tensors are:
///
///
/// ```swift
/// struct Query: Batchable {
///   var user: Tensor<Int32>      // [batch]
///   var context: Tensor<Float>   // [batch, 16]
///   func mapTensors(_ transform: some TensorTransform) -> Query {
///     Query(user: transform(user), context: transform(context))
///   }
/// }
/// ```
public protocol Batchable: Sendable {
  /// Returns the same value with `transform` applied to each tensor, in an order that is always the same.
  func mapTensors(_ transform: some TensorTransform) -> Self
}

/// A function from tensors to tensors of the same scalar type, such as taking some rows, for `Batchable.mapTensors`.
public protocol TensorTransform {
  /// The transformed tensor.
  func callAsFunction<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar>
}

extension TensorTransform {
  /// A value that holds tensors, with each of them transformed.
  public func callAsFunction<Part: Batchable>(_ part: Part) -> Part { part.mapTensors(self) }
}

// MARK: What is batchable

extension Tensor: Batchable {
  /// `transform` applied to the tensor.
  public func mapTensors(_ transform: some TensorTransform) -> Tensor { transform(self) }
}

extension Array: Batchable where Element: Batchable {
  /// `transform` applied to each tensor of each element.
  public func mapTensors(_ transform: some TensorTransform) -> [Element] { map { transform($0) } }
}

extension Optional: Batchable where Wrapped: Batchable {
  /// `transform` applied to each tensor, if there are any.
  public func mapTensors(_ transform: some TensorTransform) -> Wrapped? { map { transform($0) } }
}

extension Dictionary: Batchable where Key == String, Value: Batchable {
  /// `transform` applied to each tensor of each value, in the order of the keys.
  public func mapTensors(_ transform: some TensorTransform) -> [String: Value] {
    var result = self
    for key in keys.sorted() { result[key] = transform(self[key]!) }
    return result
  }
}

/// Two parts of an example, such as a model's two inputs or two targets.
///
/// ```swift
/// let data = try Dataset(Pair(images, ages), labels)
/// ```
public struct Pair<First: Batchable, Second: Batchable>: Batchable {
  /// The first part.
  public var first: First
  /// The second part.
  public var second: Second

  /// Makes a pair of two parts with a row each for every example.
  public init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }

  /// `transform` applied to each tensor of both parts.
  public func mapTensors(_ transform: some TensorTransform) -> Pair { Pair(transform(first), transform(second)) }
}

/// The targets of examples that have only features, as for an autoencoder.
public struct NoTarget: Batchable {
  /// Nothing.
  public init() {}

  /// Nothing.
  public func mapTensors(_ transform: some TensorTransform) -> NoTarget { self }
}

// MARK: Rows

extension Batchable {
  /// The tensors, in the order of `mapTensors`.
  package var tensors: [AnyTensor] {
    let collector = TensorCollector()
    _ = mapTensors(collector)
    return collector.tensors
  }

  /// The bytes of one row of all tensors.
  package var rowBytes: Int { tensors.reduce(0) { $0 + $1.count / max(1, $1.shape[0]) * $1.scalarType.size } }

  /// The shape of one row of each tensor.
  package var rowShapes: [Shape] { tensors.map { Shape($0.shape.dropFirst()) } }

  /// Consecutive rows, as views.
  package func rows(_ range: Range<Int>) -> Self { mapTensors(RowRange(range: range)) }

  /// Rows by index.
  package func rows(at indices: Tensor<Int64>) -> Self { mapTensors(RowIndices(indices: indices)) }

  /// The same values, detached from every gradient.
  package func detached() -> Self { mapTensors(Detached()) }

  /// The rows of several values one after the other; nil when their tensors do not have rows of the same shapes.
  package static func concatenated(_ parts: [Self]) -> Self? {
    let columns = parts.map(\.tensors)
    let haveRows = columns.joined().allSatisfy { $0.rank > 0 }
    if !haveRows || parts.contains(where: { $0.rowShapes != parts[0].rowShapes }) { return nil }
    return parts[0].mapTensors(RowConcatenation(columns))
  }
}

/// Collects the tensors of values in order.
package final class TensorCollector: TensorTransform {
  package private(set) var tensors: [AnyTensor] = []

  package init() { tensors.reserveCapacity(4) }

  package func callAsFunction<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
    tensors.append(tensor.erased)
    return tensor
  }
}

/// Gives each tensor of a value the next one in its place.
package final class Replacements: TensorTransform {
  private var tensors: ArraySlice<AnyTensor>

  package init(_ tensors: ArraySlice<AnyTensor>) { self.tensors = tensors }

  package func callAsFunction<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
    Tensor(unchecked: tensors.removeFirst())
  }
}

private struct RowRange: TensorTransform {
  let range: Range<Int>
  func callAsFunction<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> { tensor.rows(range) }
}

private struct RowIndices: TensorTransform {
  let indices: Tensor<Int64>
  func callAsFunction<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> { tensor.take(indices) }
}

private struct Detached: TensorTransform {
  func callAsFunction<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> { tensor.detached() }
}

/// Replaces the n-th tensor by the n-th tensors of several values, concatenated.
private final class RowConcatenation: TensorTransform {
  private let columns: [[AnyTensor]]
  private var next = 0

  init(_ columns: [[AnyTensor]]) { self.columns = columns }

  func callAsFunction<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
    defer { next += 1 }
    return Tensor.concatenate(columns.map { Tensor<Scalar>(unchecked: $0[next]) })
  }
}
