// Subscripts that assign one number. Reading through them is an error of the compiler that says what to write instead,
// because a subscript returns a tensor.

extension Tensor {
  /// Assigns one number to all elements that the indices name: `z[0, 0] = 3.5`, `u[1..<n, 1..<n] = 1`, `mask[0] =
  /// true`.
  ///
  /// This changes this tensor alone: what other tensors see is copied first. The derivative is that of assigning a
  /// tensor.
  @_disfavoredOverload
  public subscript(_ a: some TensorIndexing) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set { self[[a.tensorIndex]] = number(newValue) }
  }

  /// Assigns one number to all elements that two indices name.
  @_disfavoredOverload
  public subscript(_ a: some TensorIndexing, _ b: some TensorIndexing) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set { self[[a.tensorIndex, b.tensorIndex]] = number(newValue) }
  }

  /// Assigns one number to all elements that three indices name.
  @_disfavoredOverload
  public subscript(_ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex]] = number(newValue) }
  }

  /// Assigns one number to all elements that four indices name.
  @_disfavoredOverload
  public subscript(_ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing,
    _ d: some TensorIndexing
  ) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex]] = number(newValue) }
  }

  /// Assigns one number to all elements that five indices name.
  @_disfavoredOverload
  public subscript(_ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing,
    _ d: some TensorIndexing, _ e: some TensorIndexing
  ) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex]] = number(newValue) }
  }

  /// Assigns one number to all elements that six indices name.
  @_disfavoredOverload
  public subscript(_ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing,
    _ d: some TensorIndexing, _ e: some TensorIndexing, _ f: some TensorIndexing
  ) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set {
      self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex]] = number(
        newValue)
    }
  }

  /// Assigns one number to all elements that seven indices name.
  @_disfavoredOverload
  public subscript(_ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing,
    _ d: some TensorIndexing, _ e: some TensorIndexing, _ f: some TensorIndexing, _ g: some TensorIndexing
  ) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set {
      self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex, g.tensorIndex]] =
        number(newValue)
    }
  }

  /// Assigns one number to all elements that eight indices name.
  @_disfavoredOverload
  public subscript(_ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing,
    _ d: some TensorIndexing, _ e: some TensorIndexing, _ f: some TensorIndexing, _ g: some TensorIndexing,
    _ h: some TensorIndexing
  ) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set {
      self[[
        a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex, g.tensorIndex,
        h.tensorIndex,
      ]] = number(newValue)
    }
  }

  /// Assigns one number to all elements at integers along the first axis: `t[[0, 2]] = 0`.
  @_disfavoredOverload
  public subscript(indices: [Int]) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set { self[[indices.tensorIndex]] = number(newValue) }
  }

  /// Assigns one number to all elements that a list of indices names.
  @_disfavoredOverload
  public subscript(indices: [TensorIndex]) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set { self[indices] = number(newValue) }
  }

  /// Assigns one number to all elements of the rows at the given indices.
  @_disfavoredOverload
  public subscript(rows indices: Tensor<Int64>) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set { self[rows: indices] = number(newValue) }
  }

  /// Assigns one number to all elements of the rows at the given indices.
  @_disfavoredOverload
  public subscript(rows indices: Tensor<some IntegerScalar>) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set { self[rows: indices] = number(newValue) }
  }
}

extension Tensor {
  private func number(_ value: Scalar?) -> Tensor {
    guard let value else { trap("subscript", "expected a \(Scalar.scalarType), got nil") }
    return Tensor(value)
  }
}
