import CKernels
import MartletTesting
import TestSupport
import Testing

@testable import MartletCore

/// Sorting against a stable merge sort that compares elements where they lie, to the bit.
@Suite struct SortTests {
  /// What the elements are like.
  enum Kind: CaseIterable {
    case random, few, equal, ascending, equalsThatDiffer, extreme
  }

  /// Lengths around the sizes of vectors, and of what is inserted or sorted in registers.
  private static let lengths = Array(0...33) + [40, 63, 64, 65, 127, 128, 129, 255, 256, 257, 300, 1000]
  /// Lengths around a digit's table and the parts of a long row.
  private static let longLengths = [16_384, 32_768, 70_001]

  private func elements<S: NumericScalar>(_ kind: Kind, _ count: Int, _: S.Type) -> Tensor<S> {
    var noise = SplitMix("\(count)")
    let values: [S] = (0..<count).map { index in
      let bits = noise.next()
      switch kind {
      case .random: return special(bits, S.self) ?? S(tensorScalar: Double(bits >> 57))
      case .few: return S(tensorScalar: Double(bits % 7))
      case .equal: return 5
      case .ascending: return S(tensorScalar: Double(S.scalarType == .uint8 ? index % 256 : index))
      case .equalsThatDiffer: return equal(bits, S.self) ?? S(tensorScalar: Double(bits % 2))
      case .extreme: return extreme(bits, S.self) ?? S(tensorScalar: Double(bits % 3))
      }
    }
    return Tensor(shape: [count], scalars: values)
  }

  private func special<S: NumericScalar>(_ bits: UInt64, _: S.Type) -> S? {
    switch S.scalarType {
    case .float32: Float(Double(bits) / 0x1p63 - 1) as? S
    case .float64: (Double(bits) / 0x1p63 - 1) as? S
    case .int32: Int32(truncatingIfNeeded: bits) as? S
    case .int64: Int64(bitPattern: bits) as? S
    default: nil
    }
  }

  /// Zeros of both signs, and NaN of several.
  private func equal<S: NumericScalar>(_ bits: UInt64, _: S.Type) -> S? {
    let (low, sign) = (UInt32(bits & 0xff), bits & 0x100 != 0)
    switch (S.scalarType, bits >> 60 & 1) {
    case (.float32, 0): return Float(bitPattern: 0x7fc0_0000 | low | (sign ? 1 << 31 : 0)) as? S
    case (.float64, 0): return Double(bitPattern: 0x7ff8_0000_0000_0000 | UInt64(low) | (sign ? 1 << 63 : 0)) as? S
    case (.float32, _): return (sign ? -0.0 : Float(0)) as? S
    case (.float64, _): return (sign ? -0.0 : Double(0)) as? S
    default: return nil
    }
  }

  /// Infinities, denormals and the ends of ranges, and integers that differ in their upper halves or in a few bits.
  private func extreme<S: NumericScalar>(_ bits: UInt64, _: S.Type) -> S? {
    let sign = bits & 1 == 0
    switch S.scalarType {
    case .float32: return [Float.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude][Int(bits >> 61) % 3] as? S
    case .float64: return (sign ? -Double.infinity : .leastNonzeroMagnitude * Double(bits >> 60)) as? S
    case .int32: return (sign ? Int32.min : .max) as? S
    case .int64: return (Int64(bits & 3) << 40 | Int64(bits >> 62) | (sign ? .min : 0)) as? S
    default: return nil
    }
  }

  private func check<S: NumericScalar>(_ type: S.Type) {
    for kind in Kind.allCases {
      let isLong = kind == .random || kind == .equalsThatDiffer
      for count in SortTests.lengths + (isLong ? SortTests.longLengths : []) {
        let x = elements(kind, count, type)
        for descending in [false, true] {
          var order = [Int64](repeating: 0, count: count)
          var scratch = order
          x.withUnsafeScalars {
            mk_argsort_rows_by_merging(
              descending, S.scalarType.kernelType, $0.baseAddress, &order, &scratch, 1, count)
          }
          if count > 0 { checkPlaces(of: x, order, descending, "\(kind) \(count) \(descending)") }
          for threads in [1, 2, 3] where threads == 1 || count > 30_000 {
            withThreads(threads) {
              #expect(x.argSort(descending: descending).scalars == order, "\(kind) \(count) \(descending) \(threads)")
              let sorted = x.sorted(descending: descending)
              let isSame = x.withUnsafeScalars { x in
                sorted.withUnsafeScalars { y in
                  zip(y, order).allSatisfy { bytes($0) == bytes(x[Int($1)]) }
                }
              }
              #expect(isSame, "\(kind) \(count) \(descending) \(threads)")
            }
          }
        }
      }
    }
  }

  /// Checks the elements at single places, and the first few, against the order.
  private func checkPlaces<S: NumericScalar>(
    of x: Tensor<S>, _ order: [Int64], _ descending: Bool, _ comment: Comment
  ) {
    for k in Set([1, order.count / 2, order.count]) where k * order.count < 1_000_000 {
      #expect(x.topK(k, largest: descending).indices.scalars == Array(order.prefix(k)), comment)
    }
    if descending { return }
    let last = Int64(order.count - 1)
    let places = Set([0, last / 3, last / 2, min(last, last / 2 + 1), last]).sorted()
    let size = S.scalarType.size
    let scratch = Scratch(byteCount: 2 * order.count * size)
    let values = Scratch(byteCount: places.count * size)
    let isSame = x.withUnsafeScalars { x in
      mk_order_statistics_rows(
        S.scalarType.kernelType, x.baseAddress, places, places.count, values.pointer, scratch.pointer, 1, order.count)
      let found = UnsafeBufferPointer(start: values.pointer.assumingMemoryBound(to: S.self), count: places.count)
      return zip(found, places).allSatisfy { bytes($0) == bytes(x[Int(order[Int($1)])]) }
    }
    #expect(isSame, comment)
  }

  private func bytes<S>(_ value: S) -> UInt64 {
    var bits: UInt64 = 0
    withUnsafeBytes(of: value) { source in
      withUnsafeMutableBytes(of: &bits) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[...])) }
    }
    return bits
  }

  @Test func `floats are sorted as a merge sort does`() { check(Float.self) }
  @Test func `doubles are sorted as a merge sort does`() { check(Double.self) }
  @Test func `integers are sorted as a merge sort does`() {
    check(Int32.self)
    check(Int64.self)
    check(UInt8.self)
  }

  @Test func `keys are sorted by digits as in vectors`() {
    for count in SortTests.lengths + SortTests.longLengths {
      for (size, mask) in [(4, UInt64.max), (8, .max), (8, 0xff << 32), (4, 0x0f00)] {
        var noise = SplitMix("\(count + size)")
        var keys = (0..<count).map { _ in noise.next() & mask }
        var (other, scratch) = (keys, keys)
        mk_sort_keys(size, &keys, &scratch, 0, count)
        mk_sort_keys_by_digits(size, &other, &scratch, 0, count)
        #expect(keys == other, "\(count) keys of \(size) bytes")
        let ascends = keys.withUnsafeBytes { bytes in
          size == 4
            ? bytes.bindMemory(to: UInt32.self).prefix(count).isAscending
            : bytes.bindMemory(to: UInt64.self).prefix(count).isAscending
        }
        #expect(ascends, "\(count) keys of \(size) bytes")
      }
    }
  }

  /// Pivots that leave nearly all keys on one side, again and again, end in a sort by digits.
  @Test func `no order of keys makes the quicksort slow or wrong`() {
    let count = 40_000
    // Each sample's middle is the next of the smallest.
    var keys = (0..<UInt64(count)).map { (index: UInt64) -> UInt64 in index + (1 << 40) }
    for index in stride(from: 0, to: count, by: 1250) { keys[index] = UInt64(index) }
    var scratch = keys
    mk_sort_keys(8, &keys, &scratch, 0, count)
    #expect(keys.prefix(count).isAscending)
  }

  @Test func `strided rows and columns are sorted`() {
    let x = Tensor<Float>.arange(60).reshaped(to: [5, 12]).remainder(7)
    let every = x[.all, .slice(step: -3)]
    for axis in 0..<2 {
      for descending in [false, true] {
        let order = every.contiguous().argSort(axis: axis, descending: descending)
        #expect(every.sorted(axis: axis, descending: descending) == every.takeAlong(order, axis: axis))
      }
    }
  }
}

extension Collection where Element: Comparable {
  fileprivate var isAscending: Bool { zip(self, dropFirst()).allSatisfy { $0 <= $1 } }
}
