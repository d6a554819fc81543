import MartletCore

/// Sequences of unequal length as one tensor, with what says which elements are theirs.
///
/// ```swift
/// let words = PaddedSequences<Int32>([[5, 2, 9], [7]])
/// words.values  // [[5, 2, 9], [7, 0, 0]]
/// words.mask    // [[true, true, true], [true, false, false]]
/// let data = try Dataset(words, labels)
/// for batch in data.batches(of: 32) { model(batch.x.trimmed()) }
/// ```
public struct PaddedSequences<Scalar: TensorScalar>: Batchable {
  /// The elements, and the padding behind them, `[count, length, …]`.
  public let values: Tensor<Scalar>
  /// Whether an element is one of its sequence, `[count, length]`.
  public let mask: Tensor<Bool>

  /// Pads sequences of numbers, each to the length of the longest or to `length`.
  ///
  /// - Parameters:
  ///   - sequences: At least one, which may be empty.
  ///   - length: The length of all; what a sequence has beyond it is left out.
  ///   - padding: What stands behind a sequence's end.
  ///
  /// Traps when there are no sequences or `length` is negative.
  public init(_ sequences: [[Scalar]], length: Int? = nil, padding: Scalar = .zero) where Scalar: NumericScalar {
    self.init(sequences.map { Tensor($0) }, length: length, padding: padding)
  }

  /// Pads sequences of vectors or whatever else has the same shape in all of them, `[n, …]`.
  public init(_ sequences: [Tensor<Scalar>], length: Int? = nil, padding: Scalar = .zero) where Scalar: NumericScalar {
    guard let first = sequences.first, first.rank > 0 else {
      fatalError(
        "PaddedSequences: expected sequences of shape [n, …], got \(sequences.first.map { "\($0.shape)" } ?? "none")")
    }
    let element = Shape(first.shape.dropFirst())
    for sequence in sequences where Shape(sequence.shape.dropFirst()) != element || sequence.rank == 0 {
      fatalError(
        "PaddedSequences: expected elements of shape \(element) as in the first sequence, got \(sequence.shape)")
    }
    let length = length ?? sequences.map { $0.shape[0] }.max()!
    if length < 0 { fatalError("PaddedSequences: expected a length of at least 0, got \(length)") }
    var values: [Scalar] = []
    var mask: [Bool] = []
    values.reserveCapacity(sequences.count * length * element.elementCount)
    for sequence in sequences {
      let kept = Swift.min(length, sequence.shape[0])
      values += sequence.scalars.prefix(kept * element.elementCount)
      values += Array(repeating: padding, count: (length - kept) * element.elementCount)
      mask += Array(repeating: true, count: kept) + Array(repeating: false, count: length - kept)
    }
    self.values = Tensor(shape: Shape([sequences.count, length] + element), scalars: values)
    self.mask = Tensor(shape: [sequences.count, length], scalars: mask)
  }

  private init(values: Tensor<Scalar>, mask: Tensor<Bool>) {
    self.values = values
    self.mask = mask
  }

  /// The lengths of the sequences, `[count]`.
  public var lengths: Tensor<Int64> { mask.cast(to: Int64.self).sum(axis: 1) }

  /// The same sequences without the padding that all of them have, as for a batch of short ones.
  public func trimmed() -> PaddedSequences {
    let longest = mask.shape[0] == 0 ? 0 : Int(lengths.max().item())
    return PaddedSequences(values: values[.all, 0..<longest], mask: mask[.all, 0..<longest])
  }

  /// `transform` applied to the values and the mask.
  public func mapTensors(_ transform: some TensorTransform) -> PaddedSequences {
    PaddedSequences(values: transform(values), mask: transform(mask))
  }
}
