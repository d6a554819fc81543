import Martlet

private typealias File = (tensors: Safetensors.Tensors, metadata: Safetensors.Metadata)

/// A file gives what its bytes give, and what was read can be written and read again; written again it has the same bytes.
func checkSafetensors(_ bytes: [UInt8]) {
  let read = Outcome<File> { () throws(FormatError) in try Safetensors.read(bytes: bytes, source: "bytes") }
  let path = memoryFile(bytes)
  let fromFile = Outcome<File> { () throws(FormatError) in try Safetensors.read(from: path) }
  promise(
    read.agrees(with: fromFile) { isSame($0, $1, inOrder: true) },
    "safetensors: a file gives something else than its bytes")
  guard let file = read.value else { return }
  guard let written = Outcome({ () throws(FormatError) in try encode(file) }).value else {
    promise(false, "safetensors: what was read cannot be written")
    return
  }
  let again = Outcome<File> { () throws(FormatError) in try Safetensors.read(bytes: written, source: "again") }
  promise(
    again.value.map { isSame($0, file, inOrder: false) } == true,
    "safetensors: written and read again it is something else")
  promise(
    again.value.flatMap { file in Outcome { () throws(FormatError) in try encode(file) }.value } == written,
    "safetensors: written again it has other bytes")
}

private func encode(_ file: File) throws(FormatError) -> [UInt8] {
  try Safetensors.bytes(of: file.tensors, metadata: file.metadata)
}

private func isSame(_ a: File, _ b: File, inOrder: Bool) -> Bool {
  if a.metadata != b.metadata || a.tensors.count != b.tensors.count { return false }
  let (a, b) = inOrder ? (a.tensors, b.tensors) : (sorted(a.tensors), sorted(b.tensors))
  return zip(a, b).allSatisfy { $0.name.utf8.elementsEqual($1.name.utf8) && $0.tensor.hasSameBits(as: $1.tensor) }
}

/// By the names' bytes, which are what the format knows.
private func sorted(_ tensors: Safetensors.Tensors) -> Safetensors.Tensors {
  tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
}
