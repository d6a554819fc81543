import CKernels
import Testing

@testable import MartletCore

/// Links of cheap operations, whose value stays in registers, against the kernels of each operation: the same bits.
@Suite struct LinkedKernelTests {
  private static let unary = (0..<UInt8(MK_UNARY_COUNT.rawValue)).filter { mk_link_code(MK_LINK_UNARY, $0, false) != 0 }
  private static let binary = (0..<UInt8(MK_BINARY_COUNT.rawValue)).filter {
    mk_link_code(MK_LINK_FIRST, $0, false) != 0
  }

  /// Numbers with zeros of both signs, infinities, NaN and denormal numbers among them.
  private func numbers<Scalar: BinaryFloatingPoint & Sendable>(_ count: Int, _ seed: Int, _: Scalar.Type) -> [Scalar] {
    let special: [Scalar] = [0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, 1, -1]
    return (0..<count).map { index in
      index % 29 == seed
        ? special[index / 29 % special.count] : Scalar((index * 7919 + seed * 104_729) % 2000) / 256 - 4
    }
  }

  /// A list of numbers beginning `offset` elements after a cache line, with room around it.
  private func withLine<Scalar>(
    _ numbers: [Scalar], offset: Int, _ body: (UnsafeMutablePointer<Scalar>) -> Void
  ) -> [Scalar] {
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: (numbers.count + 32) * MemoryLayout<Scalar>.stride, alignment: 64)
    let first = memory.assumingMemoryBound(to: Scalar.self) + offset
    first.initialize(from: numbers, count: numbers.count)
    defer { memory.deallocate() }
    body(first)
    return (0..<numbers.count).map { first[$0] }
  }

  private func link(
    _ form: mk_link_form, _ kernel: UInt8 = 0, _ memory: UnsafeMutableRawPointer? = nil, row: Int = 0,
    scalar: Bool = false, streams: Bool = false
  ) -> mk_link {
    mk_link(
      memory: memory?.assumingMemoryBound(to: CChar.self), row: row, code: mk_link_code(form, kernel, scalar),
      streams: streams)
  }

  /// Each operation with each kind of operand, for rows of every length around the strips' and of rows in between.
  private func check<Scalar: BinaryFloatingPoint & Sendable>(_ type: mk_type, _: Scalar.Type) {
    let size = MemoryLayout<Scalar>.stride
    let least = Int(MK_LINKED_BYTES) / size
    let lengths = [0, 1, 15, 16, 17, 31, 63, 64, 65, 127, 128, 129, 500].map { least + $0 }
    for n in lengths {
      let (rows, between) = (3, n + 5)
      let (x, other) = (numbers(rows * between, 3, Scalar.self), numbers(rows * between, 11, Scalar.self))
      let blank = [Scalar](repeating: -77, count: rows * n)
      /// The results of links and of kernels by rows, which begin where streaming stores need a head.
      func compare(
        _ name: String, _ links: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>) -> [mk_link],
        _ kernel: (Int, UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>) ->
          Void
      ) {
        var (a, b) = (x, other)
        a.withUnsafeMutableBufferPointer { a in
          b.withUnsafeMutableBufferPointer { b in
            let (a, b) = (a.baseAddress!, b.baseAddress!)
            let wanted = withLine(blank, offset: 0) { y in for row in 0..<rows { kernel(row, a, b, y + row * n) } }
            for (offset, streams) in [(0, false), (0, true), (5, true)] {
              let got = withLine(blank, offset: offset) { y in
                let all = links(a, b) + [link(MK_LINK_STORE, 0, y, row: n * size, streams: streams)]
                mk_run_links(type, all, Int32(all.count), rows, n)
              }
              let wrong = zip(got, wanted).filter { !($0 == $1 && $0.sign == $1.sign) && !($0.isNaN && $1.isNaN) }
              #expect(wrong.isEmpty, "\(name), \(n) elements, offset \(offset), streams: \(streams)")
            }
          }
        }
      }
      for kernel in LinkedKernelTests.unary {
        compare("unary \(kernel)") { a, _ in
          [link(MK_LINK_LOAD, 0, a, row: between * size), link(MK_LINK_UNARY, kernel)]
        } _: { row, a, _, y in
          mk_unary(mk_unary_op(rawValue: kernel), type, a + row * between, 1, y, n)
        }
      }
      for kernel in LinkedKernelTests.binary {
        let op = mk_binary_op(rawValue: kernel)
        for (step, stride) in [(1, between), (1, 0), (0, 1), (0, 0)] {
          compare("binary \(kernel), strides \(stride) and \(step)") { a, b in
            [
              link(MK_LINK_LOAD, 0, a, row: between * size), link(MK_LINK_FETCH, 0, b, row: stride * size),
              link(MK_LINK_FIRST, kernel, b, row: stride * size, scalar: step == 0),
            ]
          } _: { row, a, b, y in
            _ = mk_binary(op, type, a + row * between, 1, b + row * stride, step, y, n)
          }
          compare("binary \(kernel) the other way, strides \(stride) and \(step)") { a, b in
            [
              link(MK_LINK_LOAD, 0, a, row: between * size),
              link(MK_LINK_SECOND, kernel, b, row: stride * size, scalar: step == 0),
            ]
          } _: { row, a, b, y in
            _ = mk_binary(op, type, b + row * stride, step, a + row * between, 1, y, n)
          }
        }
        compare("binary \(kernel) of the value alone") { a, _ in
          [link(MK_LINK_LOAD, 0, a, row: size, scalar: true), link(MK_LINK_BOTH, kernel)]
        } _: { row, a, _, y in
          let value = [Scalar](repeating: a[row], count: n)
          value.withUnsafeBufferPointer { _ = mk_binary(op, type, $0.baseAddress!, 1, $0.baseAddress!, 1, y, n) }
        }
      }
    }
  }

  @Test func `each link of Float`() { check(MK_FLOAT32, Float.self) }
  @Test func `each link of Double`() { check(MK_FLOAT64, Double.self) }

  @Test func `what has no link has no code`() {
    #expect(LinkedKernelTests.unary.count == 6 && LinkedKernelTests.binary.count == 8)
    #expect(mk_link_code(MK_LINK_UNARY, MK_EXP.rawValue, false) == 0)
    // Extremes keep denormal numbers, for which the processor's mode has to change.
    #expect(mk_link_code(MK_LINK_FIRST, MK_MINIMUM.rawValue, true) == 0)
    #expect(mk_link_code(MK_LINK_STORE, 0, true) == 0)
  }
}
