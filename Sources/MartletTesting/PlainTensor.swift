import MartletCore

/// A tensor as plain loops see it: a scalar type and values in row-major order.
package struct PlainTensor: Sendable {
  package let type: ScalarType
  package var reference: Reference

  package init(_ type: ScalarType, _ reference: Reference) {
    self.type = type
    self.reference = reference
  }

  /// An operand of a sample, drawn from its range and transformed; a floating-point operand has the type given.
  package init(drawing operand: Sample.Operand, floating: ScalarType, _ random: inout SplitMix) {
    type = operand.scalarType ?? floating
    let (type, range, transform) = (type, operand.range, operand.transform)
    reference = Reference(operand.shape.dimensions) { _ in
      let drawn =
        switch type {
        case .float32, .float64: Double.random(in: range, using: &random)
        case .bool: Double.random(in: 0...1, using: &random) < 0.5 ? 0.0 : 1
        default:
          Double(
            Int.random(in: Int(range.lowerBound.rounded(.up))...Int(range.upperBound.rounded(.down)), using: &random))
        }
      let value = transform.map { $0(drawn) } ?? drawn
      return type == .float32 ? Double(Float(value)) : value
    }
  }

  /// The same, with the values along some axes equal to the first along them.
  package func repeated(along axes: [Int]) -> PlainTensor {
    PlainTensor(
      type,
      Reference(reference.shape) { index in
        var source = index
        for axis in axes { source[axis] = 0 }
        return reference[source]
      })
  }
}

extension AnyTensor {
  /// A tensor with this placement, in memory that is otherwise filled with NaN (all bits set). No kernel takes part.
  package init(_ plain: PlainTensor, _ placement: Placement = .rowMajor) {
    let layout = placement.layout(plain.reference.shape)
    let reach = (0..<layout.shape.rank).reduce(layout.offset) { reach, axis in
      reach + max(0, (layout.shape[axis] - 1) * layout.stride(of: axis))
    }
    let size = plain.type.size
    let whole = TensorBody(scalarType: plain.type, shape: [reach + 6])
    whole.block.initializeMemory(as: UInt8.self, repeating: 0xFF, count: (reach + 6) * size)
    for (position, value) in zip(layout.positions, plain.reference.values) {
      plain.type.store(value, whole.block + position * size)
    }
    self.init(whole.view(layout))
  }

  /// The elements in row-major order, read one by one through the strides.
  package var plainValues: [Double] {
    let (type, pointer) = (scalarType, body.block)
    return withExtendedLifetime(body) { body.layout.positions.map { type.load(pointer + $0 * type.size) } }
  }

  package var plain: PlainTensor { PlainTensor(scalarType, Reference(shape.dimensions, plainValues)) }
}

extension Layout {
  /// The positions of the elements, in row-major order.
  fileprivate var positions: [Int] {
    var positions = [offset]
    for axis in 0..<shape.rank {
      let (length, step) = (shape[axis], stride(of: axis))
      var next: [Int] = []
      next.reserveCapacity(positions.count * length)
      for position in positions { for index in 0..<length { next.append(position + index * step) } }
      positions = next
    }
    return positions
  }
}

extension ScalarType {
  /// Writes a value as this type.
  package func store(_ value: Double, _ pointer: UnsafeMutableRawPointer) {
    switch self {
    case .float32: pointer.storeBytes(of: Float(value), as: Float.self)
    case .float64: pointer.storeBytes(of: value, as: Double.self)
    case .int32: pointer.storeBytes(of: Int32(value), as: Int32.self)
    case .int64: pointer.storeBytes(of: Int64(value), as: Int64.self)
    case .uint8, .bool: pointer.storeBytes(of: UInt8(value), as: UInt8.self)
    case .float16, .bfloat16: fatalError("for storage only")
    }
  }

  /// Reads a value of this type.
  package func load(_ pointer: UnsafeRawPointer) -> Double {
    switch self {
    case .float32: Double(pointer.load(as: Float.self))
    case .float64: pointer.load(as: Double.self)
    case .int32: Double(pointer.load(as: Int32.self))
    case .int64: Double(pointer.load(as: Int64.self))
    case .uint8, .bool: Double(pointer.load(as: UInt8.self))
    case .float16, .bfloat16: fatalError("for storage only")
    }
  }
}
