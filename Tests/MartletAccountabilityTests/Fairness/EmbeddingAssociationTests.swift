import MartletAccountability
import MartletCore
import MartletFormats
import TestSupport
import Testing

@Suite struct EmbeddingAssociationTests {
  @Test("Instruments are nearer to pleasant words than weapons are, by the published effect size") func word2vec()
    throws
  {
    let words = Dictionary(
      uniqueKeysWithValues: try NPZ.read(from: Fixture.path("fairness/weat", type: "npz")).map { ($0.name, $0.tensor) })
    func embeddings(_ name: String) throws -> Tensor<Float> { try Tensor<Float>(words[name]!) }
    let association = try EmbeddingAssociation(
      embeddings("x"), embeddings("y"), attributes: embeddings("a"), embeddings("b"))
    #expect(association.first.count == 16 && association.second.count == 20)
    #expect(isNear(association.effectSize(.population), 1.5563, 5e-5))
    let ratio = association.effectSize(.sample) / association.effectSize(.population)
    #expect(isNear(ratio, (35.0 / 36).squareRoot()))
  }

  @Test("Scores and effect sizes in both conventions are those worked out by hand, and bad embeddings throw")
  func byHand() throws {
    let (x, y) = (Tensor<Double>([[2, 0], [3, 4]]), Tensor<Double>([[0, 5], [4, 3]]))
    let (a, b) = (Tensor<Double>([[1, 0]]), Tensor<Double>([[0, 7]]))
    let association = try EmbeddingAssociation(x, y, attributes: a, b)
    // s: 1, 0.6 - 0.8; -1, 0.8 - 0.6. The mean is 0, the squares add up to 2.08.
    #expect(isNear(association.score, 1.6))
    #expect(isNear(association.effectSize(.population), 0.8 / (2.08 / 4).squareRoot()))
    #expect(isNear(association.effectSize(.sample), 0.8 / (2.08 / 3).squareRoot()))
    #expect(try EmbeddingAssociation(x, x, attributes: a, a).effectSize(.sample).isNaN)
    #expect(throws: FairnessError.self) { try EmbeddingAssociation(x, Tensor<Double>([[0, 0]]), attributes: a, b) }
    #expect(throws: FairnessError.self) { try EmbeddingAssociation(x, Tensor<Double>([[1, 0, 0]]), attributes: a, b) }
    #expect(throws: FairnessError.self) { try EmbeddingAssociation(x, Tensor<Double>.zeros([0, 2]), attributes: a, b) }
  }
}
