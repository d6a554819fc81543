import MartletCore

/// A tensor in plain arrays, against which views and indices are checked: nothing of the library computes it.
package struct PlainArray: Equatable {
  package var shape: [Int]
  package var values: [Int]

  package init(_ shape: [Int], _ values: [Int]) { (self.shape, self.values) = (shape, values) }

  /// The numbers 0, 1, … in row-major order.
  package init(counting shape: [Int]) { self.init(shape, Array(0..<shape.reduce(1, *))) }

  /// Each element from its indices.
  package init(_ shape: [Int], _ value: ([Int]) -> Int) {
    self.shape = shape
    var index = [Int](repeating: 0, count: shape.count)
    values = []
    let count = shape.reduce(1, *)
    values.reserveCapacity(count)
    for _ in 0..<count {
      values.append(value(index))
      var axis = shape.count - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < shape[axis] { break }
        index[axis] = 0
        axis -= 1
      }
    }
  }

  package func position(_ index: [Int]) -> Int {
    var position = 0
    for (axis, place) in index.enumerated() { position = position * shape[axis] + place }
    return position
  }

  package subscript(index: [Int]) -> Int {
    get { values[position(index)] }
    set { values[position(index)] = newValue }
  }

  /// The array whose element at an index is this one's at `source` of it.
  package func moved(_ shape: [Int], _ source: ([Int]) -> [Int]) -> PlainArray {
    PlainArray(shape) { self[source($0)] }
  }

  /// The element at an index of a shape that this one broadcasts to.
  package func broadcast(_ index: [Int]) -> Int {
    let shift = index.count - shape.count
    return self[shape.indices.map { shape[$0] == 1 ? 0 : index[$0 + shift] }]
  }
}

extension Tensor where Scalar == Int64 {
  /// The elements of a plain array.
  package init(_ plain: PlainArray) { self.init(shape: Shape(plain.shape), scalars: plain.values.map { Int64($0) }) }
}

/// Whether a tensor has the shape and the elements of a plain array.
package func same(_ tensor: Tensor<Int64>, _ plain: PlainArray) -> Bool {
  tensor.shape.dimensions == plain.shape && tensor.scalars.elementsEqual(plain.values.lazy.map { Int64($0) })
}
