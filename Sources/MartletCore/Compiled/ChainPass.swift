import CKernels

/// What a chain does with a tile at a time: an operation by its own kernel, or several cheap ones of which each takes
/// the result of the one before, so that a strip of the tile stays in the processor's registers.
struct ChainPass {
  /// A link of such operations: what is done with the value, and where its operand or its result is.
  struct Link {
    let code: UInt8
    /// Nothing where it needs the value alone.
    let place: ElementwiseChain.Place?
    let streams: Bool
  }

  /// The operations, in order.
  let operations: Range<Int>
  /// The links that do the same; none where there is one operation.
  let links: Range<Int>
  let type: mk_type
  let scalarSize: Int

  /// What it costs to do this with an element, in cheap operations by themselves.
  func cost(_ operations: [ElementwiseChain.Operation]) -> Int {
    if links.isEmpty { return operations[self.operations.lowerBound].link.isCheap ? 1 : 4 }
    return 1 + self.operations.count / 4
  }

  /// Does the links for `rows` rows of `count` elements; `memory` is for those of a tile.
  @inline(__always)
  func run(
    _ links: UnsafeBufferPointer<Link>, _ memory: ElementwiseChain.Memory, _ row: Int, _ column: Int, _ rows: Int,
    _ count: Int, using scratch: UnsafeMutableRawPointer
  ) {
    let tile = scratch.assumingMemoryBound(to: mk_link.self)
    for (index, link) in zip(0..., links[self.links]) {
      let (start, _, stride) = link.place.map { memory.start($0, row, column, count) } ?? (scratch, 0, 0)
      tile[index] = mk_link(
        memory: start.assumingMemoryBound(to: CChar.self), row: stride * scalarSize, code: link.code,
        streams: link.streams)
    }
    mk_run_links(type, tile, Int32(self.links.count), rows, count)
  }
}

extension ChainPass {
  /// The passes of a chain, and their links.
  struct Sequence {
    private(set) var passes: [ChainPass] = []
    private(set) var links: [Link] = []
    private let operations: [ElementwiseChain.Operation]
    private let far: Set<Int>

    /// `far`: the positions of operands that come from beyond the caches.
    init(_ operations: [ElementwiseChain.Operation], far: Set<Int>) {
      (self.operations, self.far) = (operations, far)
      var next = 0
      while next < operations.count { next = addPass(from: next) }
    }

    /// Adds the pass that begins with an operation, and returns the operation after it.
    private mutating func addPass(from first: Int) -> Int {
      let start = links.count
      var end = first
      while end < operations.count, let more = linked(end, first: first, after: links[start...]) {
        links += more
        end += 1
      }
      // The value of the last operation is written, whoever reads it.
      if end - first > 1 {
        if links.last!.code != Self.store { links.append(storing(operations[end - 1])) }
      } else {
        links.removeSubrange(start...)
        end = first + 1
      }
      let kernel = operations[first].link
      passes.append(
        ChainPass(
          operations: first..<end, links: start..<links.count, type: kernel.arithmeticType ?? MK_FLOAT32,
          scalarSize: kernel.resultSize))
      return end
    }

    private static let store = mk_link_code(MK_LINK_STORE, 0, false)
    private static let fetch = mk_link_code(MK_LINK_FETCH, 0, false)

    private func storing(_ operation: ElementwiseChain.Operation) -> Link {
      Link(code: Self.store, place: operation.result, streams: operation.streams)
    }

    /// The links of an operation that goes on with the value of the one before it; nil where it cannot.
    private func linked(_ index: Int, first: Int, after links: ArraySlice<Link>) -> [Link]? {
      let operation = operations[index]
      guard let type = operation.link.arithmeticType, type == operations[first].link.arithmeticType else { return nil }
      let value = index == first ? operation.first : operations[index - 1].result
      let link: Link?
      switch operation.link.kernel {
      case .unary(let kernel, _):
        link = value == operation.first ? Link(MK_LINK_UNARY, kernel.rawValue, nil) : nil
      case .binary(let kernel, _):
        switch (value == operation.first, value == operation.second) {
        case (true, true): link = Link(MK_LINK_BOTH, kernel.rawValue, nil)
        case (true, false): link = Link(MK_LINK_FIRST, kernel.rawValue, operation.second)
        case (false, true): link = Link(MK_LINK_SECOND, kernel.rawValue, operation.first)
        case (false, false): link = nil
        }
      default: link = nil
      }
      guard let link else { return nil }
      var more = [link]
      if index == first {
        guard let load = Link(MK_LINK_LOAD, 0, value) else { return nil }
        more.insert(load, at: 0)
      }
      more = more.flatMap { link in [fetching(link.place, after: links), link].compactMap(\.self) }
      // Elements may be computed twice, so that what was read is not written afterwards.
      if (links + more).contains(where: { $0.code != Self.store && $0.place == operation.result }) { return nil }
      if isReadLater(index) { more.append(storing(operation)) }
      // One more may be needed for the last value.
      return links.count + more.count < Int(MK_MOST_LINKS) ? more : nil
    }

    /// The link that fetches an operand from beyond the cache, where it is there and no other link does it.
    private func fetching(_ place: ElementwiseChain.Place?, after links: ArraySlice<Link>) -> Link? {
      guard let place, case .memory(let position, _, 1, _) = place, far.contains(position),
        !links.contains(where: { $0.code == Self.fetch && $0.place == place })
      else { return nil }
      return Link(code: Self.fetch, place: place, streams: false)
    }

    /// Whether anything but the next operation takes the result of one.
    private func isReadLater(_ index: Int) -> Bool {
      let place = operations[index].result
      guard case .register = place else { return true }
      for later in operations[(index + 1)...].dropFirst() {
        if place == later.first || place == later.second || place == later.third { return true }
        if place == later.result { return false }
      }
      return false
    }
  }
}

extension ChainPass.Link {
  /// The link of an operation with an operand; nil where the kernels have none.
  fileprivate init?(_ form: mk_link_form, _ kernel: UInt8, _ place: ElementwiseChain.Place?) {
    var isScalar = false
    if case .memory(_, _, let step, _) = place {
      if step != 0 && step != 1 { return nil }
      isScalar = step == 0
    }
    code = mk_link_code(form, kernel, isScalar)
    (self.place, streams) = (place, false)
    if code == 0 { return nil }
  }
}
