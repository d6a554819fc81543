import MartletCore
import TestSupport
import Testing

@testable import MartletNN

/// Every loss against PyTorch: `make_loss_fixtures.py` has the cases by the same names.
@Suite struct LossFixtureTests {
  /// A scalar type's form of the cases: the names of the operands, the first of which is differentiated.
  private struct Cases<S: FloatingScalar> {
    typealias Operands = [Tensor<S>]
    let fixture: Fixture
    let weights: Tensor<S>
    let labels: Tensor<Int64>
    let ignoring: Tensor<Int64>
    let words: Tensor<Int64>

    init(_ fixture: Fixture) throws {
      self.fixture = fixture
      weights = try Cases.operand("classWeights", fixture)
      labels = try fixture.tensor("operands.labels")
      ignoring = try fixture.tensor("operands.ignoring")
      words = try fixture.tensor("operands.words")
    }

    static func operand(_ name: String, _ fixture: Fixture) throws -> Tensor<S> {
      let tensor: Tensor<Double> = try fixture.tensor("operands.\(name)")
      return tensor.cast(to: S.self)
    }

    typealias Function = (_ o: Operands, _ reduction: LossReduction) -> Tensor<S>

    var regression: [(name: String, operands: [String], function: Function)] {
      [
        ("mse", ["x", "y"], { meanSquaredError(predicted: $0[0], expected: $0[1], reduction: $1) }),
        ("mae", ["x", "y"], { meanAbsoluteError(predicted: $0[0], expected: $0[1], reduction: $1) }),
        ("huber", ["x", "y"], { huberLoss(predicted: $0[0], expected: $0[1], reduction: $1) }),
        ("huber/delta", ["x", "y"], { huberLoss(predicted: $0[0], expected: $0[1], delta: 0.3, reduction: $1) }),
        ("smoothL1", ["x", "y"], { smoothL1Loss(predicted: $0[0], expected: $0[1], beta: 0.5, reduction: $1) }),
        ("smoothL1/0", ["x", "y"], { smoothL1Loss(predicted: $0[0], expected: $0[1], beta: 0, reduction: $1) }),
        ("logCosh", ["moderate", "y"], { logCosh(predicted: $0[0], expected: $0[1], reduction: $1) }),
        ("quantile", ["x", "y"], { quantileLoss(predicted: $0[0], expected: $0[1], quantile: 0.8, reduction: $1) }),
        (
          "quantiles", ["x", "target"],
          { quantileLoss(predicted: $0[0], expected: $0[1], quantiles: [0.1, 0.5, 0.9, 0.97], reduction: $1) }
        ),
        ("poisson/log", ["moderate", "counts"], { poissonLoss(logRates: $0[0], expected: $0[1], reduction: $1) }),
        ("poisson/rates", ["rates", "counts"], { poissonLoss(rates: $0[0], expected: $0[1], reduction: $1) }),
        (
          "gaussian", ["x", "y", "variances"],
          { gaussianLoss(means: $0[0], variances: $0[2], expected: $0[1], reduction: $1) }
        ),
      ]
    }

    var binary: [(name: String, operands: [String], function: Function)] {
      [
        ("bce", ["x", "binary"], { binaryCrossEntropy(logits: $0[0], expected: $0[1], reduction: $1) }),
        (
          "bce/positive", ["x", "binary"],
          { binaryCrossEntropy(logits: $0[0], expected: $0[1], positiveWeight: weights, reduction: $1) }
        ),
        (
          "bce/smoothing", ["x", "binary"],
          { binaryCrossEntropy(logits: $0[0], expected: $0[1], labelSmoothing: 0.2, reduction: $1) }
        ),
        (
          "bce/probabilities", ["probabilities", "binary"],
          { binaryCrossEntropy(probabilities: $0[0], expected: $0[1], reduction: $1) }
        ),
        ("binaryFocal", ["moderate", "hard"], { binaryFocalLoss(logits: $0[0], expected: $0[1], reduction: $1) }),
        ("hinge", ["x", "signs"], { hingeLoss(predicted: $0[0], expected: $0[1], reduction: $1) }),
      ]
    }

    var classes: [(name: String, operands: [String], function: Function)] {
      [
        ("ce", ["x"], { crossEntropy(logits: $0[0], labels: labels, reduction: $1) }),
        ("ce/weights", ["x"], { crossEntropy(logits: $0[0], labels: labels, classWeights: weights, reduction: $1) }),
        ("ce/ignored", ["x"], { crossEntropy(logits: $0[0], labels: ignoring, ignoredLabel: -100, reduction: $1) }),
        ("ce/smoothing", ["x"], { crossEntropy(logits: $0[0], labels: labels, labelSmoothing: 0.2, reduction: $1) }),
        (
          "ce/all", ["x"],
          {
            crossEntropy(
              logits: $0[0], labels: ignoring, classWeights: weights, ignoredLabel: -100, labelSmoothing: 0.2,
              reduction: $1)
          }
        ),
        (
          "ce/sequences", ["sequences"],
          {
            crossEntropy(
              logits: $0[0], labels: words, classWeights: weights, ignoredLabel: -100, labelSmoothing: 0.1,
              reduction: $1)
          }
        ),
        ("ce/soft", ["x", "soft"], { crossEntropy(logits: $0[0], expected: $0[1], reduction: $1) }),
        (
          "ce/soft/all", ["x", "soft"],
          {
            crossEntropy(
              logits: $0[0], expected: $0[1], classWeights: weights, labelSmoothing: 0.2, reduction: $1)
          }
        ),
        ("nll", ["logs"], { negativeLogLikelihood(logProbabilities: $0[0], labels: labels, reduction: $1) }),
        (
          "nll/all", ["logs"],
          {
            negativeLogLikelihood(
              logProbabilities: $0[0], labels: ignoring, classWeights: weights, ignoredLabel: -100, reduction: $1)
          }
        ),
        ("kl", ["logs", "soft"], { klDivergence(logProbabilities: $0[0], expected: $0[1], reduction: $1) }),
        ("focal", ["moderate"], { focalLoss(logits: $0[0], labels: labels, reduction: $1) }),
      ]
    }

    var vectors: [(name: String, operands: [String], function: Function)] {
      [
        ("cosine", ["x", "y"], { cosineDistance(predicted: $0[0], expected: $0[1], reduction: $1) }),
        (
          "cosineEmbedding", ["x", "y", "rowSigns"],
          { cosineEmbeddingLoss($0[0], $0[1], targets: $0[2], margin: 0.1, reduction: $1) }
        ),
        (
          "triplet", ["y", "z", "moderate"],
          { tripletLoss(anchor: $0[0], positive: $0[1], negative: $0[2], reduction: $1) }
        ),
        (
          "marginRanking", ["x", "y", "signs"],
          { marginRankingLoss($0[0], $0[1], targets: $0[2], margin: 0.5, reduction: $1) }
        ),
        ("contrastive", ["distances", "hard"], { contrastiveLoss(distances: $0[0], targets: $0[1], reduction: $1) }),
      ]
    }

    var all: [(name: String, operands: [String], function: Function)] { regression + binary + classes + vectors }

    func check(_ tolerance: Double) throws {
      for (name, names, function) in all {
        let operands = try names.map { try Cases.operand($0, fixture) }
        for (reduction, suffix) in [(LossReduction.mean, "mean"), (.sum, "sum"), (.none, "none")] {
          try expect(function(operands, reduction), "\(name).\(suffix)", tolerance)
        }
        let slope = gradient(at: operands[0]) { function([$0] + operands.dropFirst(), .mean) }
        try expect(slope, "\(name).gradient", tolerance)
      }
    }

    private func expect(_ found: Tensor<S>, _ name: String, _ tolerance: Double) throws {
      let wanted: Tensor<Double> = try fixture.tensor(name)
      // The file holds single numbers as `[1]`.
      #expect(found.shape == (wanted.count == 1 ? [] : wanted.shape), "\(name)")
      let numbers = found.cast(to: Double.self).scalars
      #expect(isClose(numbers, wanted.scalars, tolerance), "\(name): \(found) for \(wanted)")
    }
  }

  @Test func `losses in Double are PyTorch's`() throws { try Cases<Double>(Fixture("losses")).check(1e-12) }

  @Test func `losses in Float are PyTorch's`() throws { try Cases<Float>(Fixture("losses")).check(1e-6) }

  @Test func `every case of the fixture is compared`() throws {
    let fixture = try Fixture("losses")
    let held = fixture.tensors.keys.filter { $0.hasSuffix(".mean") }.map { String($0.dropLast(5)) }
    #expect(try Set(held) == Set(Cases<Double>(fixture).all.map(\.name)))
  }
}
