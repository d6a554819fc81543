import Foundation
import MartletFormats
import MartletPlatform
import MartletText
import TestSupport
import Testing

@testable import MartletAccountability

struct ModelCardTests {
  /// Where the cards go that Hugging Face's reader reads, when `Scripts/check-model-card` asks for them.
  private static let folder = ProcessInfo.processInfo.environment["MARTLET_CARD_FOLDER"]

  private static let checked: [String: String] = {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/checked-cards.json")
    guard let data = try? Data(contentsOf: path) else { return [:] }
    return (try? JSONDecoder().decode([String: String].self, from: data)) ?? [:]
  }()

  @Test(arguments: CardSample.all)
  func `a card is written as Hugging Face's reader has checked it`(sample: CardSample) throws {
    let markdown = sample.card.markdown
    let fingerprint = SHA256.of(markdown)
    if let folder = Self.folder {
      let file = sample.name.replacing(" ", with: "-")
      try AtomicFile.write(markdown, to: "\(folder)/\(file).md")
      let expected = JSONValue.object([
        "name": .text(sample.name), "fingerprint": .text(fingerprint), "frontMatter": sample.card.frontMatter,
      ])
      try AtomicFile.write(expected.text, to: "\(folder)/\(file).json")
    } else {
      #expect(
        Self.checked[sample.name] == fingerprint,
        "another card than the reader has checked: Scripts/check-model-card checks it anew")
    }
  }

  @Test func `every checked card is a sample`() {
    if Self.folder == nil { #expect(Set(Self.checked.keys) == Set(CardSample.all.map(\.name))) }
  }

  @Test(arguments: CardSample.all)
  func `a card comes back from its JSON, and its YAML from its Markdown`(sample: CardSample) throws {
    let (card, markdown) = (sample.card, sample.card.markdown)
    let back = try ModelCard(json: card.json)
    #expect(back.json == card.json)
    if sample.name != "unmeasured" { #expect(back == card) }
    #expect(try ModelCard.frontMatter(of: markdown, source: "card.md") == card.frontMatter)
    for question in ModelCard.questions {
      let kept = try ModelCard.answers(inMarkdown: markdown, source: "card.md")[question.id]
      #expect(kept.flatMap(answered) == card.answer(to: question.id))
    }
  }

  @Test func `what nobody has answered is missing, and blanks answer nothing`() throws {
    var card = ModelCard(name: "m")
    #expect(card.missing == ModelCard.questions && !card.isComplete)
    for question in ModelCard.questions { try card.answer(question.id, " \n[More Information Needed] ") }
    #expect(card.missing == ModelCard.questions)
    for question in ModelCard.questions.dropLast() { try card.answer(question.id, "known") }
    #expect(card.missing.map(\.id) == [ModelCard.questions.last!.id])
    #expect(card.markdown.contains("[More Information Needed]"))
    try card.answer(ModelCard.questions.last!.id, "known")
    #expect(card.isComplete && !card.markdown.contains("[More Information Needed]"))
    #expect(Set(ModelCard.questions.map(\.id)).count == ModelCard.questions.count)
    let error = #expect(throws: CardError.self) { try card.answer("intended_uses", "x") }
    #expect("\(error as Any)".contains("intended_use"))
  }

  @Test func `every question stands in the Markdown once, under its heading`() {
    let markdown = ModelCard(name: "m").markdown
    for question in ModelCard.questions {
      let parts = markdown.split(separator: "**\(question.text)**")
      #expect(parts.count == 2, "\(question.id)")
      let heading = parts[0].split(separator: "\n").last { $0.hasPrefix("#") }
      #expect(heading?.hasSuffix(" " + question.heading) == true, "\(question.id): \(heading as Any)")
    }
  }

  @Test func `emissions are in grams, and the licence is a name or another`() throws {
    let yaml = CardSample.whole.card.frontMatter
    #expect(yaml["co2_eq_emissions"]?["emissions"] == .number(0.0012))
    #expect(yaml["co2_eq_emissions"]?["geographical_location"] == .text("FRA"))
    #expect(yaml["license"] == .text("apache-2.0"))
    let awkward = CardSample.awkward.card.frontMatter
    #expect(awkward["license"] == .text("other"))
    #expect(awkward["license_name"] == .text("my own: nobody's"))
    #expect(CardSample.unmeasured.card.frontMatter["model-index"] == nil)
  }

  @Test func `privacy takes what can be, and no more`() throws {
    func privacy(_ epsilon: Double, _ delta: Double) throws -> ModelCard.Privacy {
      try ModelCard.Privacy(
        epsilon: epsilon, delta: delta, adjacency: "a", sampling: "s", accountant: "c", noiseMultiplier: 1,
        clippingNorm: 1)
    }
    #expect(try privacy(.infinity, 0).epsilon == .infinity)
    for (epsilon, delta) in [(-1, 0), (1, 1), (.nan, 0), (1, .nan), (1, -0.1)] as [(Double, Double)] {
      #expect(throws: CardError.self) { try privacy(epsilon, delta) }
    }
  }

  // MARK: Files

  @Test func `answers are kept when a card is written anew, those in the Markdown before those in the JSON`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("card.md")
    var first = ModelCard(name: "m")
    first.answers = ["risks": "first", "contact": "me\nand you"]
    try first.save(to: path)
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    let edited = text.replacing("\nfirst\n", with: "\nby hand:\n\n- a\n")
      .replacing("library_name", with: "license: mit\nlibrary_name")
    try AtomicFile.write(edited, to: path)

    var second = ModelCard(name: "m")
    second.answers = ["developers": "us"]
    try second.save(to: path)
    #expect(second.answers["risks"] == "by hand:\n\n- a")
    #expect(second.answers["contact"] == "me\nand you")
    #expect(second.answers["license"] == "mit")
    #expect(try ModelCard(from: path) == second)
    #expect(try ModelCard(from: directory.file("card.json")) == second)

    var third = ModelCard(name: "m")
    third.answers = ["risks": "newest"]
    try third.save(to: path)
    #expect(third.answers["risks"] == "newest" && third.answers["developers"] == "us")
  }

  @Test func `a file that is no card is not overwritten`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("README.md")
    try AtomicFile.write("# My project\n", to: path)
    var card = ModelCard(name: "m")
    let error = #expect(throws: FormatError.self) { try card.save(to: path) }
    #expect(error?.kind == .unrecognized)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("# My project\n".utf8))
    #expect(throws: FormatError.self) { try card.save(to: directory.file("absent/card.md")) }
    #expect(throws: FormatError.self) { try ModelCard(from: directory.file("absent.md")) }
  }

  @Test(arguments: [
    ("{}", FormatError.Kind.unrecognized), ("{\"form\": 2}", .unsupported), ("{\"form\": 1}", .damaged),
    ("[", .damaged),
    ("{\"form\": 1, \"name\": 3}", .damaged),
  ])
  func `JSON that is no card is refused`(json: String, kind: FormatError.Kind) {
    let error = #expect(throws: FormatError.self) { try ModelCard(json: json) }
    #expect(error?.kind == kind)
  }

  @Test func `every cut of a card is refused, and every changed byte is refused or read`() {
    let bytes = Array(CardSample.minimal.card.json.utf8.dropLast())
    for cut in Corpus.cuts(bytes) {
      #expect(throws: FormatError.self) { try ModelCard(json: String(decoding: cut, as: UTF8.self)) }
    }
    for flip in Corpus.bitFlips(bytes) { _ = try? ModelCard(json: String(decoding: flip, as: UTF8.self)) }
  }
}
