import CKernels
import MartletCore
import MartletPlatform

/// Where the time of some work went: each operation that was applied, when, and how long it took.
///
/// `print(profile)` prints a table of the operations, those that took the most time first; `rows(by:)` gives its
/// figures, and `writeChromeTrace(to:)` writes a file that Perfetto draws.
public struct Profile: Sendable {
  /// An operation as it was applied, without the time.
  public struct Operation: Sendable, Hashable {
    /// The name, such as `matmul`; also `Adam` or `SGD` for an optimiser's step, `accumulate` for gradients that are
    /// added in place, `random` for random draws.
    public let name: String
    /// The name of the operation whose derivative it belongs to, nil outside of derivatives.
    public let derivativeOf: String?
    /// The path of the layer that it belongs to, such as `encoder.layers.3`; empty outside layers.
    public let layerPath: String
    /// The shapes of the operands; empty for work in place, such as an optimiser's step.
    public let operandShapes: [Shape]
    /// The shape of the first result; nil for work in place.
    public let resultShape: Shape?
    /// Floating-point operations of one application, by the operation's formula.
    public let flops: Int
    /// Bytes read and written, every operand and every result once.
    public let bytes: Int
  }

  /// One application of an operation.
  public struct Event: Sendable {
    /// What was applied.
    public let operation: Operation
    /// When it began, in nanoseconds from the profile's beginning.
    public let start: Int
    /// How many nanoseconds it took, with what was applied within it.
    public let nanoseconds: Int
    /// How many nanoseconds it took, without what was applied within it.
    public let ownNanoseconds: Int
  }

  /// How many nanoseconds the work took as a whole.
  public let nanoseconds: Int
  /// How many nanoseconds of it the profiler itself took; without it the work is faster by as much.
  public let profilerNanoseconds: Int
  /// The system's number of the process.
  public let processIdentifier: Int
  /// The system's number of the thread that was observed.
  public let threadIdentifier: Int

  let start: UInt64
  private let operations: [Operation]
  private let moments: [Moment]

  /// An application in a compact form: a training run has millions of them.
  fileprivate struct Moment {
    let start: UInt64
    let nanoseconds: Int
    let own: Int
    /// How many nanoseconds the profiler itself took at its end.
    let profiler: UInt32
    let operation: Int32
  }

  fileprivate init(_ recorder: ProfileRecorder, time: Range<UInt64>) {
    start = time.lowerBound
    nanoseconds = Int(time.upperBound - time.lowerBound)
    processIdentifier = Int(getpid())
    threadIdentifier = Int(mk_thread_id())
    operations = recorder.operations
    moments = recorder.moments
    profilerNanoseconds = moments.reduce(0) { $0 + Int($1.profiler) }
  }

  /// The applications, in the order in which they ended.
  public var events: Events { Events(profile: self) }

  /// A profile's events, created when they are read.
  public struct Events: RandomAccessCollection, Sendable {
    fileprivate let profile: Profile

    /// The position of the first event, 0.
    public var startIndex: Int { 0 }
    /// The position after the last event, the number of events.
    public var endIndex: Int { profile.moments.count }

    /// The event at a position; traps when there is none.
    public subscript(index: Int) -> Event {
      let moment = profile.moments[index]
      return Event(
        operation: profile.operations[Int(moment.operation)], start: Int(moment.start - profile.start),
        nanoseconds: moment.nanoseconds, ownNanoseconds: moment.own)
    }
  }

  /// How many nanoseconds no operation took: those of the program itself, of recording, and of starting and ending
  /// operations.
  public var outsideNanoseconds: Int {
    nanoseconds - profilerNanoseconds - moments.reduce(0) { $0 + $1.own }
  }
}

/// Runs `body` and measures the time of each operation, backward passes included.
///
/// ```swift
/// let (_, profile) = profile { for batch in batches { step(batch) } }
/// print(profile)
/// try profile.writeChromeTrace(to: "steps.json")
/// ```
/// Only what this thread applies is profiled, with what the worker threads compute for it. Other threads and tasks can
/// be profiled separately at the same time, and profiles can be nested. The profiler takes less than a microsecond for
/// each operation, which is measured and shown separately, and 32 bytes of memory.
///
/// Compiled functions run as they stand, so that each of their operations is seen; with `takesPlans` they are done from
/// their plans, as without the profiler, and what a plan does together is one operation, such as `2 multiply, add`.
public func profile<R>(takesPlans: Bool = false, _ body: () throws -> R) rethrows -> (result: R, profile: Profile) {
  let recorder = ProfileRecorder(takesPlans: takesPlans)
  let start = MonotonicClock.nanoseconds()
  let result = try Observation.with(recorder, body)
  return (result, Profile(recorder, time: start..<MonotonicClock.nanoseconds()))
}

private final class ProfileRecorder: Observer {
  var operations: [Profile.Operation] = []
  var moments: [Profile.Moment] = []
  private var numbers: [Profile.Operation: Int32] = [:]
  let takesPlans: Bool

  init(takesPlans: Bool) { self.takesPlans = takesPlans }

  func observe(_ event: DoorEvent) {
    if event.isAlias { return }
    add(
      Profile.Operation(
        name: event.action.name, derivativeOf: event.derivativeOf, layerPath: event.layerPath,
        operandShapes: event.action.isEffect ? [] : event.reading.map(\.shape),
        resultShape: event.action.isEffect ? nil : event.writing[0].shape, flops: event.cost.flops,
        bytes: event.cost.bytes),
      event.time)
  }

  func observe(_ step: PlanStep, _ time: Range<UInt64>) {
    add(
      Profile.Operation(
        name: step.name, derivativeOf: step.derivativeOf, layerPath: step.layerPath,
        operandShapes: step.isInPlace ? [] : step.operandShapes, resultShape: step.isInPlace ? nil : step.resultShape,
        flops: step.cost.flops, bytes: step.cost.bytes),
      time)
  }

  private func add(_ operation: Profile.Operation, _ time: Range<UInt64>) {
    let nanoseconds = Int(time.upperBound - time.lowerBound)
    var own = nanoseconds
    // What ended after this one began was applied within it.
    for inner in moments.reversed() {
      if inner.start < time.lowerBound { break }
      own -= inner.own + Int(inner.profiler)
    }
    let number = number(of: operation)
    moments.append(
      Profile.Moment(
        start: time.lowerBound, nanoseconds: nanoseconds, own: own,
        profiler: UInt32(clamping: MonotonicClock.nanoseconds() - time.upperBound), operation: number))
  }

  private func number(of operation: Profile.Operation) -> Int32 {
    if let number = numbers[operation] { return number }
    let number = Int32(operations.count)
    numbers[operation] = number
    operations.append(operation)
    return number
  }
}
