import CKernels

/// An order or equality, in the order of the kernels' table.
package enum Comparison: UInt8, CaseIterable, Sendable {
  case equal, notEqual, less, lessEqual, greater, greaterEqual

  func holds(_ a: Double, _ b: Double) -> Bool {
    switch self {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessEqual: a <= b
    case .greater: a > b
    case .greaterEqual: a >= b
    }
  }
}

/// Elementwise comparison of two operands that broadcast; NaN is unequal to everything.
package struct Compare: Primitive {
  package let comparison: Comparison

  package init(_ comparison: Comparison) { self.comparison = comparison }

  package var name: String { "\(comparison)" }
  package var saves: SavePolicy { .nothing }
  package var derivativeRefusal: String? { "its result is Bool" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (a, b) = (operands[0], operands[1])
    try requireSameScalarType(a, b)
    let isEquality = comparison == .equal || comparison == .notEqual
    if !(a.scalarType.isNumeric || (isEquality && a.scalarType == .bool)) {
      throw mistake("\(a.scalarType) is not supported")
    }
    return TensorSpecs(.bool, try broadcastShape(a, b))
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let out = result.pointer.assumingMemoryBound(to: UInt8.self)
    let kernel = mk_compare_op(rawValue: comparison.rawValue)
    let type = operands.first.scalarType.kernelType
    ElementwiseLoop.run(
      result.shape, operands.first, operands.second, grain: ElementwiseLoop.cheapGrain
    ) { a, aStride, b, bStride, first, count in
      mk_compare(kernel, type, a, aStride, b, bStride, out + first, count)
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }

  package static var samples: [Sample] {
    Comparison.allCases.map { comparison in
      Sample(
        "\(comparison)", Compare(comparison),
        [.init([3, 4], in: -2...2, type: .int32), .init([4], in: -2...2, type: .int32)],
        reference: { Reference.zip($0[0], $0[1]) { comparison.holds($0, $1) ? 1 : 0 } }, isDifferentiable: false)
    }
  }
}

/// A test of every element, in the order of the kernels' table.
package enum ElementTest: UInt8, CaseIterable, Sendable {
  case isNaN, isInfinite, isFinite, not
}

/// Elementwise tests: of floating-point values, and negation of `Bool`.
package struct Test: Primitive {
  package let test: ElementTest

  package init(_ test: ElementTest) { self.test = test }

  package var name: String { "\(test)" }
  package var saves: SavePolicy { .nothing }
  package var derivativeRefusal: String? { "its result is Bool" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let type = operands[0].scalarType
    if test == .not ? type != .bool : !type.isFloatingPoint { throw mistake("\(type) is not supported") }
    return TensorSpecs(.bool, operands[0].shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let out = result.pointer.assumingMemoryBound(to: UInt8.self)
    let kernel = mk_test_op(rawValue: test.rawValue)
    let type = operands.first.scalarType.kernelType
    ElementwiseLoop.run(result.shape, operands.first, grain: ElementwiseLoop.cheapGrain) { x, stride, first, count in
      mk_test(kernel, type, x, stride, out + first, count)
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }

  package static var samples: [Sample] {
    ElementTest.allCases.map { test in
      let special: @Sendable (Double) -> Double = { $0 < 0.3 ? .nan : $0 > 0.7 ? .infinity : $0 }
      return Sample(
        "\(test)", Test(test),
        [test == .not ? .init([3, 4], in: 0...1, type: .bool) : .init([3, 4], in: 0...1, transform: special)],
        reference: {
          $0[0].map { x in
            switch test {
            case .isNaN: x.isNaN ? 1 : 0
            case .isInfinite: x.isInfinite ? 1 : 0
            case .isFinite: x.isFinite ? 1 : 0
            case .not: x == 0 ? 1 : 0
            }
          }
        }, isDifferentiable: false)
    }
  }
}

/// `mask ? a : b`, element by element; all three broadcast.
package struct Select: Primitive {
  package init() {}

  package var name: String { "where" }
  package var saves: SavePolicy { .firstOperand }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (mask, a, b) = (operands[0], operands[1], operands[2])
    if mask.scalarType != .bool { throw mistake("the mask must be Bool, not \(mask.scalarType)") }
    try requireSameScalarType(a, b)
    guard let values = a.shape.broadcast(with: b.shape), let shape = values.broadcast(with: mask.shape) else {
      throw mistake("shapes do not broadcast: mask \(mask.shape), \(a.shape) and \(b.shape)")
    }
    return TensorSpecs(a.scalarType, shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let out = result.pointer
    let size = result.scalarType.size
    ElementwiseLoop.run(
      result.shape, operands.first, operands.second, operands[2], grain: ElementwiseLoop.cheapGrain
    ) { mask, maskStride, a, aStride, b, bStride, first, count in
      mk_select(
        size, mask.assumingMemoryBound(to: UInt8.self), maskStride, a, aStride, b, bStride, out + first * size, count)
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let mask = saved.operand(0)
    let zero = g.first.scalar(0)
    return Cotangents(
      nil, saved.needs(1) ? apply(Select(), mask, g.first, zero) : nil,
      saved.needs(2) ? apply(Select(), mask, zero, g.first) : nil)
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    guard let some = tangents[1] ?? tangents[2] else { return Tangents(nil) }
    let zero = some.scalar(0)
    let moved = apply(Select(), saved.operand(0), tangents[1] ?? zero, tangents[2] ?? zero)
    return Tangents(moved.shape == saved.resultShape ? moved : apply(BroadcastTo(saved.resultShape), moved))
  }

  package static var samples: [Sample] {
    [
      Sample(
        "where", Select(), [.init([3, 4], in: 0...1, type: .bool), .init([3, 4]), .init([4])],
        reference: { o in Reference(o[0].shape) { o[0][$0] != 0 ? o[1][$0] : o[2][$0] } })
    ]
  }
}
