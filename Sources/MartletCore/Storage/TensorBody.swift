/// What a tensor is: a scalar type, a layout and the block of memory that it lies in. Never changed once it is made.
///
/// A body made by an operation has its block from the pool and gives it back; a view keeps the body whose block it sees.
///
/// `@unchecked Sendable`: `owner` is a variable only because `isKnownUniquelyReferenced` asks for one, and is never
/// assigned again. The bytes are written only by the operation that makes them, before anyone else sees them, or through
/// a reference that is known to be the only one (`AnyTensor.isUnique`).
package final class TensorBody: @unchecked Sendable {
  package let scalarType: ScalarType
  package let layout: Layout
  /// The number of elements.
  package let count: Int
  /// Whether the elements lie in row-major order without gaps, wherever they begin.
  package let isContiguous: Bool
  /// The beginning of the block: what the layout's offset counts from.
  package let block: UnsafeMutableRawPointer
  private let sizeClass: SizeClass
  /// The body whose block this one sees, nil for one that has its own.
  @exclusivity(unchecked) private var owner: TensorBody?

  /// Uninitialised and contiguous.
  @inline(__always)
  package init(scalarType: ScalarType, shape: Shape) {
    self.scalarType = scalarType
    layout = Layout(contiguous: shape)
    count = shape.elementCount
    isContiguous = true
    sizeClass = SizeClass(holding: count * scalarType.size)
    block = BufferPool.allocate(sizeClass)
    owner = nil
  }

  private init(_ layout: Layout, of source: TensorBody) {
    scalarType = source.scalarType
    self.layout = layout
    count = layout.shape.elementCount
    isContiguous = layout.isContiguous
    sizeClass = source.sizeClass
    block = source.block
    owner = source.owner ?? source
  }

  deinit {
    if owner == nil { BufferPool.deallocate(block, sizeClass) }
  }

  @inline(__always)
  package var shape: Shape { layout.shape }

  /// The first element: what every stride counts from.
  @inline(__always)
  package var pointer: UnsafeMutableRawPointer { block + layout.offset * scalarType.size }

  /// Another view of the same block.
  package func view(_ layout: Layout) -> TensorBody { TensorBody(layout, of: self) }

  /// Whether no other body sees this one's block. Only asked by the body's single owner.
  package func ownsBlock() -> Bool { owner == nil || isKnownUniquelyReferenced(&owner) }

  /// Whether both lie in the same block.
  package func sharesBlock(with other: TensorBody) -> Bool { block == other.block }
}
