import MartletFormats
import MartletText
import Testing

@testable import MartletAccountability

struct YAMLTests {
  private func read(_ yaml: String) throws -> JSONValue { try JSONValue(yaml: yaml, source: "card.md") }

  @Test(arguments: CardSample.awkwardTexts)
  func `every text comes back as itself, wherever it stands`(text: String) throws {
    let values: [JSONValue] = [
      .text(text), .object(["key": .text(text)]), .object([JSONValue.Member(text, .text("x"))]),
      .list([.text(text), .object([JSONValue.Member(text, .list([.text(text)]))])]),
    ]
    for value in values { #expect(try read(value.yaml) == value, "\(value.yaml)") }
    // A line of dashes would end the YAML of a card.
    for value in values { #expect(!value.yaml.split(separator: "\n").contains("---")) }
  }

  @Test func `every single character comes back`() throws {
    for code in Array(UInt32(0)...0x2FF) + [0x2028, 0x2029, 0xD7FF, 0xE000, 0xFDD0, 0xFFFD, 0xFFFF, 0x1F600] {
      guard let scalar = Unicode.Scalar(code) else { continue }
      for text in ["\(scalar)", "a\(scalar)", "a\(scalar)b"] {
        guard case .object(let members) = try read(JSONValue.object(["k": .text(text)]).yaml) else {
          Issue.record("no object for \(code)")
          continue
        }
        #expect(members.first.map { Array($0.value.string!.unicodeScalars) } == Array(text.unicodeScalars))
      }
    }
  }

  @Test func `nested blocks come back`() throws {
    let value = JSONValue.object([
      "a": .list([.list([.number(1), .number(2)]), .list([JSONValue]()), .object([JSONValue.Member]())]),
      "b": .object(["c": .null, "d": .truth(true), "e": .list([.object(["f": .number("1.5e-7"), "g": .text("h")])])]),
    ])
    let read = try read(value.yaml)
    #expect(read == value)
    #expect(
      value.yaml.contains("      - f: 1.5e-7\n        g: h\n") || value.yaml.contains("    - f: 1.5e-7\n      g: h\n"))
  }

  @Test func `what people write by hand is read`() throws {
    let yaml = """
      # a comment
      license: mit   # another
      tags:
      - martlet
      - 'it''s'
      languages: [en, "fr", [1, 2]]
      empty:
      nothing: ~
      url: https://example.org/a#b
      nested:
          deep: yes it is
      """
    let value = try read(yaml)
    #expect(value["license"] == .text("mit"))
    #expect(value["tags"] == .list([.text("martlet"), .text("it's")]))
    #expect(value["languages"] == .list([.text("en"), .text("fr"), .list([.number(1), .number(2)])]))
    #expect(value["empty"] == .null && value["nothing"] == .null)
    #expect(value["url"] == .text("https://example.org/a#b"))
    #expect(value["nested"]?["deep"] == .text("yes it is"))
  }

  @Test(arguments: [
    ("a: 1\na: 2", 2, "occurs twice"), ("a: \"b", 1, "has no end"), ("a: |\n  b", 1, "one line"),
    ("a: 1\n  b: 2", 2, "at the indent"), ("a\nb", 2, "at the indent"), ("a: {b: c}", 1, "braces"),
    ("a: \"\\q\"", 1, "unknown escape"), ("a: \"\\uD800\"", 1, "hexadecimal"), ("\ta: 1", 1, "tab"),
    ("a: [1, 2", 1, ", or ]"), ("a: \"b\" c", 1, "end of a value"), ("a: &b c", 1, "one line"),
  ])
  func `what is not read is an error with its line`(yaml: String, line: Int, reason: String) throws {
    let error = #expect(throws: FormatError.self) { try read(yaml) }
    #expect(error?.location == .line(line))
    #expect(error?.reason.contains(reason) == true, "\(error as Any)")
  }

  @Test func `every cut of a card's YAML is read or refused, and deep nesting is refused`() throws {
    let yaml = Array(CardSample.whole.card.frontMatter.yaml.utf8)
    for cut in yaml.indices { _ = try? read(String(decoding: yaml[..<cut], as: UTF8.self)) }
    let deep = (0..<100).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(throws: FormatError.self) { try read(deep) }
    #expect(throws: FormatError.self) { try read("a: " + String(repeating: "[", count: 100)) }
    #expect(throws: FormatError.self) { try read(String(repeating: "- ", count: 100) + "a") }
  }
}
