import Martlet

/// A file gives what its bytes give, and what was read can be written and read again.
func checkNPY(_ bytes: [UInt8]) {
  let read = Outcome { () throws(FormatError) in try NPY.read(bytes: bytes, source: "bytes") }
  let path = memoryFile(bytes)
  let fromFile = Outcome { () throws(FormatError) in try NPY.read(from: path) }
  promise(read.agrees(with: fromFile) { $0.hasSameBits(as: $1) }, "npy: a file gives something else than its bytes")
  guard let tensor = read.value else { return }
  let again = Outcome { () throws(FormatError) in
    try NPY.read(bytes: NPY.bytes(of: tensor), source: "again")
  }
  promise(again.value.map { $0.hasSameBits(as: tensor) } == true, "npy: written and read again it is something else")
}
