/// A program with its work grouped into steps and its memory laid out.
struct Plan {
  enum Step {
    case entry(Program.Entry)
    case chain(ElementwiseChain)

    var reads: [Int] {
      switch self {
      case .entry(let entry): entry.reads
      case .chain(let chain): chain.reads
      }
    }
    var writes: [Int] {
      switch self {
      case .entry(let entry): entry.writes
      case .chain(let chain): chain.writes
      }
    }
  }

  /// Where a buffer's elements are during a call.
  enum Home {
    case input(Int)
    case variable(Int)
    case constant(TensorBody)
    /// Memory that steps share one after the other, at an offset in bytes.
    case arena(Int)
    /// Memory of its own at every call, since the call's results or the host may keep it.
    case fresh(TensorSpec)
    /// What work of the host returns.
    case host
    /// Nothing: it is only made within a chain, or not at all.
    case none
  }

  let program: Program
  let steps: [Step]
  let homes: [Home]
  let arenaBytes: Int
  /// Makes a plan; the passes leave the bits of the results as they are.
  init(_ original: Program) {
    var program = original
    program.verify("capture")
    program.addOutOfPlace()
    program.verify("sums out of place")
    program.foldConstants()
    program.verify("folding of constants")
    program.shareCommon()
    program.verify("sharing")
    program.dropDead()
    program.verify("dropping of dead entries")
    program.finishProducts()
    program.verify("finishing of products")
    program.changeVariablesEarly()
    program.verify("early changes of variables")
    self.program = program
    var builder = ChainBuilder(program)
    steps = builder.steps()
    (homes, arenaBytes) = Plan.homes(program, steps)
    if let fault = Plan.memoryFault(program, steps, homes) { fatalError("compiled: \(fault)\n\(program)") }
  }

  /// What each step is and costs, worked out when it is asked for.
  var facts: [PlanStep] { steps.map { PlanStep($0, of: program) } }

  /// The floating-point operations of all steps.
  var flops: Int { facts.flops }

  /// Bytes of memory that a call takes besides its arguments, its constants and what the operations themselves need.
  var peakBytes: Int {
    homes.reduce(arenaBytes) { sum, home in if case .fresh(let spec) = home { sum + spec.byteCount } else { sum } }
  }

  // MARK: Memory

  private static func homes(_ program: Program, _ steps: [Step]) -> ([Home], Int) {
    var homes = program.buffers.map { source in
      switch source {
      case .input(let number): Home.input(number)
      case .variable(let number): Home.variable(number)
      case .constant(let body): Home.constant(body)
      case .made: Home.none
      }
    }
    // The spec of a buffer is that of the value that fills it, and the steps between which its elements are needed.
    var filling: [Int: TensorSpec] = [:]
    var uses: [Int: ClosedRange<Int>] = [:]
    var kept = Set(program.outputs.map { program.values[$0].buffer })
    for (index, step) in steps.enumerated() {
      for value in step.writes {
        let (buffer, spec) = (program.values[value].buffer, program.values[value].spec)
        if filling[buffer] == nil { filling[buffer] = spec }
        uses[buffer] = (uses[buffer]?.lowerBound ?? index)...index
      }
      for value in step.reads {
        let buffer = program.values[value].buffer
        if let use = uses[buffer] { uses[buffer] = use.lowerBound...index }
      }
      guard case .entry(let entry) = step else { continue }
      switch entry.action {
      case .host(let work):
        if work.changes == nil { kept.formUnion(entry.reads.map { program.values[$0].buffer }) }
        for value in entry.writes { homes[program.values[value].buffer] = .host }
      case .store: kept.formUnion(entry.reads.map { program.values[$0].buffer })
      default: break
      }
    }
    // The buffer in whose memory another one lies, which takes its place.
    var takenOver: [Int: Int] = [:]
    for (index, step) in steps.enumerated() {
      guard case .entry(let entry) = step,
        let operand = program.operandToOverwrite(
          entry,
          where: { buffer in
            if case .none = homes[buffer] { uses[buffer]?.upperBound == index && !kept.contains(buffer) } else { false }
          }),
        case let result = program.values[entry.writes[0]].buffer, case .none = homes[result], !kept.contains(result),
        uses[result]?.lowerBound == index
      else { continue }
      let first = takenOver[operand] ?? operand
      takenOver[result] = first
      uses[first] = uses[first]!.lowerBound...uses[result]!.upperBound
    }
    let placed = uses.compactMap { buffer, use in
      if case .none = homes[buffer], takenOver[buffer] == nil, let spec = filling[buffer] {
        (buffer, spec, use)
      } else {
        nil
      }
    }
    var arena = ArenaLayout()
    // The largest first: small ones fit into what they leave.
    for (buffer, spec, use) in placed.sorted(by: { ($0.1.byteCount, $1.0) > ($1.1.byteCount, $0.0) }) {
      homes[buffer] = kept.contains(buffer) ? .fresh(spec) : .arena(arena.place(spec.byteCount, during: use))
    }
    for (buffer, first) in takenOver { homes[buffer] = homes[first] }
    return (homes, arena.byteCount)
  }

  /// Where buffers lie in the memory of a plan's steps, each for the steps that need it.
  private struct ArenaLayout {
    private var taken: [(bytes: Range<Int>, steps: ClosedRange<Int>)] = []
    private(set) var byteCount = 0

    /// The lowest offset with so many bytes that nothing else uses during these steps, aligned to 64.
    mutating func place(_ count: Int, during steps: ClosedRange<Int>) -> Int {
      let length = (max(1, count) + 63) & ~63
      var offset = 0
      // In the order of their offsets.
      for other in taken where other.steps.overlaps(steps) {
        if other.bytes.lowerBound >= offset + length { break }
        offset = max(offset, other.bytes.upperBound)
      }
      let position = taken.firstIndex { $0.bytes.lowerBound > offset } ?? taken.count
      taken.insert((offset..<offset + length, steps), at: position)
      byteCount = max(byteCount, offset + length)
      return offset
    }
  }
}

extension Program {
  /// The buffer of an operand in whose place an entry can write its result: one that it reads as contiguous elements,
  /// each for the element of the result at its place.
  func operandToOverwrite(_ entry: Entry, where isFree: (_ buffer: Int) -> Bool) -> Int? {
    guard let link = ChainLink(entry, in: self), link.arithmeticType != nil else { return nil }
    let result = values[entry.writes[0]]
    for value in entry.reads {
      let operand = values[value]
      // Views of the same buffer may be read at other places.
      if operand.spec != result.spec || operand.layout != Layout(contiguous: operand.layout.shape)
        || entry.reads.contains(where: { $0 != value && values[$0].buffer == operand.buffer })
      {
        continue
      }
      if isFree(operand.buffer) { return operand.buffer }
    }
    return nil
  }

  /// Stops the program where a pass has broken it.
  fileprivate func verify(_ pass: String) {
    if let fault = fault() { fatalError("compiled: after \(pass): \(fault)\n\(self)") }
  }
}
