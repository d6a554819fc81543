/// Finds the elementwise operations of a program that can be computed together.
///
/// An operation joins the chain of what makes its operands, unless something outside the chain has read from that chain
/// since: then the chain has been closed, and its values are in memory. So a chain can be computed where its last
/// operation stands.
struct ChainBuilder {
  private final class Group {
    var entries: [Int] = []
    let shape: Shape
    let scalarType: ScalarType
    /// The layouts of the operands from outside.
    var layouts: [Layout] = []
    var isOpen = true

    init(_ shape: Shape, _ scalarType: ScalarType) { (self.shape, self.scalarType) = (shape, scalarType) }
  }

  private let program: Program
  private let changed: Set<Int>
  /// The group that makes a value, and that which makes a buffer.
  private var makers: [Int: Group] = [:]
  private var bufferMakers: [Int: Group] = [:]
  private var groups: [Group] = []
  /// The entries that read a buffer.
  private var readers: [Int: [Int]] = [:]
  /// The buffers of the results.
  private let outputs: Set<Int>

  init(_ program: Program) {
    self.program = program
    changed = program.changedBuffers()
    outputs = Set(program.outputs.map { program.values[$0].buffer })
    for (index, entry) in program.entries.enumerated() {
      for value in entry.reads { readers[program.values[value].buffer, default: []].append(index) }
    }
  }

  /// The steps in an order in which they can be done.
  mutating func steps() -> [Plan.Step] {
    for index in program.entries.indices { add(index) }
    var chains: [Int: Group] = [:]
    var inChain: Set<Int> = []
    for group in groups where group.entries.count > 1 {
      chains[group.entries.last!] = group
      inChain.formUnion(group.entries)
    }
    return program.entries.indices.compactMap { index in
      if let group = chains[index] { return .chain(chain(group)) }
      return inChain.contains(index) ? nil : .entry(program.entries[index])
    }
  }

  private mutating func add(_ index: Int) {
    let entry = program.entries[index]
    let result = entry.writes.first.map { program.values[$0] }
    guard let result, entry.writes.count == 1, ChainLink(entry.action, result.scalarType) != nil,
      !(entry.reads + entry.writes).contains(where: { changed.contains(program.values[$0].buffer) })
    else {
      // Work of the host may change every parameter.
      if case .host = entry.action { for group in groups { group.isOpen = false } }
      for value in entry.reads + entry.writes { close(program.values[value].buffer) }
      return
    }
    let shape = result.layout.shape
    // What is read as it was made can come from a register; a view of it is read from memory.
    var joined: [Group] = []
    for value in entry.reads {
      guard let group = makers[value], group.isOpen, group.shape == shape, group.scalarType == result.scalarType else {
        close(program.values[value].buffer)
        continue
      }
      if !joined.contains(where: { $0 === group }) { joined.append(group) }
    }
    joined.removeAll { !$0.isOpen }
    let outside = entry.reads.filter { value in !joined.contains { $0 === makers[value] } }
      .map { program.values[$0].layout }
    var target = joined.first ?? open(shape, result.scalarType)
    if RowGeometry.fitting(joined.flatMap(\.layouts) + outside, shape) == nil {
      for group in joined { group.isOpen = false }
      target = open(shape, result.scalarType)
      let all = entry.reads.map { program.values[$0].layout }
      if RowGeometry.fitting(all, shape) == nil {
        target.isOpen = false
      } else {
        target.layouts = all
      }
    } else {
      for other in joined.dropFirst() {
        for member in other.entries { for value in program.entries[member].writes { note(target, makes: value) } }
        target.entries = (target.entries + other.entries).sorted()
        target.layouts += other.layouts
        other.entries = []
        other.isOpen = false
      }
      target.layouts += outside
    }
    target.entries.append(index)
    for value in entry.writes { note(target, makes: value) }
  }

  private mutating func note(_ group: Group, makes value: Int) {
    makers[value] = group
    bufferMakers[program.values[value].buffer] = group
  }

  private mutating func open(_ shape: Shape, _ scalarType: ScalarType) -> Group {
    let group = Group(shape, scalarType)
    groups.append(group)
    return group
  }

  /// Closes the chain that makes a buffer, because something else needs it.
  private func close(_ buffer: Int) { bufferMakers[buffer]?.isOpen = false }

  private func chain(_ group: Group) -> ElementwiseChain {
    let members = Set(group.entries)
    /// Whether anything outside of the chain needs a value.
    func isNeeded(_ value: Int) -> Bool {
      let buffer = program.values[value].buffer
      return outputs.contains(buffer) || readers[buffer, default: []].contains { !members.contains($0) }
    }
    var lastUse: [Int: Int] = [:]
    for index in group.entries { for value in program.entries[index].reads { lastUse[value] = index } }
    let geometry = RowGeometry.fitting(group.layouts, group.shape)!
    var registers: [Int: Int] = [:]
    var free: [Int] = []
    var count = 0
    var (values, reads, writes) = ([Int](), [Int](), [Int]())
    func position(of value: Int) -> Int {
      if let known = values.firstIndex(of: value) { return known }
      values.append(value)
      return values.count - 1
    }
    let operations = group.entries.map { index in
      let entry = program.entries[index]
      let value = entry.writes[0]
      let link = ChainLink(entry.action, group.scalarType)!
      let operands = entry.reads.map { read -> ElementwiseChain.Operand in
        if let register = registers[read] { return .register(register) }
        // A result of the chain that is also needed elsewhere is read where it was written.
        if !writes.contains(read) && !reads.contains(read) { reads.append(read) }
        let strides = geometry.strides(program.values[read].layout, over: group.shape)!
        return .memory(position(of: read), row: strides.row, step: strides.step)
      }
      var register: Int?
      if isNeeded(value) {
        writes.append(value)
      } else {
        // Taken before those of the operands are free: kernels do not write where they read.
        register = free.popLast() ?? count
        if register == count { count += 1 }
        registers[value] = register
      }
      for read in Set(entry.reads) where lastUse[read] == index {
        if let register = registers.removeValue(forKey: read) { free.append(register) }
      }
      return ElementwiseChain.Operation(
        kernel: link.kernel, first: operands[0], second: operands.count > 1 ? operands[1] : nil, register: register,
        target: register == nil ? position(of: value) : nil, isCheap: link.isCheap)
    }
    return ElementwiseChain(
      operations: operations, scalarType: group.scalarType, rows: geometry.rows, columns: geometry.columns,
      registerCount: count, values: values, reads: reads, writes: writes,
      names: group.entries.map { program.entries[$0].action.name })
  }
}
