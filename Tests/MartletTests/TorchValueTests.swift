import Martlet
import MartletPlatform
import TestSupport
import Testing

/// Values and gradients of `torch-values.safetensors`, in double precision.
///
/// Every case of the file must be known here and every function here must have a case.
@Suite struct TorchValueTests {
  private typealias Function = @Sendable ([Tensor<Double>]) -> Tensor<Double>

  @Test func `values and gradients agree`() throws {
    let fixture = try Fixture("torch-values")
    let cases = fixture.tensors.keys
      .filter { $0.hasSuffix(".output") }
      .map { String($0.dropLast(".output".count)) }
      .sorted()
    #expect(cases.count > 150)
    var used = Set<String>()

    for name in cases {
      let family = String(name.prefix { $0 != "/" })
      let key = Self.functions[name] == nil ? family : name
      guard let function = Self.functions[key] else {
        Issue.record("no function for the case '\(name)'")
        continue
      }
      used.insert(key)

      var inputs: [Tensor<Double>] = []
      while fixture.tensors["\(name).input\(inputs.count)"] != nil {
        inputs.append(try fixture.tensor("\(name).input\(inputs.count)"))
      }
      let expected: Tensor<Double> = try fixture.tensor("\(name).output")
      let output = function(inputs)
      let wrong = difference(output, expected, tolerance: 1e-12, floor: Self.floor(family, expected))
      #expect(wrong == nil, "\(name): \(wrong ?? "")")

      guard fixture.tensors["\(name).cotangent"] != nil else { continue }
      let cotangent: Tensor<Double> = try fixture.tensor("\(name).cotangent")
      let gradients = gradient(at: inputs) { (function($0) * cotangent).sum() }
      for (index, gradient) in gradients.enumerated() {
        let expected: Tensor<Double> = try fixture.tensor("\(name).gradient\(index)")
        let wrong = difference(gradient, expected, tolerance: 1e-11, floor: Self.gradientFloor(family, expected))
        #expect(wrong == nil, "\(name), gradient \(index): \(wrong ?? "")")
      }
    }
    #expect(used == Set(Self.functions.keys))
  }

  /// The magnitude below which errors count as absolute. Functions of one number are held to relative errors all the
  /// way down to 1e-300; sums of products carry the rounding of their largest term.
  private static func floor(_ family: String, _ expected: Tensor<Double>) -> Double {
    elementwise.contains(family) ? 1e-300 : 1
  }

  /// The same for gradients: 1 - y² carries the rounding of y² where a product and a sum are not fused.
  private static func gradientFloor(_ family: String, _ expected: Tensor<Double>) -> Double {
    family == "tanh" && mk_processor_features() & 1 == 0 ? 1e-3 : floor(family, expected)
  }

  private static let elementwise: Set<String> = [
    "negate", "abs", "sign", "squared", "reciprocal", "sqrt", "rsqrt", "exp", "exp2", "log1p", "expm1", "atan", "asin",
    "sinh", "tanh", "asinh", "atanh", "erf", "relu", "sigmoid", "add", "subtract", "multiply",
  ]

  private static let functions: [String: Function] =
    unary.mapValues { function -> Function in { function($0[0]) } }
    .merging(
      binary.mapValues { function -> Function in { function($0[0], $0[1]) } }, uniquingKeysWith: { first, _ in first }
    )
    .merging(products, uniquingKeysWith: { first, _ in first })
    .merging(rows, uniquingKeysWith: { first, _ in first })
    .merging(reductions, uniquingKeysWith: { first, _ in first })
    .merging(views, uniquingKeysWith: { first, _ in first })

  private static let unary: [String: @Sendable (Tensor<Double>) -> Tensor<Double>] = [
    "negate": { -$0 }, "abs": { $0.abs() }, "sign": { $0.sign() }, "squared": { $0.squared() },
    "reciprocal": { $0.reciprocal() }, "sqrt": { $0.sqrt() }, "rsqrt": { $0.rsqrt() },
    "exp": { $0.exp() }, "expm1": { $0.expm1() }, "exp2": { $0.exp2() },
    "log": { $0.log() }, "log1p": { $0.log1p() }, "log2": { $0.log2() }, "log10": { $0.log10() },
    "sin": { $0.sin() }, "cos": { $0.cos() }, "tan": { $0.tan() },
    "asin": { $0.asin() }, "acos": { $0.acos() }, "atan": { $0.atan() },
    "sinh": { $0.sinh() }, "cosh": { $0.cosh() }, "tanh": { $0.tanh() },
    "asinh": { $0.asinh() }, "acosh": { $0.acosh() }, "atanh": { $0.atanh() },
    "erf": { $0.erf() }, "erfc": { $0.erfc() },
    "floor": { $0.floor() }, "ceil": { $0.ceil() }, "round": { $0.round() }, "trunc": { $0.trunc() },
    "relu": { $0.relu() }, "sigmoid": { $0.sigmoid() }, "softplus": { $0.softplus() },
    "logSigmoid": { $0.logSigmoid() }, "gelu": { $0.gelu() }, "geluTanh": { $0.gelu(approximate: true) },
    "silu": { $0.silu() }, "mish": { $0.mish() }, "selu": { $0.selu() },
    "leakyRelu": { $0.leakyRelu() }, "elu": { $0.elu() }, "clipped": { $0.clamped(to: -0.7...2) },
  ]

  private static let binary: [String: @Sendable (Tensor<Double>, Tensor<Double>) -> Tensor<Double>] = [
    "add": { $0 + $1 }, "subtract": { $0 - $1 }, "multiply": { $0 * $1 }, "divide": { $0 / $1 },
    "maximum": { maximum($0, $1) }, "minimum": { minimum($0, $1) }, "power": { $0.power($1) },
    "atan2": { $0.atan2($1) }, "hypot": { $0.hypot($1) }, "remainder": { $0.remainder($1) },
  ]

  private static let products: [String: Function] = [
    "matmul": { matmul($0[0], $0[1]) },
    "matmul/left transposed": { matmul($0[0].transposed(), $0[1]) },
    "matmul/right transposed": { matmul($0[0], $0[1].transposed()) },
    "matmul/rows skipped": { matmul($0[0][TensorIndex.slice(from: nil, to: nil, step: 2)], $0[1]) },
    "matmul/columns skipped": { matmul($0[0][0..., TensorIndex.slice(from: nil, to: nil, step: 2)], $0[1]) },
    "linear/identity": { linear($0[0], weight: $0[1], bias: $0[2]) },
    "linear/relu": { linear($0[0], weight: $0[1], bias: $0[2], activation: .relu) },
    "linear/tanh": { linear($0[0], weight: $0[1], bias: $0[2], activation: .tanh) },
    "linear/sigmoid": { linear($0[0], weight: $0[1], bias: $0[2], activation: .sigmoid) },
    "linear/no bias": { linear($0[0], weight: $0[1]) },
  ]

  private static let rows: [String: Function] = [
    "softmax": { $0[0].softmax() },
    "softmax/first axis": { $0[0].softmax(axis: 0) },
    "logSoftmax": { $0[0].logSoftmax() },
    "logSoftmax/first axis": { $0[0].logSoftmax(axis: 0) },
    "logSumExp": { $0[0].logSumExp(axis: -1) },
    "logSumExp/first axis": { $0[0].logSumExp(axis: 0) },
    "crossEntropy/each": { softmaxCrossEntropy(logits: $0[0], labels: Tensor<Int32>([4, 0, 2])) },
    "crossEntropy/mean": { crossEntropy(logits: $0[0], labels: Tensor<Int32>([4, 0, 2])) },
    "crossEntropy/large": { softmaxCrossEntropy(logits: $0[0], labels: Tensor<Int32>([1, 2])) },
  ]

  private static let reductions: [String: Function] = [
    "sum/all": { $0[0].sum() },
    "sum/axis 1": { $0[0].sum(axis: 1) },
    "sum/axes 0 2 kept": { $0[0].sum(axes: [0, 2], keepDims: true) },
    "sum/no elements": { $0[0].sum(axis: 0) },
    "mean/all": { $0[0].mean() },
    "mean/axis -1": { $0[0].mean(axis: -1) },
    "max/axis 0": { $0[0].max(axis: 0) },
    "min/axis 2 kept": { $0[0].min(axis: 2, keepDims: true) },
    "variance/axis 1": { $0[0].variance(axis: 1) },
  ]

  private static let mask: Tensor<Bool> = [[true, false, true], [false, false, true]]

  private static let views: [String: Function] = [
    "transposed/matrix": { $0[0].transposed() },
    "permuted/2 0 1": { $0[0].permuted(2, 0, 1) },
    "reshaped/4 6": { $0[0].reshaped(to: [4, 6]) },
    "reshaped/of a transpose": { $0[0].transposed().reshaped(to: [6, 4]) },
    "broadcast/2 3 4": { $0[0].broadcast(to: [2, 3, 4]) },
    "sliced/axis 2 by 2": { $0[0][0..., 0..., TensorIndex.slice(from: 0, to: 4, step: 2)] },
    "reversed/axis 1": { $0[0].reversed(axis: 1) },
    "gathered/rows": { $0[0].take(Tensor<Int64>([2, 0, 2, 1])) },
    "gathered/columns": { $0[0].take(Tensor<Int64>([3, 3, 0]), axis: 1) },
    "concatenated/axis 1": { Tensor.concatenate([$0[0], $0[1]], axis: 1) },
    "stacked/axis 0": { Tensor.stack([$0[0], $0[1]]) },
    "where/mask": { Tensor.where(mask, $0[0], $0[1]) },
  ]
}
