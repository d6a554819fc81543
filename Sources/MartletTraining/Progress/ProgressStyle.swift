/// How `fit` shows what it is doing.
public struct ProgressStyle: Sendable {
  enum Kind: Sendable {
    case automatic
    case bar
    case lines
    case none
  }

  let kind: Kind
  let write: (@Sendable (String) -> Void)?

  /// A bar on a terminal, else a line per epoch.
  public static let automatic = ProgressStyle(kind: .automatic, write: nil)

  /// A bar that is redrawn in its place, with step, time left, time a step, and running metrics.
  public static let bar = ProgressStyle(kind: .bar, write: nil)

  /// A line for every epoch: time, time a step, metrics. No control characters.
  public static let lines = ProgressStyle(kind: .lines, write: nil)

  /// Nothing.
  public static let none = ProgressStyle(kind: .none, write: nil)

  /// As `lines`, but handed to a function, each with its line feed: for a log, or standard error.
  public static func lines(to write: @escaping @Sendable (String) -> Void) -> ProgressStyle {
    ProgressStyle(kind: .lines, write: write)
  }
}
