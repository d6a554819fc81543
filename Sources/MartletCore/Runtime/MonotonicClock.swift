import MartletPlatform

/// A clock for measuring durations; reading it takes some 20 ns.
package enum MonotonicClock {
  @inline(__always)
  package static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
