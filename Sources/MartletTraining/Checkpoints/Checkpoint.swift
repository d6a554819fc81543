import MartletCore
import MartletFormats
import MartletNN
import MartletPlatform
import MartletText

/// Everything that a fit needs to go on to the same bits as if it had never stopped.
///
/// That is the model's parameters and buffers, the optimiser's state and learning rate, what callbacks keep, the random
/// numbers, the place in the data, the running means of the epoch, the history, and the options and data of the fit, by
/// which a checkpoint of another fit is recognised. The `Checkpointing` callback saves checkpoints, and
/// `fit(…, resumingFrom:)` goes on from one.
///
/// ```swift
/// let checkpoint = try Checkpoint(from: "run.safetensors")
/// print(checkpoint)                         // Checkpoint after epoch 7, step 412 of 938
/// try model.load(checkpoint.model)          // the parameters and buffers alone
/// ```
/// The file is a safetensors file; the model's tensors are called `model.…`.
public struct Checkpoint: Sendable {
  /// The epoch, counted from 1; 0 before the first.
  public let epoch: Int
  /// The steps of the epoch that were taken.
  public let step: Int
  /// The number of steps in an epoch; 0 where a stream had not told.
  public let stepsPerEpoch: Int
  /// The steps of all epochs that were taken.
  public let stepsTaken: Int
  /// The epochs that ended before.
  public let history: History
  /// Whether the epoch ended, and was measured and recorded, before the checkpoint was made.
  let isEpochEnd: Bool
  /// Whether the fit ended there, of itself or by a callback, so that there is nothing left to do.
  let hasStopped: Bool
  let state: SavedState

  private static let format = "martlet.checkpoint"
  private static let version = "1"

  init(_ state: SavedState) throws(CheckpointError) {
    self.state = state
    epoch = try state.integer("epoch")
    step = try state.integer("step")
    stepsPerEpoch = try state.integer("stepsPerEpoch")
    stepsTaken = try state.integer("stepsTaken")
    isEpochEnd = try state.number("isEpochEnd") != 0
    hasStopped = try state.number("hasStopped") != 0
    history = try History(state.under("history"))
    if epoch < 0 || step < 0 || stepsTaken < 0 || stepsPerEpoch < 0 || (stepsPerEpoch > 0 && stepsPerEpoch < step) {
      throw .state("expected a place in the data, got epoch \(epoch), step \(step) of \(stepsPerEpoch)")
    }
  }

  /// The model's parameters and buffers by path, for `Module.load(_:)`.
  public var model: [(name: String, tensor: AnyTensor)] { Self.sorted(state.under("model").tensors) }

  /// What the optimiser kept, for `Optimizer.restoreState(_:for:)`.
  public var optimizer: [(name: String, tensor: AnyTensor)] { Self.sorted(state.under("optimizer").tensors) }

  static func sorted(_ tensors: [String: AnyTensor]) -> [(name: String, tensor: AnyTensor)] {
    tensors.sorted { PathOrder.precedes($0.key, $1.key) }.map { (name: $0.key, tensor: $0.value) }
  }

  // MARK: Files

  /// Reads a checkpoint from a file, or the last from a directory of them.
  ///
  /// Throws when there is none, and when the file is damaged or made by a later version of the library.
  public init(from path: String) throws(CheckpointError) {
    let file: String
    if Self.isDirectory(path) {
      guard let latest = Self.latest(in: path) else {
        throw .file(
          FormatError(.missing, source: path, reason: "expected a directory with checkpoints, got none in it"))
      }
      file = latest
    } else {
      file = path
    }
    do throws(FormatError) {
      let (tensors, metadata) = try Safetensors.read(from: file)
      if metadata[Self.format] != Self.version {
        throw FormatError(
          metadata[Self.format] == nil ? .unrecognized : .unsupported, source: file,
          reason: "expected a checkpoint of format \(Self.version), got "
            + (metadata[Self.format].map { "format \($0), of a later version of the library" } ?? "another file"))
      }
      var state = SavedState()
      for (name, tensor) in tensors { state.tensors[name] = tensor }
      for (key, value) in metadata {
        if let name = key.droppingPrefix("text.") { state.texts[name] = value }
        if let name = key.droppingPrefix("number.") {
          guard let number = Double(value) else {
            throw FormatError(.damaged, source: file, reason: "expected a number as \(shown(key)), got \(shown(value))")
          }
          state.numbers[name] = number
        }
      }
      do throws(CheckpointError) {
        try self.init(state)
      } catch {
        throw FormatError(.damaged, source: file, reason: "\(error)")
      }
    } catch {
      throw .file(error)
    }
  }

  /// Writes the checkpoint to a file, whole or not at all: see `Safetensors.write(_:metadata:to:)`.
  public func save(to path: String) throws(CheckpointError) {
    var metadata: Safetensors.Metadata = [Self.format: Self.version]
    for (name, number) in state.numbers { metadata["number.\(name)"] = "\(number)" }
    for (name, text) in state.texts { metadata["text.\(name)"] = text }
    do throws(FormatError) {
      try Safetensors.write(Self.sorted(state.tensors), metadata: metadata, to: path)
    } catch {
      throw .file(error)
    }
  }

  /// The path of the last checkpoint in a directory that `Checkpointing(in:)` has written to; nil where there is none.
  ///
  /// With `resumingFrom: Checkpoint.latest(in: "run")` the first run of a script begins anew, and the next ones go on.
  public static func latest(in directory: String) -> String? { files(in: directory).last }

  /// The paths of a directory's checkpoints, the first step's first.
  static func files(in directory: String) -> [String] {
    guard let entries = opendir(directory) else { return [] }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let name = entry.pointee.name
      if isNumbered(name) { names.append(name) }
    }
    return names.sorted().map { "\(directory)/\($0)" }
  }

  static func fileName(stepsTaken: Int) -> String { "step-" + "\(stepsTaken)".leftPadded(to: 10, by: "0") + suffix }

  private static let suffix = ".safetensors"

  private static func isNumbered(_ name: String) -> Bool {
    guard let rest = name.droppingPrefix("step-"), rest.hasSuffix(suffix) else { return false }
    let digits = rest.dropLast(suffix.count).utf8
    return digits.count >= 10 && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}

extension Checkpoint: CustomStringConvertible {
  /// `Checkpoint after epoch 7, step 412 of 938`, or `Checkpoint after epoch 7`.
  public var description: String { "Checkpoint after \(place)" }

  var place: String {
    "epoch \(epoch)" + (isEpochEnd ? "" : ", step \(step)" + (stepsPerEpoch == 0 ? "" : " of \(stepsPerEpoch)"))
  }
}

extension String {
  fileprivate func droppingPrefix(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
