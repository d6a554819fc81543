import MartletCore

extension Tensor where Scalar: FloatingScalar {
  /// The vectors along an axis divided by their norm of an order, or by `epsilon` where that is larger: PyTorch's
  /// `normalize`.
  ///
  /// Traps for an axis that is none, and an order that is NaN.
  public func normalized(order: Double = 2, axis: Int = 1, epsilon: Scalar = 1e-12) -> Tensor {
    let axis = normalizedAxes([axis], "normalized")[0]
    return self / vectorNorm(self, order: order, axis: axis, keepDims: true).clamped(min: epsilon)
  }

  /// The slices along an axis whose norm is above `limit`, scaled down to it, and the others as they are: PyTorch's
  /// `renorm`.
  ///
  /// Traps when the limit is negative.
  public func renormalized(order: Double, axis: Int, limit: Scalar) -> Tensor {
    let axis = normalizedAxes([axis], "renormalized")[0]
    if !(limit >= 0) { trap(TensorError("renormalized", expected: "a limit of at least 0", got: "\(limit)")) }
    let others = (0..<rank).filter { $0 != axis }
    let norms = vectorNorm(self, order: order, axes: others, keepDims: true)
    let factors = Tensor.where(norms .> limit, limit / (norms + 1e-7), Tensor(1))
    return self * factors
  }

  /// x / √(mean of x² + `epsilon`) over the last axis, then times the scale (arXiv:1910.07467).
  ///
  /// The scale is of shape `[width]` for a tensor `[..., width]`. Where no epsilon is given it is the scalar type's
  /// `ulpOfOne`, as in PyTorch. Traps on other shapes, and when `epsilon` is negative.
  public func rmsNormalized(scale: Tensor? = nil, epsilon: Scalar? = nil) -> Tensor {
    guard rank > 0 else {
      trap(TensorError("rmsNormalized", expected: "at least one axis", got: "a scalar, of shape []"))
    }
    let width = shape[rank - 1]
    if let scale, scale.shape != [width] {
      trap(TensorError("rmsNormalized", expected: "a scale of [\(width)] for \(shape)", got: "\(scale.shape)"))
    }
    let epsilon = epsilon ?? Scalar.ulpOfOne
    requireEpsilon(epsilon, "rmsNormalized")
    let means = sumOfSquares(axis: -1, keepDims: true) / Scalar(width)
    let result = self * (means + epsilon).rsqrt()
    return scale.map { result * $0 } ?? result
  }

  /// Group normalisation (arXiv:1803.08494): the channels of axis 1 in groups, each brought to mean 0 and variance 1 with
  /// all its elements, then scaled and shifted by channel.
  ///
  /// Tensors are `[batch, channels, ...]`, scale and shift `[channels]`. With one channel a group it is instance
  /// normalisation (arXiv:1607.08022). Traps on other shapes, when the channels do not divide into the groups, and when
  /// `epsilon` is negative.
  public func groupNormalized(
    groups: Int, scale: Tensor? = nil, shift: Tensor? = nil, epsilon: Scalar = 1e-5
  ) -> Tensor {
    let channels = requireChannels("groupNormalized", [("scale", scale), ("shift", shift)])
    if groups < 1 || channels % groups != 0 {
      trap(
        TensorError(
          "groupNormalized", expected: "a number of groups that divides the \(channels) channels of \(shape)",
          got: "\(groups)"))
    }
    requireEpsilon(epsilon, "groupNormalized")
    let rows = reshaped(to: [shape[0], groups, count == 0 ? 0 : count / (shape[0] * groups)] as Shape)
    let centred = rows.layerNormalized(epsilon: Double(epsilon)).reshaped(to: shape)
    return centred.byChannel(scale, shift)
  }

  /// Batch normalisation (arXiv:1502.03167): every channel of axis 1 brought to mean 0 and variance 1 with all its elements
  /// of the batch, or by a mean and variance that are given, then scaled and shifted.
  ///
  /// Tensors are `[batch, channels, ...]`, the others `[channels]`. The statistics are the batch's where none are
  /// given, with the variance divided by the number of elements; running averages are the caller's. Traps on other
  /// shapes, when one of mean and variance is given alone, and when `epsilon` is negative.
  public func batchNormalized(
    mean: Tensor? = nil, variance: Tensor? = nil, scale: Tensor? = nil, shift: Tensor? = nil, epsilon: Scalar = 1e-5
  ) -> Tensor {
    _ = requireChannels(
      "batchNormalized", [("mean", mean), ("variance", variance), ("scale", scale), ("shift", shift)])
    if (mean == nil) != (variance == nil) {
      trap(
        TensorError(
          "batchNormalized", expected: "both a mean and a variance, or neither",
          got: "a \(mean == nil ? "variance" : "mean") alone"))
    }
    requireEpsilon(epsilon, "batchNormalized")
    let axes = (0..<rank).filter { $0 != 1 }
    let centre = mean.map { $0.asChannels(rank) } ?? self.mean(axes: axes, keepDims: true)
    let centred = self - centre
    let spread = variance.map { $0.asChannels(rank) } ?? centred.squared().mean(axes: axes, keepDims: true)
    return (centred * (spread + epsilon).rsqrt()).byChannel(scale, shift)
  }

  /// The number of channels; traps unless there are two axes and rows of as many numbers.
  private func requireChannels(_ operation: String, _ rows: [(name: String, row: Tensor?)]) -> Int {
    if rank < 2 {
      trap(TensorError(operation, expected: "a tensor [batch, channels, ...]", got: "one of shape \(shape)"))
    }
    for (name, row) in rows {
      guard let row, row.shape != [shape[1]] else { continue }
      trap(TensorError(operation, expected: "a \(name) of [\(shape[1])] for \(shape)", got: "\(row.shape)"))
    }
    return shape[1]
  }

  private func requireEpsilon(_ epsilon: Scalar, _ operation: String) {
    if !(epsilon >= 0) { trap(TensorError(operation, expected: "an epsilon of at least 0", got: "\(epsilon)")) }
  }

  /// Numbers of channels, as axis 1 of a tensor of a rank.
  private func asChannels(_ rank: Int) -> Tensor { reshaped(to: [count] + [Int](repeating: 1, count: rank - 2)) }

  private func byChannel(_ scale: Tensor?, _ shift: Tensor?) -> Tensor {
    let scaled = scale.map { self * $0.asChannels(rank) } ?? self
    return shift.map { scaled + $0.asChannels(rank) } ?? scaled
  }
}
