/// The operands of an application to every example of a batch: each has the examples along its first axis, or is the
/// same for all.
public struct BatchedOperands: Sendable {
  /// The number of examples.
  public let size: Int
  package let tensors: [AnyTensor]
  private let flags: [Bool]

  /// Operands of `size` examples; `isBatched` says of each tensor whether it has the examples along its first axis.
  package init(size: Int, _ tensors: [AnyTensor], isBatched flags: [Bool]) {
    self.size = size
    self.tensors = tensors
    self.flags = flags
  }

  /// The number of operands.
  public var count: Int { tensors.count }

  /// An operand as it is: with the examples along its first axis, or the same for all examples.
  public subscript(index: Int) -> AnyTensor { tensors[index] }

  /// Whether an operand has the examples along its first axis.
  public func isBatched(_ index: Int) -> Bool { flags[index] }

  /// The shape that an operand has for one example.
  public func exampleShape(_ index: Int) -> Shape {
    flags[index] ? tensors[index].shape.removing(0) : tensors[index].shape
  }

  /// The number of axes that an operand has for one example.
  public func exampleRank(_ index: Int) -> Int { tensors[index].rank - (flags[index] ? 1 : 0) }

  /// An operand with the examples along its first axis; one that is the same for all is repeated, as a view.
  public func stacked(_ index: Int) -> AnyTensor {
    if flags[index] { return tensors[index] }
    let shape = tensors[index].shape
    shape.requireRank(shape.rank + 1, for: "vectorized")
    return apply(BroadcastTo(shape.inserting(size, at: 0)), tensors[index])
  }

  /// An operand to be broadcast with others of up to `rank` axes for one example: axes of length 1 are inserted behind
  /// the first, so that the examples of all meet.
  public func aligned(_ index: Int, rank: Int) -> AnyTensor {
    if !flags[index] { return tensors[index] }
    var shape = tensors[index].shape
    if shape.rank > rank { return tensors[index] }
    shape.requireRank(rank + 1, for: "vectorized")
    while shape.rank <= rank { shape.axes.insert(1, at: 1) }
    return apply(ReshapeView(to: shape), tensors[index])
  }
}

extension Primitive {
  /// The results of the operation applied to all operands with the examples along their first axes: the batching rule
  /// of an operation that computes each example of a leading axis by itself, such as one along the last axis.
  public func applyStacked(_ operands: BatchedOperands) -> [AnyTensor] {
    applyAll(self, (0..<operands.count).map(operands.stacked))
  }

  /// The results of the operation applied to operands that broadcast: the batching rule of elementwise operations.
  public func applyAligned(_ operands: BatchedOperands) -> [AnyTensor] {
    let rank = (0..<operands.count).reduce(0) { max($0, operands.exampleRank($1)) }
    return applyAll(self, (0..<operands.count).map { operands.aligned($0, rank: rank) })
  }

  /// Nil: the operation is applied to one example after the other.
  public func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { nil }

  /// The results for all examples of a batch, by the batching rule or, without one, example by example.
  package func results(forEach operands: BatchedOperands) -> [AnyTensor] {
    applyBatched(operands) ?? resultsOneByOne(operands)
  }

  /// The results for all examples of a batch, computed one after the other.
  @_semantics("optimize.sil.specialize.generic.never")
  package func resultsOneByOne(_ operands: BatchedOperands) -> [AnyTensor] {
    if operands.size == 0 {
      let examples = (0..<operands.count).map { TensorSpec(operands[$0].scalarType, operands.exampleShape($0)) }
      let specs = trapping { () throws(TensorError) in try self.specs(of: OperandSpecs(examples)) }
      return (0..<specs.count).map {
        AnyTensor(zeros: specs[$0].shape.inserting(0, at: 0), scalarType: specs[$0].scalarType)
      }
    }
    let parts = (0..<operands.count).map { index -> [AnyTensor] in
      let tensor = operands[index]
      if !operands.isBatched(index) { return Array(repeating: tensor, count: operands.size) }
      return applyAll(Split(axis: 0, lengths: Array(repeating: 1, count: operands.size)), [tensor]).map {
        apply(ReshapeView(to: operands.exampleShape(index)), $0)
      }
    }
    let examples = (0..<operands.size).map { example in applyAll(self, parts.map { $0[example] }) }
    return examples[0].indices.map { result in
      AnyTensor(stacking: examples.map { $0[result] })
    }
  }
}
