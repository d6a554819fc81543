import Martlet

extension Workload {
  /// Products of M × K by K × N; names say M×N×K. The left operand has seed 11, the right one 12, both in ±1 in the
  /// order in which they are stored. The check value is the product's.
  public static let matMul: [Workload] =
    [16, 32, 64, 128, 256, 512, 1024, 2048, 4096].map { product("\($0)", $0, $0, $0) }
    + skinny.map { m, n, k in product("skinny-\(m)x\(n)x\(k)", m, n, k) }
    + [
      // A dense layer's three products: x · Wᵀ, dyᵀ · x, dy · W.
      product("dense-128x512x784", 128, 512, 784, transposedB: true),
      product("dW-512x784x128", 512, 784, 128, transposedA: true),
      product("dx-128x784x512", 128, 784, 512),
      product("dense-512x1024x1024", 512, 1024, 1024, transposedB: true),
      product("nt-512", 512, 512, 512, transposedB: true),
      product("tn-512", 512, 512, 512, transposedA: true),
      product("tt-512", 512, 512, 512, transposedA: true, transposedB: true),
      product("double-512", 512, 512, 512, Double.self),
      product("double-1024", 1024, 1024, 1024, Double.self),
      sliced, batched, batchedShared,
    ] + layers.flatMap { m, n, k in [false, true].map { layer(m, n, k, isCompiled: $0) } }

  private static let skinny = [
    (1, 512, 784), (8, 512, 512), (16, 1024, 1024), (512, 10, 512), (1024, 16, 1024), (1024, 1024, 8), (512, 512, 16),
    (128, 10, 512),
  ]

  private static let layers = [(8, 512, 512), (128, 512, 784), (512, 1024, 1024)]

  private static func work(_ m: Int, _ n: Int, _ k: Int, _ type: ScalarType = .float32, batch: Int = 1) -> Work {
    Work(
      flop: 2 * Double(batch * m * n * k), bytes: Double(batch * (m * k + k * n + m * n) * type.size), scalarType: type)
  }

  /// A product. A transposed operand is a view of a matrix that is stored as its transpose.
  private static func product<S: FloatingScalar>(
    _ name: String, _ m: Int, _ n: Int, _ k: Int, _ type: S.Type = Float.self, transposedA: Bool = false,
    transposedB: Bool = false
  ) -> Workload {
    Workload("matmul/" + name, work(m, n, k, type.scalarType)) {
      let storedA = WorkloadData.tensor(transposedA ? [k, m] : [m, k], seed: 11, type: type)
      let storedB = WorkloadData.tensor(transposedB ? [n, k] : [k, n], seed: 12, type: type)
      let a = transposedA ? storedA.transposed() : storedA
      let b = transposedB ? storedB.transposed() : storedB
      return Instance { matmul(a, b) }
    }
  }

  /// A layer that is written out: max(x W + b, 0), with W stored as `[inputs, outputs]` and b of seed 13.
  private static func layer(_ m: Int, _ n: Int, _ k: Int, isCompiled: Bool) -> Workload {
    Workload("matmul/layer-\(m)x\(n)x\(k)\(isCompiled ? "-compiled" : "")", work(m, n, k, .float32)) {
      let x = WorkloadData.tensor([m, k], seed: 11)
      let weight = WorkloadData.tensor([k, n], seed: 12)
      let bias = WorkloadData.tensor([n], seed: 13)
      if !isCompiled { return Instance { (matmul(x, weight) + bias).relu() } }
      let function = compiled { (x: Tensor<Float>, weight: Tensor<Float>, bias: Tensor<Float>) in
        (matmul(x, weight) + bias).relu()
      }
      return .planned { function(x, weight, bias) }
    }
  }

  /// The product of the upper left quarters of two matrices of 1024 × 1024.
  private static let sliced = Workload("matmul/sliced-512", work(512, 512, 512)) {
    let a = WorkloadData.tensor([1024, 1024], seed: 11)[..<512, ..<512]
    let b = WorkloadData.tensor([1024, 1024], seed: 12)[..<512, ..<512]
    return Instance { matmul(a, b) }
  }

  /// 32 products of 128 × 128 by 128 × 128.
  private static let batched = Workload("matmul/batched-32x128", work(128, 128, 128, batch: 32)) {
    let a = WorkloadData.tensor([32, 128, 128], seed: 11)
    let b = WorkloadData.tensor([32, 128, 128], seed: 12)
    return Instance { matmul(a, b) }
  }

  /// 32 products of matrices of 128 × 128, each by the same one.
  private static let batchedShared = Workload(
    "matmul/batched-shared-32x128",
    Work(flop: 2 * 32 * 128 * 128 * 128, bytes: 4 * (2 * 32 + 1) * 128 * 128)
  ) {
    let a = WorkloadData.tensor([32, 128, 128], seed: 11)
    let b = WorkloadData.tensor([128, 128], seed: 12)
    return Instance { matmul(a, b) }
  }
}
