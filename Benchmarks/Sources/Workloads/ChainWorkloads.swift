import Martlet

extension Workload {
  /// How a chain is computed: as it stands, from a plan, or as a fused expression.
  private enum Form: String {
    case eager = ""
    case compiled = "-compiled"
    case fused = "-fused"
  }

  /// Chains of 4, 8 and 16 operations at each length, in each form.
  static let chains: [Workload] = elementCounts.flatMap { label, n in
    [4, 8, 16].flatMap { length in [Form.eager, .compiled, .fused].map { chainSum(length, $0, label, n) } }
  }

  /// A chain of so many elementwise operations with broadcasts, and the sum of its result. Four of them are
  /// max((x − m) · s + t, 0), with x `[rows, columns]` (seed 21), a number for each row m `[rows, 1]` (22), and rows s (23,
  /// in 0.5 ..< 1.5) and t (24, in 0 ..< 1) `[columns]`; longer chains put the result in the place of x. No term is
  /// negative, so that the sum can be compared.
  private static func chainSum(_ length: Int, _ form: Form, _ label: String, _ n: Int) -> Workload {
    let columns = n <= 10_000 ? 100 : 1000
    let rows = n / columns
    let work = Work(flop: Double((length + 1) * n), bytes: 4 * Double(n + rows + 2 * columns + 1))
    return Workload("elementwise/chain\(length)-sum\(form.rawValue)-\(label)", work) {
      let x = WorkloadData.tensor([rows, columns], seed: 21)
      let m = WorkloadData.tensor([rows, 1], seed: 22)
      let s = WorkloadData.tensor([columns], seed: 23, offset: 1, scale: 0.5)
      let t = WorkloadData.tensor([columns], seed: 24, offset: 0.5, scale: 0.5)
      switch form {
      case .eager: return Instance { sumOfChain(length, x, m, s, t) }
      case .compiled:
        let function = Martlet.compiled {
          (x: Tensor<Float>, m: Tensor<Float>, s: Tensor<Float>, t: Tensor<Float>) in sumOfChain(length, x, m, s, t)
        }
        return .planned { function(x, m, s, t) }
      case .fused:
        let function = Martlet.fused {
          (x: Tensor<Float>, m: Tensor<Float>, s: Tensor<Float>, t: Tensor<Float>) in sumOfChain(length, x, m, s, t)
        }
        return .planned { function(x, m, s, t) }
      }
    }
  }

  private static func sumOfChain(
    _ length: Int, _ x: Tensor<Float>, _ m: Tensor<Float>, _ s: Tensor<Float>, _ t: Tensor<Float>
  ) -> Tensor<Float> {
    var x = x
    for _ in 0..<(length / 4) { x = ((x - m) * s + t).relu() }
    return x.sum()
  }
}
