import Foundation
import MartletCore
import MartletNN
import MartletText
import MartletTraining
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct HistoryTests {
  private func history(epochs: Int) -> History {
    var history = History()
    for epoch in 0..<epochs {
      history.append(
        [("loss", 1 / Double(epoch + 1)), ("accuracy", Double(epoch) / 10), ("val_loss", 0.5)],
        seconds: 0.25)
    }
    return history
  }

  @Test func `keeps columns`() {
    let history = history(epochs: 3)
    #expect(history.epochs == 3)
    #expect(history.names == ["loss", "accuracy", "val_loss"])
    #expect(history["accuracy"] == [0, 0.1, 0.2])
    #expect(history["other"] == [])
    #expect(history.totalSeconds == 0.75)
    #expect(History()["loss"] == [])
    #expect(history == self.history(epochs: 3))
    #expect(history != self.history(epochs: 2))
  }

  @Test func `a measure that comes later is NaN before`() {
    var history = history(epochs: 1)
    history.append([("loss", 2), ("new", 1)], seconds: 1)
    #expect(history["new"][0].isNaN && history["new"][1] == 1)
    #expect(history["accuracy"][1].isNaN)
    #expect(history == history)
  }

  @Test func `exports CSV`() {
    #expect(
      history(epochs: 2).csv()
        == "epoch,seconds,loss,accuracy,val_loss\n1,0.25,1.0,0.0,0.5\n2,0.25,0.5,0.1,0.5\n")
    var odd = History()
    odd.append([("a,\"b\"", 1)], seconds: 1)
    #expect(odd.csv().hasPrefix("epoch,seconds,\"a,\"\"b\"\"\"\n"))
  }

  @Test func `exports JSON`() throws {
    var history = history(epochs: 2)
    history.append([("loss", .nan), ("accuracy", .infinity), ("val_loss", 1e-300)], seconds: 1)
    let object = try JSONSerialization.jsonObject(with: Data(history.json().utf8)) as? [String: [Any]]
    #expect(object?["loss"]?[1] as? Double == 0.5)
    #expect(object?["loss"]?[2] is NSNull)
    #expect(object?["accuracy"]?[2] is NSNull)
    #expect(object?["val_loss"]?[2] as? Double == 1e-300)
    #expect(object?["seconds"]?.count == 3)
  }

  @Test func `is read again from JSON and CSV`() throws {
    let directory = TemporaryDirectory()
    var history = history(epochs: 3)
    history.append([("loss", 0.1 + 0.2), ("a \"b\", c", -1e-300)], seconds: 1e-9)
    try history.saveJSON(to: directory.file("h.json"))
    try history.saveCSV(to: directory.file("h.csv"))
    for read in [
      try History(fromJSON: directory.file("h.json")), try History(fromCSV: directory.file("h.csv")),
      try Checkpoint(from: checkpoint(in: directory)).history,
    ] {
      if read.names.contains("a \"b\", c") { #expect(read == history && read.seconds == history.seconds) }
    }
    let run = try Checkpoint(from: directory.file("run.safetensors")).history
    #expect(run.run["seed"] == "5" && run.run["data"]?.count == 16 && run.epochs == 2)
    try run.saveJSON(to: directory.file("run.json"))
    let read = try History(fromJSON: directory.file("run.json"))
    #expect(read == run && read.run == run.run && read.seconds == run.seconds)
  }

  /// The path of a checkpoint of two epochs.
  private func checkpoint(in directory: TemporaryDirectory) throws -> String {
    let (path, data) = (directory.file("run.safetensors"), blobs())
    try Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy).fit(
      data.x, data.y, epochs: 2, seed: 5, progress: .none, callbacks: [Checkpointing(to: path)])
    return path
  }

  @Test(
    arguments: [
      ("h.json", "[1]", FormatError.Kind.damaged), ("h.json", "{\"loss\":[1]}", .mismatch),
      ("h.json", "{\"seconds\":[1],\"loss\":[1,2]}", .mismatch), ("h.json", "{\"seconds\":[1]", .damaged),
      ("h.json", "{\"seconds\":[nothing]}", .damaged), ("h.csv", "a,b\n1,2\n", .mismatch),
      ("h.csv", "epoch,loss\n1,2\n", .mismatch),
    ])
  func `what is no history is refused`(name: String, text: String, kind: FormatError.Kind) throws {
    let directory = TemporaryDirectory()
    directory.write(Array(text.utf8), to: name)
    let error = #expect(throws: FormatError.self) {
      _ =
        name.hasSuffix("csv")
        ? try History(fromCSV: directory.file(name)) : try History(fromJSON: directory.file(name))
    }
    #expect(error?.kind == kind && error?.source == directory.file(name))
  }

  @Test func `knows the best epoch`() {
    var history = History()
    for value in [3, 1, .nan, 1, 2] { history.append([("loss", value)], seconds: 1) }
    #expect(history.bestEpoch(of: "loss") == 2 && history.bestEpoch(of: "loss", goal: .maximum) == 1)
    #expect(history.bestEpoch(of: "other") == nil)
    #expect(history.svg().contains("best epoch"))
  }

  @Test func `is drawn in a terminal`() {
    let lines = history(epochs: 9).plot(width: 60).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= 70 && $0.unicodeScalars.allSatisfy(\.isASCII) })
    #expect(lines[0] == "loss   * training   o validation   | best epoch")
    // The loss falls from 1 at the upper left to 1/9 at the lower right.
    #expect(lines[1].contains("1.0 +*") && lines[13].hasSuffix("*"))
    #expect(lines.contains { $0.hasPrefix("accuracy   * training") })
    #expect(History().plot() == "")
  }

  @Test func `describes itself as a table`() {
    let lines = history(epochs: 3).description.split(separator: "\n")
    #expect(lines[0].split(separator: " ").map(String.init) == ["epoch", "time", "loss", "accuracy", "val_loss"])
    #expect(lines.count == 4)
    #expect(Set(lines.map(\.count)).count == 1)
    #expect(history(epochs: 100).description.split(separator: "\n").count == 22)
    #expect(History().description == "History of no epochs")
  }

  @Test func `saves files or says why not`() throws {
    let directory = TemporaryDirectory()
    let history = history(epochs: 2)
    try history.saveCSV(to: directory.file("h.csv"))
    try history.saveJSON(to: directory.file("h.json"))
    try history.saveSVG(to: directory.file("h.svg"), title: "T")
    #expect(try String(contentsOfFile: directory.file("h.csv"), encoding: .utf8) == history.csv())
    #expect(try String(contentsOfFile: directory.file("h.json"), encoding: .utf8) == history.json())
    #expect(try String(contentsOfFile: directory.file("h.svg"), encoding: .utf8) == history.svg(title: "T"))
    #expect(throws: FormatError.self) { try history.saveSVG(to: directory.file("none/h.svg")) }
  }

  /// Elements and text of an XML document, nil when it is not well-formed.
  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [(name: String, attributes: [String: String])] = []
    var text = ""

    static func read(_ xml: String) -> Reader? {
      let reader = Reader()
      let parser = XMLParser(data: Data(xml.utf8))
      parser.delegate = reader
      return parser.parse() ? reader : nil
    }

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String] = [:]
    ) {
      elements.append((name, attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func numbers(in path: String) -> [Double] {
      path.split { !"-.0123456789".contains($0) }.compactMap { Double($0) }
    }

    /// The lines that are neither axes nor grid.
    var curves: [[Double]] {
      elements.filter { $0.attributes["stroke-linejoin"] == "round" }.map { numbers(in: $0.attributes["d"] ?? "") }
    }
  }

  @Test func `draws curves as well-formed SVG`() throws {
    let reader = try #require(Reader.read(history(epochs: 6).svg(title: "<Digits> & \"co\"\u{1}")))
    #expect(reader.elements[0].name == "svg")
    #expect(reader.text.contains("<Digits> & \"co\""))
    for label in ["loss", "accuracy", "epoch", "training", "validation", "0.5"] { #expect(reader.text.contains(label)) }
    let curves = reader.curves
    #expect(curves.count == 3)
    #expect(curves.allSatisfy { $0.count == 12 })
    // The loss falls, so its line goes down, which is where coordinates grow; epochs go to the right.
    let loss = curves[0]
    let (xs, ys) = (stride(from: 0, to: 12, by: 2).map { loss[$0] }, stride(from: 1, to: 12, by: 2).map { loss[$0] })
    #expect(xs == xs.sorted() && Set(xs).count == 6)
    #expect(ys == ys.sorted() && Set(ys).count == 6)
    // The constant validation loss lies where its value is: at half between 0 and 1.
    #expect(Set(stride(from: 1, to: 12, by: 2).map { curves[1][$0] }).count == 1)
    #expect(abs(curves[1][1] - (34 + 212) / 2) < 0.1)
  }

  @Test func `wide ranges are drawn by powers of ten`() throws {
    var history = History()
    for epoch in 0..<5 { history.append([("loss", [1, 0.1, 0.01, 0.001, 0.0001][epoch])], seconds: 1) }
    let reader = try #require(Reader.read(history.svg()))
    #expect(reader.text.contains("0.001") && reader.text.contains("1e-4"))
    let ys = stride(from: 1, to: 10, by: 2).map { reader.curves[0][$0] }
    let steps = zip(ys, ys.dropFirst()).map { $1 - $0 }
    #expect(steps.allSatisfy { abs($0 - steps[0]) < 0.02 })
  }

  @Test(
    arguments: [
      [], [1], [.nan], [.nan, .nan], [1, .nan, 2], [.infinity, 1], [0, 0, 0], [-1, -1], [1e308, -1e308],
      [.leastNonzeroMagnitude, 1], [1, 1.0000000001], [1e15, 1e15 + 1], [-5, 5], [1e-300, 1e300],
    ] as [[Double]])
  func `draws anything`(values: [Double]) throws {
    var history = History()
    for value in values { history.append([("loss", value)], seconds: 1) }
    let reader = try #require(Reader.read(history.svg()))
    for number in reader.curves.joined() { #expect(number >= 0 && number <= 720) }
    #expect(!history.svg().contains("nan") && !history.svg().contains("inf\""))
  }
}
