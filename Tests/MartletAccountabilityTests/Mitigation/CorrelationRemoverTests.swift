import Foundation
import MartletAccountability
import MartletCore
import MartletData
import MartletTraining
import Testing

@Suite struct CorrelationRemoverTests {
  private let adult: MitigationFixture
  private let table: Table
  private let features = ["education-num", "capital-gain", "capital-loss", "hours-per-week"]

  init() throws {
    adult = try MitigationFixture()
    let columns = adult.columns
    table = try Table(
      columns: (["sex", "age"] + features).map { ($0, .numbers(columns[$0]!)) })
  }

  @Test("The numbers of Adult without what sex and age tell are Fairlearn's", arguments: [1.0, 0.5])
  func fairlearn(alpha: Double) throws {
    let expected = try #require(adult.figures.removed["\(alpha)"])
    let remover = try CorrelationRemover(fittedTo: table, sensitive: ["sex", "age"], alpha: alpha)
    let fair = try remover.transform(table)
    #expect(fair.columns == features)
    for (index, name) in features.enumerated() {
      let numbers = try fair.numbers(name)
      for (row, first) in expected.first.enumerated() { #expect(isNear(numbers[row], first[index], 1e-7), "\(name)") }
      let squares = numbers.reduce(0) { $0 + $1 * $1 }
      #expect(abs(squares / expected.squares[index] - 1) < 1e-10, "\(name)")
    }
  }

  @Test("Nothing correlates with the sensitive columns afterwards, of texts with any level") func correlation() throws {
    let sex = adult.columns["sex"]!.map { $0 == 1 ? "Male" : "Female" }
    let decades = adult.columns["age"]!.map { $0 > 80 ? nil : "\(Int($0 / 10))0s" }
    let mixed = try Table(
      columns: [
        ("decade", .texts(decades)), ("hours-per-week", .numbers(adult.columns["hours-per-week"]!)),
        ("sex", .texts(sex)),
        ("note", .texts(sex)),
      ])
    let remover = try CorrelationRemover(
      fittedTo: mixed, sensitive: ["sex", "decade"], features: ["hours-per-week"])
    let fair = try remover.transform(mixed)
    #expect(fair.columns == ["hours-per-week", "note"])
    #expect(try fair.texts("note") == sex)
    let (before, after) = (try mixed.numbers("hours-per-week"), try fair.numbers("hours-per-week"))
    func means(_ numbers: [Double], _ levels: [String?]) -> [Double] {
      Set(levels).map { level in
        let rows = levels.indices.filter { levels[$0] == level }
        return rows.reduce(0) { $0 + numbers[$1] } / Double(rows.count)
      }
    }
    for levels in [sex.map(Optional.some), decades] {
      #expect(means(before, levels).max()! - means(before, levels).min()! > 1)
      #expect(means(after, levels).max()! - means(after, levels).min()! < 1e-9)
    }
  }

  @Test("Columns that others make up change nothing") func dependent() throws {
    var columns: [(name: String, column: Table.Column)] = table.columns.map { ($0, table[$0]!) }
    columns.append(("age and sex", .numbers(zip(adult.columns["age"]!, adult.columns["sex"]!).map { $0 - 2 * $1 })))
    columns.append(("constant", .numbers([Double](repeating: 3, count: table.rowCount))))
    let wide = try Table(columns: columns)
    let plain = try CorrelationRemover(fittedTo: table, sensitive: ["sex", "age"]).transform(table)
    let more = try CorrelationRemover(fittedTo: wide, sensitive: ["sex", "age", "age and sex", "constant"])
    let fair = try more.transform(wide)
    for name in features {
      for (a, b) in zip(try plain.numbers(name), try fair.numbers(name)) { #expect(isNear(a, b, 1e-6)) }
    }
  }

  @Test("It is saved in a model's file, and damaged JSON throws") func saved() throws {
    let mixed = try Table(["sex": ["f", "m", nil, "m"], "age": [1, 5, 2, 7], "hours": [0.1, 0.2, 0.7, 0.9]])
    let remover = try CorrelationRemover(fittedTo: mixed, sensitive: ["sex", "age"], alpha: 0.75)
    var contents = ModelContents()
    contents.add(remover)
    #expect(try contents.part(CorrelationRemover.self) == remover)
    #expect(try CorrelationRemover(json: remover.json) == remover)
    #expect(try JSONDecoder().decode(CorrelationRemover.self, from: Data(remover.json.utf8)) == remover)
    let encoded = String(decoding: try JSONEncoder().encode(remover), as: UTF8.self)
    #expect(try CorrelationRemover(json: encoded) == remover)
    for length in 0..<remover.json.utf8.count {
      #expect(throws: FairnessError.self) { try CorrelationRemover(json: String(remover.json.prefix(length))) }
    }
    for (text, other) in [("\"alpha\":0.75", "\"alpha\":7"), ("[\"hours\"]", "[\"hours\",\"age\"]"), ("\"f\",", "")] {
      let damaged = remover.json.replacingOccurrences(of: text, with: other)
      #expect(damaged != remover.json, "\(text)")
      #expect(throws: FairnessError.self, "\(text)") { try CorrelationRemover(json: damaged) }
    }
    // What is wrong, and where.
    for (text, other, message) in [
      ("\"alpha\"", "\"beta\"", "expected a member \"alpha\", got none"),
      ("\"alpha\":0.75", "\"alpha\":\"0.75\"", "alpha: expected a number, got a text"),
      ("\"features\":[\"hours\"]", "\"features\":[1]", "features[0]: expected a text, got a number"),
      ("\"means\":[", "\"means\":[[],", "sensitive[0].means[0]: expected a number, got a list"),
      ("\"means\":[", "\"means\":[1,", "parts that do not fit each other"),
      ("\"means\":[0.5", "\"means\":[\"nan\"", "parts that do not fit each other"),
      ("\"means\":[0.5", "\"means\":[\"inf\"", "parts that do not fit each other"),
      ("\"coefficients\":[[", "\"coefficients\":[[1e999,", "parts that do not fit each other"),
    ] {
      let damaged = remover.json.replacing(text, with: other)
      #expect(damaged != remover.json, "\(text)")
      #expect(throws: FairnessError.invalid("expected the JSON of a correlation remover, got \(message)")) {
        try CorrelationRemover(json: damaged)
      }
    }
  }

  @Test("Columns that cannot be used throw") func badInput() throws {
    let mixed = try Table(["sex": ["f", "m", nil], "age": [1, 5, nil], "hours": [1, 2, 3]])
    func error(
      _ sensitive: [String], _ features: [String]?, alpha: Double = 1, of table: Table? = nil
    ) -> FairnessError? {
      do throws(FairnessError) {
        _ = try CorrelationRemover(fittedTo: table ?? mixed, sensitive: sensitive, features: features, alpha: alpha)
        return nil
      } catch { return error }
    }
    #expect(error(["sex"], ["hours"]) == nil)
    #expect(error([], nil) == .empty("expected at least one sensitive column, got none"))
    #expect(error(["sex"], []) == .empty("expected at least one column beside the sensitive ones, got none"))
    #expect(error(["race"], nil) == .unknown("expected one of the columns \"sex\", \"age\", \"hours\", got \"race\""))
    #expect(error(["sex"], ["sex"]) == .invalid("expected different columns, got \"sex\" twice"))
    #expect(error(["sex"], ["hours"], alpha: 1.5) == .invalid("expected alpha within 0…1, got 1.5"))
    #expect(
      error(["sex"], nil)
        == .invalid(
          "expected finite numbers in column \"age\", got nan in row 2; impute missing values first"))
    #expect(
      error(["hours"], ["sex"])
        == .invalid("expected numbers in column \"sex\", got texts; encode them first, or name the features"))
    #expect(error(["sex"], ["hours"], of: mixed.rows([])) == .empty("expected rows, got none"))
    let remover = try CorrelationRemover(fittedTo: mixed, sensitive: ["sex"], features: ["hours"])
    #expect(
      throws: FairnessError.unknown(
        "expected one of the levels \"f\", \"m\", \"missing\" of \"sex\", got \"x\" in row 0")
    ) { try remover.transform(Table(["sex": ["x"], "hours": [1]])) }
    #expect(throws: FairnessError.self) { try remover.transform(Table(["sex": ["f"]])) }
    #expect(throws: FairnessError.self) { try remover.transform(Table(["sex": [1], "hours": [1]])) }
  }
}
