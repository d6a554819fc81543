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

  package func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (a, b) = (operands.first.body, operands.second!.body)
    if a.scalarType != b.scalarType {
      throw TensorError(name, "scalar types differ: \(a.scalarType) and \(b.scalarType); convert one with cast(to:)")
    }
    let isEquality = comparison == .equal || comparison == .notEqual
    if !(a.scalarType.isNumeric || (isEquality && a.scalarType == .bool)) {
      throw TensorError(name, "\(a.scalarType) is not supported")
    }
    guard let shape = a.shape.broadcast(with: b.shape) else {
      throw TensorError(
        name, "shapes do not broadcast: \(a.shape) and \(b.shape) (\(a.shape.broadcastConflict(with: b.shape)))")
    }
    return TensorSpec(.bool, shape)
  }

  package func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: .bool, shape: spec.shape)
    let out = result.pointer.assumingMemoryBound(to: UInt8.self)
    let kernel = mk_compare_op(rawValue: comparison.rawValue)
    let type = operands.first.scalarType.kernelType
    ElementwiseLoop.run(
      spec.shape, operands.first.body, operands.second!.body, grain: ElementwiseLoop.cheapGrain
    ) { a, aStride, b, bStride, first, count in
      mk_compare(kernel, type, a, aStride, b, bStride, out + first, count)
    }
    return result
  }

  package func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients { OperandGradients(nil) }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? { nil }

  package static var samples: [Sample] {
    Comparison.allCases.map { comparison in
      Sample(
        "\(comparison)", [.init([3, 4], in: -2...2, type: .int32), .init([4], in: -2...2, type: .int32)],
        apply: { applyAny(Compare(comparison), $0) },
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

  package func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let type = operands.first.scalarType
    if test == .not ? type != .bool : !type.isDifferentiable { throw TensorError(name, "\(type) is not supported") }
    return TensorSpec(.bool, operands.first.shape)
  }

  package func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: .bool, shape: spec.shape)
    let out = result.pointer.assumingMemoryBound(to: UInt8.self)
    let kernel = mk_test_op(rawValue: test.rawValue)
    let type = operands.first.scalarType.kernelType
    ElementwiseLoop.run(spec.shape, operands.first.body, grain: ElementwiseLoop.cheapGrain) { x, stride, first, count in
      mk_test(kernel, type, x, stride, out + first, count)
    }
    return result
  }

  package func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients { OperandGradients(nil) }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? { nil }

  package static var samples: [Sample] {
    ElementTest.allCases.map { test in
      Sample(
        "\(test)", [.init([3, 4], in: 0...1, type: test == .not ? .bool : nil)],
        apply: { applyAny(Test(test), test == .not ? $0 : [$0[0] / $0[0].applying(.round)]) },
        reference: {
          $0[0].map { value in
            let x = test == .not ? value : value / value.rounded(.toNearestOrEven)
            switch test {
            case .isNaN: return x.isNaN ? 1 : 0
            case .isInfinite: return x.isInfinite ? 1 : 0
            case .isFinite: return x.isFinite ? 1 : 0
            case .not: return x == 0 ? 1 : 0
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

  package func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (mask, a, b) = (operands.first.body, operands.second!.body, operands.third!.body)
    if mask.scalarType != .bool { throw TensorError(name, "the mask must be Bool, not \(mask.scalarType)") }
    if a.scalarType != b.scalarType {
      throw TensorError(name, "scalar types differ: \(a.scalarType) and \(b.scalarType); convert one with cast(to:)")
    }
    guard let values = a.shape.broadcast(with: b.shape), let shape = values.broadcast(with: mask.shape) else {
      throw TensorError(name, "shapes do not broadcast: mask \(mask.shape), \(a.shape) and \(b.shape)")
    }
    return TensorSpec(a.scalarType, shape)
  }

  package func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let out = result.pointer
    let size = spec.scalarType.size
    ElementwiseLoop.run(
      spec.shape, operands.first.body, operands.second!.body, operands.third!.body, grain: ElementwiseLoop.cheapGrain
    ) { mask, maskStride, a, aStride, b, bStride, first, count in
      mk_select(
        size, mask.assumingMemoryBound(to: UInt8.self), maskStride, a, aStride, b, bStride, out + first * size, count)
    }
    return result
  }

  package func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    let mask = saved.operand(0)
    let zero = cotangent.scalar(0)
    return OperandGradients(
      nil, saved.needs(1) ? apply(Select(), mask, cotangent, zero) : nil,
      saved.needs(2) ? apply(Select(), mask, zero, cotangent) : nil)
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    guard let some = tangents[1] ?? tangents[2] else { return nil }
    let zero = some.scalar(0)
    let moved = apply(Select(), saved.operand(0), tangents[1] ?? zero, tangents[2] ?? zero)
    return moved.shape == saved.resultShape ? moved : apply(BroadcastTo(saved.resultShape), moved)
  }

  package static var samples: [Sample] {
    [
      Sample(
        "where", [.init([3, 4], in: 0...1, type: .bool), .init([3, 4]), .init([4])], apply: { applyAny(Select(), $0) },
        reference: { o in Reference(o[0].shape) { o[0][$0] != 0 ? o[1][$0] : o[2][$0] } })
    ]
  }
}
