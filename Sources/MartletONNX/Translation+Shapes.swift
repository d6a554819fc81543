import MartletCore

// Views, joining and indexing.

/// A primitive whose result is its first operand.
protocol PassedOn: TranslatablePrimitive {}

extension PassedOn {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] { [step[0]] }
}

extension Alias: PassedOn {}
extension Contiguous: PassedOn {}

extension CustomDerivative: PassedOn {
  func differsInShapesAlone(from other: CustomDerivative) -> Bool { true }
}

extension ReshapeView: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    [write.reshape(step[0], to: step.results[0].dims)]
  }

  func differsInShapesAlone(from other: ReshapeView) -> Bool { true }
}

extension GraphWriter {
  fileprivate func reshape(_ value: String, to dims: [RowDim]) -> String {
    // One length that is not fixed follows from the others.
    if dims.filter({ $0.fixed == nil }).count == 1 && !dims.contains(.fixed(0)) {
      return self("Reshape", value, integers(dims.map { $0.fixed ?? -1 }))
    }
    return self("Reshape", value, shape(dims), with: [.init("allowzero", .integer(1))])
  }
}

extension Permute: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    [write("Transpose", step[0], with: [.init("perm", .integers((0..<order.count).map { order[$0] }))])]
  }
}

extension BroadcastTo: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    [write("Expand", step[0], write.shape(step.results[0].dims))]
  }

  func differsInShapesAlone(from other: BroadcastTo) -> Bool { true }
}

extension Slice: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    var (starts, ends, cut, strides, dropped) = ([Int](), [Int](), [Int](), [Int](), [Int]())
    let result = step.results[0].dims
    for axis in 0..<step.dims.count {
      let start = self.starts[axis]
      guard let place = (0..<axes.count).first(where: { axes[$0] == axis }) else {
        starts.append(start)
        ends.append(start + 1)
        strides.append(1)
        cut.append(axis)
        dropped.append(axis)
        continue
      }
      let stride = steps[place]
      if start == 0 && stride == 1 && result[place] == step.dims[axis] { continue }
      guard let count = result[place].fixed else {
        throw Untranslatable("a part of the rows that depends on how many there are cannot be exported")
      }
      let end = start + count * stride
      starts.append(start)
      // A negative end would count from the back.
      ends.append(end < 0 ? Int(Int32.min) : end)
      strides.append(stride)
      cut.append(axis)
    }
    var value = step[0]
    if !cut.isEmpty {
      let numbers = [starts, ends, cut, strides].map(write.integers)
      value = write("Slice", value, numbers[0], numbers[1], numbers[2], numbers[3])
    }
    if !dropped.isEmpty { value = write("Squeeze", value, write.integers(dropped)) }
    let added = (0..<axes.count).filter { axes[$0] < 0 }
    if !added.isEmpty { value = write("Unsqueeze", value, write.integers(added)) }
    return [value]
  }

  func differsInShapesAlone(from other: Slice) -> Bool {
    (starts, steps, axes) == (other.starts, other.steps, other.axes)
  }
}

extension Split: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    let lengths = step.results.compactMap { $0.dims[axis].fixed }
    if lengths.count < step.results.count { throw Untranslatable("the rows of a batch cannot be split") }
    return write.node(
      "Split", [step[0], write.integers(lengths)], with: [.init("axis", .integer(axis))], results: lengths.count)
  }

  func differsInShapesAlone(from other: Split) -> Bool { axis == other.axis }
}

extension Concatenate: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    write.node("Concat", step.operands.map(\.name), with: [.init("axis", .integer(axis))])
  }

  func differsInShapesAlone(from other: Concatenate) -> Bool { axis == other.axis }
}

extension Gather: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    var table = step[0]
    if axes > 1 {
      let lengths = step.dims[axis..<axis + axes].compactMap(\.fixed)
      if lengths.count < axes { throw Untranslatable("indices of rows and of other axes together cannot be exported") }
      let merged = RowDim.fixed(lengths.reduce(1, *))
      table = write.reshape(table, to: step.dims[..<axis] + [merged] + step.dims[(axis + axes)...])
    }
    return [write("Gather", table, step[1], with: [.init("axis", .integer(axis))])]
  }
}

extension GatherAlong: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    [write("GatherElements", step[0], step[1], with: [.init("axis", .integer(axis))])]
  }
}

extension CombinedIndices: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    // `Gather` itself takes indices that count from the end.
    if parts.count == 1 { return [step[0]] }
    var position: String?
    for (index, part) in parts.enumerated() {
      let length = write.number(Double(length(of: part)), .int64)
      let isNegative = write("Less", step[index], write.number(0, .int64))
      let place = write("Where", isNegative, write("Add", step[index], length), step[index])
      position = position.map { write("Add", write("Mul", $0, length), place) } ?? place
    }
    return [position!]
  }

  private func length(of part: Part) -> Int { (part.axis..<part.axis + part.axes).reduce(1) { $0 * shape[$1] } }

  func differsInShapesAlone(from other: CombinedIndices) -> Bool {
    parts == other.parts && parts.map(length) == other.parts.map(other.length)
  }
}
