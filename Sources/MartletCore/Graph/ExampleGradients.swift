// Gradients of each example of a batch at what all examples share, such as a layer's weight, kept in factors: their norms
// and any weighted sum of them can be had without keeping one.

/// What the examples of a batch contribute to the gradient at one tensor that they share.
package enum ExampleFactors {
  /// For a matrix `[m, n]`, of example b: Σₜ outer[b, t] ⊗ inner[b, t], from `[examples, t, m]` and `[examples, t, n]`.
  case products(outer: AnyTensor, inner: AnyTensor)
  /// For a table, of example b: vectors `[examples, t, size]` added to its rows at indices `[examples, t]`.
  case rows(AnyTensor, indices: AnyTensor)
  /// The gradient of each example, `[examples] + shape`, for tensors that are no larger than a row of activations.
  case each(AnyTensor)
}

/// The gradients of each example at variables that the examples share.
package struct ExampleGradients {
  /// The number of examples.
  package let examples: Int
  /// The parts of the gradient at each variable; empty for one that takes no part.
  fileprivate let parts: [[ExamplePart]]

  /// Whether a variable takes part.
  package func takesPart(_ variable: Int) -> Bool { !parts[variable].isEmpty }

  /// The squared 2-norm of each example's gradient at each variable, `[examples]`; nil for one that takes no part.
  ///
  /// - Complexity: for matrices applied at T places, as in sequences, O(T² (m + n)) or O(T m n) for an example, whichever
  ///   is less; the memory for it is bounded by `ExamplePart.chunkElements`.
  package func squaredNorms() -> [AnyTensor?] {
    parts.map { $0.first.map { $0.squaredNorms(examples) } }
  }

  /// The sums over the examples of their gradients, each times its factor; `factors` has `[examples]` for each variable.
  ///
  /// A factor of 0 leaves an example out, even one whose gradient is not finite, where `hasNonFinite` says that there may
  /// be such.
  package func sums(scaledBy factors: [AnyTensor], hasNonFinite: Bool) -> [AnyTensor?] {
    zip(parts, factors).map { parts, factors in
      parts.first.map { part in
        let part = hasNonFinite ? part.keeping(factors.isPositive) : part
        return part.sum(factors, examples)
      }
    }
  }
}

/// Why gradients cannot be told apart by examples.
package struct ExampleGradientRefusal: Error {
  /// The position of a variable among those that were given.
  package let variable: Int
  /// Why, such as the operation that sums over the batch.
  package let reason: String
}

/// The value of a function that gives a number for each example, `[examples]`, and the gradients of each example at
/// variables that all share, which `body` reads through `Variable.current`.
///
/// `seed` `[examples]` is what each example's number counts for; 1 each where it is nil. An example must not depend on
/// others: whoever calls this must know, or find out by a seed of one example. `unwatched` is as for
/// `valueWithGradients(at:of:)`. Throws when an operation gives only the sum of the examples' gradients.
package func exampleGradients(
  at variables: [Variable], examples: Int, seed: AnyTensor? = nil, of body: () -> AnyTensor
) throws(ExampleGradientRefusal) -> (value: AnyTensor, gradients: ExampleGradients, unwatched: Set<ObjectIdentifier>) {
  let result: Result<(AnyTensor, ExampleGradients, Set<ObjectIdentifier>), ExampleGradientRefusal> =
    GraphSession.withLevel { session, level in
      session.watching(variables, level) { leaves in
        let output = body()
        if output.shape != [examples] || !output.scalarType.isFloatingPoint {
          trap("exampleGradients", "expected a number for each of \(examples) examples, got \(output.shape)")
        }
        let collector = ExampleCollector(leaves, examples)
        let seed = seed ?? AnyTensor(full: output.shape, 1, scalarType: output.scalarType)
        _ = Pass(session: session, level: level, collector: collector)
          .backward(from: [output], seeds: [seed], to: leaves)
        if let refusal = collector.refusal { return .failure(refusal) }
        let gradients = ExampleGradients(examples: examples, parts: collector.parts)
        return .success((session.leaving(level, output), gradients, session.unwatched))
      }
    }
  let (value, gradients, unwatched) = try result.get()
  return (value, gradients, unwatched)
}

/// Collects the factors of gradients during a backward pass.
package final class ExampleCollector {
  let examples: Int
  private let leaves: [ObjectIdentifier: Int]
  fileprivate private(set) var parts: [[ExamplePart]]
  private(set) var refusal: ExampleGradientRefusal?

  init(_ leaves: [Node], _ examples: Int) {
    self.examples = examples
    self.leaves = Dictionary(
      leaves.enumerated().map { (ObjectIdentifier($1), $0) }, uniquingKeysWith: { first, _ in first })
    parts = Array(repeating: [], count: leaves.count)
  }

  /// The variable that a node is, or is a view of; nil for any other.
  func variable(of node: Node) -> Int? {
    if let index = leaves[ObjectIdentifier(node)] { return index }
    guard case .operation(let primitive) = node.origin, primitive is ReshapeView || primitive is Permute,
      let parent = node.parent(0)
    else { return nil }
    return variable(of: parent)
  }

  /// Takes the factors of the gradient at a node that is a variable or a view of one.
  func add(_ factors: ExampleFactors, at node: Node) {
    guard let variable = variable(of: node) else { return }
    guard let folded = ExamplePart(factors, node, examples) else {
      return refuse(variable, "its operands do not have the \(examples) rows of the batch along their first axis")
    }
    if parts[variable].isEmpty {
      parts[variable] = [folded]
    } else if let joined = parts[variable][0].joined(with: folded) {
      parts[variable] = [joined]
    } else {
      refuse(variable, "it is used in several ways")
    }
  }

  /// Takes the gradient that a pullback gave at a node that is a variable or a view of one: of the shape that the node was
  /// broadcast to, with the examples along its first axis.
  func add(gradient: AnyTensor, at node: Node, of operation: String) {
    guard let variable = variable(of: node) else { return }
    let shape = node.spec.shape
    let isBroadcast = gradient.rank > shape.rank || (gradient.rank == shape.rank && shape.rank > 0 && shape[0] == 1)
    if !isBroadcast || gradient.rank == 0 || gradient.shape == shape {
      return refuse(variable, "the operation \(operation) sums its gradient over the batch")
    }
    guard let folded = gradient.folded(examples) else {
      return refuse(variable, "its operands do not have the \(examples) rows of the batch along their first axis")
    }
    add(.each(folded.summedWithin(examples, to: shape)), at: node)
  }

  private func refuse(_ variable: Int, _ reason: String) {
    if refusal == nil { refusal = ExampleGradientRefusal(variable: variable, reason: reason) }
  }
}

/// Factors at a variable, or at a view of it.
private struct ExamplePart {
  /// The most elements of a temporary tensor.
  static let chunkElements = 1 << 20

  let factors: ExampleFactors
  let node: Node

  /// Factors with the places of an example along an axis of their own; nil when the rows are not those of the examples.
  init?(_ factors: ExampleFactors, _ node: Node, _ examples: Int) {
    self.node = node
    switch factors {
    case .products(let outer, let inner):
      guard let outer = outer.placed(examples), let inner = inner.placed(examples), outer.shape[1] == inner.shape[1]
      else {
        return nil
      }
      self.factors = .products(outer: outer, inner: inner)
    case .rows(let vectors, let indices):
      guard indices.rank > 0, indices.shape[0] % max(1, examples) == 0 else { return nil }
      let places = indices.count / max(1, examples)
      self.factors = .rows(
        vectors.reshaped(to: [examples, places, vectors.count / max(1, indices.count)]),
        indices: indices.reshaped(to: [examples, places]))
    case .each(let gradients):
      self.factors = .each(gradients)
    }
  }

  private init(_ factors: ExampleFactors, _ node: Node) { (self.factors, self.node) = (factors, node) }

  /// The factors of both, of a tensor that is used twice; nil where they are of different kinds.
  func joined(with other: ExamplePart) -> ExamplePart? {
    if node !== other.node { return nil }
    switch (factors, other.factors) {
    case (.products(let a, let b), .products(let c, let d)):
      return ExamplePart(
        .products(outer: .concatenating([a, c], axis: 1), inner: .concatenating([b, d], axis: 1)), node)
    case (.rows(let a, let i), .rows(let b, let j)):
      return ExamplePart(.rows(.concatenating([a, b], axis: 1), indices: .concatenating([i, j], axis: 1)), node)
    case (.each(let a), .each(let b)): return ExamplePart(.each(a + b), node)
    default: return nil
    }
  }

  /// The same with zeros in place of what belongs to examples that are not kept, `[examples]`.
  func keeping(_ kept: AnyTensor) -> ExamplePart {
    func masked(_ tensor: AnyTensor) -> AnyTensor {
      var shape = AxisList(repeating: 1, count: tensor.rank)
      shape[0] = tensor.shape[0]
      return apply(Select(), kept.reshaped(to: Shape(axes: shape)), tensor, tensor.scalar(0))
    }
    switch factors {
    case .products(let outer, let inner):
      return ExamplePart(.products(outer: masked(outer), inner: masked(inner)), node)
    case .rows(let vectors, let indices): return ExamplePart(.rows(masked(vectors), indices: indices), node)
    case .each(let gradients): return ExamplePart(.each(masked(gradients)), node)
    }
  }

  // MARK: Norms

  func squaredNorms(_ examples: Int) -> AnyTensor {
    switch factors {
    case .products(let outer, let inner):
      let (places, m, n) = (outer.shape[1], outer.shape[2], inner.shape[2])
      if places == 1 { return outer.squares(examples) * inner.squares(examples) }
      if places * (m + n) <= m * n {
        return chunked(examples, elements: 2 * places * places) { range in
          let (a, b) = (outer.rows(range), inner.rows(range))
          return (apply(MatMul(), a, a.transposedMatrix) * apply(MatMul(), b, b.transposedMatrix)).sums(range.count)
        }
      }
      return chunked(examples, elements: m * n) { range in
        apply(MatMul(), outer.rows(range).transposedMatrix, inner.rows(range)).squares(range.count)
      }
    case .rows(let vectors, let indices):
      let places = vectors.shape[1]
      if places == 1 { return vectors.squares(examples) }
      return chunked(examples, elements: 3 * places * places) { range in
        let (a, i) = (vectors.rows(range), indices.rows(range))
        let (down, across): (Shape, Shape) = ([range.count, places, 1], [range.count, 1, places])
        let isSame = apply(Compare(.equal), i.reshaped(to: down), i.reshaped(to: across))
        return (apply(MatMul(), a, a.transposedMatrix) * isSame.converted(to: a.scalarType)).sums(range.count)
      }
    case .each(let gradients): return gradients.squares(examples)
    }
  }

  /// Joins what `body` gives for ranges of examples, each of which needs so many elements for a while.
  private func chunked(_ examples: Int, elements: Int, _ body: (Range<Int>) -> AnyTensor) -> AnyTensor {
    let size = max(1, Self.chunkElements / max(1, elements))
    if size >= examples { return body(0..<examples) }
    let parts = stride(from: 0, to: examples, by: size).map { body($0..<min(examples, $0 + size)) }
    return .concatenating(parts, axis: 0)
  }

  // MARK: Sums

  /// Σ factor · gradient, at the variable.
  func sum(_ scales: AnyTensor, _ examples: Int) -> AnyTensor {
    let column = scales.reshaped(to: [examples, 1, 1])
    var sum: AnyTensor
    switch factors {
    case .products(let outer, let inner):
      // The smaller one is scaled.
      let isOuter = outer.shape[2] <= inner.shape[2]
      let (a, b) = isOuter ? (outer * column, inner) : (outer, inner * column)
      sum = apply(MatMul(), a.foldedRows.transposedMatrix, b.foldedRows)
    case .rows(let vectors, let indices):
      let shape = node.spec.shape
      let scaled = (vectors * column).reshaped(to: Shape([indices.count] + shape.dropFirst()))
      sum = apply(ScatterAdd(axis: 0, lengths: AxisList([shape[0]])), scaled, indices.reshaped(to: [indices.count]))
    case .each(let gradients):
      let rows = gradients.reshaped(to: [examples, gradients.count / max(1, examples)])
      sum = apply(MatMul(), scales.reshaped(to: [1, examples]), rows)
    }
    // Back through the views to the variable, which they hold the elements of in another order.
    sum = sum.reshaped(to: node.spec.shape)
    var place = node
    while case .operation(let primitive) = place.origin, let parent = place.parent(0) {
      sum =
        if let permutation = primitive as? Permute {
          apply(permutation.inverse, sum)
        } else {
          sum.reshaped(to: parent.spec.shape)
        }
      place = parent
    }
    return sum
  }
}

extension AnyTensor {
  /// `[examples, places, size]` of `[examples · …, size]`; nil when the rows are not a multiple of the examples.
  fileprivate func placed(_ examples: Int) -> AnyTensor? {
    guard rank > 0, let size = shape.last, size > 0, examples > 0 else { return nil }
    if rank == 1 || shape[0] % examples != 0 { return nil }
    return reshaped(to: [examples, count / size / examples, size])
  }

  /// `[examples, …]` of `[examples · k, …]`; nil when the rows are not a multiple of the examples.
  fileprivate func folded(_ examples: Int) -> AnyTensor? {
    if shape[0] == examples { return self }
    if examples == 0 || shape[0] % examples != 0 { return nil }
    return reshaped(to: Shape([examples, shape[0] / examples] + shape.dropFirst()))
  }

  /// The sums within each example that bring `[examples, …]` to `[examples] + shape`, by the rules of broadcasting.
  fileprivate func summedWithin(_ examples: Int, to shape: Shape) -> AnyTensor {
    var wide = AxisList()
    wide.append(examples)
    // Axes that broadcasting put before the variable's are 1, so that the sum leaves them.
    for _ in 0..<max(0, rank - 1 - shape.rank) { wide.append(1) }
    for axis in shape.indices.suffix(rank - 1) { wide.append(shape[axis]) }
    return summed(to: Shape(axes: wide)).reshaped(to: Shape([examples] + shape))
  }

  /// Consecutive examples.
  fileprivate func rows(_ range: Range<Int>) -> AnyTensor {
    range == 0..<shape[0] ? self : sliced(axis: 0, start: range.lowerBound, step: 1, count: range.count)
  }

  /// The sum of each example's squares, `[examples]`.
  fileprivate func squares(_ examples: Int) -> AnyTensor {
    apply(Reduction(.sumOfSquares, axes: [1]), reshaped(to: [examples, count / max(1, examples)]))
  }

  /// The sum of each example's elements, `[examples]`.
  fileprivate func sums(_ examples: Int) -> AnyTensor {
    apply(Reduction(.sum, axes: [1]), reshaped(to: [examples, count / max(1, examples)]))
  }

  fileprivate static func concatenating(_ tensors: [AnyTensor], axis: Int) -> AnyTensor {
    apply(Concatenate(axis: axis, lengths: tensors.map { $0.shape[axis] }), tensors)
  }
}

extension Saved {
  /// Whether a backward pass wants the factors of the gradient at an operand instead of the gradient.
  func wantsFactors(_ index: Int) -> Bool {
    guard let collector, needs(index), let parent = node.parent(index) else { return false }
    return collector.variable(of: parent) != nil
  }

  /// Gives the factors of the gradient at an operand, which `wantsFactors` has asked for.
  func give(_ factors: ExampleFactors, _ index: Int) {
    collector?.add(factors, at: node.parent(index)!)
  }
}
