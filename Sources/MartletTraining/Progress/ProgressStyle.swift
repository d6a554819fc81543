/// How `fit` shows its progress: first on how many processors it runs, then the epochs.
///
/// There are no colours. A bar is drawn only on a terminal that can draw it, as wide as the window is at the time; in
/// files there are whole lines without control characters. Where the locale says that the terminal is not UTF-8, the
/// output is ASCII.
public struct ProgressStyle: Sendable {
  enum Kind: Sendable {
    case automatic
    case bar
    case lines
    case none
  }

  let kind: Kind
  let write: (@Sendable (String) -> Void)?
  var epochInterval = 1

  /// A bar on a terminal, otherwise a line for each epoch.
  public static let automatic = ProgressStyle(kind: .automatic, write: nil)

  /// A bar that is redrawn in its place, with the step, the time left, the time for a step, and the measures so far.
  public static let bar = ProgressStyle(kind: .bar, write: nil)

  /// A line for each epoch: number of steps, time, time for a step, measures. No control characters.
  public static let lines = ProgressStyle(kind: .lines, write: nil)

  /// No output.
  public static let none = ProgressStyle(kind: .none, write: nil)

  /// As `lines`, but given to a function, each with its line feed: for a log, or standard error.
  public static func lines(to write: @escaping @Sendable (String) -> Void) -> ProgressStyle {
    ProgressStyle(kind: .lines, write: write)
  }

  /// The same with only every n-th epoch and the last: `.automatic.every(10)`; traps when `count` is less than 1.
  public func every(_ count: Int) -> ProgressStyle {
    if count < 1 { fatalError("ProgressStyle.every: expected at least 1 epoch, got \(count)") }
    var style = self
    style.epochInterval = count
    return style
  }
}
