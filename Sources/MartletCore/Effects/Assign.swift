import CKernels

/// Overwrites the elements of a slice with those of another tensor, which is broadcast to the slice's shape.
struct Assign: Effect {
  let slice: Slice

  var name: String { "assign" }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    StridedWrite.write(reading[0], to: writing[0].view(slice.layout(of: writing[0].layout)))
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    Cost(flops: 0, bytes: 2 * slice.shape.elementCount * writing[0].scalarType.size)
  }
}

/// Overwrites the elements at index tensors with those of another tensor, of their shape or of one element; where an
/// index occurs twice, the later element remains. Reads the elements and the combined indices.
struct AssignAt: Effect {
  let place: IndexedPlace

  var name: String { "assignAt" }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    let view = writing[0].view(place.layout(of: writing[0].layout))
    Replace(axis: place.axis, axes: place.axes).write(reading[0], at: reading[1], to: view)
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    Cost(flops: 0, bytes: 2 * place.count(at: reading[1]) * writing[0].scalarType.size)
  }
}

/// Adds the elements of another tensor, of their shape, to the elements at index tensors; where an index occurs twice,
/// both are added. Reads the elements and the combined indices.
struct AddAt: Effect {
  let place: IndexedPlace

  var name: String { "addAt" }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    if reading[0].count == 0 { return }
    let view = writing[0].view(place.layout(of: writing[0].layout))
    let (values, indices) = (reading[0].inOrder(), Indices(reading[1]))
    IndexedAxes(view, axis: place.axis, axes: place.axes, indices)
      .add(values.pointer, isOne: false, view.scalarType.kernelType)
    withExtendedLifetime((values, indices.body)) {}
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    Cost(flops: reading[0].count, bytes: 3 * reading[0].count * writing[0].scalarType.size)
  }
}

/// Overwrites the elements where a mask is true with one number. Reads the mask, which broadcasts, and the number.
struct FillWhere: Effect {
  var name: String { "fillWhere" }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    let (value, target) = (reading[1], writing[0])
    let (size, out) = (target.scalarType.size, target.pointer)
    ElementwiseLoop.run(target.shape, reading[0], grain: ElementwiseLoop.cheapGrain) { mask, stride, first, count in
      mk_fill_where(size, mask.assumingMemoryBound(to: UInt8.self), stride, value.pointer, out + first * size, count)
    }
    withExtendedLifetime(value) {}
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    Cost(flops: 0, bytes: reading[0].count + 2 * writing[0].count * writing[0].scalarType.size)
  }
}
