/// Where the operations of a chain read and write: in registers, in the blocks that reductions take, or in memory.
struct ChainLayout {
  private(set) var operations: [ElementwiseChain.Operation] = []
  private(set) var endings: [ElementwiseChain.Ending] = []
  private(set) var registerCount = 0
  private(set) var blockCount = 0
  /// The bytes of the largest scalar type in a register or block.
  private(set) var scalarSize = 1
  /// The values in memory that are read or written.
  private(set) var values: [Int] = []
  private(set) var reads: [Int] = []
  private(set) var writes: [Int] = []
  /// The positions in `values` of operands that come from beyond the caches.
  private(set) var far: Set<Int> = []

  /// From this many bytes on, a processor's own cache does not hold an operand.
  private static let farBytes = 1 << 20

  private let program: Program
  private let shape: Shape
  private let geometry: RowGeometry
  /// Where values that the chain makes are, while it needs them.
  private var places: [Int: ElementwiseChain.Place] = [:]
  private var freeRegisters: [Int] = []

  /// Lays out entries in their order; `isNeeded` says whether anything else needs a value.
  init(_ program: Program, _ entries: [Int], isNeeded: (Int) -> Bool, _ geometry: RowGeometry, _ shape: Shape) {
    (self.program, self.geometry, self.shape) = (program, geometry, shape)
    let uses = Uses(program, entries, isNeeded: isNeeded)
    for index in entries {
      let entry = program.entries[index]
      let value = entry.writes[0]
      guard let link = ChainLink(entry, in: program) else {
        addEnding(entry)
        continue
      }
      let operands = entry.reads.map { read in
        if let place = places[read] { return place }
        if !reads.contains(read) { reads.append(read) }
        if uses.isLarge && program.values[read].spec.byteCount >= ChainLayout.farBytes {
          far.insert(position(of: read))
        }
        return memory(read)
      }
      // A register is taken before those of the operands are free: kernels do not write where they read.
      let result = place(of: value, link, uses, isNeeded: isNeeded(value))
      places[value] = result
      for read in Set(entry.reads) where uses.last[read] == index {
        if case .register(let register) = places[read] { freeRegisters.append(register) }
      }
      operations.append(
        ElementwiseChain.Operation(
          link: link, first: operands[0], second: operands[operands.count > 1 ? 1 : 0],
          third: operands[operands.count > 2 ? 2 : 0], result: result,
          streams: uses.isLarge && isNeeded(value) && uses.last[value] == nil))
    }
  }

  private mutating func place(of value: Int, _ link: ChainLink, _ uses: Uses, isNeeded: Bool) -> ElementwiseChain.Place
  {
    if isNeeded {
      writes.append(value)
      return memory(value)
    }
    scalarSize = max(scalarSize, link.resultSize)
    if uses.reduced.contains(value) {
      blockCount += 1
      return .block(blockCount - 1, size: link.resultSize)
    }
    // The one that has been free for longest, so that operations can be linked: what they read is not written soon.
    if !freeRegisters.isEmpty { return .register(freeRegisters.removeFirst()) }
    registerCount += 1
    return .register(registerCount - 1)
  }

  private mutating func memory(_ value: Int) -> ElementwiseChain.Place {
    let facts = program.values[value]
    let strides = geometry.strides(facts.layout, over: shape)!
    return .memory(position(of: value), row: strides.row, step: strides.step, size: facts.scalarType.size)
  }

  private mutating func position(of value: Int) -> Int {
    if let known = values.firstIndex(of: value) { return known }
    values.append(value)
    return values.count - 1
  }

  private mutating func addEnding(_ entry: Program.Entry) {
    guard case .operation(let primitive) = entry.action, let reduction = primitive as? Reduction else {
      preconditionFailure("compiled: \(entry.action.name) is neither elementwise nor a reduction")
    }
    writes.append(entry.writes[0])
    endings.append(
      ElementwiseChain.Ending(
        reduction: reduction, operand: places[entry.reads[0]]!,
        scalarType: program.values[entry.reads[0]].scalarType, result: position(of: entry.writes[0])))
  }

  /// What the entries of a chain use.
  private struct Uses {
    /// The last entry that reads a value.
    private(set) var last: [Int: Int] = [:]
    private(set) var reduced: Set<Int> = []
    /// Whether the values in memory are more than the caches hold.
    private(set) var isLarge = false

    init(_ program: Program, _ entries: [Int], isNeeded: (Int) -> Bool) {
      var inMemory: Set<Int> = []
      var made: Set<Int> = []
      for index in entries {
        let entry = program.entries[index]
        inMemory.formUnion(entry.reads.filter { !made.contains($0) })
        inMemory.formUnion(entry.writes.filter(isNeeded))
        made.formUnion(entry.writes)
        for value in entry.reads { last[value] = index }
        if ChainLink(entry, in: program) == nil { reduced.formUnion(entry.reads) }
      }
      isLarge = inMemory.reduce(0) { $0 + program.values[$1].spec.byteCount } >= ElementwiseLoop.streamedBytes
    }
  }
}
