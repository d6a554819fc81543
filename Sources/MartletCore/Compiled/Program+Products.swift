// Matrix products with what follows them, as one operation.

extension Program {
  /// Makes a `Linear` of a product with a matrix, the bias that is added to it and the activation of the sum, so that
  /// they are applied while a part of the product is in the cache.
  ///
  /// A product stays as it is where anything else reads it, and where the host may change a variable in between.
  mutating func finishProducts() {
    let changed = changedBuffers()
    let readers = singleReaders()
    var kept = entries.map(Optional.some)
    for index in entries.indices {
      guard var product = FinishedProduct(entries[index], in: self) else { continue }
      var members = [index]
      while let next = readers[values[product.result].buffer],
        let more = product.followed(by: entries[next], in: self),
        !entries[members.last!..<next].contains(where: \.isWorkOfHost)
      {
        product = more
        members.append(next)
      }
      if members.count == 1 || members.contains(where: { touches(entries[$0], buffers: changed) }) { continue }
      for member in members { kept[member] = nil }
      kept[members.last!] = entry(product, from: members.map { entries[$0] })
    }
    entries = kept.compactMap(\.self)
  }

  /// The only entry that reads a buffer, for those that one entry reads and that are no results.
  private func singleReaders() -> [Int: Int] {
    var readers: [Int: Set<Int>] = [:]
    for (index, entry) in entries.enumerated() {
      for value in entry.reads { readers[values[value].buffer, default: []].insert(index) }
    }
    for value in outputs { readers[values[value].buffer] = [] }
    return readers.compactMapValues { $0.count == 1 ? $0.first : nil }
  }

  private func touches(_ entry: Entry, buffers: Set<Int>) -> Bool {
    (entry.reads + entry.writes).contains { buffers.contains(values[$0].buffer) }
  }

  private mutating func entry(_ product: FinishedProduct, from members: [Entry]) -> Entry {
    let weight = values[product.weight.value]
    var reads = [product.x, product.weight.value]
    if !product.weight.isOutputsFirst {
      reads[1] = addValue(weight.buffer, weight.scalarType, weight.layout.permuted(AxisList([1, 0])))
    }
    if let bias = product.bias {
      let (buffer, layout) = (values[bias].buffer, values[bias].layout)
      let row = Layout(shape: [layout.shape.axes[layout.shape.rank - 1]], strides: [1], offset: layout.offset)
      reads.append(addValue(buffer, weight.scalarType, row))
    }
    let last = members.last!
    return Entry(
      action: .operation(Linear(activation: product.activation)), reads: reads, writes: [product.result],
      layerPath: members.allSatisfy { $0.layerPath == last.layerPath } ? last.layerPath : "",
      derivativeOf: members.allSatisfy { $0.derivativeOf == last.derivativeOf } ? last.derivativeOf : nil)
  }
}

/// A product that `Linear` computes with the same bits, as far as it was followed.
private struct FinishedProduct {
  let x: Int
  /// `[out, in]` or `[in, out]`.
  let weight: (value: Int, isOutputsFirst: Bool)
  private(set) var bias: Int?
  private(set) var activation = FusedActivation.identity
  private(set) var result: Int

  /// Nil for an entry that is no such product.
  init?(_ entry: Program.Entry, in program: Program) {
    guard case .operation(let primitive) = entry.action else { return nil }
    switch primitive {
    case is MatMul:
      let (x, weight) = (program.values[entry.reads[0]], program.values[entry.reads[1]])
      // A matrix that has to be copied first would be copied in another order.
      guard weight.layout.shape.rank == 2, x.scalarType.isFloatingPoint,
        x.layout.shape.rank > 1 || x.layout.isContiguous,
        weight.layout.isContiguous || weight.layout.permuted(AxisList([1, 0])).isContiguous
      else { return nil }
      self.weight = (entry.reads[1], false)
    case let linear as Linear:
      weight = (entry.reads[1], true)
      bias = entry.reads.count == 3 ? entry.reads[2] : nil
      activation = linear.activation
    default: return nil
    }
    (x, result) = (entry.reads[0], entry.writes[0])
  }

  /// The product with an operation of what it makes; nil where that is neither a bias nor an activation.
  func followed(by entry: Program.Entry, in program: Program) -> FinishedProduct? {
    guard activation == .identity, case .operation(let primitive) = entry.action else { return nil }
    var more = self
    more.result = entry.writes[0]
    switch primitive {
    case let binary as Binary where binary.operation == .add && bias == nil:
      guard entry.reads.count(where: { $0 == result }) == 1 else { return nil }
      more.bias = entry.reads[0] == result ? entry.reads[1] : entry.reads[0]
      return program.isRow(more.bias!, of: result) && program.values[more.result].spec == program.values[result].spec
        ? more : nil
    case let unary as Unary where entry.reads == [result]:
      guard let known = FusedActivation.allCases.first(where: { $0.unary == unary.operation }) else { return nil }
      more.activation = known
      return more
    default: return nil
    }
  }
}

extension Program.Entry {
  fileprivate var isWorkOfHost: Bool {
    switch action {
    case .host, .store: true
    case .operation, .effect, .draw: false
    }
  }
}

extension Program {
  /// Whether a value is a row of contiguous elements that is added to each row of another.
  fileprivate func isRow(_ value: Int, of other: Int) -> Bool {
    let (row, layout) = (values[value].layout, values[other].layout)
    let last = row.shape.rank - 1
    if last < 0 || row.shape.axes[last] != layout.shape.axes[layout.shape.rank - 1] { return false }
    return (row.shape.axes[last] == 1 || row.strides[last] == 1)
      && (0..<last).allSatisfy { row.shape.axes[$0] == 1 || row.strides[$0] == 0 }
      && values[value].buffer != values[other].buffer
  }
}
