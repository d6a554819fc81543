import MartletCore

// What the kernels of linear algebra share: matrices in column-major order, and the walk over a batch.

extension TensorBody {
  /// A view with the last two axes exchanged.
  var transposedMatrices: TensorBody {
    let rank = shape.rank
    var order = Array(0..<rank)
    order.swapAt(rank - 1, rank - 2)
    return view(layout.permuted(AxisList(order)))
  }

  /// A copy of the matrices in column-major order, in memory of its own.
  func columnMajorCopy() -> TensorBody { transposedMatrices.copied() }

  /// The matrices repeated for a larger batch: a view.
  func matrices(for batch: Shape) -> TensorBody {
    view(layout.broadcast(to: batch.followed(by: [shape.rows, shape.columns])))
  }

  /// The first element of a contiguous body, as its type.
  func start<S>(as type: S.Type) -> UnsafeMutablePointer<S> { pointer.assumingMemoryBound(to: type) }
}

/// Memory for `count` values of a type, given back to the pool with the object.
final class Temporary<Element> {
  let start: UnsafeMutablePointer<Element>
  private let scratch: Scratch

  init(_ count: Int, of type: Element.Type = Element.self) {
    scratch = Scratch(byteCount: max(1, count) * MemoryLayout<Element>.stride)
    start = scratch.pointer.assumingMemoryBound(to: type)
  }
}

/// The position in a smaller batch for each position in the batch that it broadcasts to.
func positions(of batch: Shape, in target: Shape) -> [Int] {
  if batch == target { return Array(0..<target.elementCount) }
  let layout = Layout(contiguous: batch).broadcast(to: target)
  return (0..<target.elementCount).map { position in
    zip(target.indices(of: position), 0..<target.rank).reduce(0) { $0 + $1.0 * layout.stride(of: $1.1) }
  }
}

/// Calls `body` for every matrix of a batch, on several threads where the work pays for it.
///
/// One matrix is computed by one thread, so that the bits do not depend on how many threads there are.
func overMatrices(_ count: Int, flops: Int, _ body: (Int) -> Void) {
  OpenBLAS.prepare()
  parallelFor(count, grain: max(1, (1 << 17) / max(1, flops))) { range in
    for index in range { body(index) }
  }
}

extension LAPACKScalar {
  /// Fills the memory of a failed matrix.
  static func fillWithNaN(_ start: Pointer, _ count: Int) { start.update(repeating: .nan, count: count) }

  /// The numeric error of one operation: the distance from 1 to the next number.
  static var epsilon: Double { Double(Self.ulpOfOne) }
}
