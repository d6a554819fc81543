import MartletCore
import MartletPlatform
import MartletPlots
import MartletText

/// A file that TensorBoard reads: numbers, histograms, pictures and texts, each with a name and a step.
///
/// ```swift
/// let events = try EventFile(in: "logs/run1")
/// events.add("loss", 0.25, step: 100)
/// try events.flush()
/// ```
/// `tensorboard --logdir logs` then shows them. Records are kept in memory until `flush()`; those that are left when
/// the object goes out of scope are written without any word about failures.
public final class EventFile {
  /// The path of the file.
  public let path: String
  private let descriptor: Int32
  private let now: () -> Double
  private var pending: [UInt8] = []

  /// Creates a new file in a directory, which is created if necessary.
  ///
  /// - Parameters:
  ///   - directory: Where the file is made; TensorBoard shows all that are there as one run.
  ///   - step: Records of this and later steps in the directory's older files no longer count, as when a fit goes on from
  ///     a checkpoint; nil to leave all in place.
  public convenience init(in directory: String, resumingAt step: Int? = nil) throws(FormatError) {
    createDirectory(directory)
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    // The number keeps apart files that are made within a second.
    let name = "events.out.tfevents.\(time.tv_sec).martlet.\(getpid()).\(time.tv_nsec)"
    try self.init(
      path: "\(directory)/\(name)", resumingAt: step,
      now: {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
      })
  }

  package init(path: String, resumingAt step: Int?, now: @escaping () -> Double) throws(FormatError) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    if descriptor < 0 {
      throw FormatError(.unwritable, source: path, reason: "cannot create it: \(lastSystemError())")
    }
    self.path = path
    self.now = now
    add(.version(time: now()))
    if let step { add(.start(time: now(), step: step)) }
    try flush()
  }

  deinit {
    try? flush()
    close(descriptor)
  }

  /// Adds a number.
  public func add(_ name: String, _ value: Double, step: Int) { add([(name, value)], step: step) }

  /// Adds several numbers of one step.
  public func add(_ values: [(name: String, value: Double)], step: Int) {
    add(.scalars(values, time: now(), step: step))
  }

  /// Adds how a tensor's numbers are distributed, without those that are NaN or infinite; traps when it is not numeric.
  public func add(histogram name: String, of tensor: AnyTensor, step: Int) {
    let numbers = Tensor<Double>(unchecked: tensor.detached().converted(to: .float64)).scalars
    add(.histogram(name, of: numbers, time: now(), step: step))
  }

  /// Adds a text, which TensorBoard shows as Markdown.
  public func add(text name: String, _ text: String, step: Int) {
    add(.text(name, text, time: now(), step: step))
  }

  /// Adds a picture, such as a chart, a confusion matrix or a tensor, with `scale` pixels for each of its own; traps where
  /// the picture is not a PNG file.
  public func add(picture name: String, _ picture: some Picture, step: Int, scale: Double = 1) {
    let file = picture.png(scale: scale)
    guard let header = PNG.header(of: file) else {
      fatalError("EventFile: expected \(type(of: picture)) to be a PNG file, got \(file.count) bytes of something else")
    }
    add(
      .picture(
        name, file, width: header.width, height: header.height, channels: header.channels, time: now(), step: step))
  }

  private func add(_ record: EventRecord) { pending += record.framed }

  /// Writes what was added; throws when it cannot be written, and keeps it for the next time.
  public func flush() throws(FormatError) {
    while !pending.isEmpty {
      let count = pending.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        pending.removeFirst(count)
      } else if errno != EINTR {
        throw FormatError(.unwritable, source: path, reason: "cannot write it: \(lastSystemError())")
      }
    }
  }
}
