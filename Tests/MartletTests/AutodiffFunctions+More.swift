import Foundation
import Martlet

extension AutodiffFunctions {
  // MARK: Choices, joins and views

  static let joins: [String: Function] = [
    "where/two branches": { t in T.where(t[0] .> t[1], t[0] * t[1], t[0] - t[1]) },
    "where/a mask that broadcasts": { t in
      T.where(Tensor<Bool>([[true], [false], [true]]), t[0].exp(), t[1] * t[1])
    },
    "where/nested": { t in
      let x = t[0]
      return T.where(x .> 0.5, x * x, T.where(x .< -0.5, x.sin(), x * 3))
    },
    "join/concatenate, also with itself": { t in
      T.concatenate([t[0], t[1], t[0] * 2, t[1] * t[1]]).squared()
    },
    "join/stack along the last axis": { t in T.stack([t[0], t[1], t[0] * t[1]], axis: -1).sin() },
    "join/split into unequal parts": { t in
      let parts = t[0].split([1, 2, 3], axis: 1)
      return parts[0] * parts[1].sum() + parts[2] * parts[2] + parts[1][0..., ..<1]
    },
    "join/pad and flip": { t in
      let padded = t[0].padded([(0, 1), (1, 2)], with: 1.5)
      return padded * padded.reversed(axis: 1)
    },
    "view/transposed, sliced and reshaped": { t in
      t[0].transposed()[every(2)].reshaped(to: [2, 6]) * t[0][1..<3].reversed(axis: 1)
    },
    "view/permuted and broadcast": { t in
      t[0].permuted(2, 0, 1) * t[1].transposed() + t[1].broadcast(to: [3, 2]).transposed()
    },
    "view/swapped axes into a product": { t in matmul(t[0].swappedAxes(1, 2), t[1]) },
    "view/windows: a convolution": { t in
      (0..<3).map { matmul(t[0][$0..<($0 + 6)], t[1][$0]) }.reduce(T(0)) { $0 + $1 }
    },
    "view/max pooling with ties": { t in t[0].reshaped(to: [2, 2, 2]).max(axis: -1).squared() },
  ]

  // MARK: Products of matrices

  static let products: [String: Function] = [
    "matmul/batch": { matmul($0[0], $0[1]) },
    "matmul/shared right": { matmul($0[0], $0[1]) },
    "matmul/shared left": { matmul($0[0], $0[1]) },
    "matmul/batches that broadcast": { matmul($0[0], $0[1]) },
    "matmul/vector and vector": { matmul($0[0], $0[1]) },
    "matmul/matrix and vector": { matmul($0[0], $0[1]) },
    "matmul/vector and matrix": { matmul($0[0], $0[1]) },
    "matmul/strided and transposed operands": { t in
      matmul(t[0][every(2)].transposed(), t[1].transposed()[every(2, from: 1)])
    },
    "matmul/of itself, cubed": { t in matmul(matmul(t[0], t[0]), t[0].transposed()) },
    "matmul/quadratic form": { t in matmul(matmul(t[0], t[1]), t[0]) },
  ]

  // MARK: Normalisation and statistics

  static let normalisation: [String: Function] = [
    "normal/layer norm with scale and shift": { $0[0].layerNormalized(scale: $0[1], shift: $0[2]) },
    "normal/layer norm of large epsilon": { $0[0].layerNormalized(epsilon: 0.1) },
    "normal/batch norm": { t in
      let centred = t[0] - t[0].mean(axis: 0)
      return centred * (t[0].variance(axis: 0) + 1e-5).rsqrt() * t[1] + t[2]
    },
    "normal/root mean square norm": { t in
      t[0] * (t[0].squared().mean(axis: -1, keepDims: true) + 1e-6).rsqrt() * t[1]
    },
    "normal/variance": { $0[0].variance(axis: 1) },
    "normal/sample variance over two axes": { $0[0].variance(axes: [0, 2], keepDims: true, correction: 1) },
    "normal/standard deviation": { $0[0].standardDeviation(correction: 1) },
    "normal/log-sum-exp": { $0[0].logSumExp(axis: 1) },
    "normal/log-sum-exp of the first axis, large": { $0[0].logSumExp(axis: 0) },
    "normal/softmax of the first axis with a temperature": { ($0[0] / $0[1]).softmax(axis: 0) },
    "normal/Euclidean norms": { t in t[0].sumOfSquares().sqrt() * t[0].sumOfSquares(axis: 1).sqrt() },
    "normal/p-norm": { t in t[0].power(t[1]).sum(axis: 1).power(1 / t[1]) },
    "normal/cosine similarity": { t in
      let product = (t[0] * t[1]).sum(axis: 1)
      return product / (t[0].sumOfSquares(axis: 1) * t[1].sumOfSquares(axis: 1)).sqrt()
    },
    "normal/distances between all pairs": { t in
      (t[0].expandedDimension(at: 1) - t[1].expandedDimension(at: 0)).sumOfSquares(axis: -1).sqrt()
    },
    "normal/covariance": { t in
      let centred = t[0] - t[0].mean(axis: 0)
      return matmul(centred.transposed(), centred) / 4
    },
  ]

  // MARK: Extremes and kinks

  static let kinks: [String: Function] = [
    "kink/maximum and minimum with ties": { t in
      maximum(t[0], t[1]) * 2 + minimum(t[0], t[1]) * ([1, 2, 3, 4] as T)
    },
    "kink/largest and smallest along axes with ties": { t in t[0].max(axis: 1) + t[0].min(axis: 0) * 2 + t[0].max() },
    "kink/relu, abs, sign, floor at zero": { t in
      let x = t[0]
      return x.relu() + 3 * x.abs() + x.sign() * x + x.floor() * x
    },
    "kink/leaky relu, elu and selu at zero": { t in
      t[0].leakyRelu(slope: 0.25) + t[0].elu(alpha: 1.25) + t[0].selu()
    },
    "kink/clip inside, outside and at the bounds": { t in
      t[0].clamped(to: -1...1) * 3 + t[0].clamped(to: -1...1).squared()
    },
    "kink/products with zeros": { t in t[0].product(axis: 1) * t[0].product(axis: 0) },
  ]

  // MARK: Elementwise compositions

  static let elementwise: [String: Function] = [
    "element/powers": { t in t[0].power(t[1]) + t[1].power(3) + t[0].power(-0.5) + T(2).power(t[1]) },
    "element/power at a base of zero": { t in t[0].power(t[1]) },
    "element/atan2 and hypot": { t in t[0].atan2(t[1]) * t[0].hypot(t[1]) },
    "element/remainder": { t in t[0].remainder(t[1]) * t[0] },
    "element/trigonometric": { t in
      let x = t[0]
      return x.sin() * x.cos() + x.tan() + x.asin() * x.acos() - x.atan()
    },
    "element/hyperbolic": { t in
      let x = t[0]
      return x.sinh() * x.cosh() - x.tanh() + x.asinh() * x.atanh() + (x + 3).acosh()
    },
    "element/exponentials and logarithms": { t in
      let x = t[0]
      let first = x.exp() * x.log() + x.expm1() * x.log1p() + x.exp2() * x.log2()
      return first - x.log10() + x.sqrt() * x.rsqrt() / x
    },
    "element/error functions": { t in t[0].erf() * (t[0] / 2).erfc() + (t[0].squared() + 1).reciprocal() },
    "element/entropy of a softmax": { t in
      let p = t[0].softmax()
      return -(p * p.log()).sum(axis: -1)
    },
    "element/a variable that takes no part": { t in t[0] * t[0] },
    "element/one variable in many places": { t in
      let x = t[0]
      let y = x * x
      let z = y + x * y
      return z * y + z.sum() * x + (x * z).mean()
    },
  ]

  // MARK: Larger pieces

  static let models: [String: Function] = [
    "model/recurrent, shared weights": { t in
      (0..<4).reduce(T.zeros([5])) { h, step in
        (matmul(t[1], t[0][step]) + matmul(t[2], h) + t[3]).tanh()
      }
    },
    "model/long short-term memory cell": { t in
      let gates = linear(T.concatenate([t[0], t[1]], axis: -1), weight: t[3], bias: t[4]).split(4, axis: -1)
      let c = gates[1].sigmoid() * t[2] + gates[0].sigmoid() * gates[2].tanh()
      return gates[3].sigmoid() * c.tanh()
    },
    "model/causal attention": { t in
      func heads(_ weight: T) -> T { matmul(t[0], weight).reshaped(to: [2, 4, 2, 3]).swappedAxes(1, 2) }
      let (q, k, v) = (heads(t[1]), heads(t[2]), heads(t[3]))
      let places = Tensor<Int64>.arange(4)
      let mask = places.expandedDimension(at: 1) .>= places
      let scores = T.where(mask, matmul(q, k.swappedAxes(-1, -2)) / 3.0.squareRoot(), T(-1e9))
      return matmul(scores.softmax(), v).swappedAxes(1, 2).reshaped(to: [2, 4, 6])
    },
    "model/transformer block": { t in
      let x = t[0]
      let h = x.layerNormalized(scale: t[6], shift: t[7])
      let attended = x + matmul(matmul((matmul(h, h.transposed()) / 2).softmax(), h), t[1])
      let inner = linear(attended.layerNormalized(scale: t[6], shift: t[7]), weight: t[2], bias: t[3]).gelu()
      return attended + linear(inner, weight: t[4], bias: t[5])
    },
    "model/radial basis functions": { t in
      let squares = (t[0].expandedDimension(at: 1) - t[1].expandedDimension(at: 0)).squared().sum(axis: -1)
      return matmul((-squares * t[2].exp()).exp(), t[3])
    },
    "model/mixture of experts": { t in
      let p = matmul(t[0], t[1].transposed()).softmax()
      return einsum("ne,neo->no", p, einsum("ni,eoi->neo", t[0], t[2]).tanh())
    },
    "model/unrolled gradient descent": { t in
      let symmetric = t[1] + t[1].transposed()
      return (0..<3).reduce(t[0]) { x, _ in x - t[2] * matmul(symmetric, x).tanh() }.squared().sum()
    },
  ]

  // MARK: Functions with Hessians

  /// Scalar-valued functions of one tensor.
  static let scalars: [String: @Sendable (T) -> T] = [
    "rosenbrock": { x in
      (100 * (x[1...] - x[..<(-1)].squared()).squared() + (1 - x[..<(-1)]).squared()).sum()
    },
    "quadratic form": { a in
      let v: T = [1, -2, 0.5]
      return matmul(matmul(matmul(v, a.transposed()), a), v)
    },
    "logistic regression": { w in
      let x: T = [[1, 2, -1], [0.5, -1, 2], [-2, 0.3, 1], [1, 1, 1]]
      return binaryCrossEntropy(logits: matmul(x, w), expected: [1, 0, 1, 0])
    },
    "cross-entropy": { x in crossEntropy(logits: x, labels: labels([3, 0, 2])) },
    "tanh net by its weights": { p in
      let x: T = [[0.5, -1], [1.5, 0.3], [-0.7, 0.9]]
      let h = linear(x, weight: p[..<8].reshaped(to: [4, 2]), bias: p[8..<12], activation: .tanh)
      return mse(linear(h, weight: p[12..<16].reshaped(to: [1, 4]), bias: p[16..<17]), [[1], [-1], [0.5]])
    },
    "smooth activations": { x in
      let first = x.gelu() + x.gelu(approximate: true) * 2 + x.silu() * 3 + x.mish() * 4
      let second = x.softplus() * x + x.logSigmoid() + x.sigmoid() * x.tanh() + x.elu() * x + x.selu() * 2
      return (first + second).sum()
    },
    "log-sum-exp and softmax": { x in
      x.logSumExp(axis: 1).squared().sum() + (x.softmax() * x).sum() + x.logSoftmax(axis: 0)[0].product()
    },
    "layer norm": { x in (x.layerNormalized() * T.arange(8).reshaped(to: [2, 4]).sin()).sum().squared() },
    "variance and norms": { x in
      x.variance(axis: 1).log().sum() + x.sumOfSquares().sqrt() + x.sumOfSquares(axis: 0).sqrt().product()
    },
    "products, one of them with zeros": { x in
      x.product(axis: 1).sum() * 2 + x.product(axis: 0).sum() * x.sum()
    },
    "running product with a zero": { x in
      (x.cumulativeProduct(axis: 0) * T.arange(1, 5)).sum() + x.cumulativeSum(axis: 0).product()
    },
    "powers": { x in
      (x.power(3) + x.power(-0.5) + x.power(x) + T(2).power(x)).sum() + x[0].power(x[1]) * x[2].squared()
    },
    "polar coordinates": { x in (x[0].atan2(x[1]) * x[0].hypot(x[1])).sum() },
    "elementary functions": { x in
      let first = x.sin() * x.cos() + x.tan() + x.asin() * x.acos() + x.atan() * x.sinh() + x.cosh() * x.asinh()
      let second = x.atanh() + (x + 2).acosh() + x.log() * x.log1p() + x.log2() * x.exp2() + x.log10()
      return (first + second + x.expm1() * x.erf() + x.erfc() * x.sqrt() + x.rsqrt() + x.reciprocal()).sum()
    },
    "einsum and sorting": { x in
      einsum("ij,jk,ki->", x, x, x.sorted(axis: 1)) + einsum("ii->i", x).exp().product()
    },
    "gather, scatter and assignment": { x in
      let y = x.take(Tensor<Int64>([0, 2, 2, 4])).power(3)
      var z = (x * x).adding(rows: y, at: Tensor<Int64>([1, 1, 3, 0]))
      z[2..<4] = z[0..<2] * x[3..<5]
      return (z * x).sum()
    },
    "where, maximum and clipping off their kinks": { x in
      let y = T.where(x .> 0.1, x.power(3), x.sin()) * maximum(x, x * x - 0.3)
      return (y * x.clamped(to: -1.2...1.2)).sum() * x.max() + x.relu().squared().sum()
    },
  ]
}
