import MartletCore
import MartletNumerics

/// Operators that `make_torch_operator_fixtures.py` evaluates by PyTorch, under the same names.
enum TorchOperatorFunctions {
  typealias T = Tensor<Double>

  /// The results; nil for a name that is not here.
  static func results(_ name: String, _ x: [T]) throws -> [T]? {
    if let result = special(name, x) ?? polynomial(name, x) ?? window(name, x) { return [result] }
    if let result = try distance(name, x) ?? composed(name, x) ?? loss(name, x) ?? masked(name, x) { return [result] }
    return try several(name, x)
  }

  private static func special(_ name: String, _ x: [T]) -> T? {
    let a = x[0]
    switch name {
    case "besselJ0": return a.besselJ()
    case "besselJ1": return a.besselJ(order: 1)
    case "besselY0": return a.besselY()
    case "besselY1": return a.besselY(order: 1)
    case "besselI0": return a.besselI()
    case "besselI1": return a.besselI(order: 1)
    case "besselI0Scaled": return a.besselI(scaled: true)
    case "besselI1Scaled": return a.besselI(order: 1, scaled: true)
    case "besselK0": return a.besselK()
    case "besselK1": return a.besselK(order: 1)
    case "besselK0Scaled": return a.besselK(scaled: true)
    case "besselK1Scaled": return a.besselK(order: 1, scaled: true)
    case "erfcx": return a.erfcx()
    case "ndtr": return a.ndtr()
    case "ndtri": return a.ndtri()
    case "logNdtr": return a.logNdtr()
    case "gammaBelow": return a.gammaBelow(x[1])
    case "gammaAbove": return a.gammaAbove(x[1])
    case "zeta": return a.zeta(x[1])
    case "lgamma of dimension 1": return a.lgamma(dimension: 1)
    case "lgamma of dimension 3": return a.lgamma(dimension: 3)
    case "lgamma of dimension 5": return a.lgamma(dimension: 5)
    case "entr": return a.entr()
    case "xlog1py": return a.xlog1py(x[1])
    case "logAddExp2": return a.logAddExp2(x[1])
    default: break
    }
    guard name.hasPrefix("bessel"), let order = name.split(separator: " ").last.flatMap({ Int($0) }) else { return nil }
    switch name.dropFirst(6).first {
    case "J": return a.besselJ(order: order)
    case "Y": return a.besselY(order: order)
    case "I": return a.besselI(order: order)
    case "K": return a.besselK(order: order)
    default: return nil
    }
  }

  private static func polynomial(_ name: String, _ x: [T]) -> T? {
    switch name {
    case "shifted chebyshevT": return (2 * x[0] - 1).polynomial(.chebyshevT, degree: 4)
    case "shifted chebyshevU": return (2 * x[0] - 1).polynomial(.chebyshevU, degree: 4)
    default: break
    }
    let words = name.split(separator: " ")
    guard words.count == 2, let degree = Int(words[1]),
      let family = OrthogonalPolynomial.allCases.first(where: { "\($0)" == words[0] })
    else { return nil }
    return x[0].polynomial(family, degree: degree)
  }

  private static func window(_ name: String, _ x: [T]) -> T? {
    guard name.hasPrefix("window ") else { return nil }
    let isPeriodic = name.hasSuffix(" periodic")
    let words = name.split(separator: " ").dropFirst().dropLast(isPeriodic ? 1 : 0)
    guard let count = words.last.flatMap({ Int($0) }) else { return nil }
    let windows: [String: Window] = [
      "hann": .hann, "hamming": .hamming(), "blackman": .blackman, "nuttall": .nuttall, "bartlett": .bartlett,
      "cosine": .cosine, "kaiser": .kaiser(beta: 5), "gaussian": .gaussian(standardDeviation: 1.5),
      "exponential": .exponential(decay: 2.5), "general hamming": .hamming(alpha: 0.6),
      "general cosine": .cosines([0.5, 0.3, 0.2]),
    ]
    return windows[words.dropLast().joined(separator: " ")].map {
      x[0] + T.window($0, count: count, periodic: isPeriodic)
    }
  }

  private static func distance(_ name: String, _ x: [T]) throws -> T? {
    let (a, b) = (x[0], x[x.count - 1])
    switch name {
    case "cosineSimilarity": return cosineSimilarity(a, b)
    case "cosineSimilarity broadcast": return cosineSimilarity(a, b, axis: -1)
    case "pairwiseDistance": return pairwiseDistance(a, b)
    case "pairwiseDistance 1": return pairwiseDistance(a, b, order: 1, keepDims: true)
    case "normalized": return a.normalized()
    case "normalized 3": return a.normalized(order: 3, axis: -1)
    case "renormalized": return a.renormalized(order: 2, axis: 1, limit: 2.5)
    case "rmsNormalized": return a.rmsNormalized(scale: b, epsilon: 1e-6)
    case "rmsNormalized plain": return a.rmsNormalized()
    case "groupNormalized": return a.groupNormalized(groups: 2, scale: x[1], shift: x[2])
    case "groupNormalized instance": return a.groupNormalized(groups: 3)
    case "batchNormalized": return a.batchNormalized(scale: x[1], shift: x[2])
    case "batchNormalized given":
      return a.batchNormalized(mean: x[1], variance: x[2].abs() + 0.5, scale: x[3], shift: x[4])
    default: break
    }
    guard let order = name.split(separator: " ").last.flatMap({ Double($0) }) else { return nil }
    if name.hasPrefix("distances ") { return distances(a, b, order: order) }
    return name.hasPrefix("pairDistances ") ? a.pairDistances(order: order) : nil
  }

  private static func composed(_ name: String, _ x: [T]) throws -> T? {
    let (a, b) = (x[0], x[x.count - 1])
    let identity = T.identity(3)
    switch name {
    case "diagonal of batches": return T.diagonal(a, offset: 1)
    case "blockDiagonal": return T.blockDiagonal(x)
    case "cartesianProduct": return T.cartesianProduct(x)
    case "combinations": return a.combinations(3)
    case "combinations replacement": return a.combinations(2, replacement: true)
    case "uniqueConsecutive": return a.uniqueConsecutive().values
    case "multiDot", "multiDot vectors": return multiDot(x)
    case "vandermonde": return vandermonde(a, columns: 5)
    case "vandermonde square": return vandermonde(a)
    case "tensorInverse": return try tensorInverse(a)
    case "tensorSolve": return try tensorSolve(a, b)
    case "logDeterminant": return try logDeterminant(matmul(a, a.swappedAxes(-1, -2)) + identity)
    case "choleskyInverse":
      return try choleskyInverse(factor: cholesky(matmul(a, a.swappedAxes(-1, -2)) + identity))
    case "householderProduct": return householderProduct(a, b)
    case "addmm": return 0.5 * a + 2 * matmul(x[1], x[2])
    case "baddbmm": return a + matmul(x[1], x[2])
    case "addcdiv": return a + 0.5 * x[1] / (x[2].abs() + 1)
    case "dist": return vectorNorm(a - b, order: 3)
    case "softmin": return (-a).softmax(axis: 1)
    case "bilinear": return einsum("bi,oij,bj->bo", a, x[2], x[1]) + x[3]
    case "attention":
      let scores = matmul(a, x[1].swappedAxes(-1, -2)) / Double(a.shape[2]).squareRoot()
      return matmul(scores.softmax(axis: -1), x[2])
    case "channelShuffle": return a.reshaped(to: [2, 2, 3, 2, 2]).swappedAxes(1, 2).reshaped(to: a.shape)
    case "pixelShuffle":
      return a.reshaped(to: [1, 2, 2, 2, 2, 3]).permuted(0, 1, 4, 2, 5, 3).reshaped(to: [1, 2, 4, 6])
    case "localResponse":
      let squares = a.squared().padded([(0, 0), (1, 1), (0, 0)]).windows(3, axis: 1).mean(axis: -1)
      return a / (1 + 0.1 * squares).power(0.75)
    default: return nil
    }
  }

  private static func loss(_ name: String, _ x: [T]) -> T? {
    let (a, b) = (x[0], x[x.count - 1])
    switch name {
    case "huber":
      let d = (a - b).abs()
      return T.where(d .< 0.7, 0.5 * d * d, 0.7 * (d - 0.35)).mean()
    case "smoothL1":
      let d = (a - b).abs()
      return T.where(d .< 0.7, 0.5 * d * d / 0.7, d - 0.35).mean()
    case "softMargin": return (-([1, -1, 1, -1] * a)).softplus().mean()
    case "tripletMargin":
      return (pairwiseDistance(a, x[1]) - pairwiseDistance(a, b) + 1).relu().mean()
    case "gaussianNLL":
      let variance = b.abs() + 0.5
      return (0.5 * (variance.log() + (a - x[1]).squared() / variance)).mean()
    case "poissonNLL": return (a.exp() - b * a).mean()
    default: return nil
    }
  }

  private static func masked(_ name: String, _ x: [T]) -> T? {
    let a = x[0]
    let mask: Tensor<Bool> = [[true, false, true], [false, true, true]]
    switch name {
    case "masked sum": return T.where(mask, a, T(0)).sum(axis: 1)
    case "masked prod": return T.where(mask, a, T(1)).product(axis: 1)
    case "masked mean": return T.where(mask, a, T(0)).sum(axis: 1) / mask.sum(axis: 1).cast(to: Double.self)
    case "masked amax": return T.where(mask, a, T(-.infinity)).max(axis: 1)
    case "masked var": return T.where(mask, a, T(.nan)).nanVariance(axis: 1, correction: 1)
    case "masked softmax": return T.where(mask, a, T(-.infinity)).softmax(axis: 1)
    case "masked logsumexp": return T.where(mask, a, T(-.infinity)).logSumExp(axis: 1)
    default: return nil
    }
  }

  private static func several(_ name: String, _ x: [T]) throws -> [T]? {
    switch name {
    case "minMax":
      let (low, high) = x[0].minMax(axis: 1)
      return [low, high]
    case "polarDecomposition":
      let (unitary, positive) = try polarDecomposition(x[0])
      return [unitary, positive]
    default: return nil
    }
  }
}
