import CFuzz

/// The path of a file in memory with these bytes, until the next is asked for.
func memoryFile(_ bytes: [UInt8]) -> String {
  let descriptor = bytes.withUnsafeBytes { mf_memory_file($0.baseAddress, $0.count) }
  if descriptor < 0 { fatalError("there is no file in memory here") }
  return "/proc/self/fd/\(descriptor)"
}
