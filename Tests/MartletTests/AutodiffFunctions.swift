import Martlet

/// The functions of `Tests/Fixtures/make_autodiff_fixtures.py`, under the same names.
enum AutodiffFunctions {
  typealias T = Tensor<Double>
  typealias Function = @Sendable ([T]) -> T

  /// Of tensors of any shape.
  static let all: [String: Function] = [
    nets, losses, einsums, indexing, order, joins, products, normalisation, kinks, elementwise, models,
  ].reduce([:]) { $0.merging($1) { _, _ in fatalError("two functions have one name") } }

  static func labels(_ values: [Int32]) -> Tensor<Int32> { Tensor(values) }
  static func every(_ step: Int, from start: Int? = nil) -> TensorIndex { .slice(from: start, to: nil, step: step) }
  static func mse(_ a: T, _ b: T) -> T { meanSquaredError(predicted: a, expected: b) }

  // MARK: Nets

  private static let activations: [String: ActivationFunction] = [
    "identity": .identity, "relu": .relu, "leakyReLU 0.25": .leakyReLU(slope: 0.25), "elu": .elu(),
    "elu 1.25": .elu(alpha: 1.25), "selu": .selu, "gelu": .gelu, "geluTanh": .geluTanh, "silu": .silu, "mish": .mish,
    "sigmoid": .sigmoid, "tanh": .tanh, "softplus": .softplus, "softmax": .softmax, "logSoftmax": .logSoftmax,
  ]

  private static let nets: [String: Function] = {
    var nets: [String: Function] = [
      "net/fused relu, tanh and sigmoid": { t in
        let h = linear(t[0], weight: t[1], bias: t[2], activation: .relu)
        return linear(
          linear(h, weight: t[3], bias: t[4], activation: .tanh), weight: t[5], bias: t[6], activation: .sigmoid)
      },
      "net/leaky relu of slope 0.01 and log sigmoid": { t in
        matmul(t[0], t[1].transposed()).leakyRelu().logSigmoid()
      },
    ]
    for (name, activation) in activations {
      nets["net/\(name)"] = { t in
        mse(linear(activation(linear(t[0], weight: t[1], bias: t[2])), weight: t[3], bias: t[4]), t[5])
      }
    }
    return nets
  }()

  // MARK: Losses

  private static let losses: [String: Function] = [
    "loss/mean squared error": { mse($0[0], $0[1]) },
    "loss/mean absolute error": { meanAbsoluteError(predicted: $0[0], expected: $0[1]) },
    "loss/mean absolute error where equal": { meanAbsoluteError(predicted: $0[0], expected: $0[1]) },
    "loss/binary cross-entropy": { binaryCrossEntropy(logits: $0[0], expected: $0[1]) },
    "loss/binary cross-entropy of large logits": { binaryCrossEntropy(logits: $0[0], expected: $0[1]) },
    "loss/cross-entropy": { crossEntropy(logits: $0[0], labels: labels([2, 0, 1, 2])) },
    "loss/cross-entropy of a net": { t in
      let h = linear(t[0], weight: t[1], bias: t[2]).gelu()
      return crossEntropy(logits: linear(h, weight: t[3], bias: t[4]), labels: labels([2, 0, 1, 2]))
    },
    "loss/cross-entropy each, weighted": { t in
      softmaxCrossEntropy(logits: t[0], labels: labels([2, 0, 1, 2])) * t[1]
    },
    "loss/negative log likelihood": { t in
      let picks = Tensor<Int64>([[2], [0], [1], [2]])
      return -t[0].logSoftmax().takeAlong(picks, axis: 1).mean()
    },
    "loss/Kullback-Leibler divergence": { t in (t[1] * (t[1].log() - t[0].logSoftmax())).sum(axis: -1) },
    "loss/Huber": { t in
      let distance = (t[0] - t[1]).abs()
      return T.where(distance .< 0.7, distance.squared() * 0.5, (distance - 0.35) * 0.7).mean()
    },
    "loss/hinge": { t in maximum(1 - t[0] * t[1], T(0)).mean() },
    "loss/Gaussian with a learnt variance": { t in
      ((t[1] - t[0]).squared() * (-t[2]).exp() * 0.5 + t[2] * 0.5).mean()
    },
    "loss/contrastive": { t in
      func normalised(_ x: T) -> T { x / x.sumOfSquares(axis: -1, keepDims: true).sqrt() }
      let logits = matmul(normalised(t[0]), normalised(t[1]).transposed()) / 0.5
      let diagonal = labels([0, 1, 2, 3])
      return
        (crossEntropy(logits: logits, labels: diagonal)
        + crossEntropy(logits: logits.transposed(), labels: diagonal)) / 2
    },
  ]

  // MARK: einsum

  private static let einsums: [String: Function] = {
    let expressions = [
      "ij,jk->ik", "ij,kj", "ij,jk", "ba", "ij,ij", "i,j->ij", "ii->i", "ii", "ij->", "bij,bjk->bik", "bij,jk->kib",
      "bhqd,bhkd->bhqk", "ij,jk,kl->il", "a,ab,bc,c->", "bij,bjk,bk->bi", "ijk,jil->kl", "aab,bc->ac", "ij,ij,ij->i",
      "nc,cd,nd->n",
    ]
    var functions: [String: Function] = [
      "einsum/attention": { t in
        let scores = einsum("bqhd,bkhd->bhqk", t[0], t[1]) / 2
        return einsum("bhqk,bkhd->bqhd", scores.softmax(), t[2])
      }
    ]
    for expression in expressions {
      functions["einsum/\(expression)"] = { t in
        switch t.count {
        case 1: einsum(expression, t[0])
        case 2: einsum(expression, t[0], t[1])
        case 3: einsum(expression, t[0], t[1], t[2])
        default: einsum(expression, t[0], t[1], t[2], t[3])
        }
      }
    }
    return functions
  }()

  // MARK: Indexing

  private static let indexing: [String: Function] = [
    "index/element, slice, step and ellipsis": { t in
      let x = t[0]
      let first = x[1, 2, 3] * x[0..<2, 1] * x[TensorIndex.ellipsis, 2].sum()
      return first + x[-1, every(2)].sum(axis: 0) * x[2, 3, 1...].sum()
    },
    "index/backwards": { t in t[0][every(-1)][every(2)] * t[0][..<3].squared() },
    "index/new axis": { t in (t[0][0..., TensorIndex.newAxis] * t[1][TensorIndex.newAxis]).sin() },
    "index/assign a slice": { t in
      var z = t[0] * 2
      z[0..<2, 1] = t[1] * t[1]
      return z * t[0]
    },
    "index/assign a scalar to a block": { t in
      var z = t[0].tanh()
      z[1..., 2...] = t[1]
      return z * z
    },
    "index/assign with a step, and again": { t in
      var z = t[0]
      z[every(2)] = t[1] * t[0][..<3]
      z[1..<3] = t[2] * z[3..<5]
      return z * t[0]
    },
    "index/add to a row in place": { t in
      var z = t[0] * t[0]
      z[1] *= t[1]
      z[2] += z[1] * z[0]
      return z
    },
    "index/assign into a constant": { t in
      var z = T.zeros([3, 4])
      z[0] = t[0]
      z[2, 1..<3] = t[1] * t[0][0]
      return z * z + z
    },
    "index/replace rows": { t in
      var z = t[0] * t[0]
      z[rows: Tensor<Int64>([3, 0])] = t[1].sin()
      return z * t[0]
    },
    "index/read rows twice": { t in t[0][rows: Tensor<Int64>([[2, 0], [2, 3]])].exp() },
    "scatter/add rows, indices repeated": { t in
      t[0].adding(rows: t[1] * t[1], at: Tensor<Int64>([1, 3, 1, 1, 0])).squared()
    },
    "gather/embedding and mean": { t in
      matmul(t[0].take(Tensor<Int64>([[0, 5, 5], [2, 0, 0]])).mean(axis: 1), t[1]).tanh()
    },
    "gather/columns": { t in t[0].take(Tensor<Int64>([3, 0, 3, 1]), axis: 1).squared() },
    "gather/along the last axis": { t in
      t[0].sin().takeAlong(Tensor<Int64>([[0, 0], [3, 1], [2, 2]]), axis: 1)
    },
    "gather/along the first axis": { t in
      (t[0] * t[0]).takeAlong(Tensor<Int64>([[2, 1, 0, 2], [2, 2, 0, 0]]), axis: 0)
    },
  ]

  // MARK: Order and running totals

  private static let order: [String: Function] = [
    "order/sorted": { $0[0].sorted() * T.arange(1, 6) },
    "order/sorted downwards along the first axis": { $0[0].sorted(axis: 0, descending: true).power(3) },
    "order/sorted with ties": { $0[0].sorted() * T.arange(1, 5) },
    "order/largest two": { $0[0].topK(2).values.exp() },
    "order/smallest two of the first axis": { $0[0].topK(2, axis: 0, largest: false).values.squared() },
    "order/median by sorting": { $0[0].sorted(axis: 1)[0..., 2] },
    "running/sum": { ($0[0] * $0[0]).cumulativeSum(axis: 1) * $0[0] },
    "running/sum along the first axis": { $0[0].cumulativeSum(axis: 0).squared() },
    "running/product": { $0[0].cumulativeProduct(axis: 1) },
    "running/product along the first axis": { $0[0].cumulativeProduct(axis: 0).sin() },
    "running/product with one zero and with more": { $0[0].cumulativeProduct(axis: 1) },
    "running/discounted returns": { t in
      (t[0] * t[1].broadcast(to: [5]).cumulativeProduct(axis: 0)).cumulativeSum(axis: 0)
    },
  ]
}
