import Martlet
import MartletCore

@testable import MartletONNX

extension ExportSample {
  /// Models with their preprocessing, on rows of tables with missing and unknown values.
  static let tables: [ExportSample] = [
    table("numbers", classes: ["no", "yes"]) {
      [
        Columns("age").imputed(.median, indicator: true).standardized(),
        Columns("fare").imputed(.mean).log1p().scaled(to: -1...1), Columns("size").clipped(to: -1...1).robustlyScaled(),
      ]
    },
    table("buckets", classes: []) {
      [
        Columns("age").imputed(.constant(.number(30))).bucketed(3, oneHot: true),
        Columns("fare").imputed(.mostFrequent).bucketed(edges: [1, 10, 40]),
      ]
    },
    table("texts", classes: ["no", "maybe, \"perhaps\"", "yes"]) {
      [
        Columns("port").imputed(.mostFrequent, indicator: true).oneHot(unknown: .ignored),
        Columns("sex").oneHot(dropFirst: true),
        Columns("deck").imputed(.constant(.text("?"))).ordinal(unknown: .ignored),
      ]
    },
    table("numbers as categories", classes: ["no", "yes"]) {
      [
        Columns("floor").imputed(.mostFrequent).oneHot(unknown: .ignored), Columns("floor2").ordinal(),
        Columns("size"),
      ]
    },
  ]

  private static func numbers(_ values: Double?...) -> Table.Column { .numbers(values.map { $0 ?? .nan }) }

  private static let training = try! Table(columns: [
    ("age", numbers(22, 38, nil, 35, 54, 2)), ("fare", numbers(7.25, 71.3, 7.9, nil, 51.9, 21.1)),
    ("size", numbers(0.5, -2, 1.5, 0.25, 0.75, -0.5)), ("port", .texts(["S", "C", "S", nil, "Q", "C"])),
    ("sex", .texts(["male", "female", "female", "male", "male", "female"])),
    ("deck", .texts([nil, "C", nil, "E", "A", "E"])), ("floor", numbers(1, 2, 3, 1, nil, 2)),
    ("floor2", numbers(3, 1, 2, 1, 2, 3)),
  ])

  static let rows = try! Table(columns: [
    ("age", numbers(nil, 40, 2)), ("fare", numbers(nil, 0, 500)), ("size", numbers(9, -3, 0.1)),
    ("port", .texts([nil, "X", "C"])), ("sex", .texts(["female", "male", "male"])), ("deck", .texts([nil, "Z", "E"])),
    ("floor", numbers(nil, 7, 3)), ("floor2", numbers(1, 2, 3)),
  ])

  /// The rows with a category that is unknown, and with one that is missing.
  private static let refusals: [Table] = [
    replacing("sex", .texts(["female", "male", "other"])), replacing("sex", .texts([nil, "male", "male"])),
    replacing("floor2", numbers(1, 2, 4)), replacing("floor2", numbers(1, nil, 3)),
  ]

  private static func replacing(_ name: String, _ column: Table.Column) -> Table {
    try! Table(columns: rows.columns.map { ($0, $0 == name ? column : rows[$0]!) })
  }

  private static func inputs(of table: Table, _ preprocessor: Preprocessor) -> [(name: String, column: Column)] {
    preprocessor.columnNames.map { name in
      switch table[name]! {
      case .numbers(let numbers): (name, .tensor(Tensor(shape: [numbers.count, 1], scalars: numbers).erased))
      case .texts(let texts): (name, .texts(texts, isColumn: true))
      }
    }
  }

  private static func table(
    _ name: String, classes: [String], _ columns: @escaping @Sendable () -> [Columns]
  ) -> ExportSample {
    ExportSample(name: "table, \(name)") {
      let preprocessor = try Preprocessor(fittedTo: training, columns())
      let model = withRandomSeed(3) {
        Sequential(inputShape: [preprocessor.featureNames.count]) {
          Dense(5, activation: .tanh)
          Dense(max(1, classes.count))
        }
      }
      let contents = ModelContents(preprocessor: preprocessor, classes: classes, metadata: ["table": name])
      let predictor = try TablePredictor(model, contents)
      var outputs: [(name: String, column: Column)] = [("output", .tensor(try predictor.predict(rows).erased))]
      if !classes.isEmpty {
        outputs.append(("class_name", .texts(try predictor.predictClasses(rows), isColumn: false)))
      }
      let right = Case(inputs: inputs(of: rows, preprocessor), outputs: outputs)
      // What the preprocessor refuses, the runtime does not compute either.
      let refused = refusals.filter { (try? preprocessor.transform($0)) == nil }
      return (
        try ONNXModel(model, contents),
        [right] + refused.map { Case(inputs: inputs(of: $0, preprocessor), outputs: []) }
      )
    }
  }
}
