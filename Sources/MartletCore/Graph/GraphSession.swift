import CKernels
import Synchronization

/// What one thread is recording: created by the outermost gradient, and shared by those nested in it.
///
/// Each gradient is a level with a bit of its own. A node tells which levels its value takes part in; an operation is
/// recorded when one of its operands takes part in an active level. While a level's backward pass runs, the level is
/// not active, so that pullbacks are recorded only for outer gradients. This gives derivatives of any order, and those
/// of first order cost nothing extra. Inner and outer variables cannot be confused, because a gradient is taken at a
/// node.
package final class GraphSession: @unchecked Sendable {
  // `@unchecked Sendable`: all but `finished` and `taken`, which are atomic, is used by the session's own thread alone.
  // Accesses cannot overlap, hence no run-time checks for it.

  /// The levels that are being recorded now.
  @exclusivity(unchecked) var active: UInt64 = 0
  /// The leaves of the variables that gradients are being taken at.
  @exclusivity(unchecked) var watched = WatchTable()
  /// Trainable variables that were read while gradients were being taken at others.
  @exclusivity(unchecked) var unwatched: Set<ObjectIdentifier> = []
  /// Collects the nodes that operations use inside `checkpointed`, where nothing is recorded.
  @exclusivity(unchecked) var collector: NodeCollector?
  /// How many functions of `checkpointed` are being run again, each within the one before.
  @exclusivity(unchecked) var replays = 0
  /// Whether nodes save all operands and results, whatever their derivatives need: see `PairedRecording`.
  @exclusivity(unchecked) var savesAll = false
  @exclusivity(unchecked) private(set) var sequence = 0
  @exclusivity(unchecked) private var marks = 0
  private let finished = Atomic<Bool>(false)
  /// The levels that are in use: those of running gradients, and those of recorded functions that still exist.
  private let taken = Atomic<UInt64>(0)

  @inline(__always)
  func takeSequence() -> Int {
    sequence += 1
    return sequence
  }

  /// A mark that no node of this session has yet.
  func takeMark() -> Int {
    marks += 1
    return marks
  }

  /// The session of this thread, nil when no gradient is being taken.
  @inline(__always)
  static var current: GraphSession? {
    mk_slot_get(MK_SLOT_GRAPH).map { Unmanaged<GraphSession>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Whether a function of `checkpointed` is being run again on this thread: what it changes beside its result, such as
  /// running statistics, it has changed the first time.
  package static var isReplaying: Bool { current.map { $0.replays > 0 } ?? false }

  /// Runs `body` with a new level, in this thread's session or in a new one. The level ends with `body`.
  static func withLevel<R>(_ body: (_ session: GraphSession, _ level: Level) throws -> R) rethrows -> R {
    let session = current ?? GraphSession()
    let level = session.takeLevel()
    defer { session.release(level.bit) }
    return try session.recording(level, body)
  }

  /// As `withLevel`, for nodes that are walked later: no other gradient gets the level's bit as long as `hold` lives.
  static func withHeldLevel<R>(
    _ body: (_ session: GraphSession, _ level: Level, _ hold: LevelHold) throws -> R
  ) rethrows -> R {
    let session = current ?? GraphSession()
    let level = session.takeLevel()
    let hold = LevelHold(session, level.bit)
    return try session.recording(level) { try body($0, $1, hold) }
  }

  private func takeLevel() -> Level {
    var before = taken.load(ordering: .relaxed)
    while true {
      let bit = ~before & (before &+ 1)
      if bit == 0 {
        fatalError("gradient: more than 64 nested gradients, or recorded functions that are kept within one")
      }
      let (done, now) = taken.weakCompareExchange(expected: before, desired: before | bit, ordering: .relaxed)
      if done { return Level(bit: bit, first: sequence + 1) }
      before = now
    }
  }

  fileprivate func release(_ bit: UInt64) { taken.bitwiseAnd(~bit, ordering: .relaxed) }

  /// Whether a level other than `level` may still need what a node has saved.
  @inline(__always)
  func isWanted(_ node: Node, besides level: Level) -> Bool {
    node.levels & taken.load(ordering: .relaxed) & ~level.bit != 0
  }

  private func recording<R>(_ level: Level, _ body: (_ session: GraphSession, _ level: Level) throws -> R) rethrows -> R
  {
    let isOutermost = GraphSession.current == nil
    let (outerActive, outerCollector) = (active, collector)
    active |= level.bit
    collector = nil
    if isOutermost { mk_slot_set(MK_SLOT_GRAPH, Unmanaged.passUnretained(self).toOpaque()) }
    defer {
      active = outerActive
      collector = outerCollector
      if isOutermost {
        finished.store(true, ordering: .releasing)
        mk_slot_set(MK_SLOT_GRAPH, nil)
      }
    }
    return try withExtendedLifetime(self) { try body(self, level) }
  }

  /// Runs `body` with only these levels being recorded.
  func recording<R>(_ levels: UInt64, _ body: () throws -> R) rethrows -> R {
    let outer = active
    active = levels
    defer { active = outer }
    return try body()
  }

  /// The leaf of a variable, nil when no gradient is being taken at it.
  @inline(__always)
  func node(of variable: Variable) -> Node? {
    if let node = watched[variable] { return node }
    if watched.count > 0 && variable.isTrainable { unwatched.insert(ObjectIdentifier(variable)) }
    return nil
  }

  /// Records an operation and returns its node, or nil when no operand takes part in an active level. Traps when an
  /// operand is being recorded on another thread.
  ///
  /// Not specialised for each primitive; `primitive` is evaluated only where it is needed.
  @inline(never)
  static func record(
    _ operands: borrowing Operands, _ results: borrowing Results, saving saves: SavePolicy,
    _ primitive: @autoclosure () -> any Primitive
  ) -> Node? {
    // The session is looked at without being retained, as the nodes are.
    let current = mk_slot_get(MK_SLOT_GRAPH)
    var levels = 0 as UInt64
    var isForeign = false
    func look(_ node: Unmanaged<Node>?) {
      node?._withUnsafeGuaranteedRef { node in
        if node.sessionReference.toOpaque() == current {
          levels |= node.levels
        } else if !node.session.finished.load(ordering: .acquiring) {
          isForeign = true
        }
      }
    }
    look(operands.node(0))
    look(operands.node(1))
    look(operands.node(2))
    if let rest = operands.tensors.rest { for operand in rest { look(operand.node.map { .passUnretained($0) }) } }
    if isForeign {
      trap(
        primitive().name,
        "an operand is being recorded by a gradient on another thread; pass `detached()` values between threads")
    }
    guard let current else { return nil }
    return Unmanaged<GraphSession>.fromOpaque(current)._withUnsafeGuaranteedRef { session in
      levels &= session.active
      if levels == 0 { return nil }
      if let collector = session.collector {
        collector.add(operands, in: session)
        return nil
      }
      return Node(
        session, levels: levels, primitive(), saving: session.savesAll ? .operandsAndResults : saves, operands, results)
    }
  }
}

/// Keeps a level's bit from being given to another gradient as long as a recorded function exists.
final class LevelHold {
  private let session: GraphSession
  private let bit: UInt64

  init(_ session: GraphSession, _ bit: UInt64) {
    self.session = session
    self.bit = bit
  }

  deinit { session.release(bit) }
}

/// One gradient among those nested in a session.
struct Level {
  /// Its bit in `Node.levels`.
  let bit: UInt64
  /// The sequence number of the level's first node; earlier nodes with the same bit belong to an earlier gradient.
  let first: Int

  @inline(__always)
  func includes(_ node: Node) -> Bool { node.levels & bit != 0 && node.sequence >= first }
}

/// The variables that gradients are being taken at, by identity, with their leaves.
///
/// A hash table with open addressing, for speed: every read of a parameter looks its variable up.
struct WatchTable {
  // A struct, not a tuple: an array of tuples is released by way of type metadata at run time, which is slower.
  private struct Entry {
    let variable: Unmanaged<Variable>
    let node: Node
  }

  private var entries: [Entry?] = []
  private(set) var count = 0

  @inline(__always)
  subscript(variable: Variable) -> Node? {
    if count == 0 { return nil }
    let key = Unmanaged.passUnretained(variable).toOpaque()
    var slot = WatchTable.slot(key, entries.count)
    while let entry = entries[slot] {
      if entry.variable.toOpaque() == key { return entry.node }
      slot = (slot + 1) & (entries.count - 1)
    }
    return nil
  }

  /// Adds a variable's leaf, or replaces it.
  mutating func set(_ variable: Variable, _ node: Node) {
    if (count + 1) * 2 > entries.count { grow() }
    let key = Unmanaged.passUnretained(variable)
    var slot = WatchTable.slot(key.toOpaque(), entries.count)
    while let entry = entries[slot], entry.variable.toOpaque() != key.toOpaque() {
      slot = (slot + 1) & (entries.count - 1)
    }
    if entries[slot] == nil { count += 1 }
    entries[slot] = Entry(variable: key, node: node)
  }

  private mutating func grow() {
    let old = entries
    entries = Array(repeating: nil, count: max(16, old.count * 2))
    count = 0
    for entry in old {
      if let entry { set(entry.variable.takeUnretainedValue(), entry.node) }
    }
  }

  @inline(__always)
  private static func slot(_ key: UnsafeMutableRawPointer, _ capacity: Int) -> Int {
    let mixed = UInt(bitPattern: key) &* 0x9E37_79B9_7F4A_7C15
    return Int(mixed >> 32) & (capacity - 1)
  }
}
