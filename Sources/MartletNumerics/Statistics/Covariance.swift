import MartletCore

/// Which axis of a matrix of observations has the variables.
public enum VariableAxis: Sendable, CaseIterable {
  /// `[variables, observations]`, NumPy's default.
  case rows
  /// `[observations, variables]`.
  case columns
}

extension Tensor where Scalar: FloatingScalar {
  /// The covariance matrix `[v, v]` of v variables, from their observations: NumPy's `cov`.
  ///
  /// A tensor of rank 1 has one variable, and its covariance is of rank 0. The sums of products are divided by the
  /// number of observations minus `correction`. With `frequencies`, of shape `[observations]`, each observation counts
  /// as that many; with `weights` of that shape it has that weight, and the correction is n · Σ w² / Σ w of it (for
  /// weights alone), as NumPy has it. NaN or infinite where there are not more observations than the correction. Traps
  /// when the tensor is not of rank 1 or 2, and for frequencies or weights of another shape or below 0.
  ///
  /// - Complexity: O(v² · observations).
  public func covariance(
    variables: VariableAxis = .rows, correction: Int = 1, frequencies: Tensor<Int64>? = nil, weights: Tensor? = nil
  ) -> Tensor {
    covariance(variables, correction, frequencies, weights, "covariance")
  }

  /// The covariance matrix of this tensor's variables followed by those of another one, with the same observations.
  ///
  /// For two tensors of rank 1 it is `[2, 2]`. Traps when the numbers of observations differ, and as for one tensor.
  ///
  /// - Complexity: O(v² · observations) for v variables of both.
  public func covariance(with other: Tensor, variables: VariableAxis = .rows, correction: Int = 1) -> Tensor {
    joined(other, variables, "covariance").covariance(.rows, correction, nil, nil, "covariance")
  }

  /// The matrix `[v, v]` of Pearson's correlation coefficients of v variables, from −1 to 1: NumPy's `corrcoef`.
  ///
  /// A tensor of rank 1 has one variable, and its correlation is of rank 0. NaN for a variable that does not vary. Traps
  /// when the tensor is not of rank 1 or 2.
  ///
  /// - Complexity: O(v² · observations).
  public func correlation(variables: VariableAxis = .rows) -> Tensor {
    covariance(variables, 1, nil, nil, "correlation").normalizedCovariance()
  }

  /// The correlation matrix of this tensor's variables followed by those of another one, with the same observations.
  ///
  /// For two tensors of rank 1 it is `[2, 2]`. Traps when the numbers of observations differ, and as for one tensor.
  ///
  /// - Complexity: O(v² · observations) for v variables of both.
  public func correlation(with other: Tensor, variables: VariableAxis = .rows) -> Tensor {
    joined(other, variables, "correlation").covariance(.rows, 1, nil, nil, "correlation").normalizedCovariance()
  }
}

extension Tensor where Scalar: FloatingScalar {
  /// The observations as `[variables, observations]`.
  private func observations(_ variables: VariableAxis, _ name: String) -> Tensor {
    if rank == 1 { return expandedDimension(at: 0) }
    if rank != 2 { trap(name, "expected a tensor of rank 1 or 2, got \(shape)") }
    return variables == .rows ? self : transposed()
  }

  private func joined(_ other: Tensor, _ variables: VariableAxis, _ name: String) -> Tensor {
    let (a, b) = (observations(variables, name), other.observations(variables, name))
    if a.shape[1] != b.shape[1] {
      trap(
        name, "expected as many observations in both, got \(a.shape[1]) of \(shape) and \(b.shape[1]) of \(other.shape)"
      )
    }
    return Tensor.concatenate([a, b])
  }

  private func covariance(
    _ variables: VariableAxis, _ correction: Int, _ frequencies: Tensor<Int64>?, _ weights: Tensor?, _ name: String
  ) -> Tensor {
    let x = observations(variables, name)
    let count = x.shape[1]
    func require(_ shape: Shape?, _ what: String) {
      guard let shape, shape != [count] else { return }
      trap(name, "expected \(what) of [\(count)], one for each observation, got \(shape)")
    }
    require(frequencies?.shape, "frequencies")
    require(weights?.shape, "weights")
    if let least = frequencies.flatMap({ $0.count > 0 ? $0.min().item() : nil }), least < 0 {
      trap(name, "expected frequencies of at least 0, got \(least)")
    }
    if let least = weights.flatMap({ $0.count > 0 ? $0.detached().min().item() : nil }), least < 0 {
      trap(name, "expected weights of at least 0, got \(least)")
    }
    let times = frequencies?.cast(to: Scalar.self)
    let divisor: Tensor
    let matrix: Tensor
    if times == nil && weights == nil {
      let distance = x - x.mean(axis: 1, keepDims: true)
      matrix = distance.matmul(distance.transposed())
      divisor = Tensor(Scalar(Swift.max(0, count - correction)))
    } else {
      let both = times.map { times in weights.map { times * $0 } ?? times } ?? weights!
      let total = both.sum()
      let distance = x - (x * both).sum(axis: 1, keepDims: true) / total
      matrix = (distance * both).matmul(distance.transposed())
      let freedom = weights.map { (both * $0).sum() / total * Scalar(correction) } ?? Tensor(Scalar(correction))
      divisor = maximum(total - freedom, 0)
    }
    let result = matrix / divisor
    return rank == 1 && result.count == 1 ? result.reshaped(to: [] as Shape) : result
  }

  /// A covariance matrix divided by the standard deviations of both variables.
  ///
  /// A variable has correlation 1 with itself but for rounding, which may also exceed 1: NumPy limits it as well.
  private func normalizedCovariance() -> Tensor {
    if rank == 0 { return self / self }
    let size = shape[0]
    let diagonal = flattened()[.slice(step: size + 1)]
    let deviation = diagonal.sqrt()
    let result = self / deviation.expandedDimension(at: 1) / deviation.expandedDimension(at: 0)
    return result.clamped(to: -1...1)
  }
}
