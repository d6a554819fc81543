// Index tensors and masks in brackets, and reading, assigning and adding at what brackets name.

/// The scalar types whose tensors can be indices: integers, and `Bool` for masks.
public protocol IndexScalar: TensorScalar {
  /// A tensor as an index in the brackets of `tensor[...]`.
  static func index(_ tensor: Tensor<Self>) -> TensorIndex
}

extension IntegerScalar {
  /// The elements along an axis, one for each of the tensor's; negative ones count from the end.
  public static func index(_ tensor: Tensor<Self>) -> TensorIndex { TensorIndex(.tensor(tensor.detached().asIndices)) }
}

extension Bool: IndexScalar {
  /// The elements where the mask is true.
  public static func index(_ tensor: Tensor<Bool>) -> TensorIndex { TensorIndex(.mask(tensor.detached())) }
}

extension Tensor: TensorIndexing where Scalar: IndexScalar {
  /// The elements along an axis at integers, or along as many axes as a mask has where it is true.
  public var tensorIndex: TensorIndex { Scalar.index(self) }
}

/// What arrays that are indices are made of: `Int`, `Bool`, and arrays of them.
public protocol IndexElement: Sendable {
  /// The scalar type of the index tensor.
  associatedtype NestedScalar: IndexScalar
  /// The shape of a value, and its scalars in row-major order; traps when arrays within it differ in length.
  var nested: (shape: [Int], scalars: [NestedScalar]) { get }
}

extension Int: IndexElement {
  /// A single index.
  public var nested: (shape: [Int], scalars: [Int64]) { ([], [Int64(self)]) }
}

extension Bool: IndexElement {
  /// A single truth of a mask.
  public var nested: (shape: [Int], scalars: [Bool]) { ([], [self]) }
}

extension Array: IndexElement where Element: IndexElement {
  /// The elements' shapes, which must be one, behind their number.
  public var nested: (shape: [Int], scalars: [Element.NestedScalar]) {
    let parts = map(\.nested)
    let inner = parts.first?.shape ?? []
    for (position, part) in parts.enumerated() where part.shape != inner {
      trap("subscript", "expected elements of \(inner), as element 0, got \(part.shape) as element \(position)")
    }
    return ([count] + inner, parts.flatMap(\.scalars))
  }
}

extension Array: TensorIndexing where Element: IndexElement {
  /// The array as an index tensor, `t[[0, 2]]`, or as a mask, `t[[true, false, true]]`.
  public var tensorIndex: TensorIndex {
    let (shape, scalars) = nested
    return Element.NestedScalar.index(Tensor(shape: Shape(shape), scalars: scalars))
  }
}

extension Tensor {
  func read(_ place: IndexedPlace, for operation: String = "subscript") -> Tensor {
    if place.axes == 0 { return Tensor(unchecked: apply(place.slice, erased)) }
    let indices = place.combinedIndices(for: operation)
    return Tensor(
      unchecked: apply(
        Gather(axis: place.axis, axes: place.axes), place.view(of: erased), indices, as: operation))
  }

  mutating func assign(_ value: Tensor, at place: IndexedPlace, for operation: String = "subscript") {
    if place.axes > 0 {
      if let mask = place.mask, value.count == 1, assignOne(value, where: mask, at: place) { return }
      assign(value, at: place, place.combinedIndices(for: operation), for: operation)
      return
    }
    let slice = place.slice
    requireFit(value, slice.shape, operation)
    if erased.node != nil || value.erased.node != nil {
      self = Tensor(unchecked: apply(UpdateSlice(slice), erased, value.erased))
      return
    }
    // Nothing is recorded, so that it can be done in place, after a copy where another tensor sees the memory.
    let source = value.erased.body
    erased.makeUnique()
    perform(Assign(slice: slice), reading: [source], writing: [erased.body])
  }

  /// Assigns at combined indices, which are known to be within the indexed axes.
  mutating func assign(
    _ value: Tensor, at place: IndexedPlace, _ indices: AnyTensor, for operation: String
  ) {
    let picked = place.shape(at: indices.shape, for: operation)
    requireFit(value, picked, operation)
    if erased.node != nil || value.erased.node != nil {
      let values = value.shape == picked ? value : value.broadcast(to: picked)
      let replace = Replace(axis: place.axis, axes: place.axes)
      let changed = apply(replace, [place.view(of: erased), values.erased, indices], as: operation)
      self = Tensor(unchecked: place.updating(erased, changed))
      return
    }
    // One number is read again and again, and not written out first.
    let values = value.count == 1 || value.shape == picked ? value : value.broadcast(to: picked)
    let source = values.erased.body
    erased.makeUnique()
    perform(AssignAt(place: place.withoutIndices), reading: [source, indices.body], writing: [erased.body])
  }

  /// Assigns one number where a mask is true without asking where that is; false where the mask does not begin at the
  /// first axis or other indices leave some axes out.
  private mutating func assignOne(_ value: Tensor, where mask: Tensor<Bool>, at place: IndexedPlace) -> Bool {
    if !place.slice.isWhole || place.axis != 0 || value.rank > rank - mask.rank + 1 { return false }
    var shape = mask.shape
    for _ in mask.rank..<rank { shape.axes.append(1) }
    let everywhere = mask.reshaped(to: shape)
    let number = value.reshaped(to: [])
    if erased.node != nil || value.erased.node != nil {
      self = Tensor(unchecked: apply(Select(), everywhere.erased, number.erased, erased))
      return true
    }
    let source = number.erased.body
    erased.makeUnique()
    perform(FillWhere(), reading: [everywhere.erased.body, source], writing: [erased.body])
    return true
  }

  private func requireFit(_ value: Tensor, _ picked: Shape, _ operation: String) {
    if !value.shape.canBroadcast(to: picked) {
      trap(operation, "\(value.shape) does not broadcast to \(picked), the elements that \(shape) is assigned at")
    }
  }
}

extension Tensor where Scalar: NumericScalar {
  /// Adds values to the elements that the indices name: `t.add(counts, at: labels)`; to one that is named several
  /// times, all of its values (NumPy's `add.at`).
  ///
  /// The indices are those of a subscript, and the values broadcast to what they name. Changes this tensor alone: what
  /// other tensors see is copied first. Traps as the subscript does.
  ///
  /// - Complexity: O(elements named), or O(count) when another tensor sees the memory or the addition is recorded.
  public mutating func add<each Index: TensorIndexing>(_ values: Tensor, at indices: repeat each Index) {
    var list: [TensorIndex] = []
    repeat list.append((each indices).tensorIndex)
    add(values, at: list)
  }

  /// Adds a number to the elements that the indices name, as often as they name one: `t.add(1, at: labels)` counts.
  public mutating func add<each Index: TensorIndexing>(_ value: Scalar, at indices: repeat each Index) {
    var list: [TensorIndex] = []
    repeat list.append((each indices).tensorIndex)
    add(Tensor(value), at: list)
  }

  /// Adds values to the elements that a list of indices names.
  public mutating func add(_ values: Tensor, at indices: [TensorIndex]) {
    let place = IndexedPlace(indices, of: shape, for: "add(_:at:)")
    if place.axes == 0 {
      assign(read(place) + values, at: place, for: "add(_:at:)")
      return
    }
    add(values, at: place, place.combinedIndices(for: "add(_:at:)"), for: "add(_:at:)")
  }

  /// Adds at combined indices, which are known to be within the indexed axes.
  mutating func add(_ values: Tensor, at place: IndexedPlace, _ indices: AnyTensor, for operation: String) {
    let picked = place.shape(at: indices.shape, for: operation)
    if !values.shape.canBroadcast(to: picked) {
      trap(operation, "\(values.shape) does not broadcast to \(picked), the elements that \(shape) is added to at")
    }
    let values = values.shape == picked ? values : values.broadcast(to: picked)
    if erased.node != nil || values.erased.node != nil {
      let view = place.view(of: erased)
      let lengths = AxisList((place.axis..<place.axis + place.axes).map { view.shape.axes[$0] })
      let sum = view + apply(ScatterAdd(axis: place.axis, lengths: lengths), values.erased, indices)
      self = Tensor(unchecked: place.updating(erased, sum))
      return
    }
    let source = values.erased.body
    erased.makeUnique()
    perform(AddAt(place: place.withoutIndices), reading: [source, indices.body], writing: [erased.body])
  }

  /// The tensor with values added to the elements that the indices name; to one that is named several times, all of its
  /// values.
  ///
  /// As `add(_:at:)`, which changes the tensor in place.
  public func adding<each Index: TensorIndexing>(_ values: Tensor, at indices: repeat each Index) -> Tensor {
    var list: [TensorIndex] = []
    repeat list.append((each indices).tensorIndex)
    var result = self
    result.add(values, at: list)
    return result
  }

  /// The tensor with a number added to the elements that the indices name, as often as they name one.
  public func adding<each Index: TensorIndexing>(_ value: Scalar, at indices: repeat each Index) -> Tensor {
    var list: [TensorIndex] = []
    repeat list.append((each indices).tensorIndex)
    return adding(Tensor(value), at: list)
  }

  /// The tensor with values added to the elements that a list of indices names.
  public func adding(_ values: Tensor, at indices: [TensorIndex]) -> Tensor {
    var result = self
    result.add(values, at: indices)
    return result
  }
}
