import MartletFormats
import MartletText
import Testing

struct JSONValueTests {
  private struct Thing: Codable, Equatable {
    enum Kind: String, Codable { case plain, odd }
    struct Part: Codable, Equatable {
      var name: String
      var number: Double?
    }
    var whole = 7
    var seed = UInt64.max
    var number = 0.1
    var single = Float(0.25)
    var isTrue = true
    var text = "a \"quoted\" line\nand é 😀"
    var kind = Kind.odd
    var parts = [Part(name: "x", number: 1e-300), Part(name: "y", number: nil)]
    var nested = [[1, 2], []]
    var answers = ["b": "2", "a": "1"]
    var absent: Int?
  }

  @Test func `a value with properties of every kind comes back from its JSON`() throws {
    let thing = Thing()
    let json = JSONValue.encoding(thing)
    #expect(try JSONValue(json.text, source: "t").decode(Thing.self, source: "t") == thing)
    #expect(try JSONValue(json.line, source: "t").decode(Thing.self, source: "t") == thing)
    #expect(json["seed"] == .number("18446744073709551615"))
    #expect(json["absent"] == nil)
    // A dictionary's order would be another in every run.
    #expect(json["answers"]?.line == #"{"a":"1","b":"2"}"#)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 0, -0.0, 1e300, .leastNonzeroMagnitude, 0.1 + 0.2])
  func `every number comes back, those that JSON lacks as texts`(number: Double) throws {
    let back = try JSONValue(JSONValue.encoding([number]).text, source: "t").decode([Double].self, source: "t")
    #expect(back[0] == number || (back[0].isNaN && number.isNaN))
  }

  @Test(arguments: [
    ("{\"whole\": 7.5}", "whole: expected a whole number, got a number"),
    ("{\"whole\": \"7\"}", "whole: expected a whole number, got a text"),
    ("{\"whole\": 99999999999999999999}", "whole: expected a whole number, got a number"),
    ("{}", "expected a member \"whole\", got none"),
    ("[]", "expected an object, got a list"),
    ("{\"whole\": 7, \"seed\": 1, \"number\": true}", "number: expected a number, got a truth value"),
  ])
  func `what does not fit is named with its place`(json: String, message: String) throws {
    let value = try JSONValue(json, source: "t")
    let error = #expect(throws: FormatError.self) { try value.decode(Thing.self, source: "file") }
    #expect(error?.description == "file: " + message)
    #expect(error?.kind == .damaged)
  }

  @Test func `a place within a list is told`() throws {
    var text = JSONValue.encoding(Thing()).line
    text = text.replacing("1.0e-300", with: "null")
    #expect(try JSONValue(text, source: "t").decode(Thing.self, source: "t").parts[0].number == nil)
    text = text.replacing("\"y\"", with: "3")
    let error = #expect(throws: FormatError.self) {
      try JSONValue(text, source: "t").decode(Thing.self, source: "t")
    }
    #expect(error?.reason == "parts[1].name: expected a text, got a number")
  }

  @Test(arguments: ["{\"a\":1,\"a\":2}", "[1", "nul", "{\"a\":1}x", "[01]", String(repeating: "[", count: 50)])
  func `JSON that is damaged is refused`(text: String) {
    #expect(throws: FormatError.self) { try JSONValue(text, source: "t") }
  }

  @Test func `keys that are not known are passed over`() throws {
    let line = JSONValue.encoding(Thing()).line
    let text = line.dropLast() + ",\"later\":[{\"x\":null}]}"
    #expect(try JSONValue(String(text), source: "t").decode(Thing.self, source: "t") == Thing())
  }
}
