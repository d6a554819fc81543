/// A file that could not be read or written: which one, and what is wrong with it.
public struct FormatError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file's path, or what the caller called the bytes.
  public let source: String
  /// What is wrong and, where there is a remedy, what to do.
  public let reason: String

  /// An error about a source.
  public init(source: String, reason: String) {
    self.source = source
    self.reason = reason
  }

  /// The source and the reason: `model.safetensors: cannot open it: No such file or directory`.
  public var description: String { "\(source): \(reason)" }
}
