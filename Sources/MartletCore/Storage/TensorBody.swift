/// A tensor's values as the kernels see them: a scalar type, a layout and the block of memory that holds the elements.
///
/// A body's type, layout and block never change, and the block lives at least as long as the body. A body made by an
/// operation has its block from the pool and gives it back; a view keeps its owner alive, the body whose block it sees.
/// Only a window, which a compiled function computes through and nothing else sees, is moved from block to block.
///
/// `@unchecked Sendable`: `owner` and `layout` are variables only because `isKnownUniquelyReferenced` and taking an
/// address require it; they are never assigned again, and `block` only in a window. The elements are written only by the
/// operation that makes them, before anything else sees them, or through a reference that is known to be the only one
/// (`AnyTensor.isUnique`).
public final class TensorBody: @unchecked Sendable {
  /// The type of the elements.
  public let scalarType: ScalarType
  /// Where the elements lie in the block.
  @exclusivity(unchecked) public private(set) var layout: Layout
  /// The number of elements.
  public let count: Int
  /// Whether the elements lie in row-major order without gaps, at any offset.
  public let isContiguous: Bool
  /// The beginning of the block: what the layout's offset counts from.
  @exclusivity(unchecked) package private(set) var block: UnsafeMutableRawPointer
  private let sizeClass: SizeClass
  /// The body whose block this one sees, nil for one that has its own.
  @exclusivity(unchecked) private var owner: TensorBody?
  /// The address of the shape, valid as long as the body lives; set before another thread can see the body.
  @exclusivity(unchecked) private(set) var shapeAddress: UnsafePointer<Shape> = UnsafePointer(bitPattern: 8)!

  /// Creates a contiguous body with uninitialised elements.
  @inline(__always)
  package init(scalarType: ScalarType, shape: Shape) {
    self.scalarType = scalarType
    layout = Layout(contiguous: shape)
    count = shape.elementCount
    isContiguous = true
    sizeClass = SizeClass(holding: shape.times(count, scalarType.size))
    block = BufferPool.allocate(sizeClass, for: "a tensor of \(scalarType) of shape \(shape)")
    shapeAddress = withUnsafePointer(to: &self.layout.shape) { $0 }
  }

  /// Creates a contiguous body with uninitialised elements.
  @inline(__always)
  convenience init(_ spec: TensorSpec) { self.init(scalarType: spec.scalarType, shape: spec.shape) }

  private init(_ layout: Layout, of source: TensorBody) {
    scalarType = source.scalarType
    self.layout = layout
    count = layout.shape.elementCount
    isContiguous = layout.isContiguous
    sizeClass = source.sizeClass
    block = source.block
    owner = source.owner ?? source
    shapeAddress = withUnsafePointer(to: &self.layout.shape) { $0 }
  }

  /// Creates a window: a body without memory of its own, which `move(to:)` gives some.
  init(windowOf scalarType: ScalarType, _ layout: Layout) {
    self.scalarType = scalarType
    self.layout = layout
    count = layout.shape.elementCount
    isContiguous = layout.isContiguous
    block = TensorBody.nowhere.block
    sizeClass = TensorBody.nowhere.sizeClass
    owner = TensorBody.nowhere
    shapeAddress = withUnsafePointer(to: &self.layout.shape) { $0 }
  }

  /// The owner of windows, so that they are neither unique nor free a block.
  private static let nowhere = TensorBody(scalarType: .uint8, shape: [0])

  /// Moves a window to a block, which must live as long as the window is used.
  @inline(__always)
  func move(to block: UnsafeMutableRawPointer) { self.block = block }

  deinit {
    if owner == nil { BufferPool.deallocate(block, sizeClass) }
  }

  /// The lengths of the axes.
  @inline(__always)
  public var shape: Shape { layout.shape }

  /// The scalar type and the shape.
  @inline(__always)
  package var spec: TensorSpec { TensorSpec(scalarType, layout.shape) }

  /// The address of the first element, which strides count from.
  @inline(__always)
  public var pointer: UnsafeMutableRawPointer { block + layout.offset * scalarType.size }

  /// A view of the same block with another layout.
  package func view(_ layout: Layout) -> TensorBody { TensorBody(layout, of: self) }

  /// Whether no other body sees this one's block. To be called only through the single reference to this body.
  package func ownsBlock() -> Bool { owner == nil || isKnownUniquelyReferenced(&owner) }

  /// Whether both bodies see the same block.
  package func sharesBlock(with other: TensorBody) -> Bool { block == other.block }

  // MARK: Elements

  /// The elements of a contiguous body in row-major order; traps when it is strided or of another scalar type.
  public func scalars<Scalar: TensorScalar>(as type: Scalar.Type) -> UnsafeMutableBufferPointer<Scalar> {
    if scalarType != Scalar.scalarType { fatalError("expected \(Scalar.scalarType), got a tensor of \(scalarType)") }
    if !isContiguous { fatalError("expected a contiguous tensor, got strides; ask for contiguous()") }
    return UnsafeMutableBufferPointer(start: pointer.assumingMemoryBound(to: Scalar.self), count: count)
  }

  /// A contiguous body with the same elements: this one if it is contiguous, else a copy.
  public func contiguous() -> TensorBody { inOrder() }

  /// The element at a position in row-major order; the body must be contiguous and of a floating-point type.
  func load(_ index: Int) -> Double {
    let element = pointer + index * scalarType.size
    return scalarType.floating(Double(element.load(as: Float.self)), element.load(as: Double.self))
  }

  /// Writes the element at a position in row-major order; the body must be contiguous and of a floating-point type.
  func store(_ value: Double, at index: Int) {
    let element = pointer + index * scalarType.size
    scalarType.floating(
      element.storeBytes(of: Float(value), as: Float.self), element.storeBytes(of: value, as: Double.self))
  }
}
