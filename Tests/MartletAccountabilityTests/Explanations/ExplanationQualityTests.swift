import MartletCore
import MartletNN
import Testing

@testable import MartletAccountability

@Suite struct ExplanationQualityTests {
  private let linear = Explainer<Double>(target: .single) { $0.matmul(Tensor<Double>([2, -3, 1])) }
  private let x: Tensor<Double> = [[1, 2, 3], [0.5, -1, 2]]

  @Test("Of a linear model every method foretells all changes, and a wrong attribution does not") func infidelity()
    throws
  {
    let all = [
      try linear.saliency(x, isAbsolute: false), try linear.inputTimesGradient(x), try linear.integratedGradients(x),
      try linear.integratedGradients(x, baseline: Tensor<Double>(0.1)), try linear.deepLift(x), try linear.occlusion(x),
      try linear.shapleyValues(x),
    ]
    for attribution in all {
      for change in [ExplanationPerturbation.noise(0.3), .removal(0.5)] {
        let found = try linear.infidelity(of: attribution, x, perturbation: change)
        #expect(found.allSatisfy { $0 < 1e-20 }, "\(attribution.method) \(change)")
      }
    }
    // (Σ sᵢ Iᵢ)² has the mean σ² |s|², where s is what the attribution says too much.
    let doubled = Explainer<Double>(target: .single) { $0.matmul(Tensor<Double>([4, -6, 2])) }
    let wrong = try doubled.saliency(x, isAbsolute: false)
    let found = try linear.infidelity(of: wrong, x, perturbation: .noise(0.5), samples: 4000)
    #expect(near(found, [0.25 * 14, 0.25 * 14], 0.4))
    let scaled = try linear.infidelity(of: wrong, x, perturbation: .noise(0.5), isScaled: true)
    #expect(scaled.allSatisfy { $0 < 1e-20 })
  }

  @Test("Sensitivity is 0 where the explanation is the same everywhere, and as large as it is steep") func sensitivity()
    throws
  {
    #expect(try linear.maximumSensitivity(x) { x throws(ExplanationError) in try linear.saliency(x) } == [0, 0])
    // The gradient of Σx² is 2x: moved by u, it changes by 2u, of 2x.
    let quadratic = Explainer<Double>(target: .single) { $0.squared().sum(axis: 1) }
    let one: Tensor<Double> = [[4]]
    let found = try quadratic.maximumSensitivity(one, radius: 0.4, samples: 400) { x throws(ExplanationError) in
      try quadratic.saliency(x)
    }
    #expect(found[0] <= 0.1 && found[0] > 0.098)
    let flat = Explainer<Double>(target: .single) { ($0 - 1).relu().sum(axis: 1) }
    let zero = try flat.maximumSensitivity([[0.99]], radius: 0.5) { x throws(ExplanationError) in try flat.saliency(x) }
    #expect(zero == [.infinity])
  }

  @Test("The work is counted before it is done, and is what the run takes") func cost() throws {
    let (model, x) = (classifier(), rows(10, 5))
    let explainer = Explainer(model, target: .output(1), rowsPerPass: 64)
    // A row's layers: 16 · (2 · 5 + 2), 8 · (2 · 16 + 2) and 3 · (2 · 8 + 2) operations.
    let forward = 16 * 12 + 8 * 34 + 3 * 18
    let windows = try explainer.cost(of: .occlusion(window: nil, strides: nil), for: x)
    #expect(windows.evaluationsPerRow == 6 && windows.gradientsPerRow == 0)
    #expect(windows.evaluationFlops == forward && windows.flops == 60 * forward)
    let integrated = try explainer.cost(of: .integratedGradients(nodes: 50), for: x)
    #expect(integrated.gradientsPerRow == 50)
    let observed = Counting()
    _ = try Observation.with(observed) { try explainer.integratedGradients(x, nodes: 50, maximumNodes: 50) }
    #expect(
      Double(observed.flops) >= Double(integrated.flops) && Double(observed.flops) < 1.1 * Double(integrated.flops))
    #expect(integrated.equivalentEvaluations > 80 && integrated.equivalentEvaluations < 200)
    let shapley = try explainer.cost(of: .shapleyValues(method: .automatic, backgroundRows: 3), for: x)
    #expect(shapley.evaluationsPerRow == 96 && shapley.flops == 960 * forward)
    let lifted = try explainer.cost(of: .deepLift, for: x)
    #expect(lifted.flops > 20 * forward && lifted.flops < 100 * 10 * forward)
    #expect(integrated.description.contains("10 rows × (2 evaluations + 50 gradients)"))
    #expect(throws: ExplanationError.self) { try explainer.cost(of: .partialDependence(values: 0), for: x) }
  }

  private final class Counting: Observer {
    var flops = 0
    func observe(_ event: DoorEvent) { if !event.isAlias { flops += event.cost.flops } }
  }

  @Test("Changes and options that cannot be used throw") func badInput() throws {
    let good = try linear.saliency(x, isAbsolute: false)
    let absolute = try linear.saliency(x)
    #expect(throws: ExplanationError.self) { try linear.infidelity(of: absolute, x, perturbation: .noise(1)) }
    for change in [ExplanationPerturbation.noise(0), .noise(.nan), .removal(0), .removal(1.5)] {
      #expect(throws: ExplanationError.self) { try linear.infidelity(of: good, x, perturbation: change) }
    }
    #expect(throws: ExplanationError.self) { try linear.infidelity(of: good, x[0..<1], perturbation: .noise(1)) }
    #expect(throws: ExplanationError.self) { try linear.infidelity(of: good, x, perturbation: .noise(1), samples: 0) }
    #expect(throws: ExplanationError.self) {
      try linear.maximumSensitivity(x, radius: 0) { x throws(ExplanationError) in try linear.saliency(x) }
    }
  }
}
