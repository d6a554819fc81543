import Martlet

/// Something to be timed, named once for the suites, the runner and its peers.
public struct Workload: Sendable {
  /// `family/what-size`, such as `matmul/256`.
  public let name: String
  /// What one operation has to do, however it is done.
  public let work: Work
  /// How many operations a call of `Instance.run` with 1 makes; times are given for one operation.
  public let operations: Int
  /// Sets the work up.
  public let make: @Sendable () throws -> Instance

  init(_ name: String, _ work: Work, operations: Int = 1, make: @escaping @Sendable () throws -> Instance) {
    self.name = name
    self.work = work
    self.operations = operations
    self.make = make
  }

  /// Whether a call goes on from where the one before left off, so that there is something to restart.
  public var hasState: Bool { name.hasPrefix("training/") }
}

/// What an operation has to do at least.
public struct Work: Sendable {
  /// Floating-point operations: a product of M × K by K × N has 2 M N K, an elementary function counts as one.
  public let flop: Double
  /// Bytes that are read and written when every operand is read once and every result is written once.
  public let bytes: Double
  /// What it computes in.
  public let scalarType: ScalarType

  init(flop: Double, bytes: Double, scalarType: ScalarType = .float32) {
    self.flop = flop
    self.bytes = bytes
    self.scalarType = scalarType
  }
}

/// A workload that has its data.
public struct Instance {
  /// Does the work a number of times.
  public let run: (_ count: Int) -> Void
  /// A number that every contestant gets from the same data, in full or nearly.
  public let check: () throws -> Double
  /// For work that goes on from a state: how many calls it does before `restart`, which is not timed.
  public let callsBeforeRestart: Int
  /// Puts the state back to the beginning.
  public let restart: () -> Void

  init(
    run: @escaping (_ count: Int) -> Void, check: @escaping () throws -> Double, callsBeforeRestart: Int = .max,
    restart: @escaping () -> Void = {}
  ) {
    self.run = run
    self.check = check
    self.callsBeforeRestart = callsBeforeRestart
    self.restart = restart
  }

  /// The computation of a tensor, which is dropped; its check value is the tensor's.
  @inline(__always)
  init<S: FloatingScalar>(computing result: @escaping () -> Tensor<S>) {
    self.init(
      run: { count in for _ in 0..<count { consume(result()) } },
      check: { WorkloadData.check(result()) })
  }
}

/// Takes a value that nobody wants, so that the compiler cannot leave its computation out.
@inline(never) @_optimize(none)
public func consume<T>(_ value: T) {}

extension Workload {
  /// All of them.
  public static let all: [Workload] =
    training + [quickstartFit] + inference + matMul + elementwise + overhead + data

  /// By name; nil when there is none.
  public static func named(_ name: String) -> Workload? { all.first { $0.name == name } }
}
