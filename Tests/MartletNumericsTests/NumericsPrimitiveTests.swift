import Foundation
import MartletCore
import MartletTesting
import Testing

@testable import MartletNumerics

/// All checks of primitives, by their samples. One after the other, because of those with many threads.
@Suite(.serialized) struct NumericsPrimitiveTests {
  @Test(arguments: PrimitiveCheck.cases(of: NumericsCatalogue.all))
  func `a sample passes all checks`(of example: PrimitiveCheck.Case) { #expect(example.problems() == []) }

  @Test func `the samples leave nothing untried`() {
    #expect(PrimitiveCheck.omissions(in: NumericsCatalogue.all) == [])
  }

  @Test func `every primitive of the sources is in the catalogue, or a factorisation`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/MartletNumerics").resolvingSymlinksInPath()
    let pattern = /struct (\w+): (?:Primitive|LinearMap|BilinearMap)\s/
    var found: Set<String> = []
    let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    for case let file as URL in files where file.pathExtension == "swift" {
      for match in try String(contentsOf: file, encoding: .utf8).matches(of: pattern) {
        found.insert(String(match.output.1))
      }
    }
    #expect(found == Set(NumericsCatalogue.all.map { "\($0)" }))
  }
}
