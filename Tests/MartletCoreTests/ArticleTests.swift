import Foundation
import Testing

/// The article "Adding an operation" shows code that is compiled and checked, in the package of Tests/Consumer.
@Suite struct ArticleTests {
  @Test func `the article shows the consumer's files`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    func text(_ path: String) throws -> String {
      try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }
    let code = try [
      "Sources/ConsumerOperations/Polar", "Sources/ConsumerOperations/Polar+Tensor",
      "Tests/ConsumerOperationsTests/PolarTests",
    ].map { try text("Tests/Consumer/\($0).swift") }.joined()
    let article = try text("Sources/Martlet/Martlet.docc/AddingAnOperation.md")
    let blocks = article.components(separatedBy: "~~~swift\n").dropFirst().map { $0.components(separatedBy: "~~~")[0] }
    #expect(blocks.count == 8)
    for block in blocks { #expect(code.contains(block), "not in the consumer's files:\n\(block)") }
  }
}
