import MartletPlatform

/// Shows the progress of a running fit, at most ten times a second, so that a step of microseconds does not wait for
/// the terminal.
final class ProgressReporter {
  /// Whether steps are shown, and not only finished epochs.
  let showsSteps: Bool

  private let isSilent: Bool
  private let epochInterval: Int
  /// Whether the user's terminal or files take ASCII alone, by the locale.
  private let isASCII: Bool
  private let write: (@Sendable (String) -> Void)?
  private let clock = ContinuousClock()
  private var lastOutput: ContinuousClock.Instant?
  private var hasUnfinishedLine = false
  private var hasUnflushedText = false

  init(_ style: ProgressStyle) {
    isSilent = style.kind == .none
    epochInterval = style.epochInterval
    // A terminal that calls itself dumb cannot draw a line again.
    let canRedraw = isatty(STDOUT_FILENO) == 1 && Self.variable("TERM") != "dumb"
    showsSteps = style.kind == .bar || (style.kind == .automatic && canRedraw)
    write = style.write
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap(Self.variable).first ?? "UTF-8"
    isASCII = style.write == nil && !["UTF-8", "UTF8"].contains { locale.uppercased().contains($0) }
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

  /// Shows a finished epoch, unless only every n-th is shown.
  func endEpoch(_ epoch: Int, isLast: Bool, _ progress: @autoclosure () -> ProgressBar) {
    if isSilent || (epoch % epochInterval != 0 && !isLast) { return }
    if showsSteps {
      let lines = progress().wholeBar(width: terminalWidth() - 1).replacing("\n", with: "\u{1B}[K\n")
      show("\r\(lines)\u{1B}[K\n")
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
    let text = isASCII ? Self.ascii(text) : text
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

  /// The width as it is now, since a window may have been resized.
  private func terminalWidth() -> Int {
    let columns = Int(mk_terminal_columns())
    return columns > 0 ? columns : Self.variable("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 80
  }

  /// A variable of the environment; nil where it is not set or empty.
  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func ascii(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.isASCII ? $0 : $0 == "µ" ? "u" : $0 == "…" ? ">" : "?" }))
  }
}
