import MartletText

/// Keeps the history of a running fit in a CSV file, with a line for each epoch: see `History.csv()`.
///
/// The file always holds whole lines and all columns, also those of measures that come later, and a fit that goes on
/// from a checkpoint goes on with the epochs of that. It is written at most once a second, and at the end.
public final class CSVLog: RecordingCallback {
  /// The path of the file.
  public let path: String
  /// Why the last writing failed; nil when it did not. The fit throws it at its end.
  public package(set) var failure: CheckpointError?
  private let clock = ContinuousClock()
  private var written: ContinuousClock.Instant?

  /// Makes a log in a file, which is overwritten.
  public init(to path: String) { self.path = path }

  /// Writes the file without epochs, so that a place that cannot be written to is known at once.
  public func onFitBegin(_ fit: FitState) throws(CheckpointError) {
    (failure, written) = (nil, nil)
    write(fit)
    try throwFailure()
  }

  /// Writes the file, unless it was written within the second.
  public func onEpochEnd(_ fit: FitState) {
    if let written, clock.now - written < .seconds(1) { return }
    write(fit)
    written = clock.now
  }

  /// Writes the file.
  public func onFitEnd(_ fit: FitState) throws(CheckpointError) {
    write(fit)
    try throwFailure()
  }

  private func write(_ fit: FitState) {
    attempt(fit) { try fit.history.saveCSV(to: path) }
  }
}
