#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the C library says of the call that just failed.
package func lastSystemError() -> String {
  String(cString: strerror(errno))
}
