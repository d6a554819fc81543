import MartletAccountability
import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletTraining
import Testing

@Suite struct TableExplanationTests {
  private let table: Table
  private let explainer: TableExplainer

  init() throws {
    table = try Table([
      "age": [20, 30, nil, 50, 60, 25], "city": ["Rome", "Oslo", "Rome", "Bern", "Oslo", "Rome"],
      "size": [1, 2, 3, 1, 2, 3], "unused": [1, 2, 3, 4, 5, 6],
    ])
    let preprocessor = try Preprocessor(
      fittedTo: table,
      [
        Columns("age").imputed(.median, indicator: true).scaled(), Columns("city").oneHot(), Columns("size").oneHot(),
      ])
    // Features: age, age_missing, Bern, Oslo, Rome, 1, 2, 3.
    let model = Sequential(inputShape: [8]) { Dense(1) }
    let layer = model[0] as! Dense
    layer.weight = [[2, -1, 0, 1, 3, 0, 0.5, 0]]
    layer.bias = [0]
    explainer = TableExplainer(
      try TablePredictor(model, ModelContents(preprocessor: preprocessor)), target: .single)
  }

  @Test("Shapley values are those of columns, whatever features they become") func shapley() throws {
    let found = try explainer.shapleyValues(of: table.rows([4]), background: table.rows([0]))
    #expect(found.featureNames == ["age", "city", "size"])
    // Age goes from 0 to 1, Rome (3) becomes Oslo (1), and size 1 becomes 2.
    #expect(near(found.numbers, [2, -2, 0.5], 1e-6))
    let missing = try explainer.shapleyValues(of: table.rows([2]), background: table.rows([0]))
    // The median is 30, a quarter of the way, and that it was missing takes 1.
    #expect(near(missing.numbers, [0.5 - 1, 0, 0], 1e-6))
  }

  @Test("Importance and partial dependence go by column") func columns() throws {
    let targets: Tensor<Float> = [[3], [2], [2], [1.5], [4], [3]]
    let found = try explainer.permutationImportance(of: table, targets, metric: .meanAbsoluteError, repeats: 3)
    #expect(found.features.map(\.name) == ["age", "city", "size"])
    #expect(found.features.allSatisfy { $0.drops.count == 3 })
    let city = try explainer.partialDependence(of: table, column: "city")
    #expect(city.values == ["Bern", "Oslo", "Rome"])
    #expect(near(zip(city.means, city.means.dropFirst()).map { $1 - $0 }, [1, 2], 1e-6))
    #expect(city.chart() == nil && city.bars.svg().contains(">Oslo<"))
    let size = try explainer.partialDependence(of: table, column: "size", values: [2, 3])
    #expect(abs(size.means[0] - size.means[1] - 0.5) < 1e-6)
    #expect(throws: ExplanationError.self) { try explainer.partialDependence(of: table, column: "unused") }
    #expect(throws: ExplanationError.self) {
      try explainer.partialDependence(of: table, column: "city", values: ["Bonn"])
    }
    #expect(throws: ExplanationError.self) { try explainer.partialDependence(of: table, column: "size", values: [7]) }
  }

  @Test("Counterfactuals keep categories valid, columns that must stay, and ages that only rise") func counterfactuals()
    throws
  {
    let row = table.rows([3])
    var rules = CounterfactualRules()
    let free = try explainer.counterfactuals(of: row, goal: .atLeast(4), reference: table, rules: rules)
    #expect(free.count == 1 && free[0].changes.map(\.feature) == ["city"])
    #expect(free[0].changes[0].from == "Bern" && free[0].changes[0].to == "Rome")
    rules.immutable = ["city"]
    rules.onlyRising = ["age"]
    let bound = try explainer.counterfactuals(of: row, goal: .atLeast(2.4), reference: table, rules: rules)
    #expect(bound.count == 1 && Set(bound[0].changes.map(\.feature)) == ["age", "size"])
    for change in bound[0].changes {
      if change.feature == "size" { #expect(change.to == 2) }
      if change.feature == "age", case .number(let age) = change.to { #expect(age > 50 && age <= 60) }
    }
    #expect(try explainer.counterfactuals(of: row, goal: .atLeast(2.6), reference: table, rules: rules).isEmpty)
    rules.ranges = ["city": 0...1]
    rules.immutable = []
    #expect(throws: ExplanationError.self) {
      try explainer.counterfactuals(of: row, goal: .atLeast(1), reference: table, rules: rules)
    }
  }

  @Test("What gradients say of features adds up by column") func byColumn() throws {
    let preprocessor = explainer.predictor.preprocessor
    let features = try preprocessor.transform(table.rows([4, 2]))
    let linear = Explainer<Float>(target: .single) { $0.matmul(Tensor<Float>([2, -1, 0, 1, 3, 0, 0.5, 0])) }
    let found = try linear.integratedGradients(features, baseline: preprocessor.transform(table.rows([0])))
    let columns = try found.byColumn(of: preprocessor)
    #expect(columns.featureNames == ["age", "city", "size"] && columns.values.shape == [2, 3])
    #expect(near(columns.numbers, [2, -2, 0.5, 0.5 - 1, 0, 0], 1e-6))
    #expect(columns.completeness == found.completeness)
    #expect(throws: ExplanationError.self) { try columns.byColumn(of: preprocessor) }
  }

  @Test("A table that the preprocessing does not take throws") func badInput() throws {
    let other = try Table(["age": [1], "city": ["Paris"], "size": [1]])
    #expect(throws: ExplanationError.self) { try explainer.shapleyValues(of: other, background: table) }
    let less = try Table(["age": [1], "city": ["Rome"]])
    #expect(throws: ExplanationError.self) { try explainer.shapleyValues(of: less, background: table) }
    #expect(throws: ExplanationError.empty("expected rows, got a table without any")) {
      try explainer.shapleyValues(of: table.rows([]), background: table)
    }
  }
}
