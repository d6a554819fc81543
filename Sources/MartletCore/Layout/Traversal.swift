/// A loop over a contiguous result and up to three strided operands: axes that can be walked as one are joined, so that
/// what is left is a few outer axes around one inner run as long as possible.
package struct Traversal: Sendable {
  /// Length of the inner run, and each operand's stride along it.
  package private(set) var run: Int
  package private(set) var runStrides: InlineArray<3, Int> = [0, 0, 0]
  /// The number of runs.
  package private(set) var runs: Int = 1

  private var outer = AxisList()
  private var outerStrides: InlineArray<3, AxisList> = [AxisList(), AxisList(), AxisList()]
  private let base: InlineArray<3, Int>

  /// Operands are broadcast to `shape` already.
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

  /// Calls `body` with each operand's offset for every run in `range`, in order.
  @inline(__always)
  package func forEachRun(in range: Range<Int>, _ body: (_ run: Int, _ a: Int, _ b: Int, _ c: Int) -> Void) {
    if range.isEmpty { return }
    if outer.count == 0 {
      body(0, base[0], base[1], base[2])
      return
    }
    if outer.count == 1 {
      let (aStep, bStep, cStep) = (outerStrides[0][0], outerStrides[1][0], outerStrides[2][0])
      let first = range.lowerBound
      var (a, b, c) = (base[0] + first * aStep, base[1] + first * bStep, base[2] + first * cStep)
      for run in range {
        body(run, a, b, c)
        a += aStep
        b += bStep
        c += cStep
      }
      return
    }
    var index = AxisList(repeating: 0, count: outer.count)
    var offsets = base
    var rest = range.lowerBound
    for axis in stride(from: outer.count - 1, through: 0, by: -1) {
      index[axis] = rest % outer[axis]
      rest /= outer[axis]
      for operand in 0..<3 { offsets[operand] += index[axis] * outerStrides[operand][axis] }
    }
    for run in range {
      body(run, offsets[0], offsets[1], offsets[2])
      var axis = outer.count - 1
      while axis >= 0 {
        index[axis] += 1
        for operand in 0..<3 { offsets[operand] += outerStrides[operand][axis] }
        if index[axis] < outer[axis] { break }
        for operand in 0..<3 { offsets[operand] -= outer[axis] * outerStrides[operand][axis] }
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
