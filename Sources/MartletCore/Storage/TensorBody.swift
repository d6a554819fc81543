/// What a tensor is: a scalar type, a layout and the storage that it lies in. Never changed once it is made.
///
/// `@unchecked Sendable`: `storage` is a variable only because `isKnownUniquelyReferenced` asks for one; it is never
/// assigned again.
package final class TensorBody: @unchecked Sendable {
  package let scalarType: ScalarType
  package let layout: Layout
  package private(set) var storage: Storage

  @inline(__always)
  package init(scalarType: ScalarType, layout: Layout, storage: Storage) {
    self.scalarType = scalarType
    self.layout = layout
    self.storage = storage
  }

  /// Uninitialised and contiguous.
  @inline(__always)
  package convenience init(scalarType: ScalarType, shape: Shape) {
    self.init(
      scalarType: scalarType,
      layout: Layout(contiguous: shape),
      storage: Storage(byteCount: shape.elementCount * scalarType.size))
  }

  @inline(__always)
  package var shape: Shape { layout.shape }

  @inline(__always)
  package var count: Int { layout.shape.elementCount }

  /// The first element: what every stride counts from.
  @inline(__always)
  package var pointer: UnsafeMutableRawPointer { storage.pointer + layout.offset * scalarType.size }

  /// Whether no other body lies in this storage. Only asked by the body's single owner.
  package func ownsStorage() -> Bool { isKnownUniquelyReferenced(&storage) }

  /// Another view of the same storage.
  package func view(_ layout: Layout) -> TensorBody {
    TensorBody(scalarType: scalarType, layout: layout, storage: storage)
  }
}
