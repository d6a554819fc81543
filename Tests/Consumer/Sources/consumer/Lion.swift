import Martlet

/// The update rule of Lion (Chen et al., 2023, arXiv:2302.06675): steps of one size along the sign of a mean of
/// gradients.
struct LionRule: UpdateRule {
  var learningRate: Double
  let beta1 = 0.9
  let beta2 = 0.99

  var name: String { "Lion" }
  var slotNames: [String] { ["firstMoment"] }
  var hyperparameters: [Hyperparameter] {
    [.number("beta1", beta1, .belowOne, default: 0.9), .number("beta2", beta2, .belowOne, default: 0.99)]
  }

  func update(_ part: UpdatePart<Float>) { move(part) }
  func update(_ part: UpdatePart<Double>) { move(part) }

  private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
    let (p, g, m) = (part.parameter, part.gradient, part.slots[0])
    let (rate, beta1, beta2) = (S(learningRate), S(beta1), S(beta2))
    for i in part.indices {
      let ahead = m[i] + (1 - beta1) * (g[i] - m[i])
      m[i] += (1 - beta2) * (g[i] - m[i])
      p[i] -= ahead == 0 ? 0 : ahead > 0 ? rate : -rate
    }
  }
}

typealias Lion = ElementwiseOptimizer<LionRule>
