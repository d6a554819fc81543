import Foundation
import MartletAccountability
import MartletCore
import MartletMetrics
import Testing

@Suite struct ExplanationOutputTests {
  private let explainer = Explainer<Double>(target: .single, featureNames: ["age", "a|b", "debt, old"]) {
    $0.matmul(Tensor<Double>([1, 0, -2]))
  }
  private let x: Tensor<Double> = [[1, 5, 1], [3, 5, 2], [-4, 5, 0]]

  @Test("Features are ordered by their magnitude, in text, Markdown and CSV") func tables() throws {
    let table = try explainer.inputTimesGradient(x).table()
    #expect(
      table.csv
        == "feature,mean,mean magnitude\r\nage,0.0,2.6666666666666665\r\n\"debt, old\",-2.0,2.0\r\na|b,0.0,0.0\r\n")
    #expect(
      table.markdown.split(separator: "\n").map(String.init) == [
        "| feature | mean | mean magnitude |", "| --- | ---: | ---: |", "| age | 0.0000 | 2.6667 |",
        "| debt, old | -2.0000 | 2.0000 |", "| a\\|b | 0.0000 | 0.0000 |",
      ])
    #expect(table.description.hasPrefix("feature       mean  mean magnitude\nage         0.0000          2.6667\n"))
    let row = try explainer.inputTimesGradient(x).table(row: 1, top: 1)
    #expect(row.csv == "feature,attribution\r\n\"debt, old\",-4.0\r\n")
    #expect(throws: ExplanationError.invalid("expected a row among 0 ..< 3, got 3")) {
      try explainer.saliency(x).table(row: 3)
    }
  }

  @Test("A summary is what JSON gives back, with the largest gap") func summary() throws {
    let summary = try explainer.integratedGradients(x).summary(top: 2)
    #expect(summary.features.map(\.name) == ["age", "debt, old"] && summary.rowCount == 3)
    #expect(summary.largestGap! < 1e-12 && summary.incompleteRowCount == 0)
    #expect(try JSONDecoder().decode(ExplanationSummary.self, from: JSONEncoder().encode(summary)) == summary)
    #expect(try explainer.saliency(x).summary().largestGap == nil)
  }

  @Test("Attributions by group have their means, intervals and gaps") func groups() throws {
    let groups = try Groups("sex", labels: ["f", "m", "f"])
    let found = try explainer.inputTimesGradient(x).byGroup(groups)
    #expect(found.rowCounts == [2, 1])
    #expect(found.entries[0].map(\.mean) == [-1.5, 0, -1] && found.entries[1].map(\.mean) == [3, 0, -4])
    #expect(found.gaps.map(\.gap) == [4.5, 0, 3])
    // Of two numbers, 12.7 standard errors of 2.5.
    #expect(abs(found.entries[0][0].interval.upper - (-1.5 + 12.706204736 * 2.5)) < 1e-6)
    #expect(found.entries[1][0].interval.lower.isNaN)
    #expect(found.table(top: 1).csv.hasPrefix("feature,group,mean,lower,upper,mean magnitude\r\nage,f,-1.5,"))
    let few = try Groups("sex", labels: ["f"])
    #expect(throws: ExplanationError.shapes("expected groups of 3 rows, got 1")) {
      try explainer.saliency(x).byGroup(few)
    }
  }

  @Test("Pictures have every feature, and images every row") func pictures() throws {
    let svg = try explainer.inputTimesGradient(x).bars().svg()
    for name in ["age", "a|b", "debt, old", "mean attribution, 3 rows"] { #expect(svg.contains(">\(name)<")) }
    let image = Explainer<Double>(target: .single) { $0.sum(axes: [1, 2]) }
    let pixels = Tensor<Double>.arange(18).reshaped(to: [2, 3, 3])
    let found = try image.inputTimesGradient(pixels)
    let map = try found.heatMap(labels: ["first", "second"])
    #expect(map.svg().contains(">second<"))
    _ = try found.heatMap(rows: [1], size: (1, 3), isMagnitude: true)
    #expect(throws: ExplanationError.self) { try found.heatMap(rows: [2]) }
    #expect(throws: ExplanationError.self) { try found.heatMap(size: (2, 2)) }
    #expect(throws: ExplanationError.self) { try found.heatMap(labels: ["one"]) }
    #expect(throws: ExplanationError.self) { try explainer.saliency(x).heatMap() }
    let importance = try Explainer<Float>(target: .single, featureNames: ["one", "two"]) { $0[0..., 0] }
      .permutationImportance([[1, 2], [3, 4], [5, 6]], Tensor<Float>([1, 3, 5]), metric: .meanSquaredError)
    #expect(importance.bars().svg().contains(">one<") && importance.bars().png(scale: 1).count > 100)
    #expect(importance.table.csv.hasPrefix("feature,drop of"))
  }
}
