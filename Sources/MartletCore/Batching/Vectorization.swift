// The untyped core of `vectorized`: a function runs on the first example while all that it does is written down, and this
// is then done with the whole batch.

/// A parameter that has another value for each example: the body that the function sees, and the values of all.
package struct BatchedParameter {
  package let example: AnyTensor
  package let values: AnyTensor

  package init(example: AnyTensor, values: AnyTensor) {
    self.example = example
    self.values = values
  }
}

/// Results of a function of tensors for every example of a batch, each with the examples along its first axis.
///
/// `axes` says for each input along which axis the examples are, nil for one that is the same for all. `parameters` are
/// tensors that the function reads without being given them.
package func vectorize<Failure: Error>(
  _ inputs: [AnyTensor], over axes: [Int?], parameters: [BatchedParameter] = [],
  _ function: ([AnyTensor]) throws(Failure) -> [AnyTensor]
) throws(Failure) -> [AnyTensor] {
  let (size, batches) = batched(inputs, axes, parameters)
  let (capture, outputs) = try BatchCapture.run(inputs, batches, size, parameters, function)
  var replay = Replay(capture, batches.compactMap { $0 } + parameters.map(\.values), size: size)
  return replay.results(outputs)
}

/// The number of examples, and the inputs that have any with the examples along the first axis.
private func batched(
  _ inputs: [AnyTensor], _ axes: [Int?], _ parameters: [BatchedParameter]
) -> (size: Int, batches: [AnyTensor?]) {
  var size: (count: Int, index: Int)?
  var batches: [AnyTensor?] = []
  if let first = parameters.first { size = (first.values.shape.axes[0], -1) }
  for (index, input) in inputs.enumerated() {
    guard let given = axes[index] else {
      batches.append(nil)
      continue
    }
    guard let axis = input.shape.normalized(axis: given) else {
      trap("vectorized", "\(input.shape), input \(index), has no axis \(given) to go over")
    }
    let length = input.shape.axes[axis]
    if let size, size.count != length {
      let other = size.index < 0 ? "\(size.count) models" : "\(size.count) of input \(size.index)"
      trap(
        "vectorized",
        "expected as many examples in every input, got \(length) along axis \(axis) of \(input.shape), input \(index), "
          + "and \(other)")
    }
    if size == nil { size = (length, index) }
    batches.append(input.movingAxis(axis, to: 0))
  }
  guard let size else { trap("vectorized", "expected an axis of at least one input, got nil for all") }
  return (size.count, batches)
}

extension AnyTensor {
  /// Creates a tensor from others of one shape, which lie along a new first axis.
  package init(stacking tensors: [AnyTensor]) {
    let rows = tensors.map { apply(ReshapeView(to: $0.shape.batched(1)), $0) }
    self = Concatenate.apply(rows, axis: 0)
  }

  /// The tensor with one of its axes at another place among the others.
  package func movingAxis(_ axis: Int, to place: Int) -> AnyTensor {
    if axis == place { return self }
    var order = Array(0..<rank)
    order.insert(order.remove(at: axis), at: place)
    return apply(Permute(AxisList(order)), self)
  }
}

extension BatchCapture {
  /// Runs a function on the first example, or on zeros where there is none, and returns what it did and its results.
  @inline(never)
  fileprivate static func run<Failure: Error>(
    _ inputs: [AnyTensor], _ batches: [AnyTensor?], _ size: Int, _ parameters: [BatchedParameter],
    _ function: ([AnyTensor]) throws(Failure) -> [AnyTensor]
  ) throws(Failure) -> (BatchCapture, [(read: Read, spec: TensorSpec)]) {
    let isAlone = !Observation.isOn && GraphSession.current?.collector == nil
    let capture = BatchCapture(size: size)
    let outputs = try capture.outputs(inputs, batches, size, parameters, function)
    for parameter in parameters { capture.forget(parameter.example.body) }
    // An observer outside, or a checkpoint, may keep values for its own use.
    if isAlone { capture.requireNothingKept() }
    return (capture, outputs)
  }

  @inline(never)
  private func outputs<Failure: Error>(
    _ inputs: [AnyTensor], _ batches: [AnyTensor?], _ size: Int, _ parameters: [BatchedParameter],
    _ function: ([AnyTensor]) throws(Failure) -> [AnyTensor]
  ) throws(Failure) -> [(read: Read, spec: TensorSpec)] {
    let examples = zip(inputs, batches).map { input, batch -> AnyTensor in
      guard let batch else { return input }
      let shape = batch.shape.removing(0)
      if size == 0 { return AnyTensor(zeros: shape, scalarType: batch.scalarType) }
      var slice = Slice(of: batch.shape)
      slice.drop(0, at: 0)
      for axis in 0..<shape.rank { slice.takeAll(axis + 1) }
      return apply(slice, batch)
    }
    for (example, batch) in zip(examples, batches) where batch != nil { add(example.body, madeBy: "the input") }
    for parameter in parameters { add(parameter.example.body, madeBy: "a parameter") }
    let result = Observation.with(self) { () -> Result<[AnyTensor], Failure> in
      do throws(Failure) { return .success(try function(examples)) } catch { return .failure(error) }
    }
    return try result.get().map { (read($0), $0.spec) }
  }
}

/// Does with the whole batch what was written down for the first example.
private struct Replay {
  let size: Int
  private let entries: [BatchCapture.Entry]
  /// The values for the whole batch, by number; nil before they are made and after their last use.
  private var values: [AnyTensor?]
  private var uses: [Int]

  init(_ capture: BatchCapture, _ inputs: [AnyTensor], size: Int) {
    self.size = size
    entries = capture.entries
    values = Array(repeating: nil, count: capture.count)
    uses = Array(repeating: 0, count: capture.count)
    for (number, input) in inputs.enumerated() { values[number] = input }
  }

  /// The results for the whole batch. What does not lead to them is left out.
  mutating func results(_ outputs: [(read: BatchCapture.Read, spec: TensorSpec)]) -> [AnyTensor] {
    for output in outputs { use(output.read) }
    var isNeeded = Array(repeating: false, count: entries.count)
    for index in entries.indices.reversed() where entries[index].writes.contains(where: { uses[$0] > 0 }) {
      isNeeded[index] = true
      for read in entries[index].reads + entries[index].targets { use(read) }
    }
    for (index, entry) in entries.enumerated() where isNeeded[index] { perform(entry) }
    return outputs.map { output in
      let (tensor, isBatched) = take(output.read)
      return BatchedOperands(size: size, [tensor], isBatched: [isBatched]).stacked(0)
    }
  }

  private mutating func use(_ read: BatchCapture.Read) {
    if case .example(let number, _) = read { uses[number] += 1 }
  }

  /// An operand for the whole batch, which is given up at its last use.
  private mutating func take(_ read: BatchCapture.Read) -> (tensor: AnyTensor, isBatched: Bool) {
    switch read {
    case .shared(let tensor): return (tensor, false)
    case .example(let number, let isConstant):
      uses[number] -= 1
      let value = uses[number] == 0 ? values[number].take()! : values[number]!
      return (isConstant ? value.detached() : value, true)
    }
  }

  private mutating func perform(_ entry: BatchCapture.Entry) {
    for spec in entry.specs where spec.shape.rank == AxisList.capacity {
      trap(
        "vectorized",
        "expected at most \(AxisList.capacity - 1) axes for one example, got \(spec.shape) from \(entry.action.name)")
    }
    let operands = entry.reads.map { take($0) }
    let reading = BatchedOperands(size: size, operands.map(\.tensor), isBatched: operands.map(\.isBatched))
    switch entry.action {
    case .operation(let primitive):
      let results = primitive.results(forEach: reading)
      for (index, spec) in entry.specs.enumerated() {
        let wanted = TensorSpec(spec.scalarType, spec.shape.batched(size))
        if results.count != entry.specs.count || results[index].spec != wanted {
          let got = results.map { "\($0.scalarType) of \($0.shape)" }.joined(separator: ", ")
          trap(
            primitive.name,
            "its batching rule gives \(got), expected \(wanted.scalarType) of \(wanted.shape) as result \(index)")
        }
        values[entry.writes[index]] = results[index]
      }
    case .effect(let effect):
      guard let effect = effect as? any BatchedEffect else { fatalError("\(effect.name) has no form for a batch") }
      if entry.targets.isEmpty {
        let spec = entry.specs[0]
        values[entry.writes[0]] = effect.performBatched(
          reading, on: AnyTensor(scalarType: spec.scalarType, shape: spec.shape.batched(size)))
      } else {
        values[entry.writes[0]] = effect.performBatched(reading, on: target(entry.targets[0]))
      }
    }
  }

  /// What an effect writes into, for the whole batch; nothing else refers to it where this was its last use.
  private mutating func target(_ read: BatchCapture.Read) -> AnyTensor {
    let (tensor, isBatched) = take(read)
    return BatchedOperands(size: size, [tensor], isBatched: [isBatched]).stacked(0).detached()
  }
}
