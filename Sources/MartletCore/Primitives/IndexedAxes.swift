import CKernels

/// The elements of a strided tensor at an index tensor: neighbouring axes are indexed together, by positions in
/// row-major order of these axes alone, and all other axes are taken whole.
///
/// The elements that are picked are contiguous elsewhere, as `[axes before, indices, axes after]`. For each piece,
/// which is a place along the axes before and one along the outer of those after, a kernel is called with all indices:
/// the order in which one element is written to is that of the indices, whatever the number of threads.
struct IndexedAxes {
  private let size: Int
  private let start: UnsafeMutableRawPointer
  private let before: Grid
  private let rows: Grid
  /// The inner run of the axes after, and its stride.
  private let run: Int
  private let step: Int
  private let count: Int
  private let offsets: UnsafePointer<Int64>
  private let scratch: Scratch?

  /// Plans for `body`, whose axes from `axis` on, `axes` of them, are indexed.
  init(_ body: TensorBody, axis: Int, axes: Int, _ indices: Indices) {
    let layout = body.layout
    size = body.scalarType.size
    start = body.pointer
    before = Grid(layout, 0..<axis)
    let indexed = Grid(layout, axis..<axis + axes)
    var rows = Grid(layout, axis + axes..<layout.shape.rank)
    (run, step) = rows.removeInner()
    self.rows = rows
    count = indices.count
    if indexed.lengths.count == 1 && indexed.strides[0] == 1 {
      (offsets, scratch) = (indices.pointer, nil)
      return
    }
    let memory = Scratch(byteCount: count * MemoryLayout<Int64>.size)
    let distances = memory.pointer.assumingMemoryBound(to: Int64.self)
    (offsets, scratch) = (UnsafePointer(distances), memory)
    WorkerPool.parallelFor(count, grain: ElementwiseLoop.cheapGrain) { range in
      indexed.lengths.withUnsafeElements { lengths in
        indexed.strides.withUnsafeElements { strides in
          mk_index_offsets(
            indices.pointer + range.lowerBound, lengths, strides, indexed.lengths.count, distances + range.lowerBound,
            range.count)
        }
      }
    }
  }

  /// The number of elements for one index: those of the inner run and of the outer axes after.
  private var row: Int { rows.count * run }

  /// Copies the elements to contiguous memory.
  func gather(to target: UnsafeMutableRawPointer) {
    if run == 0 { return }
    let chunk = max(1, ElementwiseLoop.cheapGrain / run)
    let chunks = (count + chunk - 1) / chunk
    let grain = max(1, ElementwiseLoop.cheapGrain / max(1, min(count, chunk) * run))
    WorkerPool.parallelFor(before.count * rows.count * chunks, grain: grain) { range in
      for piece in range {
        let (place, first) = (piece / chunks, piece % chunks * chunk)
        let (outer, inner) = place.quotientAndRemainder(dividingBy: rows.count)
        let from = before.offset(outer) + rows.offset(inner)
        let to = (outer * count + first) * row + inner * run
        mk_gather_at(
          size, start + from * size, step, offsets + first, target + to * size, row, min(chunk, count - first), run)
      }
    }
    withExtendedLifetime(scratch) {}
  }

  /// Overwrites the elements with others, which are contiguous or, if `isOne`, all the same one; of those that are
  /// written several times, the last remains.
  func put(_ source: UnsafeRawPointer, isOne: Bool) {
    overStrips(isOne) { from, index, step, to, length in
      mk_put_at(
        size, source + from * size, index, step, offsets, start + to * size, self.step, count, length)
    }
  }

  /// Adds others to the elements, which are contiguous or, if `isOne`, all the same one; all are added.
  func add(_ source: UnsafeRawPointer, isOne: Bool, _ type: mk_type) {
    overStrips(isOne) { from, index, step, to, length in
      mk_add_at(type, source + from * size, index, step, offsets, start + to * size, self.step, count, length)
    }
  }

  /// Calls `body` for strips of columns, so that no two threads write to the same element.
  @inline(__always)
  private func overStrips(
    _ isOne: Bool, _ body: (_ from: Int, _ index: Int, _ step: Int, _ to: Int, _ length: Int) -> Void
  ) {
    if run == 0 || count == 0 { return }
    let strip = max(64, (ElementwiseLoop.cheapGrain / count + 63) / 64 * 64)
    let strips = (run + strip - 1) / strip
    let grain = max(1, ElementwiseLoop.cheapGrain / (count * min(run, strip)))
    WorkerPool.parallelFor(before.count * rows.count * strips, grain: grain) { range in
      for piece in range {
        let (place, first) = (piece / strips, piece % strips * strip)
        let (outer, inner) = place.quotientAndRemainder(dividingBy: rows.count)
        let to = before.offset(outer) + rows.offset(inner) + first * step
        let from = isOne ? 0 : outer * count * row + inner * run + first
        body(from, isOne ? 0 : row, isOne ? 0 : 1, to, min(strip, run - first))
      }
    }
    withExtendedLifetime(scratch) {}
  }
}

/// Some neighbouring axes of a layout; those that can be walked as one are merged.
private struct Grid {
  private(set) var lengths = AxisList()
  private(set) var strides = AxisList()
  /// The number of places.
  private(set) var count = 1

  init(_ layout: Layout, _ axes: Range<Int>) {
    for axis in axes {
      let (length, stride) = (layout.shape.axes[axis], layout.strides[axis])
      count *= length
      let last = lengths.count - 1
      if length == 1 { continue }
      if last >= 0 && strides[last] == stride * length {
        lengths[last] *= length
        strides[last] = stride
      } else {
        lengths.append(length)
        strides.append(stride)
      }
    }
  }

  /// Takes the innermost axis out: its length and stride, of one element where there is no axis.
  mutating func removeInner() -> (length: Int, stride: Int) {
    let last = lengths.count - 1
    if last < 0 { return (count, 1) }
    let inner = (lengths[last], strides[last])
    lengths.remove(at: last)
    strides.remove(at: last)
    count = (0..<last).reduce(1) { $0 * lengths[$1] }
    return inner
  }

  /// The distance of a place from the first.
  @inline(__always)
  func offset(_ place: Int) -> Int {
    var (rest, offset, axis) = (place, 0, lengths.count - 1)
    while axis > 0 {
      offset += rest % lengths[axis] * strides[axis]
      rest /= lengths[axis]
      axis -= 1
    }
    return axis == 0 ? offset + rest * strides[0] : offset
  }
}
