// Exports the C library, whatever its name on this system, and CPlatform to the importers of this module.
@_exported import CPlatform

#if canImport(Glibc)
  @_exported import Glibc
#elseif canImport(Musl)
  @_exported import Musl
#elseif canImport(Darwin)
  @_exported import Darwin
#endif
