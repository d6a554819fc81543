import Martlet

/// A file gives what its bytes give, single arrays are those of the whole, and what was read can be written and read
/// again, compressed or not.
func checkNPZ(_ bytes: [UInt8]) {
  let read = Outcome<NPZ.Tensors> { () throws(FormatError) in try NPZ.read(bytes: bytes, source: "bytes") }
  let path = memoryFile(bytes)
  let fromFile = Outcome<NPZ.Tensors> { () throws(FormatError) in try NPZ.read(from: path) }
  promise(read.agrees(with: fromFile, isSame), "npz: a file gives something else than its bytes")
  if let archive = Outcome({ () throws(FormatError) in try NPZ.Archive(bytes: bytes, source: "bytes") }).value {
    for (index, name) in archive.names.enumerated() {
      let single = Outcome { () throws(FormatError) in try archive.tensor(name) }
      guard let all = read.value else { continue }
      promise(single.value.map { $0.hasSameBits(as: all[index].tensor) } == true, "npz: an array alone is another")
    }
  }
  guard let tensors = read.value else { return }
  for isCompressed in [false, true] {
    let again = Outcome<NPZ.Tensors> { () throws(FormatError) in
      let written = try NPZ.bytes(of: tensors, isCompressed: isCompressed)
      return try NPZ.read(bytes: written, source: "again", memoryLimit: 1 << 28)
    }
    promise(again.value.map { isSame($0, tensors) } == true, "npz: written and read again it is something else")
  }
}

private func isSame(_ a: NPZ.Tensors, _ b: NPZ.Tensors) -> Bool {
  a.count == b.count
    && zip(a, b).allSatisfy { $0.name.utf8.elementsEqual($1.name.utf8) && $0.tensor.hasSameBits(as: $1.tensor) }
}
