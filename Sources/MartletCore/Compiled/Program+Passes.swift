// What makes a program shorter without changing its results' bits.

extension Program {
  /// The buffers that entries write into after they were made, and so hold different elements at different times.
  func changedBuffers() -> Set<Int> {
    var changed: Set<Int> = []
    for entry in entries {
      if case .effect = entry.action { changed.formUnion(entry.writes.map { values[$0].buffer }) }
    }
    return changed
  }

  /// Makes operations of sums in place, as passes take them, where what is added is made by an elementwise operation: so
  /// both can be done together.
  ///
  /// A sum stays as it is where a view of it is used afterwards.
  mutating func addOutOfPlace() {
    var isElementwise: Set<Int> = []
    /// The last entry that uses a value.
    var lastUse: [Int: Int] = [:]
    for (index, entry) in entries.enumerated() { for value in entry.reads + entry.writes { lastUse[value] = index } }
    for value in outputs { lastUse[value] = entries.count }
    let valuesOfBuffer = Dictionary(grouping: lastUse.keys) { values[$0].buffer }
    var renamed: [Int: Int] = [:]
    for index in entries.indices {
      entries[index].reads = entries[index].reads.map { renamed[$0] ?? $0 }
      let entry = entries[index]
      if case .effect(let effect) = entry.action, effect is Accumulate, isElementwise.contains(entry.reads[0]),
        case let sum = entry.writes[0], case .made = source(of: renamed[sum] ?? sum),
        valuesOfBuffer[values[sum].buffer, default: []].allSatisfy({ $0 == sum || lastUse[$0]! < index }),
        values[sum].layout.shape == values[entry.reads[0]].layout.shape
      {
        let result = addValue(addBuffer(.made), values[sum].scalarType, Layout(contiguous: values[sum].layout.shape))
        entries[index] = Entry(
          action: .operation(Binary(.add)), reads: [renamed[sum] ?? sum, entry.reads[0]], writes: [result],
          layerPath: entry.layerPath, derivativeOf: entry.derivativeOf)
        renamed[sum] = result
        isElementwise.insert(result)
        continue
      }
      entries[index].writes = entry.writes.map { renamed[$0] ?? $0 }
      if let value = entry.writes.first, ChainLink(entry, in: self) != nil {
        isElementwise.insert(value)
      }
    }
    outputs = outputs.map { renamed[$0] ?? $0 }
  }

  /// Computes once what depends on constants alone.
  mutating func foldConstants() {
    let changed = changedBuffers()
    var kept: [Entry] = []
    for entry in entries {
      let operands = entry.reads.compactMap(tensor)
      guard case .operation(let primitive) = entry.action, operands.count == entry.reads.count,
        !(entry.reads + entry.writes).contains(where: { changed.contains(values[$0].buffer) })
      else {
        kept.append(entry)
        continue
      }
      if foldUniform(entry, primitive, operands) { continue }
      for (value, result) in zip(entry.writes, applyAll(primitive, operands)) {
        if case .made = source(of: value) { buffers[values[value].buffer] = .constant(result.contiguous().body) }
      }
    }
    entries = kept
  }

  /// Folds an elementwise operation on operands of which each is one number everywhere: the result is one number too,
  /// seen in its shape, so that it takes no memory. Not where others than elementwise operations use it.
  private mutating func foldUniform(_ entry: Entry, _ primitive: any Primitive, _ operands: [AnyTensor]) -> Bool {
    let value = entry.writes[0]
    let (buffer, shape) = (values[value].buffer, values[value].layout.shape)
    if shape.elementCount < 2 || !operands.allSatisfy(\.body.layout.isUniform) || ChainLink(entry, in: self) == nil {
      return false
    }
    func isUsed(_ values: [Int]) -> Bool { values.contains { self.values[$0].buffer == buffer } }
    if isUsed(outputs) || values.indices.contains(where: { $0 != value && values[$0].buffer == buffer })
      || entries.contains(where: { isUsed($0.reads) && ChainLink($0, in: self) == nil })
    {
      return false
    }
    let single = operands.map { operand in
      var layout = Layout(contiguous: Shape(axes: AxisList(repeating: 1, count: operand.rank)))
      layout.offset = operand.body.layout.offset
      return AnyTensor(operand.body.view(layout))
    }
    buffers[buffer] = .constant(applyAll(primitive, single)[0].contiguous().body)
    let layout = Layout(shape: shape, strides: AxisList(repeating: 0, count: shape.rank), offset: 0)
    values[value] = Value(buffer: buffer, scalarType: values[value].scalarType, layout: layout)
    return true
  }

  /// Computes once what is computed several times from the same operands.
  mutating func shareCommon() {
    let changed = changedBuffers()
    var replacements: [Int: Int] = [:]
    var known: [Application: [Int]] = [:]
    var kept: [Entry] = []
    // Views of a value that is replaced are views of the replacement.
    var bufferOf: [Int: Int] = [:]
    for var entry in entries {
      entry.reads = entry.reads.map { resolve($0, replacements, bufferOf) }
      guard case .operation(let primitive) = entry.action,
        !(entry.reads + entry.writes).contains(where: { changed.contains(values[$0].buffer) })
      else {
        kept.append(entry)
        continue
      }
      let application = Application(
        name: primitive.name, operands: entry.reads.map { constant($0)?.count == 1 ? -1 : values[$0].buffer })
      let same = known[application, default: []].first { index in
        kept[index].action.isSame(as: entry.action)
          && zip(kept[index].reads, entry.reads).allSatisfy(isSame) && kept[index].reads.count == entry.reads.count
      }
      if let same {
        for (value, replacement) in zip(entry.writes, kept[same].writes) {
          replacements[value] = replacement
          bufferOf[values[value].buffer] = values[replacement].buffer
        }
        continue
      }
      known[application, default: []].append(kept.count)
      kept.append(entry)
    }
    entries = kept
    outputs = outputs.map { resolve($0, replacements, bufferOf) }
  }

  /// What applications that are the same have in common: the name and the operands' buffers, −1 for any number.
  private struct Application: Hashable {
    let name: String
    let operands: [Int]
  }

  /// The value to read instead of one that is not computed any more.
  private mutating func resolve(_ value: Int, _ replacements: [Int: Int], _ bufferOf: [Int: Int]) -> Int {
    if let replacement = replacements[value] { return replacement }
    guard let buffer = bufferOf[values[value].buffer] else { return value }
    return addValue(buffer, values[value].scalarType, values[value].layout)
  }

  /// Whether two values are the same elements.
  private func isSame(_ a: Int, _ b: Int) -> Bool {
    if a == b { return true }
    let (x, y) = (values[a], values[b])
    if x.scalarType != y.scalarType || x.layout != y.layout { return false }
    if x.buffer == y.buffer { return true }
    guard let first = tensor(a), let second = tensor(b), first.count == 1, second.count == 1 else { return false }
    // Numbers in an expression, each a constant of its own.
    return first.body.hasSameBits(as: second.body)
  }

  /// Changes variables as soon as what they are changed by is known and nothing before needs them as they were, so that
  /// gradients do not have to wait for each other.
  mutating func changeVariablesEarly() {
    for index in entries.indices {
      guard case .host(let work) = entries[index].action, let changes = work.changes else { continue }
      let operands = Set(entries[index].reads.map { values[$0].buffer })
      let before = entries[..<index].lastIndex { entry in
        touches(entry, variables: changes) || entry.writes.contains { operands.contains(values[$0].buffer) }
      }
      let entry = entries.remove(at: index)
      entries.insert(entry, at: before.map { $0 + 1 } ?? 0)
    }
  }

  /// Whether an entry reads or changes any of these variables, of all where they are nil, or may do so.
  func touches(_ entry: Entry, variables: [Int]?) -> Bool {
    guard let variables else { return true }
    switch entry.action {
    case .host(let work):
      guard let changes = work.changes else { return true }
      if changes.contains(where: variables.contains) { return true }
    case .store(let variable): if variables.contains(variable) { return true }
    default: break
    }
    return (entry.reads + entry.writes).contains { value in
      if case .variable(let number) = source(of: value) { variables.contains(number) } else { false }
    }
  }

  /// Drops what no result, variable or work of the host depends on.
  mutating func dropDead() {
    var live = Set(outputs.map { values[$0].buffer })
    var kept: [Entry] = []
    for entry in entries.reversed() {
      let isNeeded =
        switch entry.action {
        // A draw moves the generator on, also where its numbers are not used.
        case .host, .store, .draw: true
        case .operation, .effect: entry.writes.contains { live.contains(values[$0].buffer) }
        }
      if !isNeeded { continue }
      live.formUnion(entry.reads.map { values[$0].buffer })
      kept.append(entry)
    }
    entries = kept.reversed()
  }
}
