import MartletAccountability
import MartletCore
import MartletFormats
import TestSupport
import Testing

/// What `make_explanation_fixtures.py` wrote.
@Suite struct CaptumTests {
  private let arrays: [String: AnyTensor]

  init() throws {
    let found = try NPZ.read(from: Fixture.path("explanations", type: "npz"))
    arrays = Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.tensor) })
  }

  private func tensor(_ name: String) throws -> Tensor<Double> { try Tensor(arrays[name]!) }

  private func table(
    _ activation: @escaping @Sendable (Tensor<Double>) -> Tensor<Double>, isSoft: Bool = false
  ) throws -> Explainer<Double> {
    let (w, b) = (try tensor("table.first.weight"), try tensor("table.first.bias"))
    let (v, c) = (try tensor("table.second.weight"), try tensor("table.second.bias"))
    return Explainer(target: .outputs(try Tensor<Int64>(arrays["table.classes"]!))) { x in
      let outputs = activation(x.matmul(w.transposed()) + b).matmul(v.transposed()) + c
      return isSoft ? outputs.softmax(axis: 1) : outputs
    }
  }

  @Test("Gradients, integrated gradients and DeepLift of a table's rows") func table() throws {
    let (x, baseline) = (try tensor("table.x"), try tensor("table.baseline"))
    let kinked = try table { $0.relu() }
    func same(_ found: Attribution<Double>, _ name: String, _ tolerance: Double) throws -> Bool {
      near(found.numbers, try tensor("table.\(name)").scalars, tolerance)
    }
    #expect(try same(kinked.saliency(x), "saliency", 1e-14))
    #expect(try same(kinked.inputTimesGradient(x), "input_x_gradient", 1e-14))
    #expect(try same(kinked.deepLift(x, baseline: baseline), "deep_lift", 1e-12))
    let tanh = try table { $0.tanh() }
    #expect(try same(tanh.deepLift(x, baseline: baseline), "deep_lift_tanh", 1e-12))
    let smooth = try table({ $0.tanh() }, isSoft: true)
    let found = try smooth.integratedGradients(x, baseline: baseline, nodes: 64, tolerance: 1e-9)
    // Captum's weights are rounded to float32; the gap shows that ours are not.
    #expect(try same(found, "integrated_gradients", 1e-6))
    #expect(found.completeness!.allSatisfy { abs($0.gap) < 1e-12 })
  }

  @Test("DeepLift through a maximum over windows, and occlusion by windows, of an image") func image() throws {
    let kernel = try tensor("image.convolution.weight").reshaped(to: [4, 9]).transposed()
    let shift = try tensor("image.convolution.bias")
    let (weights, bias) = (try tensor("image.last.weight"), try tensor("image.last.bias"))
    func explainer(_ activation: @escaping (Tensor<Double>) -> Tensor<Double>) -> Explainer<Double> {
      Explainer<Double>(target: .output(1)) { x in
        let pixels = x[0..., 0]
        let patches = (0..<9).map { pixels[0..., ($0 / 3)..<($0 / 3 + 4), ($0 % 3)..<($0 % 3 + 4)] }
        let maps = activation(Tensor.stack(patches, axis: 3).matmul(kernel) + shift)
        let pooled = maps.reshaped(to: [x.shape[0], 2, 2, 2, 2, 4]).max(axes: [2, 4])
        return pooled.permuted(0, 3, 1, 2).reshaped(to: [x.shape[0], 16]).matmul(weights.transposed()) + bias
      }
    }
    let (kinked, straight) = (explainer { $0.relu() }, explainer { $0 })
    let x = try tensor("image.x")
    let baseline = try tensor("image.baseline")
    let same = try straight.deepLift(x, baseline: baseline)
    #expect(near(same.numbers, try tensor("image.deep_lift_straight").scalars, 1e-12))
    // Where ReLU comes before the maximum, Captum's attributions do not add up, and ours do.
    let lifted = try kinked.deepLift(x, baseline: baseline)
    let sums = try tensor("image.deep_lift").sum(axes: [1, 2, 3]).scalars
    for (sum, part) in zip(sums, lifted.completeness!) {
      #expect(abs(sum - (part.output - part.baselineOutput)) > 0.01)
      #expect(abs(part.gap) < 1e-12)
    }
    // Captum's means are rounded to float32.
    let occluded = try kinked.occlusion(x, window: [1, 3, 2], strides: [1, 2, 2])
    #expect(near(occluded.numbers, try tensor("image.occlusion").scalars, 1e-7))
  }
}
