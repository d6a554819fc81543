/// The elements that indices in brackets name: a slice, whose axes are then put in another order, and of these axes
/// some neighbouring ones that are indexed by one tensor.
struct IndexedPlace: Sendable {
  /// What integers, ranges and new axes leave, with the axes of index tensors and masks whole.
  let slice: Slice
  /// The order in which the indexed axes are neighbours; nil where they are already.
  let order: Permute?
  /// The first of the indexed axes.
  let axis: Int
  /// The number of indexed axes: 0 where there are neither index tensors nor masks.
  let axes: Int
  /// The indices along the indexed axes, and what each stands for. A mask is kept as it is: not all that is done with a
  /// place asks where it is true.
  private var indices: [AnyTensor]
  private var parts: [CombinedIndices.Part]
  /// The mask, where it is the only index of its kind.
  private(set) var mask: Tensor<Bool>?

  /// The place for an effect that reads the combined indices: it does not keep the index tensors alive.
  var withoutIndices: IndexedPlace {
    var place = self
    (place.indices, place.parts, place.mask) = ([], [], nil)
    return place
  }

  /// The elements at combined indices along neighbouring axes of a tensor that is taken whole.
  init(_ shape: Shape, axis: Int, axes: Int) {
    slice = Slice(whole: shape)
    (order, self.axis, self.axes) = (nil, axis, axes)
    (indices, parts, mask) = ([], [], nil)
  }

  /// The elements that the indices in brackets name.
  init(_ list: [TensorIndex], of shape: Shape, for operation: String = "subscript") {
    var builder = Builder(list, of: shape, operation)
    for index in list { builder.take(index.kind) }
    builder.takeWhole(shape.rank - builder.next)
    slice = builder.slice
    indices = builder.indices
    axes = builder.indexed.count
    mask = builder.masks.count == 1 && indices.count == 1 ? builder.masks[0] : nil
    parts = builder.parts
    if axes == 0 {
      (order, axis) = (nil, 0)
      return
    }
    axis = builder.run == .broken ? 0 : builder.place
    let others = (0..<slice.shape.rank).filter { !builder.indexed.contains($0) }
    let wanted = others[..<axis] + builder.indexed + others[axis...]
    order = wanted.elementsEqual(0..<slice.shape.rank) ? nil : Permute(AxisList(wanted))
  }

  /// The shape of the slice, with its axes in order.
  private var orderedShape: Shape { order.map { Shape(axes: slice.shape.axes.permuted($0.order)) } ?? slice.shape }

  /// The layout, in a tensor's layout, of the slice with its axes in order.
  func layout(of layout: Layout) -> Layout {
    let sliced = slice.layout(of: layout)
    return order.map { sliced.permuted($0.order) } ?? sliced
  }

  /// The shape of the elements at combined indices; traps in the name of `operation` when it has too many axes.
  func shape(at indices: Shape, for operation: String = "subscript") -> Shape {
    trapping { () throws(TensorError) in try orderedShape.indexed(axis, axes, at: indices, for: operation) }
  }

  /// The number of elements at combined indices.
  func count(at indices: TensorBody) -> Int {
    let others = (0..<orderedShape.rank).filter { !(axis..<axis + axes).contains($0) }
    return others.reduce(indices.count) { $0 * orderedShape.axes[$1] }
  }

  /// The indices along the indexed axes as one, each the position in row-major order of these axes alone. Traps in the
  /// name of `operation` when one is out of range, or when the index tensors do not broadcast.
  func combinedIndices(for operation: String = "subscript") -> AnyTensor {
    let positions = indices.map { $0.scalarType == .bool ? TruePositions.of($0) : $0 }
    if mask != nil { return positions[0] }
    return apply(CombinedIndices(shape: slice.source, parts: parts), positions, as: operation)
  }

  /// The slice of a tensor, with its axes in order.
  func view(of tensor: AnyTensor) -> AnyTensor {
    let sliced = slice.isWhole ? tensor : apply(slice, tensor)
    return order.map { apply($0, sliced) } ?? sliced
  }

  /// The tensor with its slice replaced by one with the axes in order.
  func updating(_ tensor: AnyTensor, _ view: AnyTensor) -> AnyTensor {
    let inOrder = order.map { apply($0.inverse, view) } ?? view
    return slice.isWhole ? inOrder : apply(UpdateSlice(slice), tensor, inOrder)
  }
}

/// Takes the indices in brackets one after the other.
private struct Builder {
  /// Whether index tensors, masks and integers stand side by side.
  enum Run { case none, inside, ended, broken }

  let shape: Shape
  let operation: String
  var slice: Slice
  /// The next axis of the tensor.
  var next = 0
  var run = Run.none
  /// The number of the slice's axes before the first index of a run.
  var place = 0
  /// The slice's axes that are indexed by tensors.
  var indexed: [Int] = []
  var indices: [AnyTensor] = []
  var parts: [CombinedIndices.Part] = []
  var masks: [Tensor<Bool>] = []
  private let unnamed: Int

  init(_ list: [TensorIndex], of shape: Shape, _ operation: String) {
    var (named, ellipses, rank) = (0, 0, shape.rank)
    for index in list {
      switch index.kind {
      case .newAxis: rank += 1
      case .ellipsis: ellipses += 1
      case .element:
        named += 1
        rank -= 1
      case .slice, .tensor: named += 1
      case .mask(let mask):
        named += mask.rank
        if mask.rank == 0 { rank += 1 }
      }
    }
    if named > shape.rank { trap(operation, "\(named) indices for \(shape), which has \(shape.rank) axes") }
    if ellipses > 1 { trap(operation, "more than one ellipsis") }
    shape.requireRank(rank, for: operation)
    self.shape = shape
    self.operation = operation
    slice = Slice(of: shape)
    unnamed = shape.rank - named
  }

  mutating func take(_ index: TensorIndex.Kind) {
    switch index {
    case .newAxis:
      endRun()
      slice.insertAxis()
    case .ellipsis:
      endRun()
      takeWhole(unnamed)
    case .element(let position):
      beginRun()
      let length = shape.axes[next]
      let element = position < 0 ? position + length : position
      if element < 0 || element >= length {
        trap(operation, "index \(position) is out of range for axis \(next) of \(shape)")
      }
      slice.drop(next, at: element)
      next += 1
    case .slice(let from, let to, let step):
      endRun()
      takeRange(from, to, step)
      next += 1
    case .tensor(let tensor):
      beginRun()
      add(tensor.erased, axes: 1)
      takeIndexed(1)
    case .mask(let mask): take(mask)
    }
  }

  private mutating func take(_ mask: Tensor<Bool>) {
    beginRun()
    for axis in 0..<mask.rank where mask.shape.axes[axis] != shape.axes[next + axis] {
      let wanted = Shape((next..<next + mask.rank).map { shape.axes[$0] })
      trap(
        TensorError(
          operation, expected: "a mask of \(wanted), \(shape.named(next, mask.rank)) of \(shape)", got: "\(mask.shape)")
      )
    }
    masks.append(mask)
    add(mask.erased, axes: mask.rank)
    if mask.rank > 0 {
      takeIndexed(mask.rank)
    } else {
      // A single truth is an axis of length 1 or 0.
      indexed.append(slice.shape.rank)
      slice.insertAxis()
    }
  }

  private mutating func add(_ tensor: AnyTensor, axes: Int) {
    indices.append(tensor)
    parts.append(CombinedIndices.Part(axis: next, axes: axes))
  }

  private mutating func takeIndexed(_ count: Int) {
    for _ in 0..<count {
      indexed.append(slice.shape.rank)
      takeWhole(1)
    }
  }

  private mutating func beginRun() {
    switch run {
    case .none: (run, place) = (.inside, slice.shape.rank)
    case .ended: run = .broken
    case .inside, .broken: break
    }
  }

  private mutating func endRun() { if run == .inside { run = .ended } }

  mutating func takeWhole(_ count: Int) {
    for _ in 0..<count {
      slice.takeAll(next)
      next += 1
    }
  }

  private mutating func takeRange(_ from: Int?, _ to: Int?, _ step: Int) {
    let length = shape.axes[next]
    if step == 0 { trap(operation, "a slice's step is not 0") }
    func counted(_ position: Int) -> Int {
      let result = position < 0 ? position + length : position
      if result < 0 || result > length {
        trap(operation, "position \(position) is out of range for axis \(next) of \(shape)")
      }
      return result
    }
    let start = from.map(counted) ?? (step > 0 ? 0 : length - 1)
    let end = to.map(counted) ?? (step > 0 ? length : -1)
    let distance = step > 0 ? end - start : start - end
    let count = distance <= 0 ? 0 : (distance - 1) / Int(clamping: step.magnitude) + 1
    if count > 0 && start >= length {
      trap(operation, "position \(start) is out of range for axis \(next) of \(shape)")
    }
    slice.take(next, start: start, step: step, count: count)
  }
}
