import MartletCore
import MartletFormats
import MartletText
import TestSupport
import Testing

@Suite struct CSVOptionsTests {
  private func read(_ text: String, _ options: CSV.Options) throws(FormatError) -> CSVTable {
    try CSV.read(bytes: Array(text.utf8), source: "t.csv", options)
  }

  private func problem(_ body: () throws(FormatError) -> some Any) -> String {
    do throws(FormatError) {
      _ = try body()
      return "nothing"
    } catch {
      return error.description
    }
  }

  private let text = "a,b,c\n1,2,3\n4,x,6\n7,8\n9,10,11,12\n13,,15\n16,17,18\n"

  @Test func `wrong rows are left out and counted`() throws {
    let table = try read(text, CSV.Options(malformed: .skipped))
    #expect(table.values == Tensor<Double>([[1, 2, 3], [16, 17, 18]]))
    #expect(table.problems.skippedRowCount == 4)
    #expect(
      table.problems.first.map(\.location) == [
        .field(line: 3, column: 2, name: "b"), .line(4), .line(5), .field(line: 6, column: 2, name: "b"),
      ])
    #expect(table.problems.first[0].reason.contains(#""x" is not a number"#))
  }

  @Test func `wrong fields are filled and counted`() throws {
    let table = try read(text, CSV.Options(malformed: .filled))
    let nan = Double.nan
    let expected: [Double] = [1, 2, 3, 4, nan, 6, 7, 8, nan, 9, 10, 11, 13, nan, 15, 16, 17, 18]
    #expect(table.values.scalars.elementsEqual(expected) { $0 == $1 || ($0.isNaN && $1.isNaN) })
    #expect((table.problems.skippedRowCount, table.problems.filledFieldCount) == (0, 4))
  }

  @Test func `they are refused by default, with line and column`() {
    #expect(problem { () throws(FormatError) in try read(text, CSV.Options()) }.contains("line 3, column 2 (\"b\")"))
  }

  @Test func `a broken quote loses one line`() throws {
    let table = try read("a,b\n1,2\n\"3,4\n5,6\n7,\"8\"\n", CSV.Options(malformed: .skipped))
    #expect(table.values == Tensor<Double>([[1, 2], [5, 6], [7, 8]]))
    #expect(table.problems.skippedRowCount == 1)
  }

  @Test func `a label of a row that is left out is no class`() throws {
    let options = CSV.Options(labels: .named(["k"]), malformed: .skipped)
    let table = try read("k,a\nu,1\nw,x\nv,2\nw,3\n", options)
    #expect(try table.classes(of: "k") == ["u", "v", "w"])
    let other = try read("k,a\nu,1\nw,x\nv,2\n", options)
    #expect(try other.classes(of: "k") == ["u", "v"])
    #expect(other.values == Tensor<Double>([[0, 1], [1, 2]]))
  }

  @Test func `columns are chosen, and others may hold anything`() throws {
    let text = "name,a,b\n\"x, y\",1,?!\nz,2,3\n"
    #expect(try read(text, CSV.Options(columns: .only(["a"]))).values == Tensor<Double>([[1], [2]]))
    let table = try read("id,a,k\nx,1,p\ny,2,q\n", CSV.Options(labels: .named(["k"]), columns: .except(["id"])))
    #expect(table.columns == ["a", "k"])
    #expect(table.values == Tensor<Double>([[1, 0], [2, 1]]))
    #expect(try table.classes(of: "k") == ["p", "q"])
    #expect(
      problem { () throws(FormatError) in try read(text, CSV.Options(columns: .only(["z"]))) }.contains("no column"))
    #expect(problem { () throws(FormatError) in try read(text, CSV.Options(columns: .only([]))) }.contains("got none"))
  }

  @Test func `columns of labels are found`() throws {
    let options = CSV.Options(missing: .nan, labels: .automatic)
    let table = try read("a,k,l\n1,2,\n3,u,NA\n,NA,v\n", options)
    #expect(try table.classes(of: "k") == ["2", "u"])
    #expect(try table.classes(of: "l") == ["v"])
    #expect(table.values[.all, 1].scalars.prefix(2) == [0, 1])
    #expect(table.values[2, 1].item().isNaN && table.values[0, 2].item().isNaN)
    #expect(problem { () throws(FormatError) in try table.classes(of: "a") }.contains("expected labels, got numbers"))
    // With rows left out too, what is no number makes a column of labels.
    let skipping = try read("a,k\n1,2\n3,u\n4\n", CSV.Options(labels: .automatic, malformed: .skipped))
    #expect(try skipping.classes(of: "k") == ["2", "u"])
    #expect(skipping.problems.skippedRowCount == 1)
  }

  @Test func `lines before the header are passed over`() throws {
    let text = "made by \"x\n\n# units: m\na b\n1 2\n"
    let table = try read(text, CSV.Options(separator: " ", skippedLines: 3))
    #expect(table.columns == ["a", "b"])
    #expect(
      problem { () throws(FormatError) in try read("x\ny\na\nz\n", CSV.Options(header: .present, skippedLines: 2)) }
        .contains("line 4, column 1"))
    #expect(problem { () throws(FormatError) in try read("x\n", CSV.Options(skippedLines: 5)) }.contains("it is empty"))
    #expect(problem { () throws(FormatError) in try read("1\n", CSV.Options(skippedLines: -1)) }.contains("got -1"))
  }

  // MARK: Blocks

  /// A file of many blocks, with a label column, wrong rows and quoted line ends.
  private func large(_ directory: TemporaryDirectory, rows: Int = 300_000) -> String {
    var text = "n,k,x\n"
    for row in 0..<rows {
      text += row % 50_000 == 777 ? "\(row),w,bad\n" : "\(row),\(row % 3 == 0 ? "\"u\nv\"" : "w"),\(row).5\n"
    }
    directory.write(Array(text.utf8), to: "large.csv")
    return directory.file("large.csv")
  }

  @Test func `blocks together are the table`() throws {
    let directory = TemporaryDirectory()
    let path = large(directory)
    let options = CSV.Options(labels: .named(["k"]), malformed: .skipped)
    let whole = try CSV.read(from: path, options)
    let blocks = try CSV.Blocks(path: path, options)
    #expect(blocks.columns == ["n", "k", "x"])
    var numbers: [Double] = []
    var labels: [String] = []
    var skipped = 0
    var lines: [FormatError.Location?] = []
    var count = 0
    while let block = try blocks.next() {
      let names = try block.classes(of: "k")
      numbers += block.values[.all, 0].scalars
      labels += block.values[.all, 1].scalars.map { names[Int($0)] }
      skipped += block.problems.skippedRowCount
      lines += block.problems.first.map(\.location)
      count += 1
    }
    #expect(count > 1)
    #expect(numbers == whole.values[.all, 0].scalars)
    let names = try whole.classes(of: "k")
    #expect(labels == whole.values[.all, 1].scalars.map { names[Int($0)] })
    #expect(skipped == 6 && lines == whole.problems.first.map(\.location))
    #expect(try blocks.next()?.rowCount == nil)
  }

  @Test func `a block that is wrong throws with its line, and a file that changes too`() throws {
    let directory = TemporaryDirectory()
    let rows = (0..<400_000).map { $0 == 390_000 ? "1,x" : "\($0).0000000000,2" }
    directory.write(Array(("a,b\n" + rows.joined(separator: "\n")).utf8), to: "t.csv")
    let blocks = try CSV.Blocks(path: directory.file("t.csv"))
    let error = #expect(throws: FormatError.self) { while try blocks.next() != nil {} }
    #expect(error?.location == .field(line: 390_002, column: 2, name: "b"))

    let others = try CSV.Blocks(path: large(directory), CSV.Options(labels: .named(["k"]), malformed: .skipped))
    directory.write(Array("a,b\n1,2\n".utf8), to: "large.csv")
    #expect(throws: FormatError.self) { while try others.next() != nil {} }
  }
}
