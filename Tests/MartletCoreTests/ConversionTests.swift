import Foundation
import MartletTesting
import Testing

@testable import MartletCore

/// Conversions between scalar types at the ends of their ranges, and between tensors and other forms of memory.
///
/// They hold on every level of the processor: what is expected here is Swift's own arithmetic.
@Suite struct ConversionTests {
  /// Numbers of every kind, so many that vectors and what is left behind them are tried at each.
  private static let doubles: [Double] = {
    var numbers: [Double] = [0, -0.0, .nan, -.nan, .infinity, -.infinity, .leastNonzeroMagnitude]
    let powers = [-2, -1, 0, 1, 7, 8, 9, 15, 16, 23, 24, 25, 30, 31, 32, 33, 52, 53, 54, 62, 63, 64, 65, 127, 128, 200]
    for power in powers {
      let number = Double(sign: .plus, exponent: power, significand: 1)
      for near in [number, number.nextDown, number.nextUp, number * 1.5] { numbers += [near, -near] }
      for distance in [-1, -0.5, 0.5, 1] { numbers += [number + distance, -number - distance] }
    }
    return numbers + [254.9, 255, 255.1, 255.9, 256, -0.9, -1, 65504, 65519.99, 65520, 3.4028235e38, 3.5e38]
  }()

  private func integers<I: FixedWidthInteger, S: FloatingScalar>(_ numbers: [S], _ type: I.Type) -> [I] {
    numbers.map { number in
      if number.isNaN { return 0 }
      return I(exactly: number.rounded(.towardZero)) ?? (number < 0 ? I.min : I.max)
    }
  }

  /// A tensor of the numbers, contiguous or every third of another's elements, beginning at an odd place.
  private func tensors<S: TensorScalar>(_ numbers: [S]) -> [Tensor<S>] {
    let spread = Tensor<S>(shape: [numbers.count, 3], scalars: numbers.flatMap { [numbers[0], $0, numbers[0]] })
    return [Tensor(numbers), spread[.all, 1]]
  }

  private func check<S: FloatingScalar>(_ type: S.Type) {
    let numbers = Self.doubles.map { S($0) }
    for first in 0..<9 {
      let part = Array(numbers[first...])
      for tensor in tensors(part) {
        #expect(tensor.cast(to: Int32.self).scalars == integers(part, Int32.self))
        #expect(tensor.cast(to: Int64.self).scalars == integers(part, Int64.self))
        #expect(tensor.cast(to: UInt8.self).scalars == integers(part, UInt8.self))
        #expect(tensor.cast(to: Bool.self).scalars == part.map { $0 != 0 })
        #expect(tensor.cast(to: Double.self).scalars.map(\.bits) == part.map { Double($0).bits })
        #expect(tensor.cast(to: Float.self).scalars.map(\.bits) == part.map { Float($0).bits })
        let halves = tensor.erased.converted(to: .float16).withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) }
        let areHalves = zip(halves, part).allSatisfy { half, number in
          number.isNaN ? Float16(bitPattern: half).isNaN : half == Float16(number).bitPattern
        }
        #expect(areHalves)
      }
    }
  }

  @Test func `floating point to others: truncated, saturated, NaN is 0; rounded once`() {
    check(Float.self)
    check(Double.self)
  }

  private func check<I: IntegerScalar>(_ type: I.Type) {
    var numbers: [I] = [.min, .max, 0, 1]
    for shift in 0..<I.bitWidth {
      let number = I(1) << shift
      let half: I = number >> 1
      var near: [I] = [number, number &- 1, number &+ 1, 0 &- number]
      near.append(number | (number >> 24))
      near.append(number | (number >> 53))
      numbers += near + near.map { $0 &+ half }
    }
    for tensor in tensors(numbers) {
      #expect(tensor.cast(to: Int32.self).scalars == numbers.map { Int32(truncatingIfNeeded: $0) })
      #expect(tensor.cast(to: Int64.self).scalars == numbers.map { Int64(truncatingIfNeeded: $0) })
      #expect(tensor.cast(to: UInt8.self).scalars == numbers.map { UInt8(truncatingIfNeeded: $0) })
      #expect(tensor.cast(to: Float.self).scalars == numbers.map { Float($0) })
      #expect(tensor.cast(to: Double.self).scalars == numbers.map { Double($0) })
      #expect(tensor.cast(to: Bool.self).scalars == numbers.map { $0 != 0 })
    }
  }

  @Test func `integers to others: wrapped, rounded to nearest, ties to even`() {
    check(Int32.self)
    check(Int64.self)
    check(UInt8.self)
    let truths = Tensor<Bool>([true, false, true])
    #expect(truths.cast(to: Int64.self).scalars == [1, 0, 1] && truths.cast(to: Double.self).scalars == [1, 0, 1])
  }

  @Test func `every number of half precision is widened and narrowed to itself`() {
    var all = AnyTensor(scalarType: .float16, shape: [65_536])
    all.withUniqueMutableBytes { bytes in
      for (index, _) in bytes.bindMemory(to: UInt16.self).enumerated() {
        bytes.storeBytes(of: UInt16(index), toByteOffset: 2 * index, as: UInt16.self)
      }
    }
    for type in [ScalarType.float32, .float64] {
      let wide = all.converted(to: type)
      let numbers = Tensor<Double>(unchecked: wide.converted(to: .float64)).scalars
      #expect(
        (0..<65_536).allSatisfy { index in
          let half = Float16(bitPattern: UInt16(index))
          return half.isNaN ? numbers[index].isNaN : numbers[index].bits == Double(half).bits
        })
      let back = wide.converted(to: .float16).withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) }
      #expect((0..<65_536).allSatisfy { Float16(bitPattern: UInt16($0)).isNaN || back[$0] == UInt16($0) })
    }
  }

  // MARK: Memory

  @Test func `from slices and any sequence`() {
    let array: [Float] = [1, 2, 3, 4, 5, 6]
    #expect(Tensor(array[1..<3]).scalars == [2, 3])
    #expect(Tensor<Float>(shape: [2, 2], scalars: array.dropFirst(2)) == [[3, 4], [5, 6]])
    #expect(Tensor<Float>(array.lazy.map { $0 * 2 }.reversed()).scalars == [12, 10, 8, 6, 4, 2])
    #expect(Tensor<Int64>(Int64(3)..<6).scalars == [3, 4, 5])
    #expect(Tensor<Int32>(shape: [2, 2], scalars: stride(from: Int32(0), to: 8, by: 2)) == [[0, 2], [4, 6]])
    #expect(Tensor<Double>(EmptyCollection<Double>()).shape == [0])
    let (x, y): (Float, Float) = (1, -1)
    #expect(Tensor<Float>([[[x, 2], [y, x + y]]]) == [[[1, 2], [-1, 0]]])
  }

  @Test func `from bytes in every form, and back`() {
    let tensor = Tensor<Float>([[1, -2], [0.5, .infinity]])
    let bytes = tensor.erased.withUnsafeBytes { Array($0) }
    #expect(Tensor<Float>(shape: [2, 2], bytes: bytes) == tensor)
    #expect(Tensor<Float>(shape: [2, 2], bytes: Data(bytes)) == tensor)
    #expect(Tensor<Float>(shape: [2, 2], bytes: ([9] + bytes).dropFirst()) == tensor)
    #expect(Tensor<Float>(shape: [2, 2], bytes: bytes.lazy.map { $0 }) == tensor)
    #expect(Tensor<Float>(shape: [2, 2], bytes: bytes.span.bytes) == tensor)
    #expect(tensor.withSpan { $0.bytes.withUnsafeBytes { Array($0) } } == bytes)
    let turned = tensor.transposed()
    #expect(turned.withSpan { span in Tensor<Float>(shape: [2, 2], bytes: span.bytes) } == turned)
    #expect(Tensor<Bool>(shape: [2], bytes: [1, 0] as [UInt8]).scalars == [true, false])
  }
}

extension Float { fileprivate var bits: UInt32? { isNaN ? nil : bitPattern } }
extension Double { fileprivate var bits: UInt64? { isNaN ? nil : bitPattern } }
