import Martlet

extension Workload {
  /// The cost of one small operation, whatever it computes. Operands are of 8 × 8, with seeds 31 and 32.
  public static let overhead: [Workload] = [
    Workload("overhead/add-8x8", small) {
      let (a, b) = operands()
      return Instance { a + b }
    },
    // A chain x + b + b + …, recorded for a gradient that is not taken; one addition.
    Workload("overhead/add-8x8-recorded", small, operations: chainLength) {
      let (a, b) = operands()
      return Instance { pullback(at: a) { chain($0, b) }.value }
    },
    // The same chain summed, with the gradient at x; one addition, forward and backward. Checks the gradient.
    Workload("overhead/add-8x8-backward", small, operations: chainLength) {
      let (a, b) = operands()
      return Instance { gradient(at: a) { chain($0, b).sum() } }
    },
    Workload("overhead/matmul-8x8", Work(flop: 1024, bytes: 768)) {
      let (a, b) = operands()
      return Instance { matmul(a, b) }
    },
  ]

  private static let small = Work(flop: 64, bytes: 768)
  private static let chainLength = 100

  private static func operands() -> (Tensor<Float>, Tensor<Float>) {
    (WorkloadData.tensor([8, 8], seed: 31), WorkloadData.tensor([8, 8], seed: 32))
  }

  private static func chain(_ x: Tensor<Float>, _ b: Tensor<Float>) -> Tensor<Float> {
    var x = x
    for _ in 0..<chainLength { x = x + b }
    return x
  }
}
