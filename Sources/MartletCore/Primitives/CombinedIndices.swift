import CKernels

/// The positions, in row-major order of several neighbouring axes, of what index tensors name along each of them.
///
/// The operands are index tensors of Int64, which broadcast; a negative index counts from the end. An operand may be
/// the positions of a mask, which stand for several axes at once.
struct CombinedIndices: Primitive {
  /// The shape of the tensor that is indexed.
  let shape: Shape
  /// The first axis that each operand stands for, and the number of its axes.
  let parts: [Part]

  struct Part: Sendable, Equatable {
    let axis: Int
    let axes: Int
  }

  var name: String { "combinedIndices" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is indices" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
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

  func validate(_ operands: borrowing Operands) throws(TensorError) {
    for (index, part) in parts.enumerated() {
      let length = shape.elements(part.axis, part.axes)
      if let (_, index) = Indices(operands[index]).first(outside: length, from: -length) {
        throw mistake("index \(index) is out of range for axis \(part.axis) of \(shape)")
      }
    }
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
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

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents([AnyTensor?](repeating: nil, count: parts.count))
  }

  static var samples: [Sample] {
    [
      Sample(
        "three axes", CombinedIndices(shape: [4, 2, 5], parts: (0..<3).map { Part(axis: $0, axes: 1) }),
        [
          .init([3, 1], in: -4...3, type: .int64), .init([], in: -2...1, type: .int64),
          .init([6], in: 0...4, type: .int64),
        ],
        reference: { o in
          func wrapped(_ index: Double, _ length: Int) -> Int { Int(index) + (index < 0 ? length : 0) }
          return Reference([3, 6]) {
            Double((wrapped(o[0][$0], 4) * 2 + wrapped(o[1][$0], 2)) * 5 + wrapped(o[2][$0], 5))
          }
        }, isDifferentiable: false,
        large: (
          CombinedIndices(shape: [4, 5], parts: (0..<2).map { Part(axis: $0, axes: 1) }),
          [.init([301, 1], in: -4...3, type: .int64), .init([407], in: 0...4, type: .int64)]
        ))
    ]
  }
}

/// The positions of the true elements of a mask, in row-major order.
///
/// How many there are is an argument, because a rule knows no values.
struct TruePositions: Primitive {
  let count: Int

  init(count: Int) { self.count = count }

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

  var name: String { "truePositions" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { "its result is indices" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    if operands[0].scalarType != .bool { throw mistake(expected: "a mask of Bool", got: "\(operands[0].scalarType)") }
    if count < 0 || count > operands[0].count {
      throw mistake(expected: "a count within 0 ... \(operands[0].count)", got: "\(count)")
    }
    return TensorSpecs(.int64, [count])
  }

  func validate(_ operands: borrowing Operands) throws(TensorError) {
    let trues = TruePositions.trueCount(operands.first)
    if trues != count { throw mistake(expected: "\(count) true elements", got: "\(trues)") }
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
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

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }

  static var samples: [Sample] {
    func sample(_ label: String, _ shape: Shape, _ value: Double, count: Int, large: Shape) -> Sample {
      Sample(
        label, TruePositions(count: count), [.init(shape, in: 0...1, type: .bool, transform: { _ in value })],
        reference: { o in
          let places = o[0].values.indices.filter { o[0].values[$0] != 0 }
          return Reference([places.count], places.map(Double.init))
        }, isDifferentiable: false,
        large: (
          TruePositions(count: large.elementCount), [.init(large, in: 0...1, type: .bool, transform: { _ in 1 })]
        ))
    }
    return [
      sample("all true", [3, 4], 1, count: 12, large: [300, 501]),
      sample("none true", [3, 4], 0, count: 0, large: [300, 501]),
      sample("empty", [0, 4], 1, count: 0, large: [300, 501]),
    ]
  }
}

extension Tensor where Scalar == Bool {
  /// The positions of the true elements, in row-major order, `[count]`.
  package func truePositions() -> Tensor<Int64> { Tensor<Int64>(unchecked: TruePositions.of(erased)) }
}
