import MartletPlatform

// Views whose elements repeat along axes of stride 0: reductions read each element once.

extension TensorBody {
  /// A view with length 1 for the axes along which elements repeat; nil when there are none.
  func withoutRepeats() -> TensorBody? {
    if isContiguous || count == 0 { return nil }
    var once = layout
    for axis in 0..<once.shape.rank where once.strides[axis] == 0 { once.shape.axes[axis] = 1 }
    return once.shape == shape ? nil : view(once)
  }
}

extension Reduction {
  /// Reduces a view whose elements repeat: reduces `once`, which has each element once, and then counts the repeats in.
  func reduce(_ operand: TensorBody, seen once: TensorBody, into result: TensorBody) {
    var times = 1
    var shape = Shape.scalar
    for axis in 0..<operand.shape.rank {
      if reduces(axis) {
        times *= operand.shape.axes[axis] / once.shape.axes[axis]
      } else {
        shape.axes.append(once.shape.axes[axis])
      }
    }
    let value = shape == result.shape ? result : TensorBody(scalarType: result.scalarType, shape: shape)
    reduce(once, into: value)
    if times > 1 { combine(value, times) }
    if value !== result { Contiguous.copy(value, to: result) }
  }

  /// Replaces each value by the reduction of `times` equal values.
  private func combine(_ body: TensorBody, _ times: Int) {
    let isProduct: Bool
    switch kind {
    case .sum, .sumOfSquares: isProduct = false
    case .product: isProduct = true
    case .min, .max, .any, .all: return
    }
    func each<S>(_ type: S.Type, _ change: (S) -> S) {
      let first = body.pointer.assumingMemoryBound(to: S.self)
      for index in 0..<body.count { first[index] = change(first[index]) }
    }
    func floating(_ x: Double) -> Double { isProduct ? pow(x, Double(times)) : x * Double(times) }
    func integer<S: FixedWidthInteger>(_ x: S) -> S { isProduct ? power(x, times) : x &* S(truncatingIfNeeded: times) }
    switch body.scalarType {
    case .float32: each(Float.self) { Float(floating(Double($0))) }
    case .float64: each(Double.self, floating)
    case .int32: each(Int32.self, integer)
    case .int64: each(Int64.self, integer)
    case .uint8: each(UInt8.self, integer)
    case .bool, .float16, .bfloat16: break
    }
  }
}

/// A power by repeated squaring; wraps around as products do.
private func power<S: FixedWidthInteger>(_ base: S, _ exponent: Int) -> S {
  var (result, square, rest) = (1 as S, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result = result &* square }
    square = square &* square
    rest >>= 1
  }
  return result
}
