import CKernels

/// The positions, in row-major order of several neighbouring axes, of what index tensors name along each of them.
///
/// The operands are index tensors of Int64, which broadcast; a negative index counts from the end. An operand may be
/// the positions of a mask, which stand for several axes at once.
package struct CombinedIndices: Primitive {
  /// The shape of the tensor that is indexed.
  package let shape: Shape
  /// The first axis that each operand stands for, and the number of its axes.
  package let parts: [Part]

  package init(shape: Shape, parts: [Part]) {
    self.shape = shape
    self.parts = parts
  }

  package struct Part: Sendable, Equatable {
    package let axis: Int
    package let axes: Int

    package init(axis: Int, axes: Int) {
      self.axis = axis
      self.axes = axes
    }
  }

  package var name: String { "combinedIndices" }
  package var saves: SavePolicy { .nothing }
  package var derivativeRefusal: String? { "its result is indices" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    var result = Shape.scalar
    for index in 0..<operands.count {
      try requireIndices(operands[index])
      guard let joined = result.broadcast(with: operands[index].shape) else {
        let shapes = (0..<operands.count).map { "\(operands[$0].shape)" }.joined(separator: ", ")
        let conflict = result.broadcastConflict(with: operands[index].shape)
        throw mistake("index tensors of \(shapes) do not broadcast (\(conflict))")
      }
      result = joined
    }
    if operands.count != parts.count {
      throw mistake(expected: "\(parts.count) index tensors", got: "\(operands.count)")
    }
    for part in parts where part.axis + part.axes > shape.rank {
      throw mistake("\(shape) has no \(shape.named(part.axis, part.axes))")
    }
    return TensorSpecs(.int64, result)
  }

  package func validate(_ operands: borrowing Operands) throws(TensorError) {
    for (index, part) in parts.enumerated() {
      let length = shape.elements(part.axis, part.axes)
      if let (_, index) = Indices(operands[index]).first(outside: length, from: -length) {
        throw mistake("index \(index) is out of range for axis \(part.axis) of \(shape)")
      }
    }
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let out = result.pointer.assumingMemoryBound(to: Int64.self)
    for (index, part) in parts.enumerated() {
      let length = Int64(shape.elements(part.axis, part.axes))
      ElementwiseLoop.run(result.shape, operands[index], grain: ElementwiseLoop.cheapGrain) { x, stride, first, count in
        mk_combine_indices(
          index == 0 ? nil : out + first, x.assumingMemoryBound(to: Int64.self), stride, length, out + first, count)
      }
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents([AnyTensor?](repeating: nil, count: parts.count))
  }
}

/// The positions of the true elements of a mask, in row-major order.
///
/// How many there are is an argument, because a rule knows no values.
package struct TruePositions: Primitive {
  let count: Int

  package init(count: Int) { self.count = count }

  /// The positions of all true elements of a mask.
  static func of(_ mask: AnyTensor) -> AnyTensor {
    Observation.access(mask.body, by: "positions of a mask")
    return apply(TruePositions(count: trueCount(mask.body)), mask)
  }

  private static func trueCount(_ mask: TensorBody) -> Int {
    let mask = mask.inOrder()
    defer { withExtendedLifetime(mask) {} }
    return mk_count_true(mask.pointer.assumingMemoryBound(to: UInt8.self), mask.count)
  }

  package var name: String { "truePositions" }
  package var saves: SavePolicy { .nothing }
  package var derivativeRefusal: String? { "its result is indices" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    if operands[0].scalarType != .bool { throw mistake(expected: "a mask of Bool", got: "\(operands[0].scalarType)") }
    if count < 0 || count > operands[0].count {
      throw mistake(expected: "a count within 0 ... \(operands[0].count)", got: "\(count)")
    }
    return TensorSpecs(.int64, [count])
  }

  package func validate(_ operands: borrowing Operands) throws(TensorError) {
    let trues = TruePositions.trueCount(operands.first)
    if trues != count { throw mistake(expected: "\(count) true elements", got: "\(trues)") }
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    if count == 0 { return }
    let mask = operands.first.inOrder()
    let from = UnsafePointer(mask.pointer.assumingMemoryBound(to: UInt8.self))
    let out = results[0].pointer.assumingMemoryBound(to: Int64.self)
    // Each piece is counted before, so that it is known where its positions begin.
    let piece = 1 << 16
    let pieces = (mask.count + piece - 1) / piece
    if pieces == 1 {
      mk_true_positions(from, mask.count, 0, out)
    } else {
      let starts = Scratch(byteCount: pieces * MemoryLayout<Int>.size)
      let start = starts.pointer.assumingMemoryBound(to: Int.self)
      WorkerPool.parallelFor(pieces, grain: 1) { range in
        for part in range { start[part] = mk_count_true(from + part * piece, min(piece, mask.count - part * piece)) }
      }
      var total = 0
      for part in 0..<pieces { (start[part], total) = (total, total + start[part]) }
      WorkerPool.parallelFor(pieces, grain: 1) { range in
        for part in range {
          let first = part * piece
          mk_true_positions(from + first, min(piece, mask.count - first), Int64(first), out + start[part])
        }
      }
      withExtendedLifetime(starts) {}
    }
    withExtendedLifetime(mask) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}

extension Tensor where Scalar == Bool {
  /// The positions of the true elements, in row-major order, `[count]`.
  package func truePositions() -> Tensor<Int64> { Tensor<Int64>(unchecked: TruePositions.of(erased)) }
}
