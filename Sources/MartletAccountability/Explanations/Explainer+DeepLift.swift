import MartletCore

extension Explainer {
  /// DeepLift with the rescale rule: differences from a baseline are carried back from the output by a rule for each
  /// operation, so that they add up to F(x) - F(x').
  ///
  /// The model is recorded at the row and at the baseline, and the rules are those of operations, not of layers: a layer
  /// may be used several times, and functions without a layer take part. Elementwise operations have the slope of their
  /// secant; with two operands that both change, each has its Shapley value. Linear operations are exact. A maximum gives
  /// its difference to the more extreme element, softmax goes through the logarithm, and an operation without a rule has
  /// its own integrated gradients. Two evaluations and one walk back are all it takes, where integrated gradients take
  /// many. Source: A. Shrikumar et al., Learning important features through propagating activation differences (2017),
  /// arXiv:1704.02685.
  ///
  /// Throws `ExplanationError.unsupported` when the model does something else at the row than at the baseline, as one that
  /// looks at values may.
  ///
  /// - Parameters:
  ///   - x: The rows, `[n, …]`.
  ///   - baseline: What the rows are compared with: one number, one row or a row for each; zeros by default.
  ///   - tolerance: The completeness gap that is allowed, as a share of |F(x) - F(x')|; at least what the scalar type can
  ///     tell. A gap above it comes from an operation that chooses other elements in each run, such as a sort.
  ///   - multipliesByDifference: Whether multipliers are multiplied by x - x'.
  public func deepLift(
    _ x: Tensor<Scalar>, baseline: Tensor<Scalar>? = nil, tolerance: Double = 1e-3, multipliesByDifference: Bool = true
  ) throws(ExplanationError) -> Attribution<Scalar> {
    if !(tolerance >= 0 && tolerance.isFinite) {
      throw .invalid("expected a tolerance of at least 0, got \(tolerance)")
    }
    try check(x)
    let base = try self.baseline(baseline, for: x)
    let width = x.count / x.shape[0]
    var (parts, completeness) = ([Tensor<Scalar>](), [Completeness]())
    try passes(x.shape[0]) { range throws(ExplanationError) in
      let (here, there) = (x[range].contiguous(), base[range].contiguous())
      let (outputs, baselines, multipliers) = try lifted(here, there, Array(range))
      let products = multipliers * (here - there)
      let found = numbers(products)
      for row in 0..<range.count {
        completeness.append(
          Completeness(
            output: outputs[row], baselineOutput: baselines[row],
            sum: found[row * width..<(row + 1) * width].reduce(0, +),
            limit: Completeness.limit(tolerance, outputs[row], baselines[row], as: Scalar.self), evaluations: 2))
      }
      parts.append(multipliesByDifference ? products : multipliers)
    }
    return Attribution(
      "DeepLift\(multipliesByDifference ? "" : ", multipliers")", target.name, Tensor.concatenate(parts), names(width),
      multipliesByDifference ? .multiplied(by: x.detached() - base) : .perUnit, completeness: completeness)
  }

  private func lifted(
    _ x: Tensor<Scalar>, _ base: Tensor<Scalar>, _ rows: [Int]
  ) throws(ExplanationError) -> (outputs: [Double], baselines: [Double], multipliers: Tensor<Scalar>) {
    do {
      let recording = try PairedRecording(at: x.erased.detached(), base.erased.detached()) {
        try targets(Tensor<Scalar>(unchecked: $0), rows).erased
      }
      let seed = AnyTensor(full: [rows.count], 1, scalarType: Scalar.scalarType)
      let multipliers = try recording.multipliers(seed, RescaleRule.multipliers)
      func list(_ tensor: AnyTensor) -> [Double] { numbers(Tensor<Scalar>(unchecked: tensor)) }
      return (list(recording.first), list(recording.second), Tensor(unchecked: multipliers))
    } catch let error as ExplanationError {
      throw error
    } catch let error as PairedRecording.Difference {
      throw .unsupported(
        "expected a model that does the same at a row and at its baseline, got one that differs at \(error.operation): "
          + "DeepLift compares operations one by one; use integratedGradients(_:)")
    } catch {
      throw .model("\(error)")
    }
  }
}
