import MartletCore
import MartletFormats
import MartletTesting
import MartletText
import TestSupport
import Testing

@Suite struct CSVTests {
  private func read(
    _ text: String, separator: Character = ",", header: CSV.Header = .automatic,
    missing: CSV.MissingValues = .refused, labels: [String] = []
  ) throws(FormatError) -> CSVTable {
    try CSV.read(
      bytes: Array(text.utf8), source: "t.csv", separator: separator, header: header, missing: missing, labels: labels)
  }

  private func problem(_ body: () throws(FormatError) -> some Any) -> String {
    do throws(FormatError) {
      _ = try body()
      return "no error"
    } catch {
      return error.description
    }
  }

  private func column(_ text: String, missing: CSV.MissingValues = .refused) throws -> [Double] {
    try read(text, header: .absent, missing: missing).values.scalars
  }

  // MARK: What is read

  @Test(arguments: [
    "a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\n1,2\n3,4", "\u{FEFF}a,b\n1,2\n3,4\n",
    "\n a , b\n\n 1 ,\t2\n \n3,4 \n\n",
    "\"a\",\"b\"\n\"1\",2\n3,\"4\"", " \"a\" ,b\r\n1,2\r\n\r\n3,4\r\n \r\n", "a,b\n1,2\n3,4\n  ",
  ])
  func `reads rows however they are written`(_ text: String) throws {
    let table = try read(text)
    #expect(table.columns == ["a", "b"])
    #expect(table.rowCount == 2)
    #expect(table.values == Tensor<Double>([[1, 2], [3, 4]]))
  }

  @Test func `decides whether there is a header`() throws {
    #expect(try read("1,2\n3,4").columns == ["column 1", "column 2"])
    #expect(try read("1,2\n3,4").rowCount == 2)
    #expect(try read("1,2\n3,4", header: .present).columns == ["1", "2"])
    #expect(try read("1,NA\n3,4", missing: .nan).rowCount == 2)
    #expect(try read("1,b\n3,4").columns == ["1", "b"])
    #expect(try read(",b\n3,4").columns == ["column 1", "b"])
  }

  @Test(arguments: [";", "\t", "|", ":"] as [Character])
  func `takes other separators`(_ separator: Character) throws {
    let table = try read("a\(separator)b c\n1\(separator)-2e1\n", separator: separator)
    #expect(table.columns == ["a", "b c"])
    #expect(table.values == Tensor<Double>([[1, -20]]))
  }

  @Test(arguments: [
    "a b\n1 2\n3 4\n", "  a   b\n 1 2  \r\n\n   \n3    4", "a\tb\r\n1\t2\r\n 3 \t 4 \t\r\n",
    "\"a\"  \"b\"\n\"1\" 2\n3 \"4\"\n",
  ])
  func `one or more blanks separate fields where that is asked for`(_ text: String) throws {
    let table = try read(text, separator: " ")
    #expect(table.columns == ["a", "b"])
    #expect(table.values == Tensor<Double>([[1, 2], [3, 4]]))
  }

  @Test func `between blanks a field is a word or in quotes, and is not empty`() throws {
    // As in many a collection of data: columns of equal width, and names behind a tab.
    let table = try read(
      "18.0   8   307.0  1\t\"chevrolet malibu\"\n15.0   8   ?      1\tbuick\n", separator: " ", header: .absent,
      missing: .nan, labels: ["column 5"])
    #expect(table.rowCount == 2)
    #expect(try table.classes(of: "column 5") == ["buick", "chevrolet malibu"])
    #expect(table.values.scalars[7].isNaN)
    func fault(_ text: String) -> String { problem { () throws(FormatError) in try read(text, separator: " ") } }
    #expect(fault("a b\n1 2 3\n").contains("line 2: expected 2 fields as in the first row, got 3"))
    #expect(fault("a b\n1   \n").contains("line 2: expected 2 fields as in the first row, got 1"))
    #expect(fault("a b\n\"1\"2 3\n").contains("there is text after the quote"))
    #expect(fault("a b\n\"\" 3\n").contains("the number is missing"))
    let long = (0..<200_000).map { "  \($0)  \($0 + 1) " }.joined(separator: "\n")
    #expect(try read(long, separator: " ").values.scalars == (0..<200_000).flatMap { [Double($0), Double($0 + 1)] })
  }

  @Test func `a word where a number belongs is told how to be read`() {
    func fault(_ text: String, _ header: CSV.Header = .automatic) -> String {
      problem { () throws(FormatError) in try read(text, header: header) }
    }
    #expect(
      fault("size,kind\n1,rose\n")
        == #"t.csv: line 2, column 2 ("kind"): "rose" is not a number; if the column holds names, read it with labels: ["kind"]"#
    )
    #expect(fault("1,rose\n", .absent).hasSuffix(#"read it with labels: ["column 2"]"#))
    #expect(fault("a\n1e999\n").hasSuffix(#""1e999" is not a number that a Double can hold"#))
    for (separator, name) in [(" ", " "), (";", ";"), ("\t", "\\t")] {
      let remedy = #"; if "\#(name)" is what separates the fields, read with separator: "\#(name)""#
      #expect(fault("a\(separator)b\n1\(separator)2\n").hasSuffix("is not a number\(remedy)"))
    }
  }

  @Test func `reads numbers as they are printed`() throws {
    let text = ["1", "-1.5", "+2", ".5", "5.", "2e3", "2E-3", "1e+2", "0001", "-0", "inf", "-Infinity", "1e22", "1e23"]
    let expected: [Double] = [1, -1.5, 2, 0.5, 5, 2000, 0.002, 100, 1, -0.0, .infinity, -.infinity, 1e22, 1e23]
    let found = try column(text.joined(separator: "\n"))
    #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test func `rounds to the nearest Double`() throws {
    let text = [
      "0.1234567890123456789", "9007199254740993", "9007199254740993.00000000000000000001", "1.7976931348623157e308",
      "5e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "2.2250738585072011e-308",
      "123456789012345678901234567890", "0.000000000000000000000000000001", "1e-400", "0e999999999999", "-0e-9999",
      "1.0000000000000000000000000000000000001", "8.5000000000000000000",
    ]
    #expect(try column(text.joined(separator: "\n")).map(\.bitPattern) == text.map { Double($0)!.bitPattern })
  }

  @Test func `what is printed comes back`() throws {
    var bits = SplitMix("doubles")
    var doubles: [Double] = []
    var floats: [Float] = []
    for _ in 0..<20_000 {
      let next = bits.next()
      let double = Double(bitPattern: next)
      let float = Float(bitPattern: UInt32(truncatingIfNeeded: next))
      if double.isFinite { doubles.append(double) }
      if float.isFinite { floats.append(float) }
    }
    let doublesBack = try column(doubles.map { $0.description }.joined(separator: "\n"))
    #expect(doublesBack.map { $0.bitPattern } == doubles.map { $0.bitPattern })
    let floatsBack = try column(floats.map { $0.description }.joined(separator: "\n"))
    #expect(floatsBack.map { Float($0).bitPattern } == floats.map { $0.bitPattern })
  }

  @Test func `reads many blocks`() throws {
    // 2 MB, with a quoted line end in some rows, so that lines are more than rows.
    var text = "label,i,half\n"
    for row in 0..<100_000 {
      text += row % 1000 == 7 ? "\"a\nb\",\(row),\(Double(row) / 2)\n" : "c\(row % 3),\(row),\(Double(row) / 2)\n"
    }
    let table = try read(text, labels: ["label"])
    #expect(table.rowCount == 100_000)
    #expect(try table.classes(of: "label") == ["a\nb", "c0", "c1", "c2"])
    let scalars = table.values.scalars
    for row in 0..<100_000 {
      let place = row % 1000 == 7 ? 0 : row % 3 + 1
      let isRight =
        scalars[3 * row] == Double(place) && scalars[3 * row + 1] == Double(row)
        && scalars[3 * row + 2] == Double(row) / 2
      if !isRight { Issue.record("row \(row): \(scalars[3 * row..<3 * row + 3])") }
    }
    let alone = try withThreads(1) { try read(text, labels: ["label"]) }
    #expect(alone.values == table.values)

    let wrong = problem { () throws(FormatError) in try read(text + "c0,x,1\nc0,1\n", labels: ["label"]) }
    #expect(wrong.contains("line 100102, column 2 (\"i\"): \"x\" is not a number"), "\(wrong)")
  }

  @Test func `does not cut within quotes`() throws {
    // Quoted line ends for longer than a block.
    let long = String(repeating: "1,2\n", count: 200_000)
    let table = try read("k,x\n\"\(long)\",3\nb,4\n", labels: ["k"])
    #expect(table.values == Tensor<Double>([[0, 3], [1, 4]]))
    #expect(try table.classes(of: "k") == [long, "b"])
  }

  @Test func `reads rows that are longer than what is read at a time`() throws {
    let long = String(repeating: "x,\n", count: 1_500_000)
    let rows = (0..<3).map { "\($0),\"\(long)\"\n" }.joined()
    let table = try CSV.read(bytes: Array(("a,b\n" + rows).utf8), source: "t.csv", labels: ["b"])
    #expect(try table.tensor(["a"]).scalars == [0, 1, 2])
    #expect(try table.classes(of: "b") == [long])
  }

  @Test func `a quote that is wrong is told without reading on to the next`() {
    let rest = String(repeating: "1,2\n", count: 6_000_000)
    let problem = problem { () throws(FormatError) in
      try CSV.read(bytes: Array(("a,b\n1,2\"\n" + rest).utf8), source: "t.csv", memoryLimit: 20_000_000)
    }
    #expect(problem.contains("line 2, column 2 (\"b\"): a quote within a field"))
  }

  @Test func `keeps denormals on every thread`() throws {
    let numbers = (1...50_000).map { Double(bitPattern: UInt64($0) * 90_071_992_547) }
    let text = numbers.map { $0.description }.joined(separator: "\n")
    let found = try withThreads(2) { try column(text) }
    #expect(found.map { $0.bitPattern } == numbers.map { $0.bitPattern })
  }

  @Test func `reads files`() throws {
    let directory = TemporaryDirectory()
    let text = Array("a,b\n1,2\n".utf8)
    directory.write(text, to: "t.csv")
    directory.write(gzip(text), to: "t.csv.gz")
    for name in ["t.csv", "t.csv.gz"] {
      #expect(try CSV.read(from: directory.file(name)).values == Tensor<Double>([[1, 2]]))
    }
  }

  // MARK: Labels, missing values, columns

  @Test func `reads labels`() throws {
    let table = try read("x,kind\n1,dog\n2, cat \n3,\"say \"\"hi\"\", you\"\n4,dog\n", labels: ["kind"])
    #expect(try table.classes(of: "kind") == ["cat", "dog", "say \"hi\", you"])
    #expect(try table.tensor(["kind", "x"]) == Tensor<Float>([[1, 1], [0, 2], [2, 3], [1, 4]]))
  }

  @Test func `reads missing values as NaN`() throws {
    let found = try column("1\nNA\nn/a\nnull\nNaN\n?\nNone\n\"\"\n2", missing: .nan)
    #expect(found.map(\.isNaN) == [false, true, true, true, true, true, true, true, false])
    #expect(try read("a,b\n,1\n2,\n", missing: .nan).values.scalars.map(\.isNaN) == [true, false, false, true])
    let table = try read("a,k\n1,\n2,u\n", missing: .nan, labels: ["k"])
    #expect(try table.classes(of: "k") == ["u"])
    #expect(try table.numbers(of: "k").map(\.isNaN) == [true, false])
  }

  @Test func `gives columns`() throws {
    let table = try read("a,b\n1,2.5\n3,4\n")
    #expect(try table.tensor(["b"]) == Tensor<Float>([[2.5], [4]]))
    #expect(try table.tensor(["b", "a"]) == Tensor<Float>([[2.5, 1], [4, 3]]))
    let absent = "t.csv: there is no column \"z\"; the columns are \"a\", \"b\""
    #expect(problem { () throws(FormatError) in try table.tensor(["z"]) } == absent)
    #expect(problem { () throws(FormatError) in try table.classes(of: "z") } == absent)
    let numbers = "t.csv: column \"b\": expected labels, got numbers; read it with labels: [\"b\"]"
    #expect(problem { () throws(FormatError) in try table.classes(of: "b") } == numbers)
  }

  @Test func `names that only look the same are two`() throws {
    let (one, two) = ("\u{E9}", "e\u{301}")
    let table = try read("\(one),\(two),k\n1,2,\(one)\n3,4,\(two)\n5,6,\(one)\n", labels: ["k"])
    #expect(try table.tensor([two]).scalars == [2, 4, 6])
    #expect(try table.tensor([one]).scalars == [1, 3, 5])
    #expect(try table.tensor(["k"]).scalars == [1, 0, 1])
    #expect(try table.classes(of: "k").map { Array($0.utf8) } == [two, one].map { Array($0.utf8) })
    let single = try read("\(two),b\n1,2\n")
    let hint = #""\u{00E9}" was asked for, and "e\u{0301}" differs only in Unicode normalisation"#
    #expect(problem { () throws(FormatError) in try single.tensor([one]) }.contains(hint))
    #expect(problem { () throws(FormatError) in try read("\(two)\n1\n", labels: [one]) }.contains(hint))
    #expect(!problem { () throws(FormatError) in try single.tensor(["c"]) }.contains("normalisation"))
  }

  @Test(arguments: [
    ("a,\u{1}\n1,2\n", 1, 2), ("a,k\n1,x\n\n2,\u{1}y\n", 4, 2), ("\"a\nb\",\"\u{1}\"\"\"\n1,2\n", 2, 2),
    ("a,k\n1,\"x\n\u{1}\"\n", 2, 2),
  ])
  func `names that are not UTF-8 are refused`(_ text: String, _ line: Int, _ column: Int) {
    // Latin-1 for é, and an é that is cut short.
    for byte in [0xE9, 0xC3] as [UInt8] {
      let bytes = text.utf8.map { $0 == 1 ? byte : $0 }
      let labels = text.contains("k") ? ["k"] : []
      let error = #expect(throws: FormatError.self) { try CSV.read(bytes: bytes, source: "t.csv", labels: labels) }
      guard case .field(line, column, _) = error?.location else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(error?.kind == .damaged)
      #expect(error?.reason.contains("expected text in UTF-8") == true)
    }
  }

  // MARK: Bad files

  @Test(arguments: [
    ("", "it is empty"), ("\n\r\n ", "it is empty"), ("a,b\n", "no row of data"),
    ("a,b\n1,2\n3\n", "line 3: expected 2 fields as in the first row, got 1"),
    ("a,b\n\n1,2,3\n", "line 3: expected 2 fields as in the first row, got 3"),
    ("a,b\n1,2,\n", "line 2: expected 2 fields as in the first row, got 3"),
    ("a,b\n1,2\n3,x1\n", "line 3, column 2 (\"b\"): \"x1\" is not a number"),
    ("1,2\n3,4 5\n", "line 2, column 2: \"4 5\" is not a number"),
    ("a,b\n1,\n", "line 2, column 2 (\"b\"): the number is missing"),
    ("a,b\n1,NA\n", "the number is missing"), ("a,a\n1,2\n", "columns 1 and 2 are both called \"a\""),
    ("a\n\"1\n", "line 2, column 1 (\"a\"): the quote that begins"), ("a\n\"1\"2\n", "text after the quote"),
    ("a\n1\"2\"\n", "a quote within a field"), ("\"a\n1", "line 1, column 1: the quote"),
    ("a\n1e999\n", "\"1e999\" is not a number"), ("a\n1e\n", "not a number"), ("a\n0x10\n", "not a number"),
    ("a\n1_000\n", "not a number"), ("a\n--1\n", "not a number"), ("a\n.\n", "not a number"), ("a\ninfx\n", "not a"),
    ("a\n\"1\n2\"\n", "\"1\\n2\" is not a number"), ("a,b\n\"x\ny\",1\n", "line 2, column 1"),
  ])
  func `refuses bad files`(_ text: String, _ part: String) {
    let found = problem { () throws(FormatError) in try read(text) }
    #expect(found.hasPrefix("t.csv: ") && found.contains(part), "\(found)")
  }

  @Test func `errors say what sort they are and where`() {
    func error(_ text: String, labels: [String] = []) -> FormatError? {
      do throws(FormatError) {
        _ = try read(text, labels: labels)
        return nil
      } catch {
        return error
      }
    }
    let ragged = error("a,b\n1,2\n3\n")
    #expect(ragged?.kind == .damaged && ragged?.location == .line(3))
    let word = error("a,b\n1,x\n")
    #expect(word?.kind == .mismatch && word?.location == .field(line: 2, column: 2, name: "b"))
    let unnamed = error("1,2\n3,\n")
    #expect(unnamed?.kind == .mismatch && unnamed?.location == .field(line: 2, column: 2, name: nil))
    let absent = error("a\n1\n", labels: ["z"])
    #expect(absent?.kind == .mismatch && absent?.location == nil)
  }

  @Test func `refuses bad requests`() {
    for separator in ["\"", "\n", "1", "e", "-", ".", "é", "\u{7F}"] as [Character] {
      let found = problem { () throws(FormatError) in try read("a\n1\n", separator: separator) }
      let expected =
        "expected a space, a tab or a visible ASCII character other than letters, digits, \", +, - and . as the "
        + "separator, got \(shown(String(separator)))"
      #expect(found == "t.csv: \(expected)", "\(found)")
    }
    #expect(
      problem { () throws(FormatError) in try read("a\n1\n", labels: ["b"]) }.contains("no column \"b\""))
    #expect(
      problem { () throws(FormatError) in try CSV.read(bytes: [0xFF, 0xFE, 0x31, 0], source: "t.csv") }
        .contains("UTF-16"))
    #expect(problem { () throws(FormatError) in try CSV.read(from: "/nowhere/t.csv") }.contains("/nowhere/t.csv"))
  }

  @Test func `any bytes are read or refused`() {
    var bits = SplitMix("any bytes")
    let alphabet = Array("\"\"\n\n\r,,1.e- \t a\u{00}".utf8)
    for _ in 0..<3000 {
      let bytes = (0..<24).map { _ in alphabet.randomElement(using: &bits)! }
      _ = problem { () throws(FormatError) in try CSV.read(bytes: bytes, source: "t.csv", missing: .nan) }
      _ = problem { () throws(FormatError) in
        try CSV.read(bytes: bytes, source: "t.csv", separator: " ", missing: .nan)
      }
    }
  }

  @Test func `blanks separate what single commas would`() {
    var bits = SplitMix("blanks")
    for _ in 0..<3000 {
      let fields = (0..<6).map { _ in ["1", "-2.5", "?", "x", "\"3\""].randomElement(using: &bits)! }
      let ends = (0..<6).map { _ in Bool.random(using: &bits) }
      func text(_ separator: () -> String) -> String {
        zip(fields, ends).map { $0 + ($1 ? "\n" : separator()) }.joined() + "0"
      }
      func outcome(_ text: String, _ separator: Character) -> String {
        var found = ""
        let fault = problem { () throws(FormatError) in
          found = try read(text, separator: separator, missing: .nan).description
        }
        return fault + found
      }
      let blanks = text { [" ", "\t", "  ", " \t "].randomElement(using: &bits)! }
      #expect(outcome(blanks, " ") == outcome(text { "," }, ","), "\(blanks)")
    }
  }
}
