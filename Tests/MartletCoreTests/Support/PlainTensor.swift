import Foundation

@testable import MartletCore

/// Random numbers for test data, independent of the library's: SplitMix64, seeded by a text.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(_ label: String) {
    // FNV-1a.
    state = label.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// A tensor as plain loops see it: a scalar type and values in row-major order.
struct PlainTensor {
  let type: ScalarType
  var reference: Reference

  init(_ type: ScalarType, _ reference: Reference) {
    self.type = type
    self.reference = reference
  }

  /// An operand of a sample, drawn from its range; a floating-point one in the type given.
  init(drawing operand: Sample.Operand, floating: ScalarType, _ random: inout SplitMix) {
    type = operand.scalarType ?? floating
    let (type, range) = (type, operand.range)
    reference = Reference(operand.shape.dimensions) { _ in
      switch type {
      case .float32: Double(Float(Double.random(in: range, using: &random)))
      case .float64: Double.random(in: range, using: &random)
      case .bool: Double.random(in: 0...1, using: &random) < 0.5 ? 0 : 1
      default:
        Double(
          Int.random(in: Int(range.lowerBound.rounded(.up))...Int(range.upperBound.rounded(.down)), using: &random))
      }
    }
  }

  /// The values along some axes made equal to the first.
  func repeated(along axes: [Int]) -> PlainTensor {
    PlainTensor(
      type,
      Reference(reference.shape) { index in
        var source = index
        for axis in axes { source[axis] = 0 }
        return reference[source]
      })
  }
}

/// How a tensor's elements may lie in memory.
enum Placement: CaseIterable, Sendable {
  case rowMajor, columnMajor, everySecond, reversed, shifted, paddedRows, repeatedFirst, repeatedLast, repeatedAll

  /// The axes that are repeated with stride 0.
  func repeatedAxes(_ shape: [Int]) -> [Int] {
    switch self {
    case .repeatedFirst: shape.isEmpty ? [] : [0]
    case .repeatedLast: shape.isEmpty ? [] : [shape.count - 1]
    case .repeatedAll: Array(shape.indices)
    default: []
    }
  }

  func strides(_ shape: [Int]) -> [Int] {
    func rowMajor(_ shape: [Int]) -> [Int] {
      shape.indices.map { axis in shape[(axis + 1)...].reduce(1, *) }
    }
    switch self {
    case .rowMajor, .shifted: return rowMajor(shape)
    case .columnMajor: return shape.indices.map { shape[..<$0].reduce(1, *) }
    case .everySecond: return rowMajor(shape).map { 2 * $0 }
    case .reversed: return rowMajor(shape).map { -$0 }
    case .paddedRows: return rowMajor(shape.isEmpty ? [] : shape.dropLast() + [shape.last! + 3])
    case .repeatedFirst, .repeatedLast, .repeatedAll:
      let axes = repeatedAxes(shape)
      let kept = shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
      return rowMajor(kept).enumerated().map { axes.contains($0.offset) ? 0 : $0.element }
    }
  }
}

extension AnyTensor {
  /// A tensor laid out as asked, over storage that is filled with NaN (all bits set) where no element lies. No kernel
  /// takes part.
  init(_ plain: PlainTensor, _ placement: Placement = .rowMajor) {
    let shape = plain.reference.shape
    let strides = placement.strides(shape)
    let isEmpty = shape.contains(0)
    let reach = isEmpty ? [] : zip(shape, strides).map { ($0 - 1) * $1 }
    let below = -reach.filter { $0 < 0 }.reduce(0, +)
    let above = reach.filter { $0 > 0 }.reduce(0, +)
    let offset = below + (placement == .shifted ? 3 : 0)
    let size = plain.type.size
    let whole = TensorBody(scalarType: plain.type, shape: [offset + above + 6])
    whole.block.initializeMemory(as: UInt8.self, repeating: 0xFF, count: (offset + above + 6) * size)
    let layout = Layout(shape: Shape(shape), strides: AxisList(strides), offset: offset)
    for (place, value) in zip(layout.places, plain.reference.values) {
      plain.type.store(value, whole.block + place * size)
    }
    self.init(whole.view(layout))
  }

  /// The elements in row-major order, read one by one through the strides.
  var plainValues: [Double] {
    let (type, pointer) = (scalarType, body.block)
    return withExtendedLifetime(body) { body.layout.places.map { type.load(pointer + $0 * type.size) } }
  }

  var plain: PlainTensor { PlainTensor(scalarType, Reference(shape.dimensions, plainValues)) }

  /// The bytes of the elements in row-major order.
  var elementBytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension Layout {
  /// Where the elements lie, in row-major order.
  fileprivate var places: [Int] {
    var places = [offset]
    for axis in 0..<shape.rank {
      let (length, step) = (shape[axis], strides[axis])
      var next: [Int] = []
      next.reserveCapacity(places.count * length)
      for place in places { for index in 0..<length { next.append(place + index * step) } }
      places = next
    }
    return places
  }
}

extension ScalarType {
  func store(_ value: Double, _ pointer: UnsafeMutableRawPointer) {
    switch self {
    case .float32: pointer.storeBytes(of: Float(value), as: Float.self)
    case .float64: pointer.storeBytes(of: value, as: Double.self)
    case .int32: pointer.storeBytes(of: Int32(value), as: Int32.self)
    case .int64: pointer.storeBytes(of: Int64(value), as: Int64.self)
    case .uint8, .bool: pointer.storeBytes(of: UInt8(value), as: UInt8.self)
    case .float16, .bfloat16: fatalError("for storage only")
    }
  }

  func load(_ pointer: UnsafeRawPointer) -> Double {
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

/// What is wrong with a result, nil where it is as expected: the shape, then each element within `relative` of the
/// magnitude of the tensor's elements. Integers and truth values must be equal.
func mismatch(_ result: AnyTensor, _ expected: Reference, relative: Double, floor: Double = 1e-3) -> String? {
  if result.shape.dimensions != expected.shape { return "shape \(result.shape) instead of \(expected.shape)" }
  let magnitude = expected.values.reduce(floor) { $1.isFinite ? max($0, abs($1)) : $0 }
  let allowed = result.scalarType.isDifferentiable ? relative * magnitude : 0
  for (position, (got, want)) in zip(result.plainValues, expected.values).enumerated() {
    if got == want || (got.isNaN && want.isNaN) || abs(got - want) <= allowed { continue }
    return "element \(position) of \(result.shape) is \(got) instead of \(want) (\(allowed) allowed)"
  }
  return nil
}

/// The first few of many complaints.
func report(_ problems: [String]) -> String {
  "\(problems.count) problems:\n" + problems.prefix(12).joined(separator: "\n")
}

/// Runs `body` on threads of its own, all at once, and waits for them.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let done = DispatchSemaphore(value: 0)
  for index in 0..<count {
    let thread = Thread {
      body(index)
      done.signal()
    }
    thread.stackSize = 8 << 20
    thread.start()
  }
  for _ in 0..<count { done.wait() }
}
