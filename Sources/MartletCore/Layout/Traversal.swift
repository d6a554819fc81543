/// A loop over a contiguous result and up to three strided operands. Axes that can be walked as one are merged, which
/// leaves a few outer axes around one inner run that is as long as possible.
package struct Traversal: Sendable {
  /// The length of the inner run.
  package private(set) var run: Int
  /// Each operand's stride along the inner run.
  package private(set) var runStrides: InlineArray<3, Int> = [0, 0, 0]
  /// The number of runs.
  package private(set) var runs: Int = 1

  private var outer = AxisList()
  private var outerStrides: InlineArray<3, AxisList> = [AxisList(), AxisList(), AxisList()]
  private let base: InlineArray<3, Int>

  /// Creates the loop; the operands must be broadcast to `shape` already.
  package init(over shape: Shape, _ a: Layout, _ b: Layout? = nil, _ c: Layout? = nil) {
    base = [a.offset, b?.offset ?? 0, c?.offset ?? 0]
    var lengths = AxisList()
    var s0 = AxisList()
    var s1 = AxisList()
    var s2 = AxisList()
    for axis in 0..<shape.rank {
      let length = shape.axes[axis]
      if length == 1 { continue }
      let t0 = a.strides[axis]
      let t1 = b.map { $0.strides[axis] } ?? 0
      let t2 = c.map { $0.strides[axis] } ?? 0
      let last = lengths.count - 1
      if last >= 0, s0[last] == t0 * length, s1[last] == t1 * length, s2[last] == t2 * length {
        lengths[last] *= length
        s0[last] = t0
        s1[last] = t1
        s2[last] = t2
      } else {
        lengths.append(length)
        s0.append(t0)
        s1.append(t1)
        s2.append(t2)
      }
    }
    if lengths.count == 0 {
      run = shape.elementCount
      runs = run == 0 ? 0 : 1
      runStrides = [1, 1, 1]
      return
    }
    let last = lengths.count - 1
    run = lengths[last]
    runStrides = [s0[last], s1[last], s2[last]]
    for axis in 0..<last {
      outer.append(lengths[axis])
      runs *= lengths[axis]
    }
    outerStrides = [s0, s1, s2]
    if run == 0 { runs = 0 }
  }

  /// Each operand's stride from one run of a block to the next.
  package var rowStrides: InlineArray<3, Int> {
    let last = outer.count - 1
    return last < 0 ? [0, 0, 0] : [outerStrides[0][last], outerStrides[1][last], outerStrides[2][last]]
  }

  /// Calls `body` for every run in `range`, in order, with the run's position and each operand's offset.
  @inline(__always)
  package func forEachRun(in range: Range<Int>, _ body: (_ run: Int, _ a: Int, _ b: Int, _ c: Int) -> Void) {
    let steps = rowStrides
    forEachBlock(in: range) { first, count, a, b, c in
      var (a, b, c) = (a, b, c)
      for run in first..<first + count {
        body(run, a, b, c)
        a += steps[0]
        b += steps[1]
        c += steps[2]
      }
    }
  }

  /// Calls `body` for the blocks of runs that together make up `range`, in order, with the position of the first run,
  /// the number of runs, which lie `rowStrides` apart, and each operand's offset at the first.
  @inline(__always)
  package func forEachBlock(
    in range: Range<Int>, _ body: (_ run: Int, _ count: Int, _ a: Int, _ b: Int, _ c: Int) -> Void
  ) {
    if range.isEmpty { return }
    let last = outer.count - 1
    if last <= 0 {
      let first = range.lowerBound
      let steps = rowStrides
      body(first, range.count, base[0] + first * steps[0], base[1] + first * steps[1], base[2] + first * steps[2])
      return
    }
    var index = AxisList(repeating: 0, count: outer.count)
    var offsets = base
    var rest = range.lowerBound
    for axis in stride(from: last, through: 0, by: -1) {
      index[axis] = rest % outer[axis]
      rest /= outer[axis]
      for operand in 0..<3 { offsets[operand] += index[axis] * outerStrides[operand][axis] }
    }
    var run = range.lowerBound
    while run < range.upperBound {
      let count = min(outer[last] - index[last], range.upperBound - run)
      body(run, count, offsets[0], offsets[1], offsets[2])
      run += count
      var axis = last
      var step = count
      while axis >= 0 {
        index[axis] += step
        for operand in 0..<3 { offsets[operand] += step * outerStrides[operand][axis] }
        if index[axis] < outer[axis] { break }
        for operand in 0..<3 { offsets[operand] -= outer[axis] * outerStrides[operand][axis] }
        index[axis] = 0
        axis -= 1
        step = 1
      }
    }
  }
}
