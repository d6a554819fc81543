import Foundation
import MartletCore
import MartletTesting
import Testing

@testable import MartletNumerics

/// All checks of primitives, by their samples. One after the other, because of those with many threads.
@Suite(.serialized) struct StatisticsPrimitiveTests {
  @Test(arguments: PrimitiveCheck.cases(of: StatisticsCatalogue.all))
  func `a sample passes all checks`(of example: PrimitiveCheck.Case) { #expect(example.problems() == []) }

  @Test func `the samples leave nothing untried`() {
    #expect(PrimitiveCheck.omissions(in: StatisticsCatalogue.all) == [])
  }

  @Test func `every primitive of these folders is in the catalogue`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/MartletNumerics").resolvingSymlinksInPath()
    let pattern = /struct (\w+): (?:Primitive|LinearMap|Bilinear)\s/
    var found: Set<String> = []
    for folder in ["Order", "Sets", "Signals", "Statistics"] {
      let files = try FileManager.default.contentsOfDirectory(
        at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
      for file in files {
        for match in try String(contentsOf: file, encoding: .utf8).matches(of: pattern) {
          found.insert(String(match.output.1))
        }
      }
    }
    #expect(found == Set(StatisticsCatalogue.all.map { "\($0)" }))
  }
}
