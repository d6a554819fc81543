import CKernels
import Synchronization

/// The elements sorted along the last axis; the sort is stable, and NaN is larger than every number.
package struct Sort: Primitive {
  package let descending: Bool

  package init(descending: Bool) { self.descending = descending }

  package var name: String { "sorted" }
  package var saves: SavePolicy { .firstOperand }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireNumeric(operands[0])
    try requireAxes(operands[0])
    return TensorSpecs(operands[0])
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let x = operands.first.inOrder()
    if result.count == 0 { return }
    let length = result.shape.axes[result.shape.rank - 1]
    let (from, to, size, type, descending) = (
      x.pointer, result.pointer, x.scalarType.size, x.scalarType.kernelType, descending
    )
    if LongRow.isWorthwhile(rows: result.count / length, length, size) {
      for row in 0..<result.count / length {
        let first = row * length * size
        sort(UnsafeRawPointer(from + first), type, size, into: to + first, length)
      }
    } else {
      WorkerPool.parallelFor(result.count / length, grain: max(1, ElementwiseLoop.expensiveGrain / length)) { range in
        let scratch = Scratch(byteCount: length * size)
        let first = range.lowerBound * length * size
        mk_sort_rows(descending, type, from + first, to + first, scratch.pointer, range.count, length)
      }
    }
    withExtendedLifetime(x) {}
  }

  /// Sorts one long row on several threads.
  private func sort(
    _ x: UnsafeRawPointer, _ type: mk_type, _ size: Int, into y: UnsafeMutableRawPointer, _ length: Int
  ) {
    let descending = descending
    let isMerged = Atomic(false)
    let row = LongRow(y, count: length, size: size, firstBit: 0) { keys, range in
      if mk_make_keys(descending, type, x + range.lowerBound * size, keys, range.count) {
        isMerged.store(true, ordering: .relaxed)
      }
    }
    let keys = row.sorted
    WorkerPool.parallelFor(length, grain: ElementwiseLoop.cheapGrain) { range in
      let first = range.lowerBound * size
      mk_unmake_keys(descending, type, keys + first, y + first, range.count)
    }
    if isMerged.load(ordering: .relaxed) { mk_restore_equals(descending, type, x, y, length) }
    withExtendedLifetime(row) {}
  }

  /// The gradient goes to where each element came from.
  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let axis = saved.shape(0).rank - 1
    return Cotangents(apply(ScatterAddAlong(axis: axis, length: saved.shape(0).axes[axis]), g.first, order(saved)))
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { apply(GatherAlong(axis: $0.rank - 1), $0, order(saved)) })
  }

  private func order(_ saved: Saved) -> AnyTensor {
    apply(ArgSort(descending: descending), saved.operand(0).detached())
  }
}

/// The indices that sort the elements along the last axis; the sort is stable, and NaN is larger than every number.
package struct ArgSort: Primitive {
  package let descending: Bool

  package init(descending: Bool) { self.descending = descending }

  package var name: String { "argSort" }
  package var saves: SavePolicy { .nothing }
  package var derivativeRefusal: String? { "its result is indices" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    if !x.scalarType.isNumeric { throw mistake("\(x.scalarType) is not supported") }
    try requireAxes(x)
    return TensorSpecs(.int64, x.shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let x = operands.first.inOrder()
    if result.count == 0 { return }
    let length = result.shape.axes[result.shape.rank - 1]
    let (from, size, type, descending) = (x.pointer, x.scalarType.size, x.scalarType.kernelType, descending)
    let order = result.pointer.assumingMemoryBound(to: Int64.self)
    if LongRow.isWorthwhile(rows: result.count / length, length, size) {
      for row in 0..<result.count / length {
        argSort(from + row * length * size, type, size, into: order + row * length, length)
      }
    } else {
      WorkerPool.parallelFor(result.count / length, grain: max(1, ElementwiseLoop.expensiveGrain / length)) { range in
        let scratch = Scratch(byteCount: length * 8)
        mk_argsort_rows(
          descending, type, from + range.lowerBound * length * size, order + range.lowerBound * length,
          scratch.pointer.assumingMemoryBound(to: Int64.self), range.count, length)
      }
    }
    withExtendedLifetime(x) {}
  }

  /// Sorts one long row on several threads.
  private func argSort(
    _ x: UnsafeRawPointer, _ type: mk_type, _ size: Int, into order: UnsafeMutablePointer<Int64>, _ length: Int
  ) {
    let descending = descending
    let shift = size == 8 ? mk_index_key_shift(mk_differing_bits(type, x, 0, length)) : 0
    let row = LongRow(UnsafeMutableRawPointer(order), count: length, size: 8, firstBit: 32) { keys, range in
      let (keys, first) = (keys.assumingMemoryBound(to: UInt64.self), range.lowerBound)
      mk_make_index_keys(descending, type, shift, x + first * size, first, keys, range.count)
    }
    let keys = row.sorted.assumingMemoryBound(to: UInt64.self)
    if shift > 0 {
      // Keys whose upper halves are equal stay together.
      let parts = LongRow.parts
      let bounds = (0...parts).map { part in
        var bound = length * part / parts
        while bound > 0 && bound < length && keys[bound] >> 32 == keys[bound - 1] >> 32 { bound += 1 }
        return bound
      }
      WorkerPool.parallelFor(parts, grain: 1) { range in
        for part in range {
          let scratch = Scratch(byteCount: (bounds[part + 1] - bounds[part]) * 8)
          mk_settle_index_keys(
            descending, type, shift, x, keys + bounds[part], scratch.pointer.assumingMemoryBound(to: UInt64.self),
            bounds[part + 1] - bounds[part])
        }
      }
    }
    WorkerPool.parallelFor(length, grain: ElementwiseLoop.cheapGrain) { range in
      mk_indices_of_keys(keys + range.lowerBound, order + range.lowerBound, range.count)
    }
    withExtendedLifetime(row) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}

/// The keys of one long row of elements, sorted on several threads: they are halved by a key near the median until there
/// is a part for each thread, which sorts it. What comes out does not depend on the parts.
private struct LongRow: ~Copyable {
  /// Where the sorted keys are.
  let sorted: UnsafeMutableRawPointer
  private let scratch: Scratch

  /// The fewest elements of a part.
  private static let leastPart = 16_384

  /// As many parts as threads, or up to the next power of two.
  static var parts: Int { 1 << (Int.bitWidth - max(0, Threads.count - 1).leadingZeroBitCount) }

  /// Whether several threads should share the work on each row. Bytes are counted, and other keys hold indices of 32
  /// bits.
  static func isWorthwhile(rows: Int, _ length: Int, _ size: Int) -> Bool {
    size >= 4 && rows < Threads.count && length >= 2 * leastPart && length < 1 << 32
  }

  /// Sorts `count` keys of `size` bytes from bit `firstBit` on, which `make` writes for a range of elements.
  init(
    _ keys: UnsafeMutableRawPointer, count: Int, size: Int, firstBit: Int32,
    make: (_ keys: UnsafeMutableRawPointer, _ range: Range<Int>) -> Void
  ) {
    scratch = Scratch(byteCount: count * size)
    WorkerPool.parallelFor(count, grain: ElementwiseLoop.cheapGrain) { make(keys + $0.lowerBound * size, $0) }
    var (from, to, bounds) = (keys, scratch.pointer, [0, count])
    while bounds.count <= LongRow.parts && count / bounds.count >= LongRow.leastPart {
      let (source, target, parts) = (from, to, bounds)
      let middles = Scratch(byteCount: parts.count * MemoryLayout<Int>.size)
      let middle = middles.pointer.assumingMemoryBound(to: Int.self)
      WorkerPool.parallelFor(parts.count - 1, grain: 1) { range in
        for part in range {
          let (first, length) = (parts[part], parts[part + 1] - parts[part])
          let half = length == 0 ? 0 : mk_halve_keys(size, source + first * size, target + first * size, length)
          middle[part] = first + half
        }
      }
      bounds = (0..<parts.count - 1).flatMap { [parts[$0], middle[$0]] } + [count]
      withExtendedLifetime(middles) {}
      (from, to) = (to, from)
    }
    let (source, other, parts) = (from, to, bounds)
    WorkerPool.parallelFor(parts.count - 1, grain: 1) { range in
      for part in range {
        let (first, length) = (parts[part], parts[part + 1] - parts[part])
        mk_sort_keys(size, source + first * size, other + first * size, firstBit, length)
      }
    }
    sorted = from
  }
}
