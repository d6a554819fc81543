import CKernels
import Foundation
import MartletCore
import TestSupport
import Testing

@testable import MartletInspection

/// The machine's limits: what the kernels compute and what is made of the measurements. Nothing is timed.
@Suite struct MachineLimitsTests {
  @Test(arguments: MachineLimits.vectorCounts) func `chains multiply and add`(vectors: Int32) {
    func check<S: FloatingScalar>(_ type: S.Type) {
      let start = (0..<Int(vectors) * 64 / MemoryLayout<S>.size).map { S($0 % 32) }
      var values = start
      let isKnown = values.withUnsafeMutableBytes {
        mk_multiply_add(S.scalarType.kernelType, vectors, $0.baseAddress, 0.5, 3, 4)
      }
      #expect(isKnown)
      // Exact: five bits and four halvings.
      var expected = start
      for _ in 0..<4 { expected = expected.map { (value: S) -> S in value * 0.5 + 3 } }
      #expect(values == expected)
    }
    check(Float.self)
    check(Double.self)
  }

  @Test func `another count of chains is refused`() {
    var values = [Float](repeating: 1, count: 16)
    #expect(!mk_multiply_add(MK_FLOAT32, 1, &values, 0.5, 1, 1))
    #expect(values == [Float](repeating: 1, count: 16))
  }

  @Test(arguments: [false, true]) func `the triad adds a multiple`(streaming: Bool) {
    let count = 160
    let a = UnsafeMutablePointer<Float>(OpaquePointer(BufferPool.systemAllocate((count + 16) * 4, for: "a test")))
    defer { free(a) }
    a.initialize(repeating: -1, count: count + 16)
    let b = (0..<count).map { Float($0) }
    let c = (0..<count).map { Float($0 * $0 % 31) }
    mk_triad(streaming, a, b, c, 0.5, count)
    for i in 0..<count { #expect(a[i] == b[i] + 0.5 * c[i]) }
    for i in count..<count + 16 { #expect(a[i] == -1) }
  }

  private let limits = MachineLimits(
    threads: 2, floatPeak: 200e9, doublePeak: 100e9,
    bandwidths: [
      .init(workingSet: 1 << 14, ordinary: 300, streaming: 100),
      .init(workingSet: 1 << 16, ordinary: 100, streaming: 80),
      .init(workingSet: 1 << 20, ordinary: 20, streaming: 40),
    ])

  @Test func `a bandwidth is interpolated over the logarithm of the size`() {
    #expect(limits.bandwidth(workingSet: 1 << 14, stores: .ordinary) == 300)
    #expect(limits.bandwidth(workingSet: 1 << 15, stores: .ordinary) == 200)
    #expect(limits.bandwidth(workingSet: 1 << 16, stores: .ordinary) == 100)
    #expect(limits.bandwidth(workingSet: 1 << 18, stores: .ordinary) == 60)
    #expect(limits.bandwidth(workingSet: 1 << 18, stores: .streaming) == 60)
    let rates = stride(from: 1 << 14, through: 1 << 20, by: 999).map { limits.bandwidth(workingSet: $0) }
    for (before, after) in zip(rates, rates.dropFirst()) { #expect(before >= after) }
  }

  @Test func `beyond the measured sizes the nearest holds`() {
    #expect(limits.bandwidth(workingSet: 0) == 300)
    #expect(limits.bandwidth(workingSet: 1 << 40, stores: .ordinary) == 20)
    #expect(limits.bandwidth(workingSet: 1 << 40) == 40)
  }

  @Test func `limits survive JSON`() throws {
    let copy = try JSONDecoder().decode(MachineLimits.self, from: JSONEncoder().encode(limits))
    #expect(copy == limits)
    #expect(copy.peak(of: .float32) == 200e9 && copy.peak(of: .float64) == 100e9)
  }

  @Test func `a peak exists for the types of arithmetic alone`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MachineLimits(
        threads: 1, floatPeak: 1, doublePeak: 1, bandwidths: [.init(workingSet: 1, ordinary: 1, streaming: 1)]
      ).peak(of: .int32)
    }
    #expect(errorText(result).contains("the peak is measured for Float and Double, not Int32"))
  }

  @Test func `measuring gives positive figures for the threads asked for`() async {
    // The pool belongs to one at a time, hence a process of its own.
    await #expect(processExitsWith: .success) {
      for threads in [1, 2] {
        let limits = MachineLimits.measured(threads: threads, rounds: 1)
        #expect(limits.threads == threads)
        #expect(limits.peak(of: .float32) > 0 && limits.peak(of: .float64) > 0)
        #expect(limits.bandwidths.count > 10)
        #expect(limits.bandwidths.allSatisfy { $0.ordinary > 0 && $0.streaming > 0 })
        #expect(limits.bandwidths[0].workingSet == threads * 12 << 10)
      }
    }
  }

  @Test func `the processor is described`() {
    #expect(Processor.available >= 1)
    #expect(["x86-64-v4", "x86-64-v3", "default", "one for all processors"].contains(Processor.kernelLevel))
    #expect(Processor.caches.map(\.level) == Processor.caches.map(\.level).sorted())
    #expect(Processor.kernelLevel != "x86-64-v4" || Processor.features.contains("AVX-512"))
  }
}
