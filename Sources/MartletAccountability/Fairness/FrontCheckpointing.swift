import MartletEnergy
import MartletNN
import MartletPlatform
import MartletText
import MartletTraining

/// Keeps the checkpoints of the epochs that no other beats in both a measure and a gap, so that one of them can be loaded
/// when the fit has shown what there is to choose from.
///
/// ```swift
/// let fairness = try FairnessValidation<Sequential>(held.x, labels: held.y, groups: sex, gaps: [.equalizedOddsDifference])
/// let saving = FrontCheckpointing(in: "front", gap: "val_equalized_odds_difference")
/// try trainer.fit(train, epochs: 30, callbacks: [fairness, saving])
/// try saving.front.chart().saveSVG(to: "front.svg")
/// let chosen = try saving.load(model, gapAtMost: 0.05)          // the best accuracy with at most this gap
/// ```
/// Each epoch on the front has a file in the directory, `epoch-0012.safetensors`; those that a later epoch beats are
/// removed. A file appears whole or not at all, and one that is beaten is removed only after the one that beats it is
/// saved. A program that has only the directory reads the front by `FairnessFront(checkpoints:measure:gap:)`.
///
/// It comes after all other callbacks, wherever it stands, but for `Checkpointing`: so it finds what they have recorded. A
/// save that fails does not end the fit: it is shown with the progress, and the fit throws at its end.
public final class FrontCheckpointing: RecordingCallback {
  /// The directory of the checkpoints.
  public let directory: String
  /// The measure, of which more is better.
  public let measure: String
  /// The gap, of which less is better.
  public let gap: String
  /// The epochs whose checkpoints are kept.
  public private(set) var front: FairnessFront
  /// Why the last save failed; nil when it did not. The fit throws it at its end.
  public package(set) var failure: CheckpointError?

  /// Keeps checkpoints in a directory, which is created if necessary and must hold none of another run.
  ///
  /// - Parameters:
  ///   - directory: The directory.
  ///   - measure: A measure of which more is better, such as the accuracy that `FairnessValidation` records.
  ///   - gap: A gap, of which less is better, as `FairnessValidation` names it: `val_` and the gap's name.
  public init(in directory: String, measure: String = "val_group_accuracy", gap: String) {
    (self.directory, self.measure, self.gap) = (directory, measure, gap)
    front = FairnessFront([], (measure, gap))
  }

  // MARK: Choosing

  /// The file of an epoch's checkpoint; throws when it is not on the front.
  public func path(ofEpoch epoch: Int) throws(FairnessError) -> String {
    if !front.points.contains(where: { $0.epoch == epoch }) {
      throw .unknown("expected one of the front's epochs \(front.front.map(\.epoch)), got \(epoch)")
    }
    return FrontFile.path(ofEpoch: epoch, in: directory)
  }

  /// Loads the epoch of the greatest measure whose gap is at most this into a model, and returns it.
  ///
  /// Throws when no epoch's gap is, when its file cannot be read, and when it does not fit the model.
  @discardableResult
  public func load(_ model: some Module, gapAtMost limit: Double) throws -> FairnessFront.Point {
    guard let epoch = front.epoch(gapAtMost: limit) else {
      throw FairnessError.empty(
        "expected an epoch with \(gap) of at most \(limit), got \(front.front.first?.gap ?? .nan) as the smallest")
    }
    return try load(model, epoch)
  }

  /// Loads the epoch of the smallest gap whose measure is at least this into a model, and returns it.
  ///
  /// Throws when no epoch's measure is, when its file cannot be read, and when it does not fit the model.
  @discardableResult
  public func load(_ model: some Module, measureAtLeast limit: Double) throws -> FairnessFront.Point {
    guard let epoch = front.epoch(measureAtLeast: limit) else {
      throw FairnessError.empty(
        "expected an epoch with \(measure) of at least \(limit), got \(front.front.last?.measure ?? .nan) as the greatest"
      )
    }
    return try load(model, epoch)
  }

  private func load(_ model: some Module, _ epoch: Int) throws -> FairnessFront.Point {
    let path = try path(ofEpoch: epoch)
    try model.load(Checkpoint(from: path).model, source: path)
    return front.points.first { $0.epoch == epoch }!
  }

  // MARK: The fit

  /// The front so far.
  public var state: SavedState {
    var state = SavedState(numbers: ["count": Double(front.points.count)])
    for (index, point) in front.points.enumerated() {
      state.numbers["epoch\(index)"] = Double(point.epoch)
      state.numbers["measure\(index)"] = point.measure
      state.numbers["gap\(index)"] = point.gap
    }
    return state
  }

  /// Takes back the front as far as its files are there, and removes the files of later epochs, which come again.
  public func restore(_ state: SavedState, _ fit: FitState) throws(CheckpointError) {
    var points = [FairnessFront.Point]()
    for index in 0..<(Int(exactly: try state.number("count")) ?? 0) {
      let number = try state.number("epoch\(index)")
      guard let epoch = Int(exactly: number) else { throw .state("expected an epoch on the front, got \(number)") }
      points.append(
        .init(epoch: epoch, measure: try state.number("measure\(index)"), gap: try state.number("gap\(index)")))
    }
    let files = FrontFile.all(in: directory)
    for file in files where file.epoch > fit.epoch { unlink(file.path) }
    front = FairnessFront(
      points.filter { point in files.contains { $0.epoch == point.epoch && $0.epoch <= fit.epoch } }, (measure, gap))
  }

  /// Creates the directory; throws when it cannot be written to, and when it holds checkpoints of another run.
  public func onFitBegin(_ fit: FitState) throws(CheckpointError) {
    failure = nil
    front = FairnessFront([], (measure, gap))
    createDirectory(directory)
    if access(directory, W_OK) != 0 {
      throw .file(
        FormatError(.unwritable, source: directory, reason: "checkpoints cannot be saved in it: \(lastSystemError())"))
    }
    if !fit.isResumed, let file = FrontFile.all(in: directory).first {
      throw .file(
        FormatError(
          .invalid, source: directory,
          reason: "expected a directory without checkpoints of another run, got \(file.path); give each run its own"))
    }
  }

  /// Saves the epoch where no other beats it, and then removes those that it beats.
  public func onEpochEnd(_ fit: FitState) throws(FairnessError) {
    guard let measured = fit[measure], let distance = fit[gap] else {
      throw .unknown(
        "expected the epoch to have \(shown(measure)) and \(shown(gap)), got \(fit.values.map(\.name)); add a callback that "
          + "records them, such as FairnessValidation")
    }
    if measured.isNaN || distance.isNaN { return }
    let point = FairnessFront.Point(epoch: fit.epoch, measure: measured, gap: distance)
    let before = front
    let after = FairnessFront(before.front + [point], (measure, gap))
    guard after.front.contains(point) else { return }
    // A checkpoint has the front that it is on itself.
    front = FairnessFront(after.front, (measure, gap))
    attempt(fit) { try fit.checkpoint().save(to: FrontFile.path(ofEpoch: point.epoch, in: directory)) }
    if failure != nil {
      front = before
      return
    }
    for beaten in before.front where !after.front.contains(beaten) {
      unlink(FrontFile.path(ofEpoch: beaten.epoch, in: directory))
    }
  }

  /// Throws when the last save has failed.
  public func onFitEnd(_ fit: FitState) throws(CheckpointError) { try throwFailure() }
}

extension FairnessFront {
  /// The front of the checkpoints in a directory that `FrontCheckpointing` has written to, for programs that did not fit
  /// themselves: each epoch's file is at ``path(ofEpoch:in:)``.
  ///
  /// Throws when there is none, when a file cannot be read, and when its history does not have the measure or the gap.
  /// - Complexity: reads all files
  public init(
    checkpoints directory: String, measure: String = "val_group_accuracy", gap: String
  ) throws {
    let files = FrontFile.all(in: directory)
    if files.isEmpty { throw FairnessError.empty("\(directory): expected checkpoints of a front, got none") }
    var points = [Point]()
    for file in files {
      let history = try Checkpoint(from: file.path).history
      guard let measured = history[measure].last, let distance = history[gap].last else {
        throw FairnessError.unknown(
          "\(file.path): expected one of the history's measures \(history.names), got \(shown(measure)) and \(shown(gap))"
        )
      }
      points.append(Point(epoch: file.epoch, measure: measured, gap: distance))
    }
    self.init(points, (measure, gap))
  }

  /// The file of an epoch's checkpoint in a directory that `FrontCheckpointing` has written to.
  public static func path(ofEpoch epoch: Int, in directory: String) -> String {
    FrontFile.path(ofEpoch: epoch, in: directory)
  }
}

/// The names of the files.
private enum FrontFile {
  private static let (prefix, suffix) = ("epoch-", ".safetensors")

  static func path(ofEpoch epoch: Int, in directory: String) -> String {
    "\(directory)/\(prefix)\("\(epoch)".leftPadded(to: 4, by: "0"))\(suffix)"
  }

  /// The files that are there, by ascending epoch.
  static func all(in directory: String) -> [(epoch: Int, path: String)] {
    SystemText.names(in: directory).compactMap { name in
      guard name.hasPrefix(prefix), name.hasSuffix(suffix), name.count > prefix.count + suffix.count,
        let epoch = Int(name.dropFirst(prefix.count).dropLast(suffix.count)),
        path(ofEpoch: epoch, in: directory).hasSuffix("/" + name)
      else { return nil }
      return (epoch, "\(directory)/\(name)")
    }.sorted { $0.epoch < $1.epoch }
  }
}
