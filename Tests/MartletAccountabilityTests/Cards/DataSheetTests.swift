import MartletCore
import MartletData
import MartletText
import TestSupport
import Testing

@testable import MartletAccountability

struct DataSheetTests {
  private func table() throws -> Table {
    var sex = [Table.Value](repeating: "male", count: 60)
    for row in stride(from: 0, to: 60, by: 3) { sex[row] = "female" }
    let rows: [[String: Table.Value]] = (0..<60).map { row in
      [
        "age": row % 10 == 0 ? .missing : .number(Double(row)), "sex": sex[row], "port": row < 50 ? "S" : .missing,
        "band": .number(Double(row % 2)), "same": .number(1), "survived": .number(row < 6 ? 1 : 0),
      ]
    }
    return try Table(rows: rows)
  }

  private func sheet() throws -> DataSheet {
    try DataSheet(of: try table(), name: "passengers", target: "survived", groups: ["sex", "band"])
  }

  @Test func `a table's columns are told with what is missing, ranges, means and frequent texts`() throws {
    let sheet = try sheet()
    #expect(try sheet.rows == 60 && sheet.sha256 == table().sha256)
    func column(_ name: String) throws -> DataSheet.Column {
      try #require(sheet.columns.first { $0.name == name })
    }
    let age = try column("age")
    let held = (0..<60).filter { $0 % 10 != 0 }.map(Double.init)
    let mean = held.reduce(0, +) / 54
    let variance = held.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 54
    #expect(age.missing == 6 && age.distinct == 54 && age.minimum == 1 && age.maximum == 59 && age.mean == mean)
    #expect(isClose([age.standardDeviation!], [variance.squareRoot()], 1e-12))
    let sex = try column("sex")
    #expect(sex.type == "texts" && sex.distinct == 2 && sex.missing == 0 && sex.minimum == nil)
    #expect(sex.frequent.map(\.name) == ["male", "female"] && sex.frequent.map(\.rows) == [40, 20])
    #expect(try column("port").missing == 10)
  }

  @Test func `classes, groups and their crossings are counted`() throws {
    let sheet = try sheet()
    #expect(sheet.classes.map(\.name) == ["0", "1"] && sheet.classes.map(\.rows) == [54, 6])
    #expect(sheet.groups.count == 2 + 2 + 4)
    let crossed = sheet.groups.filter { $0.attributes == ["sex", "band"] }
    #expect(crossed.map(\.levels) == [["female", "0"], ["female", "1"], ["male", "0"], ["male", "1"]])
    #expect(crossed.map(\.rows) == [10, 10, 20, 20])
    let female = try #require(sheet.groups.first { $0.levels == ["female"] })
    #expect(female.rows == 20 && female.classes.map(\.rows) == [18, 2])
  }

  @Test func `small groups, rare classes, what is missing and columns of one value are warned of`() throws {
    let warnings = try sheet().warnings
    #expect(warnings.contains("column \"age\": 10.0 % of the values are missing"))
    #expect(warnings.contains("column \"same\": all values are the same"))
    #expect(warnings.contains("class \"1\": 6 rows"))
    #expect(warnings.contains("group \"sex female\": 20 rows"))
    #expect(warnings.contains("group \"sex male\": 4 rows of class \"1\""))
    #expect(warnings.contains("group \"sex female, band 0\": 10 rows"))
    #expect(!warnings.contains { $0.contains("\"sex\"") })
    let many = try DataSheet(of: Table(["a": (0..<100).map { .number(Double($0)) }]), name: "all")
    #expect(many.warnings == [])
  }

  @Test func `a target of many numbers has no classes`() throws {
    let sheet = try DataSheet(of: try table(), name: "p", target: "age")
    #expect(sheet.classes == [] && sheet.target == "age")
  }

  @Test func `a data set's features, labels and groups are told`() throws {
    let x = Tensor<Float>([[1, 5], [2, 5], [3, .nan], [6, 5]])
    let data = try Dataset(x, Tensor<Int32>([0, 1, 1, 1]))
    let side = try Groups("side", labels: ["l", "r", "r", "r"]).crossed(
      with: Groups("day", labels: ["a", "a", "b", "b"]))
    let sheet = try DataSheet(of: data, name: "d", columns: ["u", "v"], classes: ["no", "yes"], groups: side)
    #expect(sheet.columns.map(\.name) == ["u", "v", "y"] && sheet.columns.map(\.missing) == [0, 1, 0])
    #expect(sheet.columns[0].mean == 3 && sheet.columns[1].distinct == 1 && sheet.columns[0].type == "Float")
    #expect(sheet.classes.map(\.name) == ["no", "yes"] && sheet.classes.map(\.rows) == [1, 3])
    #expect(sheet.sha256 == data.sha256)
    let groups = sheet.groups.map { ($0.levels.joined(separator: "/"), $0.rows) }
    #expect(groups.map(\.0) == ["l", "r", "a", "b", "l/a", "l/b", "r/a", "r/b"])
    #expect(groups.map(\.1) == [1, 3, 2, 2, 1, 0, 1, 2])
    #expect(sheet.groups[1].classes.map(\.rows) == [0, 3])
    let pictures = try Dataset(Tensor<Float>.ones([2, 3, 4, 4]), Tensor<Float>.zeros([2, 2]))
    let whole = try DataSheet(of: pictures, name: "p")
    #expect(whole.columns.map(\.type) == ["[3, 4, 4] of Float", "Float", "Float"])
    #expect(whole.columns.map(\.name) == ["x", "y0", "y1"] && whole.classes == [])
  }

  @Test func `what cannot be is refused`() throws {
    let data = try Dataset(Tensor<Float>.ones([2, 3]), Tensor<Int32>([0, 1]))
    #expect(throws: FairnessError.self) { try DataSheet(of: data, name: "d", columns: ["a"]) }
    let groups = try Groups("g", labels: ["a"])
    #expect(throws: FairnessError.self) { try DataSheet(of: data, name: "d", groups: groups) }
    #expect(throws: TableError.self) { try DataSheet(of: try table(), name: "p", target: "absent") }
    #expect(throws: FairnessError.self) { try DataSheet(of: try table(), name: "p", groups: ["absent"]) }
    #expect(throws: FairnessError.self) { try DataSheet(of: try Table(["a": []]), name: "p") }
  }

  @Test func `a sheet comes back from its JSON, and its answers are kept`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("sheet.md")
    var sheet = try sheet()
    #expect(try DataSheet(json: sheet.json) == sheet)
    try sheet.answer("consent", "They have.")
    try sheet.save(to: path)
    var again = try self.sheet()
    try again.save(to: path)
    #expect(again.answers == ["consent": "They have."])
    #expect(again.missing.count == DataSheet.questions.count - 1)
    #expect(try DataSheet(from: path) == again)
    #expect(throws: CardError.self) { try sheet.answer("consents", "x") }
    // A model's card is no sheet.
    #expect(throws: FormatError.self) { try DataSheet(json: ModelCard(name: "m").json) }
    var card = ModelCard(name: "m")
    #expect(throws: FormatError.self) { try card.save(to: path) }
  }

  @Test func `the text and the Markdown show tables, warnings and questions`() throws {
    let sheet = try sheet()
    let text = sheet.description
    for part in ["passengers: 60 rows", "column", "warning: class \"1\": 6 rows", "17 of 17 questions", "sex × band"] {
      #expect(text.contains(part), "\(part)")
    }
    let markdown = sheet.markdown
    #expect(markdown.contains("| class | rows | share |\n| --- | ---: | ---: |\n| 0 | 54 | 90.0 % |\n"))
    for question in DataSheet.questions { #expect(markdown.split(separator: "**\(question.text)**").count == 2) }
  }

  @Test func `the hash of a table tells columns, names, values and what is missing`() throws {
    func hash(_ table: Table) -> String { table.sha256 }
    let table = try Table(["a": [1, nil], "b": ["x", nil]])
    #expect(hash(table) == hash(try Table(["a": [1, nil], "b": ["x", nil]])))
    let others = [
      try Table(["b": ["x", nil], "a": [1, nil]]), try Table(["a": [1, 0], "b": ["x", nil]]),
      try Table(["a": [1, nil], "b": ["x", ""]]), try Table(["a": [1, nil], "c": ["x", nil]]),
      try Table(["a": [1, nil], "b": ["x", "null"]]), try Table(["a": [nil, 1], "b": ["x", nil]]),
    ]
    #expect(Set((others + [table]).map(hash)).count == 7)
  }
}
