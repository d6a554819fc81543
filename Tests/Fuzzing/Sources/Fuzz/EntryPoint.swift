import Foundation

/// What libFuzzer calls with each input. An error that a reader throws is a right answer; whatever stops the process is a
/// finding, and so is a broken promise, which stops it too.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  chosen.check(Array(UnsafeBufferPointer(start: data, count: count)))
  return 0
}

/// In the environment, since libFuzzer has the arguments for itself, and starts itself again with them.
private let chosen: Format = {
  let name = ProcessInfo.processInfo.environment["MARTLET_FUZZ_FORMAT"] ?? ""
  guard let format = Format(rawValue: name) else {
    fatalError("MARTLET_FUZZ_FORMAT: expected one of \(Format.allCases.map(\.rawValue)), got \(name.debugDescription)")
  }
  return format
}()
