import Martlet

/// Something to be timed, under one name in the suites, the runner and the other contestants.
public struct Workload: Sendable {
  /// `family/what-size`, such as `matmul/256`.
  public let name: String
  /// The work that one operation has to do, however it is done.
  public let work: Work
  /// The number of operations that `Instance.run` makes for a count of 1; times are given for one operation.
  public let operations: Int
  /// Whether each call is timed by itself, however short, since its percentiles count.
  public let isLatency: Bool
  /// Prepares the data.
  public let make: @Sendable () throws -> Instance
  /// The way to a first training step, in three parts that are timed apart; nil for what is no training.
  public let firstStep: FirstStep?

  /// Makes the data; the function that it returns makes of them the model and its optimiser; and the function that this
  /// one returns does the first step.
  public typealias FirstStep = @Sendable () -> () -> () -> Void

  init(
    _ name: String, _ work: Work, operations: Int = 1, isLatency: Bool = false, firstStep: FirstStep? = nil,
    make: @escaping @Sendable () throws -> Instance
  ) {
    self.name = name
    self.work = work
    self.operations = operations
    self.isLatency = isLatency
    self.firstStep = firstStep
    self.make = make
  }

  /// Whether a call continues where the one before ended, so that there is something to restart.
  public var hasState: Bool { name.hasPrefix("training/") }
}

/// The least work that an operation has to do.
public struct Work: Sendable {
  /// Floating-point operations: a product of M × K by K × N has 2 M N K, an elementary function counts as one.
  public let flop: Double
  /// The bytes that are read and written if every operand is read once and every result is written once.
  public let bytes: Double
  /// The scalar type that it computes in.
  public let scalarType: ScalarType

  init(flop: Double, bytes: Double, scalarType: ScalarType = .float32) {
    self.flop = flop
    self.bytes = bytes
    self.scalarType = scalarType
  }
}

/// A workload with its data.
public struct Instance {
  /// Does the work a number of times.
  public let run: (_ count: Int) -> Void
  /// A number that every contestant gets from the same data, exactly or nearly.
  public let check: () throws -> Double
  /// The number of calls before `restart`, which is not timed, for work that continues from a state.
  public let callsBeforeRestart: Int
  /// Puts the state back to its beginning.
  public let restart: () -> Void
  /// Measures the bytes of tensors that a call holds at once beside its model and data; nil where nobody asks.
  public let peakBytes: (() -> Int)?

  init(
    run: @escaping (_ count: Int) -> Void, check: @escaping () throws -> Double, callsBeforeRestart: Int = .max,
    restart: @escaping () -> Void = {}, peakBytes: (() -> Int)? = nil
  ) {
    self.peakBytes = peakBytes
    self.run = run
    self.check = check
    self.callsBeforeRestart = callsBeforeRestart
    self.restart = restart
  }

  /// An instance that computes a tensor and drops it; its check value is the tensor's.
  @inline(__always)
  init<S: NumericScalar>(computing result: @escaping () -> Tensor<S>) {
    self.init(
      run: { count in for _ in 0..<count { consume(result()) } },
      check: { WorkloadData.check(result()) })
  }

  /// An instance of a compiled function whose first two calls, which are done as they stand, are over.
  static func planned(_ function: @escaping () -> Tensor<Float>) -> Instance {
    for _ in 0..<2 { _ = function() }
    return Instance(computing: function)
  }
}

/// Takes a value that is not needed, so that the compiler cannot leave out its computation.
@inline(never) @_optimize(none)
public func consume<T>(_ value: T) {}

extension Workload {
  /// All workloads.
  public static let all: [Workload] =
    training + [quickstartFit] + inference + matMul + elementwise + operations + overhead + data

  /// The workload with this name; nil when there is none.
  public static func named(_ name: String) -> Workload? { all.first { $0.name == name } }
}
