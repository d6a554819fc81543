import LayerSamples
import Martlet
import MartletCore
import MartletNumerics
import Testing

@testable import MartletONNX

/// A model that is exported, with inputs and what it makes of them.
struct ExportSample: Sendable, CustomTestStringConvertible {
  /// An input or output of a file, by name.
  enum Column {
    case tensor(AnyTensor)
    /// Texts `[n, 1]` or `[n]`, where nil is missing.
    case texts([String?], isColumn: Bool)
  }

  struct Case {
    let inputs: [(name: String, column: Column)]
    /// What the file computes; empty where it has to fail.
    let outputs: [(name: String, column: Column)]
  }

  let name: String
  let make: @Sendable () throws -> (model: ONNXModel, cases: [Case])

  var testDescription: String { name }
}

/// A model of some tensors of one type.
final class Function<Scalar: TensorScalar>: Layer {
  let inner: (any Module)?
  private let function: ([Tensor<Scalar>]) -> Tensor<Float>

  init(_ inner: (any Module)? = nil, _ function: @escaping ([Tensor<Scalar>]) -> Tensor<Float>) {
    self.inner = inner
    self.function = function
  }

  func forward(_ inputs: [Tensor<Scalar>]) -> Tensor<Float> { function(inputs) }
}

extension ExportSample {
  static let all: [ExportSample] = layers + functions + tables

  /// A model of tensors, run on batches of one row and of five.
  private static func model<Scalar: TensorScalar>(
    _ name: String, batch: @escaping @Sendable (Int) -> [Tensor<Scalar>],
    _ make: @escaping @Sendable () -> Function<Scalar>
  ) -> ExportSample {
    ExportSample(name: name) {
      let model = withRandomSeed(1) { make() }
      let example = batch(1)
      let predictor = try model.predictor(example: example)
      let cases = try [1, 5].map { rows in
        let inputs = batch(rows)
        let names = inputs.count == 1 ? ["input"] : inputs.indices.map { "input_\($0)" }
        return Case(
          inputs: zip(names, inputs).map { ($0, .tensor($1.erased)) },
          outputs: [("output", .tensor(try predictor.predict(inputs).erased))])
      }
      return (try ONNXModel(model, example, nil, nil, ["note": name]), cases)
    }
  }

  // MARK: Layers

  private static let layers: [ExportSample] = LayerSample.all.filter(isExported).map { sample in
    switch sample.inputs[0] {
    case .floats:
      model(sample.testDescription, batch: { sample.batch($0).map { Tensor<Float>(unchecked: $0) } }) {
        let layer = sample.make()
        setStatistics(of: layer.module)
        return Function(layer.module) { layer.run($0.map(\.erased)) }
      }
    case .indices:
      model(sample.testDescription, batch: { sample.batch($0).map { Tensor<Int64>(unchecked: $0) } }) {
        let layer = sample.make()
        return Function(layer.module) { layer.run($0.map(\.erased)) }
      }
    }
  }

  /// One that normalises by the batch itself is no function of a row; one that counts its indices cannot be written down.
  static func isExported(_ sample: LayerSample) -> Bool { !sample.mixesRows && sample.type != "EmbeddingBag" }

  /// Running statistics as training makes them, but the same on every processor.
  private static func setStatistics(of module: any Module) {
    for (path, variable) in module.buffers() where !path.hasSuffix("num_batches_tracked") {
      let row = (0..<variable.value.count).map { Float($0 % 3) * 0.25 + 0.5 }
      variable.value = Tensor(row).reshaped(to: variable.value.shape).erased
    }
  }

  // MARK: Functions

  private static func function(
    _ name: String, _ shape: Shape = [6], in range: ClosedRange<Float> = -3...3,
    _ function: @escaping @Sendable (Tensor<Float>) -> Tensor<Float>
  ) -> ExportSample {
    model(name, batch: { [numbers(Shape([$0] + shape), in: range)] }) { Function { function($0[0]) } }
  }

  /// Numbers at even distances, in no order.
  private static func numbers(_ shape: Shape, in range: ClosedRange<Float>) -> Tensor<Float> {
    let count = shape.elementCount
    let scalars = (0..<count).map { index in
      range.lowerBound + (range.upperBound - range.lowerBound) * Float(index * 37 % 101) / 100
    }
    return Tensor(shape: shape, scalars: scalars)
  }

  private static let functions: [ExportSample] = elementwise + pairs + shapes + reductions

  private static let elementwise: [ExportSample] = [
    function("abs") { $0.abs() }, function("sign") { $0.sign() }, function("negate") { -$0 },
    function("square") { $0.squared() }, function("sqrt", in: 0...4) { $0.sqrt() },
    function("rsqrt", in: 0.1...4) { $0.rsqrt() }, function("cbrt") { $0.cbrt() },
    function("reciprocal", in: 0.2...4) { $0.reciprocal() }, function("exp") { $0.exp() },
    function("expm1") { $0.expm1() }, function("expm1 near 0", in: -1e-4...1e-4) { $0.expm1() },
    function("exp2") { $0.exp2() }, function("log", in: 0.1...9) { $0.log() },
    function("log1p", in: -0.9...3) { $0.log1p() }, function("log1p near 0", in: -1e-5...1e-5) { $0.log1p() },
    function("log2", in: 0.1...9) { $0.log2() }, function("log10", in: 0.1...9) { $0.log10() },
    function("sin") { $0.sin() }, function("cos") { $0.cos() }, function("tan", in: -1.2...1.2) { $0.tan() },
    function("asin", in: -1...1) { $0.asin() }, function("acos", in: -1...1) { $0.acos() },
    function("atan") { $0.atan() }, function("sinh") { $0.sinh() }, function("cosh") { $0.cosh() },
    function("tanh") { $0.tanh() }, function("asinh") { $0.asinh() }, function("acosh", in: 1...4) { $0.acosh() },
    function("atanh", in: -0.9...0.9) { $0.atanh() }, function("erf") { $0.erf() },
    function("erfc", in: -2...1) { $0.erfc() }, function("sinc") { $0.sinc() },
    function("logit", in: 0.05...0.95) { $0.logit() }, function("floor") { $0.floor() },
    function("ceil") { $0.ceil() }, function("round") { ($0 * 2).round() }, function("trunc") { $0.trunc() },
    function("frac") { $0.frac() }, function("gelu") { $0.gelu() },
    function("geluTanh") { $0.gelu(approximate: true) }, function("selu") { $0.selu() },
    function("isNaN") { ($0 - 1).log().isNaN().cast(to: Float.self) },
    function("isFinite") { ($0 - $0).log().isFinite().cast(to: Float.self) },
  ]

  private static func pair(
    _ name: String, in range: ClosedRange<Float> = -3...3,
    _ function: @escaping @Sendable (Tensor<Float>, Tensor<Float>) -> Tensor<Float>
  ) -> ExportSample {
    let batch: @Sendable (Int) -> [Tensor<Float>] = { rows in
      let first = numbers([rows, 6], in: range)
      return [first, first.reversed(axis: 1) * 0.75]
    }
    return model(name, batch: batch) { Function { function($0[0], $0[1]) } }
  }

  private static let pairs: [ExportSample] = [
    pair("arithmetic") { ($0 + $1) * ($0 - $1) }, pair("divide", in: 0.5...3) { $0 / $1 },
    pair("power", in: 0.5...2) { pow($0, $1) }, pair("minimum and maximum") { minimum($0, $1) - maximum($0, $1) },
    pair("hypot") { hypot($0, $1) }, pair("logAddExp") { logAddExp($0, $1) },
    pair("remainder", in: 0.5...3) { $0.remainder($1) },
    pair("where") { Tensor.where($0 .> $1, $0, $1 * 2) },
    pair("comparisons") { a, b in
      let masks = [a .== b, a .!= b, a .< b, a .<= b, a .> b, a .>= b]
      return masks.map { $0.cast(to: Float.self) }.reduce(a) { $0 * 2 + $1 }
    },
    pair("logic") { a, b in
      let (p, q) = (a .> 0, b .> 0)
      return ((p .& q) .| .!(p .^ q)).cast(to: Float.self)
    },
    pair("clamp") { a, b in a.clamped(to: -1...1) + b.clamped(to: 0...2) },
  ]

  private static let shapes: [ExportSample] = [
    function("reshape", [2, 6]) { $0.reshaped(to: [-1, 4, 3]) },
    function("flatten", [2, 3, 2]) { $0.reshaped(to: [$0.shape[0], -1]) },
    function("rows that multiply", [2, 6]) { $0.reshaped(to: [-1, 6]).tanh().reshaped(to: [-1, 2, 6]) },
    function("permute", [2, 3, 4]) { $0.permuted(0, 3, 1, 2) },
    function("slices", [7, 5]) { $0[.all, 1..<6, .slice(step: 2)] },
    function("a column", [7, 5]) { $0[.all, 3] }, function("reversed", [5]) { $0.reversed(axis: 1) },
    function("new axes", [3]) { $0.expandedDimension(at: 1) * Tensor<Float>([1, 2]).expandedDimension(at: 1) },
    function("broadcast", [1, 3]) { $0.broadcast(to: [$0.shape[0], 4, 3]) },
    function("split", [6]) { x in
      let parts = x.split([2, 4], axis: 1)
      return .concatenate([parts[1], parts[0] * 2, x], axis: 1)
    },
    function("pad with zeros", [3]) { .concatenate([Tensor.zeros([$0.shape[0], 2]), $0], axis: 1) },
    function("stack", [3]) { .stack([$0, $0 * 2], axis: 1) },
    function("take", [5]) { $0[.all, Tensor<Int64>([4, 0, 0])] },
    function("takeAlong", [5]) { $0.takeAlong($0.argSort(), axis: 1) },
    function("several index tensors", [4, 5]) { $0[.all, Tensor<Int64>([3, -1]), Tensor<Int64>([-5, 2])] },
    function("cast", [4]) {
      ($0 * 3).cast(to: Int32.self).cast(to: Float.self) + $0.cast(to: Double.self).cast(to: Float.self)
    },
    function("matmul", [4, 3]) { matmul($0, $0.swappedAxes(1, 2)) },
    function("batched product", [4, 3]) { matmul($0, Tensor<Float>.ones([3, 2])) },
  ]

  private static let reductions: [ExportSample] = [
    function("sum", [4, 3]) { $0.sum(axis: 1) }, function("mean", [4, 3]) { $0.mean(axes: [1, 2]) },
    function("product", [3]) { $0.product(axis: 1) }, function("extremes", [4]) { $0.max(axis: 1) - $0.min(axis: 1) },
    function("variance", [6]) { $0.variance(axis: 1) }, function("sumOfSquares", [6]) { $0.sumOfSquares(axes: [1]) },
    function("any and all", [4]) { x in
      (x .> 2).any(axis: 1).cast(to: Float.self) + (x .> -2).all(axis: 1).cast(to: Float.self) * 2
    },
    function("logSumExp", [6]) { $0.logSumExp(axis: -1) }, function("softmax", [6]) { $0.softmax(axis: -1) },
    function("argMax", [6]) { ($0.argMax(axis: 1) * 10 + $0.argMin(axis: 1)).cast(to: Float.self) },
    function("topK", [6]) { $0.topK(2).values }, function("sorted", [6]) { $0.sorted(axis: 1, descending: true) },
    function("cumulativeSum", [6]) { $0.cumulativeSum(axis: 1) },
  ]
}
