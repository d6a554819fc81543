/// Catches the signals that ask the program to end, as long as it lives: SIGINT, which Ctrl-C sends, and SIGTERM.
///
/// The first signal is only counted; a second of the same kind ends the process. A program's own handlers are left
/// alone, and several watches may live at the same time. Where a SIGTERM was caught, the process ends with the last
/// watch, or when the deadline is over.
package struct SignalWatch: ~Copyable {
  private let signals: [mk_signal]
  private let caughtBefore: [UInt32]

  /// Watches for SIGINT, and for SIGTERM where there is a deadline in seconds for what it makes the program do.
  package init(terminationDeadline: Int? = nil) {
    signals = [MK_SIGNAL_INTERRUPT] + (terminationDeadline == nil ? [] : [MK_SIGNAL_TERMINATE])
    caughtBefore = signals.map { mk_caught_signals($0) }
    for signal in signals { mk_watch_signal(signal, Int32(clamping: terminationDeadline ?? 0)) }
  }

  deinit {
    for signal in signals { mk_unwatch_signal(signal) }
  }

  /// The name of a signal that was caught since this watch began; nil where there was none.
  package var caught: String? {
    for (index, signal) in signals.enumerated() where mk_caught_signals(signal) != caughtBefore[index] {
      return signal == MK_SIGNAL_INTERRUPT ? "Ctrl-C" : "SIGTERM"
    }
    return nil
  }
}
