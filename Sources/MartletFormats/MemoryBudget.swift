import MartletCore
import MartletText

/// The memory that reading a file may take, and that it has taken.
///
/// A file of a few bytes can claim to hold more than any machine has. So each reader says what it is about to take
/// before it takes it, and memory that is not there is an error of the file instead of the end of the program.
struct MemoryBudget {
  private let source: String
  private let limit: Int
  private var taken = 0

  /// The limit if the caller gives none: three quarters of what the machine has or the control group allows.
  static let standard = BufferPool.memory / 4 * 3

  /// `source` names the file in errors; throws when the limit is negative.
  init(_ limit: Int?, source: String) throws(FormatError) {
    self.source = source
    self.limit = limit ?? Self.standard
    if self.limit < 0 {
      throw FormatError(
        .invalid, source: source, reason: "expected a memoryLimit of at least 0 bytes, got \(self.limit)")
    }
  }

  /// Takes some more bytes; throws if that is beyond the limit, or the system does not give them.
  mutating func take(_ byteCount: Int) throws(FormatError) {
    if byteCount > limit - taken {
      let (sum, isOverflow) = taken.addingReportingOverflow(byteCount)
      let wanted = isOverflow ? Int.max : sum
      throw FormatError(
        .tooLarge, source: source,
        reason: "expected it to take at most \(limit) bytes of memory, got at least \(wanted): if that is right, read "
          + "it with a larger memoryLimit")
    }
    if !BufferPool.isAvailable(byteCount) {
      throw FormatError(
        .tooLarge, source: source, reason: "expected the system to give \(byteCount) bytes of memory, got none")
    }
    taken += byteCount
  }
}
