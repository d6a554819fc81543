import MartletCore
import MartletText

/// A data set that could not be read or made: which one, what is wrong, and what to do.
public struct DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What sort of thing went wrong.
  public enum Kind: Sendable, Equatable {
    /// A file is not there or may not be read.
    case unreadable
    /// A file is cut short, damaged or of another format.
    case corrupt
    /// The tensors or numbers given do not make a data set.
    case invalid
  }

  /// What sort of thing went wrong.
  public let kind: Kind
  /// The file's path, or what was to be made.
  public let source: String
  /// What is wrong and, where there is a remedy, what to do.
  public let reason: String

  /// An error about a source.
  public init(_ kind: Kind, source: String, reason: String) {
    self.kind = kind
    self.source = source
    self.reason = reason
  }

  /// The source and the reason.
  public var description: String { "\(source): \(reason)" }
}

/// Runs a file operation of the floor below and says its error in this floor's words.
func reading<R>(_ body: () throws(FormatError) -> R) throws(DatasetError) -> R {
  do throws(FormatError) {
    return try body()
  } catch {
    throw DatasetError(.unreadable, source: error.source, reason: error.reason)
  }
}
