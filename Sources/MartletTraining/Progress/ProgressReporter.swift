import MartletPlatform

/// Shows the progress of a running fit, at most ten times a second, so that a step of microseconds does not wait for
/// the terminal.
final class ProgressReporter {
  /// Whether steps are shown, and not only finished epochs.
  let showsSteps: Bool

  private let isSilent: Bool
  private let write: (@Sendable (String) -> Void)?
  private let clock = ContinuousClock()
  private var lastOutput: ContinuousClock.Instant?
  private var hasUnfinishedLine = false
  private var hasUnflushedText = false

  init(_ style: ProgressStyle) {
    isSilent = style.kind == .none
    showsSteps = style.kind == .bar || (style.kind == .automatic && isatty(STDOUT_FILENO) == 1)
    write = style.write
  }

  /// Whether it is time to draw the bar again.
  func isDue() -> Bool {
    guard showsSteps else { return false }
    guard let lastOutput else { return true }
    return clock.now - lastOutput >= .milliseconds(100)
  }

  /// Draws a running epoch.
  func draw(_ progress: ProgressBar) {
    show("\r\(progress.bar(width: terminalWidth() - 1))\u{1B}[K")
    hasUnfinishedLine = true
    flush()
  }

  /// Shows a finished epoch.
  func endEpoch(_ progress: @autoclosure () -> ProgressBar) {
    if isSilent { return }
    if showsSteps {
      show("\r\(progress().wholeBar(width: terminalWidth() - 1))\u{1B}[K\n")
    } else {
      show(progress().line + "\n")
    }
    hasUnfinishedLine = false
    // Flushing after each of a thousand short epochs would take longer than training them.
    if lastOutput.map({ clock.now - $0 >= .milliseconds(100) }) ?? true { flush() }
  }

  /// Shows a line of text in place of the bar, which is drawn again at the next step.
  func log(_ line: String) {
    if isSilent { return }
    show((hasUnfinishedLine ? "\r\u{1B}[K" : "") + line + "\n")
    hasUnfinishedLine = false
    flush()
  }

  /// Ends an unfinished line and flushes the output.
  func finish() {
    if hasUnfinishedLine {
      show("\n")
      hasUnfinishedLine = false
    }
    if hasUnflushedText { flush() }
  }

  private func show(_ text: String) {
    if let write {
      write(text)
    } else {
      // Through the same buffer as the program's own `print`, so that lines keep their order.
      print(text, terminator: "")
      hasUnflushedText = true
    }
  }

  private func flush() {
    lastOutput = clock.now
    if hasUnflushedText { fflush(nil) }
    hasUnflushedText = false
  }

  private func terminalWidth() -> Int {
    if let text = getenv("COLUMNS"), let columns = Int(String(cString: text)), columns > 0 { return columns }
    let columns = Int(mk_terminal_columns())
    return columns > 0 ? columns : 80
  }
}
