import MartletPlatform

/// A clock for durations that costs some 20 ns to read.
package enum MonotonicClock {
  @inline(__always)
  package static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
