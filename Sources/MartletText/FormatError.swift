/// An error in reading or writing a file: its kind, the file, the position in it, and the reason.
///
/// ```swift
/// do {
///   let table = try CSV.read(from: "houses.csv")
/// } catch where error.kind == .missing {
///   print("fetch it first")
/// }
/// ```
public struct FormatError: Error, Sendable, Equatable {
  /// The kind of an error.
  public enum Kind: Sendable, Hashable, CaseIterable {
    /// There is no such file.
    case missing
    /// The file exists but cannot be opened or read: because of its permissions, because it is a directory, or because
    /// the device fails.
    case unreadable
    /// The file cannot be written.
    case unwritable
    /// The bytes are those of another format.
    case unrecognized
    /// The bytes are cut short, contradict each other, or hold what the format forbids.
    case damaged
    /// The bytes are valid but hold something that is not read, such as complex numbers.
    case unsupported
    /// The contents are larger than allowed.
    case tooLarge
    /// The contents were read but are not what was asked for: another shape or type, or a column that does not exist.
    case mismatch
    /// The request makes no sense for any file.
    case invalid
  }

  /// A position in a file.
  public enum Location: Sendable, Hashable {
    /// A byte, counted from 0.
    case byte(Int)
    /// A line, counted from 1.
    case line(Int)
    /// A field of a table: its line and column, both counted from 1, and the column's name where it has one.
    case field(line: Int, column: Int, name: String?)
    /// A column of a table, by its name.
    case column(String)
    /// A tensor, by its name.
    case tensor(String)
  }

  /// The kind of the error.
  public let kind: Kind
  /// The file's path, or the name that the caller gave the bytes.
  public let source: String
  /// The position in the file; nil if the error concerns the whole file.
  public let location: Location?
  /// What is wrong and, where there is a remedy, what to do.
  public let reason: String

  /// An error about a source.
  public init(_ kind: Kind, source: String, at location: Location? = nil, reason: String) {
    self.kind = kind
    self.source = source
    self.location = location
    self.reason = reason
  }
}

extension FormatError: CustomStringConvertible {
  /// The source, the location and the reason: `houses.csv: line 3, column 2: "x" is not a number`.
  public var description: String {
    let location = location.map { "\($0): " } ?? ""
    return "\(source): \(location)\(reason)"
  }
}

extension FormatError.Location: CustomStringConvertible {
  /// `byte 17`, `line 3, column 2 ("price")`, `tensor "weight"`.
  public var description: String {
    switch self {
    case .byte(let offset): "byte \(offset)"
    case .line(let line): "line \(line)"
    case .field(let line, let column, let name):
      "line \(line), column \(column)" + (name.map { " (\(shown($0)))" } ?? "")
    case .column(let name): "column \(shown(name))"
    case .tensor(let name): "tensor \(shown(name))"
    }
  }
}
