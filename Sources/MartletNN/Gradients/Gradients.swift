import MartletCore
import MartletText

/// The gradients at a model's parameters, in the order of the parameters, by path.
///
/// A parameter that took no part, or that is frozen, has no gradient. Iterating gives those that exist.
public struct Gradients: Sendable {
  let layout: ParameterPaths
  /// The gradient at each path; nil if there is none.
  var tensors: [AnyTensor?]

  init(_ layout: ParameterPaths, _ tensors: [AnyTensor?]) {
    self.layout = layout
    self.tensors = tensors
  }

  /// Gradients from paths and tensors, such as those computed elsewhere; traps when a path occurs twice.
  public init(_ gradients: [(path: String, gradient: AnyTensor)]) {
    var seen: Set<ExactName> = []
    for (path, _) in gradients where !seen.insert(ExactName(path)).inserted {
      trap(TensorError("Gradients", "two gradients for \"\(path)\""))
    }
    self.init(ParameterPaths(gradients.map { [$0.path] }), gradients.map { $0.gradient.detached() })
  }

  /// The gradient at the parameter of this path; nil when it took no part, or when there is no such parameter.
  ///
  /// Setting it replaces the gradient, or removes it if the new value is nil; traps when there is no such path.
  public subscript(path: String) -> AnyTensor? {
    get { layout.index(of: path).flatMap { tensors[$0] } }
    set {
      guard let index = layout.index(of: path) else {
        let hint = spellingHint(path, among: layout.paths)
        trap(
          TensorError("Gradients", "no parameter \"\(path)\"\(hint); there are \(layout.paths.joined(separator: ", "))")
        )
      }
      tensors[index] = newValue?.detached()
    }
  }

  /// The paths of the parameters that have a gradient.
  public var paths: [String] { map(\.path) }

  /// The number of parameters that have a gradient.
  public var count: Int { tensors.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }

  /// The number of scalars in all gradients.
  public var scalarCount: Int { tensors.reduce(0) { $0 + ($1?.count ?? 0) } }

  /// The 2-norm of all gradients taken as one vector.
  public var norm: Double {
    var sum = 0.0
    for case let tensor? in tensors {
      let norm = tensor.euclideanNorm
      sum += norm * norm
    }
    return sum.squareRoot()
  }

  /// Whether every element of every gradient is finite.
  public var isFinite: Bool { norm.isFinite }

  /// All gradients times `factor`.
  public func scaled(by factor: Double) -> Gradients {
    mapped { $0 * factor }
  }

  /// The gradients, scaled so that their common norm is at most `limit`, as `torch.nn.utils.clip_grad_norm_` does;
  /// traps when the limit is not positive.
  public func clipped(norm limit: Double) -> Gradients {
    if !(limit > 0) { fatalError("clipped(norm:): the limit is positive, not \(limit)") }
    if isCompiling { return onHost("clipped(norm:)") { $0.clipped(norm: limit) } }
    let norm = norm
    // PyTorch's 1e-6 keeps the quotient finite; it clips a little more than asked for.
    let factor = limit / (norm + 1e-6)
    return factor < 1 || norm.isNaN ? scaled(by: factor) : self
  }

  /// The gradients with every element clamped to `-limit ... limit`; traps when the limit is not positive.
  public func clipped(value limit: Double) -> Gradients {
    if !(limit > 0) { fatalError("clipped(value:): the limit is positive, not \(limit)") }
    return mapped { $0.clamped(to: -limit...limit) }
  }

  /// The sum of these gradients and others of the same model, for accumulating over several batches; traps when the
  /// models differ.
  public func adding(_ other: Gradients) -> Gradients {
    var result = self
    if layout !== other.layout && layout.paths != other.layout.paths {
      trap(
        TensorError(
          "Gradients.adding",
          "the gradients are of different models: \(layout.paths.joined(separator: ", ")) and "
            + other.layout.paths.joined(separator: ", ")))
    }
    for (index, tensor) in other.tensors.enumerated() {
      guard let tensor else { continue }
      if let own = tensors[index], own.shape != tensor.shape || own.scalarType != tensor.scalarType {
        trap(
          TensorError(
            "Gradients.adding",
            "\(layout.paths[index]): \(own.scalarType) \(own.shape) and \(tensor.scalarType) \(tensor.shape)"))
      }
      result.tensors[index] = tensors[index].map { $0 + tensor } ?? tensor
    }
    return result
  }

  /// Other tensors at the same parameters; those whose paths are not given have none.
  package func replaced(by tensors: [String: AnyTensor]) -> Gradients {
    Gradients(layout, layout.paths.map { tensors[$0] })
  }

  private func mapped(_ change: (AnyTensor) -> AnyTensor) -> Gradients {
    Gradients(layout, tensors.map { $0.map(change) })
  }
}

extension Gradients: CustomStringConvertible {
  /// A table with a line for each parameter: its path, the gradient's shape and 2-norm; `none` if there is no gradient.
  public var description: String {
    var table = TextTable(["parameter", "shape", "norm"], textColumns: 2)
    for (path, tensor) in zip(layout.paths, tensors) {
      table.append([
        path, tensor.map { "\($0.shape)" } ?? "none", tensor.map { NumberFormat.metric($0.euclideanNorm) } ?? "",
      ])
    }
    return table.text
  }
}

extension Gradients {
  /// Makes other gradients on the host, at the same parameters.
  fileprivate func onHost(_ name: String, _ work: @escaping (Gradients) -> Gradients) -> Gradients {
    let filled = filler
    return filled(
      MartletCore.onHost(name, tensors.compactMap { $0 }) { work(filled($0[...])).tensors.compactMap { $0 } }[...])
  }

  /// Makes gradients at the same parameters as these from tensors, in order.
  package var filler: (ArraySlice<AnyTensor>) -> Gradients {
    let (layout, isThere) = (layout, tensors.map { $0 != nil })
    return { tensors in
      var next = tensors.makeIterator()
      return Gradients(layout, isThere.map { $0 ? next.next() : nil })
    }
  }
}

extension Gradients: Sequence {
  /// A parameter's path, and the gradient there.
  public typealias Element = (path: String, gradient: AnyTensor)

  /// The gradients that exist, in the order of the parameters.
  public func makeIterator() -> some IteratorProtocol<Element> {
    zip(layout.paths, tensors).lazy.compactMap { path, tensor in tensor.map { (path: path, gradient: $0) } }
      .makeIterator()
  }
}

extension AnyTensor {
  fileprivate var euclideanNorm: Double {
    let sum = apply(Reduction(.sumOfSquares, allOf: rank), self).converted(to: .float64)
    let square = Tensor<Double>(unchecked: sum).item()
    // The squares of floats beyond 1e19 overflow, those of doubles do not.
    if square == .infinity && scalarType == .float32 { return converted(to: .float64).euclideanNorm }
    return square.squareRoot()
  }

  fileprivate func clamped(to range: ClosedRange<Double>) -> AnyTensor {
    apply(Binary(.minimum), apply(Binary(.maximum), self, scalar(range.lowerBound)), scalar(range.upperBound))
  }
}
