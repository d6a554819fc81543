import MartletCore
import MartletData
import MartletFormats
import TestSupport
import Testing

@Suite struct PreprocessorTests {
  private static let numbers = ["normal", "gaps", "ties", "large", "tail", "repeated", "constant"]
  private static let whole = ["normal", "large", "tail", "repeated"]

  /// The cases of `make_preprocessing_fixtures.py`.
  private static let cases: [String: Columns] = [
    "standard": Columns(numbers).standardized(),
    "minMax": Columns(numbers).scaled(),
    "minMax -1 1": Columns(numbers).scaled(to: -1...1),
    "robust": Columns(numbers).robustlyScaled(),
    "robust 10 90": Columns(numbers).robustlyScaled(quantiles: 0.1...0.9),
    "mean": Columns("gaps", "ties").imputed(.mean),
    "median": Columns("gaps", "ties").imputed(.median),
    "mostFrequent": Columns("gaps", "ties").imputed(.mostFrequent),
    "constant": Columns("gaps", "ties").imputed(.constant(-1.5)),
    "indicator": Columns("gaps").imputed(.mean, indicator: true),
    "median standard": Columns("gaps", "ties").imputed(.median).standardized(),
    "oneHot": Columns("texts").oneHot(),
    "oneHot numbers": Columns("ties").imputed(.median).oneHot(),
    "oneHot dropFirst": Columns("texts").oneHot(dropFirst: true),
    "oneHot imputed": Columns("holes").imputed(.mostFrequent).oneHot(),
    "ordinal": Columns("texts").ordinal(),
    "ordinal ignored": Columns("texts").ordinal(categories: ["pear", "apple"], unknown: .ignored),
    "bins quantile": Columns(whole).bucketed(4),
    "bins uniform": Columns(whole).bucketed(5, .uniform),
    "bins oneHot": Columns("normal").bucketed(3, oneHot: true),
  ]

  private static func parts() throws -> (train: Table, test: Table) {
    let table = try Table(csv: Fixture.path("preprocessing", type: "csv"))
    return (table.filter { $0["part"] == 0 }, table.filter { $0["part"] == 1 })
  }

  @Test func `the table of the fixture is read as it was written`() throws {
    let (train, test) = try Self.parts()
    #expect((train.rowCount, test.rowCount) == (83, 24))
    #expect(
      Set(try train.texts("texts")).symmetricDifference(["pear", "apple", "Zürich", "été", "a, b", "say \"x\""]).isEmpty
    )
    #expect(try train.texts("holes").contains(nil))
    #expect(try train.numbers("gaps").contains { $0.isNaN })
  }

  @Test func `the cases are the script's`() throws {
    let names = try Fixture("preprocessing").tensors.keys
    #expect(Set(names.filter { !$0.hasPrefix("inverse ") }) == Set(Self.cases.keys))
    #expect(
      Set(names.filter { $0.hasPrefix("inverse ") })
        == Set(Self.inverses.flatMap { ["inverse \($0)", "inverse \($0) features"] }))
  }

  @Test(arguments: cases.keys.sorted())
  func `equals scikit-learn`(name: String) throws {
    let expected: Tensor<Double> = try Fixture("preprocessing").tensor(name)
    let columns = Self.cases[name]!
    let (train, test) = try Self.parts()
    // scikit-learn's scalers let NaN through; here such rows are left out before and are compared in the others.
    let isImputed = !["standard", "minMax", "minMax -1 1", "robust", "robust 10 90"].contains(name)
    var width = 0
    for column in columns.names {
      func isKept(_ row: Table.Row) -> Bool { isImputed || row[column] != .missing }
      let one = try Preprocessor(fittedTo: train.filter(isKept), [columns.applied(to: [column])])
      let actual = try one.transform(test.filter(isKept), as: Double.self)
      let kept = (0..<test.rowCount).filter { isKept(test[row: $0]) }
      for (place, row) in kept.enumerated() {
        for feature in 0..<one.featureNames.count {
          let (a, b) = (actual[place, feature].item(), expected[row, width + feature].item())
          #expect(abs(a - b) <= 1e-12 * max(1, abs(b)), "\(column) \(row) \(feature): \(a) \(b)")
          let single = try one.transform(test.rows([row]))[0, feature].item()
          #expect(abs(Double(single) - b) <= 1e-6 * max(1, abs(b)))
        }
      }
      width += one.featureNames.count
    }
    #expect(width == expected.shape[1])
  }

  // MARK: Inverses

  private static let inverses = [
    "standard", "minMax", "minMax -1 1", "robust", "robust 10 90", "indicator", "oneHot", "oneHot dropFirst", "ordinal",
    "ordinal ignored",
  ]

  @Test(arguments: inverses)
  func `inverses equal scikit-learn's`(name: String) throws {
    let fixture = try Fixture("preprocessing")
    let features: Tensor<Double> = try fixture.tensor("inverse \(name) features")
    let expected: Tensor<Double> = try fixture.tensor("inverse \(name)")
    let (columns, train) = (Self.cases[name]!, try Self.parts().train)
    let words = Set(try train.texts("texts").compactMap(\.self)).sorted {
      $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars)
    }
    var width = 0
    for (place, column) in columns.names.enumerated() {
      let isComplete = name == "indicator"
      let one = try Preprocessor(
        fittedTo: train.filter { isComplete || $0[column] != .missing }, [columns.applied(to: [column])])
      let count = one.featureNames.count
      let table = try one.inverseTransform(features[.all, width..<width + count])
      #expect(table.columns == [column] && table.rowCount == 12)
      let actual: [Double] =
        switch try table.column(column) {
        case .numbers(let numbers): numbers
        case .texts(let texts): texts.map { $0.map { Double(words.firstIndex(of: $0)!) } ?? -1 }
        }
      for (row, a) in actual.enumerated() {
        let b = expected[row, place].item()
        #expect(a.isNaN && b.isNaN || abs(a - b) <= 1e-12 * max(1, abs(b)), "\(column) \(row): \(a) \(b)")
      }
      width += count
    }
    #expect(width == features.shape[1])
  }

  @Test func `a table comes back`() throws {
    let table = try Self.parts().train.filter { $0["ties"] != .missing && $0["holes"] != .missing }
    let steps = try Preprocessor(
      fittedTo: table,
      [
        Columns("tail").log1p().standardized(), Columns("ties").ordinal(), Columns("texts").oneHot(dropFirst: true),
        Columns("gaps").imputed(.median, indicator: true).robustlyScaled(), Columns("holes").oneHot(unknown: .ignored),
        Columns("normal"),
      ])
    let again = try steps.inverseTransform(steps.transform(table, as: Double.self))
    #expect(again.columns == steps.columnNames)
    for name in ["ties", "texts", "holes", "normal"] { #expect(try again.column(name) == table.column(name)) }
    for name in ["tail", "gaps"] {
      let (a, b) = (try again.numbers(name), try table.numbers(name))
      #expect(zip(a, b).allSatisfy { $0.isNaN && $1.isNaN || abs($0 - $1) <= 1e-12 * max(1, abs($1)) })
    }
    // A category that is none of them.
    let none = try steps.inverseTransform(Tensor<Float>.zeros([1, steps.featureNames.count]))
    #expect(try none.texts("holes") == [nil] && none.texts("texts") != [nil])
  }

  @Test func `what has no inverse throws`() throws {
    let table = try Table(["a": [1, 2, 3, nil], "b": ["x", "y", "x", "y"]])
    func error(_ columns: Columns, _ features: Tensor<Float>) -> TableError? {
      do throws(TableError) {
        _ = try Preprocessor(fittedTo: table, [columns]).inverseTransform(features)
        return nil
      } catch {
        return error
      }
    }
    let a = Columns("a")
    let zero = Tensor<Float>.zeros([1, 1])
    #expect(
      error(a.imputed(.mean), zero) == .noInverse(column: "a", step: "filling in missing values without an indicator"))
    #expect(
      error(a.imputed(.mean, indicator: true).clipped(to: 0...1), .zeros([1, 2]))
        == .noInverse(column: "a", step: "clipping"))
    let buckets = error(a.imputed(.mean, indicator: true).bucketed(edges: [2]), .zeros([1, 2]))
    #expect(buckets == .noInverse(column: "a", step: "putting into buckets"))
    #expect(
      "\(buckets!)"
        == "column \"a\": expected steps that can be undone, got putting into buckets, which keeps too little")
    let b = Columns("b")
    #expect(
      error(b.ordinal(), [[2]])
        == .invalid("column \"b\": expected the number of one of 2 categories, got 2 in row 0"))
    #expect(error(b.ordinal(), [[0], [-1]]).map { "\($0)".contains("got -1 in row 1") } == true)
    #expect(
      error(b.ordinal(), [[0.5]]) != nil && error(b.ordinal(), Tensor(shape: [1, 1], scalars: [Float.nan])) != nil
        && error(b.oneHot(), [[0, 0]]) != nil)
    #expect(error(b.ordinal(unknown: .ignored), [[-1]]) == nil)
    #expect(error(b.oneHot(), .zeros([3, 1])) == .invalid("expected features [rows, 2], got [3, 1]"))
    #expect(error(b.ordinal(), .zeros([3])) == .invalid("expected features [rows, 1], got [3]"))
  }

  // MARK: State

  private static func everything() throws -> (Preprocessor, Table) {
    let (train, test) = try parts()
    let all = try Preprocessor(
      fittedTo: train,
      [
        Columns("gaps", "ties").imputed(.median, indicator: true).clipped(quantiles: 0.05...0.95).standardized(),
        Columns("tail").log1p().clipped(to: 0.5...4).scaled(to: -1...1),
        Columns("repeated").bucketed(edges: [0.25, 0.5], oneHot: true),
        Columns("texts").oneHot(unknown: .ignored),
        Columns("holes").imputed(.constant("none at all")).ordinal(),
        Columns("normal"),
      ])
    return (all, test)
  }

  @Test func `the state survives JSON to the bit`() throws {
    let (all, test) = try Self.everything()
    let again = try Preprocessor(json: all.json)
    #expect(again == all)
    #expect(try again.transform(test) == all.transform(test))
    #expect(
      all.featureNames == [
        "gaps", "gaps_missing", "ties", "ties_missing", "tail", "repeated_0", "repeated_1", "repeated_2",
        "texts_Zürich",
        "texts_a, b", "texts_apple", "texts_pear", "texts_say \"x\"", "texts_été", "holes", "normal",
      ])
    #expect(try all.transform(test).shape == [test.rowCount, all.featureNames.count])
  }

  @Test func `damaged state throws and never traps`() throws {
    let bytes = Array(try Self.everything().0.json.utf8)
    let test = try Self.parts().test
    for end in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: TableError.self) { try Preprocessor(json: String(decoding: bytes[..<end], as: UTF8.self)) }
    }
    for place in stride(from: 0, to: bytes.count, by: 3) {
      var changed = bytes
      changed[place] = changed[place] == UInt8(ascii: "9") ? UInt8(ascii: "0") : changed[place] &+ 1
      // Whatever it still is, it may be used.
      if let other = try? Preprocessor(json: String(decoding: changed, as: UTF8.self)) {
        _ = try? other.transform(test)
        _ = try? other.inverseTransform(Tensor<Float>.zeros([2, other.featureNames.count]))
      }
    }
    for json in [
      #"{"columns":[{"name":"a","type":"text","steps":[]}]}"#,
      #"{"columns":[{"name":"a","type":"number","steps":[{"expand":[3,0]}]}]}"#,
      #"{"columns":[{"name":"a","type":"number","steps":[{"affine":[1,0]}]}]}"#,
      #"{"columns":[{"name":"a","type":"number","steps":[{"fill":["x"]}]}]}"#,
      #"{"columns":[{"name":"a","type":"number","steps":[{"future":[]}]}]}"#,
    ] {
      #expect(throws: TableError.self) { try Preprocessor(json: json) }
    }
  }

  @Test func `a range without an end survives JSON`() throws {
    let clipped = try Preprocessor(
      fittedTo: Table(["a": [-1, 5]]), [Columns("a").clipped(to: 0 ... .infinity).bucketed(edges: [-.infinity, 3])])
    #expect(try Preprocessor(json: clipped.json) == clipped)
  }

  @Test func `fields that a later version adds are passed over`() throws {
    let json = #"{"new":[1,{"a":null}],"columns":[{"name":"a","unit":"m","type":"number","steps":[{"affine":[1,2]}]}]}"#
    #expect(try Preprocessor(json: json).transform(Table(["a": [5]])) == Tensor<Float>([[2]]))
  }

  // MARK: Bad input

  private func problem(_ body: () throws(TableError) -> some Any) -> String {
    do throws(TableError) {
      _ = try body()
      return "nothing"
    } catch {
      return error.description
    }
  }

  @Test func `mistakes are told with the nearest names`() throws {
    let train = try Table(["age": [30, 40, 50], "port": ["Cork", "Cherbourg", "Southampton"]])
    let preprocessor = try Preprocessor(
      fittedTo: train, [Columns("age").standardized(), Columns("port").oneHot()])
    #expect(
      problem { () throws(TableError) in try preprocessor.transform(Table(["Age": [3], "port": ["Cork"]])) }
        == #"expected a column "age", got none (did you mean "Age"?)"#)
    #expect(
      problem { () throws(TableError) in try preprocessor.transform(Table(["age": [3], "port": ["Corc"]])) }
        .contains(#"got "Corc" in row 0 (did you mean "Cork"?)"#))
    #expect(
      problem { () throws(TableError) in try preprocessor.transform(Table(["age": ["old"], "port": ["Cork"]])) }
        == #"column "age": expected numbers, got text "old" in row 0"#)
    #expect(
      problem { () throws(TableError) in
        try preprocessor.transform(Table(["age": [1, nil], "port": ["Cork", "Cork"]]))
      }
      .contains("expected a value, got none in row 1"))
    #expect(
      problem { () throws(TableError) in try preprocessor.transform(Table(["age": [1], "port": [nil]])) }
        .contains("expected a value, got none in row 0"))
    // An extra column does not matter.
    #expect(
      try preprocessor.transform(Table(["x": ["?"], "age": [40], "port": ["Cork"]])) == Tensor<Float>([[0, 0, 1, 0]]))
  }

  @Test func `fitting refuses what cannot become numbers`() throws {
    let train = try Table(["age": [30, nil, 50], "port": ["Cork", nil, "Cork"], "none": [nil, nil, nil]])
    for columns in [
      [Columns("age")], [Columns("port")], [Columns("port").imputed(.mean)], [Columns("port").standardized()],
      [Columns("none").imputed(.mean)], [Columns("age").imputed(.constant("x"))], [Columns("agee")], [],
      [Columns("age").imputed(.mean), Columns("age").imputed(.mean)], [Columns("age").imputed(.mean).bucketed(1)],
      [Columns("port").imputed(.mostFrequent).oneHot().standardized()],
      [Columns("age").imputed(.mean).bucketed(edges: [2, 1])], [Columns("age").imputed(.constant(-1)).log1p()],
    ] {
      #expect(throws: TableError.self, "\(columns)") { try Preprocessor(fittedTo: train, columns) }
    }
  }

  @Test func `fitting refuses ranges and categories that mean nothing`() throws {
    let train = try Table(["age": [30, 40, 50], "port": ["Cork", "Cork", "Bonn"]])
    func refuses(_ columns: Columns) {
      #expect(throws: TableError.self) { try Preprocessor(fittedTo: train, [columns]) }
    }
    refuses(Columns("age").bucketed(edges: [.nan]))
    refuses(Columns("age").clipped(quantiles: -1...0.5))
    refuses(Columns("age").robustlyScaled(quantiles: 0.25...75))
    refuses(Columns("age").scaled(to: 1...1))
    refuses(Columns("age").scaled(to: 0 ... .infinity))
    refuses(Columns("port").oneHot(categories: [], dropFirst: true))
    refuses(Columns("port").oneHot(categories: ["Cork", "Cork"]))
    refuses(Columns("port").oneHot(categories: [1], unknown: .ignored))
  }

  @Test func labels() throws {
    let table = try Table(["kind": ["b", "a", "b"], "grade": [3, 1, 2]])
    let kinds = try LabelEncoder(fittedTo: table, "kind")
    #expect(kinds.classes == ["a", "b"])
    #expect(try kinds.encode(table) == Tensor<Int32>([1, 0, 1]))
    #expect(kinds.decode(Tensor([0, 1])) == ["a", "b"])
    #expect(try LabelEncoder(fittedTo: table, "grade").encode(table) == Tensor<Int32>([2, 0, 1]))
    #expect(throws: TableError.self) { try kinds.encode(Table(["kind": ["c"]])) }
    #expect(throws: TableError.self) { try LabelEncoder("kind", classes: ["a", "a"]) }
    let data = try Preprocessor(fittedTo: table, [Columns("grade")]).dataset(of: table, kinds)
    #expect(data.x == Tensor<Float>([[3], [1], [2]]))
    #expect(data.y == Tensor<Int32>([1, 0, 1]))
  }
}
