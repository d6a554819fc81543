// Effects on a batch. What is written is the batch's own memory, in place where nothing else sees it.

/// An effect that can be performed on all examples of a batch at once.
package protocol BatchedEffect: Effect {
  /// The written tensor afterwards, with the examples along the first axis. `target` is that tensor before; for an effect
  /// that overwrites all, it is uninitialised.
  func performBatched(_ reading: BatchedOperands, on target: consuming AnyTensor) -> AnyTensor
}

extension Assign: BatchedEffect {
  package func performBatched(_ reading: BatchedOperands, on target: consuming AnyTensor) -> AnyTensor {
    target.makeUnique()
    let value = reading.aligned(0, rank: slice.shape.rank)
    perform(Assign(slice: slice.batched(reading.size)), reading: [value.body], writing: [target.body])
    return target
  }
}

extension Accumulate: BatchedEffect {
  package func performBatched(_ reading: BatchedOperands, on target: consuming AnyTensor) -> AnyTensor {
    target.makeUnique()
    Accumulate.add(reading.stacked(0), to: target)
    return target
  }
}

extension FillWhere: BatchedEffect {
  package func performBatched(_ reading: BatchedOperands, on target: consuming AnyTensor) -> AnyTensor {
    reading.results(
      of: Select(), [(reading[0], reading.isBatched(0)), (reading[1], reading.isBatched(1)), (target, true)])
  }
}

extension AssignAt: BatchedEffect {
  package func performBatched(_ reading: BatchedOperands, on target: consuming AnyTensor) -> AnyTensor {
    place.changed(target, reading) { view, values, indices in
      let replace = Replace(axis: place.axis, axes: place.axes)
      return reading.results(of: replace, [(view, true), values, indices])
    }
  }
}

extension AddAt: BatchedEffect {
  package func performBatched(_ reading: BatchedOperands, on target: consuming AnyTensor) -> AnyTensor {
    place.changed(target, reading) { view, values, indices in
      let lengths = AxisList((place.axis..<place.axis + place.axes).map { view.shape.axes[$0 + 1] })
      let scatter = ScatterAdd(axis: place.axis, lengths: lengths)
      if !values.isBatched && !indices.isBatched { return view + apply(scatter, values.tensor, indices.tensor) }
      return view + reading.results(of: scatter, [values, indices])
    }
  }
}

extension BatchedOperands {
  /// The result of a primitive for each example; at least one of the operands is batched.
  fileprivate func results(of primitive: some Primitive, _ operands: [(tensor: AnyTensor, isBatched: Bool)])
    -> AnyTensor
  {
    primitive.results(
      forEach: BatchedOperands(size: size, operands.map(\.tensor), isBatched: operands.map(\.isBatched)))[0]
  }
}

extension IndexedPlace {
  /// A batch of tensors whose elements at combined indices are changed by `change`, which is given the axes in order, the
  /// values in the elements' shape, and the indices.
  fileprivate func changed(
    _ target: AnyTensor, _ reading: BatchedOperands,
    by change: (
      _ view: AnyTensor, _ values: (tensor: AnyTensor, isBatched: Bool), _ indices: (tensor: AnyTensor, isBatched: Bool)
    ) -> AnyTensor
  ) -> AnyTensor {
    var view = target
    if !slice.isWhole { view = reading.results(of: slice, [(view, true)]) }
    if let order { view = reading.results(of: order, [(view, true)]) }
    let indices = (tensor: reading[1], isBatched: reading.isBatched(1))
    var values = (tensor: reading[0], isBatched: reading.isBatched(0))
    let picked = shape(at: reading.exampleShape(1))
    if reading.exampleShape(0) != picked {
      values.tensor =
        values.isBatched
        ? reading.results(of: BroadcastTo(picked), [values]) : apply(BroadcastTo(picked), values.tensor)
    }
    var result = change(view, values, indices)
    if let order { result = reading.results(of: order.inverse, [(result, true)]) }
    return slice.isWhole ? result : reading.results(of: UpdateSlice(slice), [(target, true), (result, true)])
  }
}
