import TestSupport
import Testing

@testable import MartletCore

/// The buffer pool. Its counters are the process's, hence processes of their own.
@Suite struct BufferPoolTests {
  @Test func `size classes hold what is asked and waste little`() {
    var last = 0
    for bytes in Array(0...5000) + (13...26).flatMap({ [(1 << $0) - 1, 1 << $0, (1 << $0) + 1, 3 << $0] }) {
      let sizeClass = SizeClass(holding: bytes)
      #expect(sizeClass.byteCount >= bytes)
      #expect(sizeClass.byteCount <= max(64, bytes * 5 / 4 + 1), "\(bytes)")
      #expect(sizeClass.byteCount.isMultiple(of: 16))
      #expect(SizeClass(holding: sizeClass.byteCount).index == sizeClass.index)
      #expect(SizeClass.byteCount(at: sizeClass.index) == sizeClass.byteCount)
      if bytes <= 5000 {
        #expect(sizeClass.index == last || sizeClass.index == last + 1)
        last = sizeClass.index
      }
    }
    #expect(SizeClass(holding: 1 << 60).index < SizeClass.count)
  }

  @Test func `blocks are reused and counted`() async {
    await #expect(processExitsWith: .success) {
      BufferPool.empty()
      let start = BufferPool.statistics
      var tensor: Tensor<Float>? = .zeros([1000])
      #expect(BufferPool.statistics.systemAllocations == start.systemAllocations + 1)
      #expect(BufferPool.statistics.bytesInUse - start.bytesInUse == SizeClass(holding: 4000).byteCount)
      let address = tensor!.erased.body.pointer
      tensor = nil
      #expect(BufferPool.statistics.bytesInUse == start.bytesInUse)
      #expect(BufferPool.statistics.bytesCached == SizeClass(holding: 4000).byteCount)
      // Of the same class, if not of the same size.
      let next = Tensor<Float>.zeros([990])
      #expect(next.erased.body.pointer == address)
      #expect(BufferPool.statistics.reuses == start.reuses + 1)
      #expect(BufferPool.statistics.bytesCached == 0)
    }
  }

  @Test func `blocks of all sizes up to 64 MB`() async {
    await #expect(processExitsWith: .success) {
      let start = BufferPool.statistics.bytesInUse
      for bytes in [0, 1, 63, 64, 65, 4096, 1 << 20, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 64 << 20] {
        for _ in 0..<2 {
          let storage = Scratch(byteCount: bytes)
          #expect(UInt(bitPattern: storage.pointer) % 64 == 0)
          if bytes >= 4 << 20 { #expect(UInt(bitPattern: storage.pointer) % (2 << 20) == 0) }
          // All of it can be written.
          if bytes > 0 {
            storage.pointer.storeBytes(of: 1, as: UInt8.self)
            (storage.pointer + bytes - 1).storeBytes(of: 2, as: UInt8.self)
            (storage.pointer + bytes / 2).storeBytes(of: 3, as: UInt8.self)
          }
        }
      }
      #expect(BufferPool.statistics.bytesInUse == start)
      BufferPool.empty()
      #expect(BufferPool.statistics.bytesCached == 0)
    }
  }

  @Test func `the cache is bounded and can be emptied`() async {
    await #expect(processExitsWith: .success) {
      BufferPool.empty()
      let sizes = [1000, 5000, 20_000, 300_000, 1_000_000]
      var tensors = sizes.map { Tensor<UInt8>.zeros([$0]) }
      let total = sizes.reduce(0) { $0 + SizeClass(holding: $1).byteCount }
      tensors = []
      #expect(BufferPool.statistics.bytesCached >= total)
      BufferPool.cacheLimit = 100_000
      #expect(BufferPool.cacheLimit == 100_000)
      #expect(BufferPool.statistics.bytesCached <= 100_000)
      // What does not fit is given back at once.
      tensors = [.zeros([1_000_000])]
      tensors = []
      #expect(BufferPool.statistics.bytesCached <= 100_000)
      BufferPool.empty()
      #expect(BufferPool.statistics.bytesCached == 0)
      let cached = BufferPool.statistics.systemAllocations
      tensors = [.zeros([1000])]
      #expect(BufferPool.statistics.systemAllocations == cached + 1)
      withExtendedLifetime(tensors) {}
    }
  }

  @Test func `the peak is measured`() async {
    await #expect(processExitsWith: .success) {
      let x = Tensor<Float>.zeros([100_000])
      BufferPool.resetPeak()
      #expect(BufferPool.statistics.peakBytesInUse == BufferPool.statistics.bytesInUse)
      let before = BufferPool.statistics.bytesInUse
      _ = x + 1
      let peak = BufferPool.statistics.peakBytesInUse - before
      #expect(peak >= 400_000 && peak < 600_000)
      #expect(BufferPool.statistics.bytesInUse == before)
    }
  }

  @Test func `threads share the pool`() {
    onThreads(4) { index in
      for round in 0..<500 {
        let count = 100 + (index * 37 + round * 101) % 3000
        let tensor = Tensor<Int32>.full([count], Int32(index))
        #expect(tensor.sum().item() == Int32(index * count))
      }
    }
  }
}
