import CKernels
import MartletCore

/// The bin of each element between ascending edges, and the number of bins for what is in none.
///
/// The operands are the elements and the edges, `[bins + 1]`, of the same scalar type.
struct Bins: Primitive {
  /// Whether the edges are at equal distances, so that the bin need not be searched for.
  let isEven: Bool

  var name: String { "bins" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is indices" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireSameScalarType(operands[0], operands[1])
    if isEven { try requireFloating(operands[0]) } else { try requireNumeric(operands[0]) }
    if operands[1].rank != 1 || operands[1].count < 2 {
      throw mistake(expected: "two edges or more, of shape [n]", got: "\(operands[1].shape)")
    }
    return TensorSpecs(.int64, operands[0].shape)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (x, edges) = (operands[0].contiguous(), operands[1].contiguous())
    let (type, size, isEven, bins) = (x.scalarType.kernelType, x.scalarType.size, isEven, edges.count - 1)
    let (from, table, places) = (x.pointer, edges.pointer, results[0].pointer.assumingMemoryBound(to: Int64.self))
    WorkerPool.parallelFor(x.count, grain: ElementwiseLoop.expensiveGrain) { range in
      mk_bins(isEven, type, table, bins, from + range.lowerBound * size, places + range.lowerBound, range.count)
    }
    withExtendedLifetime((x, edges)) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}

/// How often each of the indices 0 ..< length occurs; those from `length` on are left out, and none may be negative.
struct CountIndices: Primitive {
  let length: Int

  var name: String { "countIndices" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is counts" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let type = operands[0].scalarType
    if ![.int32, .int64, .uint8].contains(type) { throw mistake(expected: "integers", got: "\(type)") }
    return TensorSpecs(.int64, [length])
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let counts = results[0].scalars(as: Int64.self)
    counts.update(repeating: 0)
    let indices = operands.first.contiguous()
    if length == 0 || indices.count == 0 { return }
    let (type, size, from, length) = (indices.scalarType.kernelType, indices.scalarType.size, indices.pointer, length)
    // Each part has counts of its own, which are few beside its elements; sums of integers are the same in any order.
    let parts = max(1, min(16, indices.count >> 15, indices.count / (8 * length)))
    let own = Scratch(byteCount: parts * length * MemoryLayout<Int64>.size)
    let tables = own.pointer.bindMemory(to: Int64.self, capacity: parts * length)
    tables.update(repeating: 0, count: parts * length)
    let count = indices.count
    WorkerPool.parallelFor(parts, grain: 1) { range in
      for part in range {
        let (start, end) = (count * part / parts, count * (part + 1) / parts)
        mk_count(type, from + start * size, tables + part * length, length, end - start)
      }
    }
    for part in 0..<parts {
      for index in 0..<length { counts[index] += tables[part * length + index] }
    }
    withExtendedLifetime((indices, own)) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}

extension Tensor where Scalar: NumericScalar {
  /// The sum of the elements, as weights, at each of the indices 0 ..< length; those at `length` are left out.
  ///
  /// Sums of `Float` are taken in `Double`, as NumPy does.
  func summed(at indices: Tensor<Int64>, length: Int) -> Tensor {
    func sums<S: NumericScalar>(_ weights: Tensor<S>) -> Tensor<S> {
      Tensor<S>.zeros([length + 1]).adding(rows: weights.flattened(), at: indices.flattened())[..<length]
    }
    if Scalar.scalarType == .float32 { return sums(cast(to: Double.self)).cast(to: Scalar.self) }
    return sums(self)
  }
}
