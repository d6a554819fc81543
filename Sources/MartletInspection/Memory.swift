import MartletCore
import MartletText

/// What a piece of work took of memory.
public struct MemoryReport: Sendable, Equatable, CustomStringConvertible {
  /// The most bytes of tensors that were alive at once, beyond those that were alive before.
  public let peakBytes: Int
  /// Bytes that are still alive, beyond those before.
  public let remainingBytes: Int
  /// Blocks taken from the system; 0 for a step whose buffers are all reused.
  public let systemAllocations: Int

  public var description: String {
    "peak \(NumberFormat.bytes(peakBytes)), remaining \(NumberFormat.bytes(remainingBytes)), "
      + "\(systemAllocations) system allocations"
  }
}

/// Runs `body` and reports the memory that its tensors took: a training step's peak, for instance.
///
/// The pool is the process's: what other threads do meanwhile is counted too, and nested measurements disturb the
/// outer one's peak.
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
