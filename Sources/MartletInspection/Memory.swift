import MartletCore
import MartletText

/// The memory that some work needed.
public struct MemoryReport: Sendable, Equatable, CustomStringConvertible {
  /// The most bytes of tensors in use at once, beyond those in use before.
  public let peakBytes: Int
  /// Bytes of tensors that are still in use, beyond those in use before.
  public let remainingBytes: Int
  /// The number of blocks taken from the system; 0 when all blocks come from the pool.
  public let systemAllocations: Int

  public var description: String {
    "peak \(NumberFormat.bytes(peakBytes)), remaining \(NumberFormat.bytes(remainingBytes)), "
      + "\(systemAllocations) system allocations"
  }
}

/// Runs `body` and reports the memory that its tensors needed, such as the peak of a training step.
///
/// The whole process shares one pool: what other threads do meanwhile is counted too, and a nested measurement resets
/// the peak of the outer one.
public func measuringMemory<R>(_ body: () throws -> R) rethrows -> (result: R, memory: MemoryReport) {
  let before = BufferPool.statistics
  BufferPool.resetPeak()
  let result = try body()
  let after = BufferPool.statistics
  return (
    result,
    MemoryReport(
      peakBytes: after.peakBytesInUse - before.bytesInUse, remainingBytes: after.bytesInUse - before.bytesInUse,
      systemAllocations: after.systemAllocations - before.systemAllocations)
  )
}
