import Martlet

extension Workload {
  /// Operations element by element, along rows and columns, and copies. The first operand has seed 21, further ones 22,
  /// 23, 24, in ±1 unless stated otherwise. The check value is the result's.
  public static let elementwise: [Workload] = maps + chains

  static let elementCounts = [
    ("1e3", 1_000), ("1e4", 10_000), ("1e5", 100_000), ("1e6", 1_000_000), ("1e7", 10_000_000),
  ]

  private static let maps: [Workload] =
    elementCounts.flatMap { label, n in
      [
        map("add-\(label)", [n], inputs: 2, flop: n) { $0[0] + $0[1] },
        map("muladd-\(label)", [n], inputs: 3, flop: 2 * n) { $0[0] * $0[1] + $0[2] },
        map("muladd-chain4-\(label)", [n], inputs: 3, flop: 8 * n) { chain4($0[0], $0[1], $0[2]) },
        compiledChain(label, n),
        map("swish-gradient-\(label)", [n], inputs: 2, flop: 12 * n) { operands in
          gradient(at: operands[0]) { swish($0, operands[1]).sum() }
        },
        plannedGradient("fused", label, n), plannedGradient("compiled", label, n),
        map("exp-\(label)", [n], scale: 4, flop: n) { $0[0].exp() },
        map("log-\(label)", [n], offset: 2.05, scale: 1.95, flop: n) { $0[0].log() },
        map("tanh-\(label)", [n], scale: 4, flop: n) { $0[0].tanh() },
        map("sigmoid-\(label)", [n], scale: 4, flop: n) { $0[0].sigmoid() },
        map("gelu-\(label)", [n], scale: 4, flop: n) { $0[0].gelu() },
        map("gelu-tanh-\(label)", [n], scale: 4, flop: n) { $0[0].gelu(approximate: true) },
        map("relu-\(label)", [n], flop: n) { $0[0].relu() },
        map("sum-all-\(label)", [n], result: 1, flop: n) { $0[0].sum() },
      ]
    } + [
      map("softmax-128x1000", [128, 1000], scale: 4, flop: 128_000) { $0[0].softmax() },
      map("softmax-4096x64", [4096, 64], scale: 4, flop: 4096 * 64) { $0[0].softmax() },
      layerNorm,
      map("sum-axis0-4096x1024", [4096, 1024], result: 1024, flop: 4096 * 1024) { $0[0].sum(axis: 0) },
      map("sum-axis1-4096x1024", [4096, 1024], result: 4096, flop: 4096 * 1024) { $0[0].sum(axis: 1) },
      map("sum-axis0-128x512", [128, 512], result: 512, flop: 128 * 512) { $0[0].sum(axis: 0) },
      map("sum-axis1-128x512", [128, 512], result: 128, flop: 128 * 512) { $0[0].sum(axis: 1) },
      map("max-axis1-4096x1024", [4096, 1024], result: 4096, flop: 4096 * 1024) { $0[0].max(axis: 1) },
      addRow,
      map("transpose-copy-512", [512, 512], flop: 0) { $0[0].transposed().contiguous() },
      map("transpose-copy-2048", [2048, 2048], flop: 0) { $0[0].transposed().contiguous() },
      // Every second column.
      map("strided-copy-2048", [2048, 4096], result: 2048 * 2048, flop: 0) {
        $0[0][.all, .slice(step: 2)].contiguous()
      },
    ]

  /// ((((x a + b) a + b) a + b) a + b)
  private static func chain4(_ x: Tensor<Float>, _ a: Tensor<Float>, _ b: Tensor<Float>) -> Tensor<Float> {
    var x = x
    for _ in 0..<4 { x = x * a + b }
    return x
  }

  /// `muladd-chain4` from a plan, which takes one pass over memory instead of eight.
  private static func compiledChain(_ label: String, _ n: Int) -> Workload {
    let work = Work(flop: Double(8 * n), bytes: 4 * Double(4 * n))
    return Workload("elementwise/muladd-chain4-compiled-\(label)", work) {
      let tensors = (0..<3).map { WorkloadData.tensor([n], seed: UInt32(21 + $0)) }
      let chain = compiled { (x: Tensor<Float>, a: Tensor<Float>, b: Tensor<Float>) in chain4(x, a, b) }
      return .planned { chain(tensors[0], tensors[1], tensors[2]) }
    }
  }

  private static func swish(_ x: Tensor<Float>, _ slope: Tensor<Float>) -> Tensor<Float> {
    x * (x * slope).sigmoid() + 0.1 * x
  }

  /// `swish-gradient` in one pass each way: of a fused expression, or the whole of it from a plan, where the value, which
  /// is not asked for, is not computed.
  private static func plannedGradient(_ form: String, _ label: String, _ n: Int) -> Workload {
    let work = Work(flop: Double(12 * n), bytes: 4 * Double(3 * n))
    return Workload("elementwise/swish-gradient-\(form)-\(label)", work) {
      let (x, slope) = (WorkloadData.tensor([n], seed: 21), WorkloadData.tensor([n], seed: 22))
      if form == "fused" {
        let expression = fused { (x: Tensor<Float>, slope: Tensor<Float>) in swish(x, slope) }
        return .planned { gradient(at: x) { expression($0, slope).sum() } }
      }
      let take = compiled { (x: Tensor<Float>, slope: Tensor<Float>) in gradient(at: x) { swish($0, slope).sum() } }
      return .planned { take(x, slope) }
    }
  }

  /// A function of tensors of one shape; `result` is the number of the result's elements if it is not that of an
  /// operand.
  private static func map(
    _ name: String, _ shape: Shape, inputs: Int = 1, offset: Double = 0, scale: Double = 1, result: Int? = nil,
    flop: Int, _ function: @escaping @Sendable ([Tensor<Float>]) -> Tensor<Float>
  ) -> Workload {
    let count = shape.reduce(1, *)
    let work = Work(flop: Double(flop), bytes: 4 * Double(inputs * count + (result ?? count)))
    return Workload("elementwise/" + name, work) {
      let tensors = (0..<inputs).map {
        WorkloadData.tensor(shape, seed: UInt32(21 + $0), offset: offset, scale: scale)
      }
      return Instance { function(tensors) }
    }
  }

  /// Layer normalisation with scale (seed 22) and shift (seed 23) of length 768, ε 1e-5.
  private static let layerNorm = Workload(
    "elementwise/layernorm-4096x768", Work(flop: 8 * 4096 * 768, bytes: 4 * (2 * 4096 * 768 + 2 * 768))
  ) {
    let x = WorkloadData.tensor([4096, 768], seed: 21)
    let (scale, shift) = (WorkloadData.tensor([768], seed: 22), WorkloadData.tensor([768], seed: 23))
    return Instance { x.layerNormalized(scale: scale, shift: shift) }
  }

  /// A row (seed 22) added to each of 4096.
  private static let addRow = Workload(
    "elementwise/add-row-4096x1024", Work(flop: 4096 * 1024, bytes: 4 * (2 * 4096 * 1024 + 1024))
  ) {
    let (x, row) = (WorkloadData.tensor([4096, 1024], seed: 21), WorkloadData.tensor([1024], seed: 22))
    return Instance { x + row }
  }
}
