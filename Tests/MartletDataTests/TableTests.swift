import MartletCore
import MartletData
import MartletFormats
import MartletText
import TestSupport
import Testing

@Suite struct TableTests {
  private func write(_ text: String, _ body: (String) throws -> Void) throws {
    let directory = TemporaryDirectory()
    directory.write(Array(text.utf8), to: "t.csv")
    try body(directory.file("t.csv"))
  }

  @Test func `a CSV file with mixed columns needs no options`() throws {
    try write("age,sex,fare,note\n22,male,7.25,\n38,female,NA,x\n,male,8,NA\n") { path in
      let table = try Table(csv: path)
      #expect(table.columns == ["age", "sex", "fare", "note"])
      #expect(
        table
          == (try Table([
            "age": [22, 38, nil], "sex": ["male", "female", "male"], "fare": [7.25, nil, 8], "note": [nil, "x", nil],
          ])))
      #expect(try table.texts("note") == [nil, "x", nil])
      #expect(try table.tensor(["age"])[0..<2] == Tensor<Float>([[22], [38]]))
    }
  }

  @Test func `a column that turns into text late is text from its beginning`() throws {
    let rows = (0..<200_000).map { "\($0),\($0 == 199_999 ? "x" : "1")" }
    try write("a,b\n" + rows.joined(separator: "\n")) { path in
      let table = try Table(csv: path)
      #expect(try table.texts("b").prefix(2) == ["1", "1"])
      #expect(try table.texts("b").last == "x")
      #expect(try table.numbers("a").last == 199_999)
    }
  }

  private enum Port: String, Encodable { case cork, cherbourg }
  private struct Home: Encodable { var city: String }
  private struct Passenger: Encodable {
    var age: Double?
    var port: Port
    var isAlone: Bool
    var home: Home
    var siblings: UInt8?
  }

  @Test func `structs become rows`() throws {
    let table = try Table(encoding: [
      Passenger(age: nil, port: .cork, isAlone: true, home: Home(city: "Lyon"), siblings: 3),
      Passenger(age: 4.5, port: .cherbourg, isAlone: false, home: Home(city: "Bonn"), siblings: nil),
    ])
    #expect(table.columns == ["age", "port", "isAlone", "home.city", "siblings"])
    #expect(
      table
        == (try Table([
          "age": [nil, 4.5], "port": ["cork", "cherbourg"], "isAlone": [1, 0], "home.city": ["Lyon", "Bonn"],
          "siblings": [3, nil],
        ])))
    #expect(throws: TableError.self) { try Table(encoding: [["a": [1, 2]]]) }
    #expect(throws: TableError.self) { try Table(encoding: [1, 2]) }
    let one = try Table(encoding: [
      Passenger(age: nil, port: .cork, isAlone: true, home: Home(city: "Lyon"), siblings: nil)
    ])
    #expect(one.columns.contains("age") && one["age"]?[0] == .missing)
  }

  @Test func `rows of a server may lack a name`() throws {
    let table = try Table(rows: [["a": 1, "b": "x"], ["b": nil], ["a": 3]])
    #expect(table == (try Table(["a": [1, nil, 3], "b": ["x", nil, nil]])))
    #expect(throws: TableError.self) { try Table(rows: [["a": 1], ["a": "x"]]) }
  }

  @Test func `columns are chosen and joined`() throws {
    let table = try Table(["a": [1, 2, 3], "b": ["x", "y", nil]])
    #expect(try table.selecting(["b", "a"]).columns == ["b", "a"])
    #expect(try table.dropping(["a"]).columns == ["b"])
    #expect(table.rows([2, 0]) == (try Table(["a": [3, 1], "b": [nil, "x"]])))
    #expect(table.filter { $0["a"] != 2 }.rowCount == 2)
    #expect(
      try table.appending(Table(["b": ["z"], "a": [4]])) == Table(["a": [1, 2, 3, 4], "b": ["x", "y", nil, "z"]]))
    let error = #expect(throws: TableError.self) { try table.column("A") }
    #expect(error?.description == #"expected a column "A", got none (did you mean "a"?)"#)
    #expect(throws: TableError.self) { try table.appending(Table(["a": [4]])) }
    #expect(throws: TableError.self) { try Table(["a": [1], "a": [2]]) }
    #expect(throws: TableError.self) { try Table(["a": [1], "b": [2, 3]]) }
    #expect(throws: TableError.self) { try Table(["a": [1, "x"]]) }
    #expect(throws: TableError.self) { try table.numbers("b") }
    #expect(throws: TableError.self) { try table.texts("a") }
  }

  @Test func `a split keeps the shares of a column`() throws {
    let table = try Table(["y": (0..<40).map { $0 < 30 ? "no" : "yes" }, "i": (0..<40).map { .number(Double($0)) }])
    let (train, test) = try table.split(testFraction: 0.25, stratifiedBy: "y", seed: 1)
    #expect([2, 3].contains(try test.texts("y").count { $0 == "yes" }))
    #expect(test.rowCount == 10)
    let rows = try train.numbers("i") + test.numbers("i")
    #expect(rows.sorted() == (0..<40).map(Double.init))
    #expect(try table.folds(4, seed: 1).map(\.validation.rowCount) == [10, 10, 10, 10])
  }

  @Test func `a saved table is read as it was`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("t.csv")
    let table = try Table([
      "a, b": [1, 0.1, nil, -2.5e300], "t": ["x", "NA", "say \"hi\"\u{301}", nil], "": ["", "1", "line\nend", "é "],
    ])
    try table.save(csv: path)
    let read = try Table(csv: path)
    #expect(read.columns == ["a, b", "t", "column 3"])
    #expect(try read.numbers("a, b").prefix(2) == [1, 0.1] && read.numbers("a, b")[3] == -2.5e300)
    #expect(read["t"] == table["t"] && read["column 3"] == table[""])
    for one in [try Table(["n": [nil, 1, nil]]), try Table(["t": [nil, "x", ""]])] {
      try one.save(csv: path)
      #expect(try Table(csv: path) == one)
    }
    #expect(throws: FormatError.self) { try table.save(csv: "/none/t.csv") }
    #expect(throws: FormatError.self) { try table.selecting([]).save(csv: path) }
  }

  @Test func `prints its first rows`() throws {
    let table = try Table(["name": ["a", nil], "n": [1.5, 2]])
    #expect(table.description.contains("2 rows, 2 columns"))
  }
}
