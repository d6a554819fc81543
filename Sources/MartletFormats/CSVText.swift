import MartletCore
import MartletPlatform
import MartletText

/// The text of a CSV file, some megabytes of whole rows at a time, so that no more of a file need be in memory than its
/// longest row.
final class CSVText {
  /// The number of bytes that a thread parses at a time.
  private static let blockByteCount = 1 << 18
  private static let quote = UInt8(ascii: "\"")

  private let source: any ByteSource
  private let separator: UInt8
  private var storage: UnsafeMutableBufferPointer<UInt8>
  /// The part of the storage that has been read and not yet passed.
  private var unread = 0..<0
  private var isAtEnd = false
  /// The number of bytes that have been read.
  private var byteCount = 0

  init(_ source: any ByteSource, separator: UInt8, budget: inout MemoryBudget) throws(FormatError) {
    self.source = source
    self.separator = separator
    // Several blocks for each thread.
    let capacity = max(16, 4 * Threads.count) * Self.blockByteCount
    try budget.take(capacity)
    storage = .allocate(capacity: capacity)
  }

  deinit {
    storage.deallocate()
  }

  /// The next rows, at least one, and the offsets where their blocks begin and the last ends; the offset 0 alone at the
  /// end of the file.
  ///
  /// The text is valid until the next call.
  func rows(_ budget: inout MemoryBudget) throws(FormatError) -> (text: UnsafeBufferPointer<UInt8>, cuts: [Int]) {
    try fill()
    while true {
      let cuts = cuts()
      if isAtEnd || cuts.count > 1 { return (text, cuts) }
      // A row that is already wrong need not be read to its end, which may be the end of the file.
      if isBroken { return (text, [0, text.count]) }
      try grow(&budget)
      try fill()
    }
  }

  /// Moves past so many bytes.
  func pass(_ count: Int) { unread = (unread.lowerBound + count)..<unread.upperBound }

  /// Moves past so many lines, whatever they hold.
  func skipLines(_ count: Int, _ budget: inout MemoryBudget) throws(FormatError) {
    if count == 0 { return }
    var left = count
    try fill()
    while true {
      while left > 0, let end = text.firstIndex(of: CSVScanner.newLine) {
        pass(end + 1)
        left -= 1
      }
      if left == 0 || isAtEnd { return }
      // The rest of the text is the beginning of a line that is passed over.
      pass(text.count)
      try fill()
    }
  }

  private var text: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(rebasing: storage[unread]) }

  /// Reads on until the storage is full or the file ends.
  private func fill() throws(FormatError) {
    let space = UnsafeMutableRawBufferPointer(storage)
    if unread.lowerBound > 0 {
      space.copyMemory(from: UnsafeRawBufferPointer(text))
      unread = 0..<unread.count
    }
    let free = UnsafeMutableRawBufferPointer(rebasing: space[unread.count...])
    let count = try source.read(into: free)
    let isStart = byteCount == 0
    unread = 0..<unread.count + count
    isAtEnd = count < free.count
    if isStart {
      if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
        throw FormatError(.unsupported, source: source.name, reason: "expected text in UTF-8, got UTF-16")
      }
      if text.starts(with: [0xEF, 0xBB, 0xBF]) { pass(3) }
    }
    if count > 0, let found = memchr(free.baseAddress!, 0, count) {
      throw FormatError(
        .unrecognized, source: source.name, at: .byte(byteCount + (UnsafeMutableRawPointer(found) - free.baseAddress!)),
        reason: "expected text, got a byte 0")
    }
    byteCount += count
  }

  private func grow(_ budget: inout MemoryBudget) throws(FormatError) {
    try budget.take(2 * storage.count)
    let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 2 * storage.count)
    _ = larger.update(fromContentsOf: text)
    unread = 0..<unread.count
    storage.deallocate()
    storage = larger
  }

  /// The offsets where blocks of rows begin and the last ends. A line end within quotes does not end a row.
  private func cuts() -> [Int] {
    let text = text
    var cuts = [0]
    var end = 0
    if let start = text.baseAddress, memchr(start, Int32(Self.quote), text.count) != nil {
      var isQuoted = false
      for (index, byte) in text.enumerated() {
        if byte == Self.quote {
          isQuoted.toggle()
        } else if byte == CSVScanner.newLine && !isQuoted {
          end = index + 1
          if end - cuts.last! > Self.blockByteCount { cuts.append(end) }
        }
      }
    } else {
      end = text.lastIndex(of: CSVScanner.newLine).map { $0 + 1 } ?? 0
      while cuts.last! + Self.blockByteCount < end,
        let next = text[(cuts.last! + Self.blockByteCount)...].firstIndex(of: CSVScanner.newLine)
      {
        cuts.append(next + 1)
      }
    }
    if isAtEnd { end = text.count }
    if end > cuts.last! { cuts.append(end) }
    return cuts
  }

  /// Whether the text, which may not even hold a whole row, is wrong whatever follows.
  private var isBroken: Bool {
    var scanner = CSVScanner(text: text, range: text.indices, separator: separator)
    do throws(CSVProblem) {
      while !scanner.isAtEnd { _ = try scanner.next(column: 0) }
      return false
    } catch {
      return !error.isUnfinished
    }
  }
}
