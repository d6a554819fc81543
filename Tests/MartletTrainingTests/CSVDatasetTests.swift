import MartletCore
import MartletData
import MartletFormats
import MartletNN
import MartletText
import MartletTraining
import Testing

@Suite struct CSVDatasetTests {
  private func read(
    _ text: String, missing: CSV.MissingValues = .refused, labels: [String] = []
  ) throws(FormatError) -> CSVTable {
    try CSV.read(bytes: Array(text.utf8), source: "t.csv", missing: missing, labels: labels)
  }

  private func problem(_ body: () throws(FormatError) -> some Any) -> FormatError? {
    do throws(FormatError) {
      _ = try body()
      return nil
    } catch {
      return error
    }
  }

  @Test func `labels are classes`() throws {
    let table = try read("x,kind\n1,dog\n2, cat \n3,\"say \"\"hi\"\", you\"\n4,dog\n", labels: ["kind"])
    let data = try table.dataset(classes: "kind")
    #expect(data.y == Tensor<Int32>([1, 0, 2, 1]))
    #expect(data.x == Tensor<Float>([[1], [2], [3], [4]]))
  }

  @Test func `a missing label is not a class`() throws {
    let table = try read("a,k\n1,\n2,u\n", missing: .nan, labels: ["k"])
    let found = problem { () throws(FormatError) in try table.dataset(classes: "k") }
    #expect(found?.kind == .mismatch && found?.location == .column("k"))
    #expect(found?.reason.contains("row 1") == true)
  }

  @Test func `makes data sets`() throws {
    let table = try read("a,b,c,k\n1,2,3,0\n4,5,6,2\n")
    let data = try table.dataset(targets: ["c", "a"])
    #expect(data.x == Tensor<Float>([[2, 0], [5, 2]]))
    #expect(data.y == Tensor<Float>([[3, 1], [6, 4]]))
    let classes = try table.dataset(classes: "k", features: ["c", "a"])
    #expect(classes.x == Tensor<Float>([[3, 1], [6, 4]]))
    #expect(classes.y == Tensor<Int32>([0, 2]))
  }

  @Test func `a feature that only looks like the target is one`() throws {
    let (one, two) = ("\u{E9}", "e\u{301}")
    let table = try read("\(one),\(two),c\n1,2,3\n")
    #expect(try table.dataset(targets: [one]).x == Tensor<Float>([[2, 3]]))
    #expect(try table.dataset(targets: [two], features: [one]).x == Tensor<Float>([[1]]))
  }

  @Test func `data sets refuse what is not there`() throws {
    let table = try read("a,b\n1,2.5\n")
    func expect(_ part: String, _ kind: FormatError.Kind, _ body: () throws(FormatError) -> some Any) {
      let found = problem(body)
      #expect(found?.kind == kind)
      #expect(found?.source == "t.csv" && found?.description.contains(part) == true, "\(String(describing: found))")
    }
    expect("no column \"z\"; the columns are \"a\", \"b\"", .mismatch) { () throws(FormatError) in
      try table.dataset(targets: ["a"], features: ["z"])
    }
    expect("no column \"z\"", .mismatch) { () throws(FormatError) in try table.dataset(targets: ["z"]) }
    expect("no column \"z\"", .mismatch) { () throws(FormatError) in try table.dataset(classes: "z") }
    expect("no column is named", .invalid) { () throws(FormatError) in try table.dataset(targets: []) }
    expect("no column is left", .invalid) { () throws(FormatError) in try table.dataset(targets: ["a", "b"]) }
    expect("both as a feature", .invalid) { () throws(FormatError) in
      try table.dataset(targets: ["a"], features: ["a"])
    }
    expect("got 2.5 in row 1", .mismatch) { () throws(FormatError) in try table.dataset(classes: "b") }
  }

  @Test func `a table becomes a trained model in one call`() throws {
    let (x, y) = blobs()
    var lines = ["kind,a,b"]
    for row in 0..<90 { lines.append("\(["p", "q", "r"][Int(y[row].item())]),\(x[row, 0].item()),\(x[row, 1].item())") }
    // Sorted by class, as files are: the rows that are split off hold all classes nevertheless.
    let table = try read(([lines[0]] + lines.dropFirst().sorted()).joined(separator: "\n"), labels: ["kind"])
    let trainer = Trainer(classifier(), optimizer: Adam(learningRate: 0.02), loss: .crossEntropy, metrics: [.accuracy])
    let history = try trainer.fit(
      table, classes: "kind", epochs: 20, validationSplit: 0.2, seed: 1, progress: .none)
    #expect(history["val_accuracy"].last! > 0.9)

    let model = withRandomSeed(1) { Sequential(inputShape: [1]) { Dense(1) } }
    let regression = Trainer(model, optimizer: SGD(learningRate: 0.1), loss: .meanSquaredError)
    let line = try read("a,b,c\n0,1,9\n1,3,9\n2,5,9\n3,7,9\n")
    try regression.fit(line, targets: ["b"], features: ["a"], epochs: 200, seed: 1, progress: .none)
    #expect(try regression.evaluate(line.dataset(targets: ["b"], features: ["a"])).loss < 1e-3)

    let error = #expect(throws: TrainingError.self) { try trainer.fit(table, classes: "sort", progress: .none) }
    guard case .table(let inner) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(inner.description.contains("sort"))
    #expect(throws: TrainingError.self) { try regression.fit(line, targets: [], progress: .none) }
    // The row's number is that in the table, not that after the shuffle.
    let bad = try read("a,b\n0,1\n1,2\n2,3\nnan,4\n4,5\n5,6\n", missing: .nan)
    let found = #expect(throws: TrainingError.self) {
      try regression.fit(bad, targets: ["b"], seed: 1, progress: .none)
    }
    #expect(found?.description.contains("in row 3, column 0") == true, "\(String(describing: found))")
  }
}
