import CKernels

/// Fills a tensor with numbers of a distribution, from a key that it holds: they are the same each time it is performed.
/// Reads the parameters, of `Double`, which broadcast.
struct SampleDraw: Effect {
  let distribution: Distribution
  let key: UInt64

  var name: String { distribution.facts.name }
  var overwritesAll: Bool { true }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    if BatchCapture.isOfNone { return writing[0].fillWithZeros() }
    let (result, kind, key) = (writing[0], distribution.facts.kernel, key)
    let (type, size, out) = (result.scalarType.kernelType, result.scalarType.size, result.pointer)
    // A kernel reads two parameters: where there are fewer, others take their place and are not looked at.
    let a = reading.first ?? AnyTensor(zeros: [], scalarType: .float64).body
    let b = reading.count > 1 ? reading[1] : a
    ElementwiseLoop.run(result.shape, a, b, grain: SampleDraw.grain) { a, aStride, b, bStride, first, count in
      mk_random_sample(
        kind, key, a.assumingMemoryBound(to: Double.self), aStride, b.assumingMemoryBound(to: Double.self), bStride,
        type, out + first * size, first, count)
    }
    withExtendedLifetime((a, b, result)) {}
  }

  /// A number takes some hundred nanoseconds.
  static let grain = 512

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    Cost(
      flops: writing[0].count * distribution.facts.flops,
      bytes: writing[0].count * writing[0].scalarType.size + reading.reduce(0) { $0 + 8 * $1.count })
  }
}

/// Fills a tensor with integers between bounds, from a key that it holds. Reads the lower bounds and the upper ones,
/// which are not drawn themselves, of `Int64`; they broadcast.
struct IntegerDraw: Effect {
  let key: UInt64

  var name: String { "randomInteger" }
  var overwritesAll: Bool { true }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    if BatchCapture.isOfNone { return writing[0].fillWithZeros() }
    let (result, key) = (writing[0], key)
    let (type, size, out) = (result.scalarType.kernelType, result.scalarType.size, result.pointer)
    ElementwiseLoop.run(result.shape, reading[0], reading[1], grain: ElementwiseLoop.expensiveGrain) {
      low, lowStride, high, highStride, first, count in
      mk_random_between(
        key, low.assumingMemoryBound(to: Int64.self), lowStride, high.assumingMemoryBound(to: Int64.self), highStride,
        type, out + first * size, first, count)
    }
    withExtendedLifetime(result) {}
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    Cost(flops: 0, bytes: writing[0].count * writing[0].scalarType.size + 8 * (reading[0].count + reading[1].count))
  }
}

/// Fills a tensor with draws from rows of weights `[..., k]`, of `Double` and contiguous, from a key that it holds. Reads
/// the weights, whose leading axes broadcast, and for a multinomial draw the numbers of trials.
struct WeightedDraw: Effect {
  enum Kind: Sendable {
    /// Indices, with probabilities in proportion to the weights.
    case categorical
    /// The same, with the weights' logarithms.
    case categoricalByLogits
    /// How often each of the k is drawn, `[..., k]`.
    case multinomial
    /// Shares that add up to 1, `[..., k]`; the weights are concentrations.
    case dirichlet
  }

  let kind: Kind
  let key: UInt64

  var name: String {
    switch kind {
    case .categorical, .categoricalByLogits: "randomCategorical"
    case .multinomial: "randomMultinomial"
    case .dirichlet: "randomDirichlet"
    }
  }
  var overwritesAll: Bool { true }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    if BatchCapture.isOfNone { return writing[0].fillWithZeros() }
    let (weights, result, kind, key) = (reading[0].inOrder(), writing[0], kind, key)
    let k = weights.shape.axes[weights.shape.rank - 1]
    let table = prepared(weights, k)
    let isIndex = kind == .categorical || kind == .categoricalByLogits
    let shape = isIndex ? result.shape : result.shape.removing(result.shape.rank - 1)
    if shape.elementCount == 0 { return }
    // Each row of weights as one element of a tensor without the last axis.
    var rows = Layout(contiguous: weights.shape.removing(weights.shape.rank - 1))
    for axis in 0..<rows.shape.rank { rows.strides[axis] *= k }
    let trials = reading.count > 1 ? reading[1] : table
    let traversal = Traversal(
      over: shape, rows.broadcast(to: shape), reading.count > 1 ? trials.layout.broadcast(to: shape) : nil)
    let (steps, rowSteps) = (traversal.runStrides, traversal.rowStrides)
    let (weightsStart, trialsStart) = (table.start, trials.block.assumingMemoryBound(to: Double.self))
    let (out, type, size) = (result.pointer, result.scalarType.kernelType, result.scalarType.size)
    ElementwiseLoop.overBlocks(traversal, grain: isIndex ? SampleDraw.grain : max(1, SampleDraw.grain / max(1, k))) {
      run, rows, p, q, _, offset, count in
      let mode = mk_keep_denormals()
      for row in 0..<rows {
        let first = (run + row) * traversal.run + offset
        let w = weightsStart + p + row * rowSteps[0] + offset * steps[0]
        switch kind {
        case .categorical, .categoricalByLogits:
          mk_random_categorical(
            key, w, steps[0], k, out.assumingMemoryBound(to: Int64.self) + first, first, count)
        case .multinomial:
          let n = trialsStart + q + row * rowSteps[1] + offset * steps[1]
          mk_random_multinomial(key, w, steps[0], n, steps[1], k, type, out + first * k * size, first, count)
        case .dirichlet:
          mk_random_dirichlet(
            key, w, steps[0], k, out.assumingMemoryBound(to: Double.self) + first * k, first, count)
        }
      }
      mk_end_keeping(mode)
    }
    withExtendedLifetime((weights, trials, table, result)) {}
  }

  /// What the kernel reads instead of the weights themselves.
  private func prepared(_ weights: TensorBody, _ k: Int) -> TensorBody {
    if kind == .dirichlet || weights.count == 0 { return weights }
    let rows = weights.count / k
    let mode = mk_keep_denormals()
    defer { mk_end_keeping(mode) }
    let table = TensorBody(weights.spec)
    switch kind {
    case .multinomial: mk_weight_shares(weights.start, table.start, rows, k)
    case .categorical: mk_weight_sums(weights.start, table.start, rows, k)
    case .categoricalByLogits:
      _ = mk_weights_of_logits(weights.start, table.start, rows, k)
      mk_weight_sums(table.start, table.start, rows, k)
    case .dirichlet: break
    }
    return table
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    Cost(
      flops: writing[0].count * (kind == .dirichlet ? 300 : kind == .multinomial ? 400 : 10) + reading[0].count,
      bytes: writing[0].count * writing[0].scalarType.size + reading.reduce(0) { $0 + 8 * $1.count })
  }
}

extension TensorBody {
  fileprivate var start: UnsafeMutablePointer<Double> { pointer.assumingMemoryBound(to: Double.self) }
}

extension TensorBody {
  /// Instead of a draw with parameters that are no example's.
  fileprivate func fillWithZeros() {
    pointer.initializeMemory(as: UInt8.self, repeating: 0, count: count * scalarType.size)
  }
}
