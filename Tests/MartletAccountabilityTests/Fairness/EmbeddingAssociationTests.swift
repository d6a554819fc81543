import MartletAccountability
import MartletCore
import MartletFormats
import TestSupport
import Testing

@Suite struct EmbeddingAssociationTests {
  @Test(
    "Effect sizes of six tests are those published of these embeddings, in both conventions",
    arguments: [
      ("instruments", 1.5563), ("names", 1.3579), ("names and few attributes", 0.7337), ("math", 0.9138),
      ("science", 1.4060), ("disease", 1.2930),
    ])
  func word2vec(name: String, published: Double) throws {
    let file = Dictionary(
      uniqueKeysWithValues: try NPZ.read(from: Fixture.path("fairness/weat", type: "npz")).map { ($0.name, $0.tensor) })
    let vectors = try Tensor<Float>(file["vectors"]!)
    func embeddings(_ kind: String) throws -> Tensor<Float> {
      try vectors.take(Tensor<Int32>(file["\(name)/\(kind)"]!))
    }
    let figures = try AdultFixture.figures().weat[name]!
    let association = try EmbeddingAssociation(
      embeddings("x"), embeddings("y"), attributes: embeddings("a"), embeddings("b"))
    #expect([association.first.count, association.second.count] == Array(figures.counts[..<2]))
    #expect(isNear(association.effectSize(.population), published, 5e-5))
    #expect(isNear(association.effectSize(.population), figures.population, 1e-6))
    #expect(isNear(association.effectSize(.sample), figures.sample, 1e-6))
    #expect(isNear(association.score, figures.score, 1e-6))
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
