/// Finds the elementwise operations of a program that can be computed together, and the reductions of what they make.
///
/// An operation joins the chain of what makes its operands, unless something outside the chain has read from that chain
/// since: then the chain has been closed, and its values are in memory. So a chain can be computed where its last
/// operation stands.
struct ChainBuilder {
  private final class Group {
    var entries: [Int] = []
    let shape: Shape
    /// The layouts of the operands from outside.
    var layouts: [Layout] = []
    /// How its reductions take their elements, where it has any.
    var partition: Reduction.Partition?
    var isOpen = true

    init(_ shape: Shape) { self.shape = shape }

    /// The geometry that all operands fit, with others; nil where there is none.
    func geometry(with others: [Layout] = [], _ partition: Reduction.Partition?) -> RowGeometry? {
      if case .rows(let length) = partition {
        RowGeometry.fitting(layouts + others, shape, columns: length)
      } else {
        RowGeometry.fitting(layouts + others, shape)
      }
    }
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
    if !(entry.reads + entry.writes).contains(where: { changed.contains(program.values[$0].buffer) }) {
      if ChainLink(entry, in: program) != nil {
        addLink(index)
        return
      }
      if reduction(entry) != nil && addEnding(index) { return }
    }
    // A chain that reads a variable is done before the variable changes.
    if case .host(let work) = entry.action {
      for group in groups
      where group.entries.contains(where: { program.touches(program.entries[$0], variables: work.changes) }) {
        group.isOpen = false
      }
    }
    for value in entry.reads + entry.writes { close(program.values[value].buffer) }
  }

  private mutating func addLink(_ index: Int) {
    let entry = program.entries[index]
    let shape = program.values[entry.writes[0]].layout.shape
    // What is read as it was made can come from a register; a view of it is read from memory.
    var joined: [Group] = []
    for value in entry.reads {
      guard let group = makers[value], group.isOpen, group.shape == shape else {
        close(program.values[value].buffer)
        continue
      }
      if !joined.contains(where: { $0 === group }) { joined.append(group) }
    }
    joined.removeAll { !$0.isOpen }
    let outside = entry.reads.filter { value in !joined.contains { $0 === makers[value] } }
      .map { program.values[$0].layout }
    var target = joined.first ?? open(shape)
    let partitions = joined.compactMap(\.partition)
    let partition = partitions.first
    if partitions.contains(where: { $0 != partition })
      || target.geometry(with: joined.dropFirst().flatMap(\.layouts) + outside, partition) == nil
    {
      for group in joined { group.isOpen = false }
      target = open(shape)
      let all = entry.reads.map { program.values[$0].layout }
      if RowGeometry.fitting(all, shape) == nil {
        target.isOpen = false
      } else {
        target.layouts = all
      }
    } else {
      for other in joined.dropFirst() {
        for member in other.entries {
          for value in program.entries[member].writes {
            if makers[value] === other { makers[value] = target }
            bufferMakers[program.values[value].buffer] = target
          }
        }
        target.entries = (target.entries + other.entries).sorted()
        target.layouts += other.layouts
        other.entries = []
        other.isOpen = false
      }
      target.layouts += outside
      target.partition = partition
    }
    target.entries.append(index)
    makers[entry.writes[0]] = target
    bufferMakers[program.values[entry.writes[0]].buffer] = target
  }

  /// Adds a reduction to the chain that makes its operand; false where it cannot be done there.
  private mutating func addEnding(_ index: Int) -> Bool {
    let entry = program.entries[index]
    guard let group = makers[entry.reads[0]], group.isOpen,
      let partition = reduction(entry)?.partition(of: group.shape), group.partition ?? partition == partition,
      group.geometry(partition) != nil
    else { return false }
    group.partition = partition
    group.entries.append(index)
    bufferMakers[program.values[entry.writes[0]].buffer] = group
    return true
  }

  private func reduction(_ entry: Program.Entry) -> Reduction? {
    if case .operation(let primitive) = entry.action { primitive as? Reduction } else { nil }
  }

  private mutating func open(_ shape: Shape) -> Group {
    let group = Group(shape)
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
    let geometry = group.geometry(group.partition)!
    let layout = ChainLayout(program, group.entries, isNeeded: isNeeded, geometry, group.shape)
    return ElementwiseChain(layout, entries: group.entries, geometry, group.partition)
  }
}
