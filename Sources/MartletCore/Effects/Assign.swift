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

/// Overwrites the rows at given indices; where an index occurs twice, the later row remains. Reads the new rows and the
/// indices.
struct WriteRows: Effect {
  var name: String { "writeRows" }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    ReplaceRows.write(reading[0], at: reading[1], to: writing[0])
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    Cost(flops: 0, bytes: 2 * reading[0].count * reading[0].scalarType.size)
  }
}
