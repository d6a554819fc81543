import MartletFormats
import MartletText

// The YAML that cards are written in, and what people write into it by hand: blocks of keys and of dashes, plain, single
// and double quoted texts on one line, lists in brackets, comments. Anchors, tags, texts of several lines and keys in
// braces are refused, with the line.

extension JSONValue {
  /// Reads a YAML document of that kind; `source` names it in errors, whose lines count from `line`.
  init(yaml text: String, source: String, from line: Int = 1) throws(FormatError) {
    var reader = YAMLReader(text, source: source, from: line)
    self = try reader.document()
  }
}

private struct YAMLReader {
  private struct Line {
    let number: Int
    let indent: Int
    let text: String
  }

  private let source: String
  private var lines: [Line] = []
  private var next = 0
  private let bad: (number: Int, reason: String)?
  private static let depthLimit = 32

  init(_ text: String, source: String, from first: Int) {
    self.source = source
    var lines: [Line] = []
    var bad: (number: Int, reason: String)?
    let all = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (place, raw) in all.enumerated() {
      let content = raw.drop { $0 == " " }
      if content.isEmpty || content.hasPrefix("#") || content.allSatisfy(\.isWhitespace) { continue }
      if content.hasPrefix("\t") { bad = bad ?? (first + place, "expected spaces before a key, got a tab") }
      lines.append(Line(number: first + place, indent: raw.count - content.count, text: String(content).trimmedEnd))
    }
    (self.lines, self.bad) = (lines, bad)
  }

  private func failure(_ line: Int, _ reason: String) -> FormatError {
    FormatError(.damaged, source: source, at: .line(line), reason: reason)
  }

  mutating func document() throws(FormatError) -> JSONValue {
    if let bad { throw failure(bad.number, bad.reason) }
    guard let first = lines.first else { return .null }
    let value = try block(indent: first.indent, depth: 0)
    if next < lines.count {
      throw failure(
        lines[next].number, "expected a key at the indent of those before it, got \(shown(lines[next].text))")
    }
    return value
  }

  /// Reads lines of one indent.
  private mutating func block(indent: Int, depth: Int) throws(FormatError) -> JSONValue {
    let line = lines[next]
    if depth > Self.depthLimit { throw failure(line.number, "values are nested too deeply") }
    if Self.isDash(line.text) { return try list(indent, depth) }
    guard try keyEnd(line) != nil else {
      next += 1
      return try scalar(line.text, line.number)
    }
    return try object(indent, depth)
  }

  private static func isDash(_ text: String) -> Bool { text == "-" || text.hasPrefix("- ") }

  private mutating func list(_ indent: Int, _ depth: Int) throws(FormatError) -> JSONValue {
    var elements: [JSONValue] = []
    while next < lines.count, lines[next].indent == indent, Self.isDash(lines[next].text) {
      let line = lines[next]
      let rest = line.text.dropFirst().drop { $0 == " " }
      if rest.isEmpty || rest.hasPrefix("#") {
        next += 1
        elements.append(try nested(below: indent, depth))
        continue
      }
      // What follows the dash is a block that begins there.
      let inner = indent + line.text.count - rest.count
      lines[next] = Line(number: line.number, indent: inner, text: String(rest))
      elements.append(try block(indent: inner, depth: depth + 1))
    }
    return .list(elements)
  }

  private mutating func object(_ indent: Int, _ depth: Int) throws(FormatError) -> JSONValue {
    var members: [Member] = []
    var keys: Set<ExactName> = []
    while next < lines.count, lines[next].indent == indent, !Self.isDash(lines[next].text) {
      let line = lines[next]
      guard let (key, rest) = try keyEnd(line) else {
        throw failure(line.number, "expected a key and a colon, got \(shown(line.text))")
      }
      if !keys.insert(ExactName(key)).inserted { throw failure(line.number, "the key \(shown(key)) occurs twice") }
      next += 1
      if rest.isEmpty || rest.hasPrefix("#") {
        // A list may stand at the indent of its key.
        let isList = next < lines.count && lines[next].indent == indent && Self.isDash(lines[next].text)
        members.append(Member(key, isList ? try list(indent, depth + 1) : try nested(below: indent, depth)))
      } else {
        members.append(Member(key, try scalar(rest, line.number)))
      }
    }
    return .object(members)
  }

  private typealias Member = JSONValue.Member

  /// Reads what is further in; null where nothing is.
  private mutating func nested(below indent: Int, _ depth: Int) throws(FormatError) -> JSONValue {
    guard next < lines.count, lines[next].indent > indent else { return .null }
    return try block(indent: lines[next].indent, depth: depth + 1)
  }

  /// The key of a line and what follows its colon; nil where the line has no key.
  private func keyEnd(_ line: Line) throws(FormatError) -> (key: String, rest: String)? {
    var characters = Array(line.text.unicodeScalars)[...]
    var key = ""
    if let quote = characters.first, quote == "\"" || quote == "'" {
      guard case .text(let text) = try quoted(&characters, line.number), characters.first == ":" else { return nil }
      key = text
    } else {
      guard
        let colon = characters.indices.first(where: { index in
          characters[index] == ":" && (index + 1 == characters.endIndex || characters[index + 1] == " ")
        })
      else { return nil }
      key = Self.string(characters[..<colon]).trimmedEnd
      characters = characters[colon...]
    }
    let rest = characters.dropFirst().drop { $0 == " " }
    if !characters.dropFirst().isEmpty && characters.dropFirst().first != " " { return nil }
    return (key, Self.string(rest))
  }

  // MARK: Texts and numbers

  private func scalar(_ text: String, _ line: Int) throws(FormatError) -> JSONValue {
    var characters = Array(text.unicodeScalars)[...]
    let value = try flow(&characters, line, within: false, depth: 0)
    let rest = characters.drop { $0 == " " || $0 == "\t" }
    if let first = rest.first, first != "#" {
      throw failure(line, "expected the end of a value, got \(shown(Self.string(rest)))")
    }
    return value
  }

  /// Reads a text, a number or a list in brackets from the beginning; within brackets a plain text ends at a comma too.
  private func flow(
    _ text: inout ArraySlice<Unicode.Scalar>, _ line: Int, within: Bool, depth: Int
  ) throws(FormatError) -> JSONValue {
    if depth > Self.depthLimit { throw failure(line, "values are nested too deeply") }
    switch text.first {
    case "\"", "'": return try quoted(&text, line)
    case "[":
      var elements: [JSONValue] = []
      text = text.dropFirst().drop { $0 == " " }
      while text.first != "]" {
        elements.append(try flow(&text, line, within: true, depth: depth + 1))
        text = text.drop { $0 == " " }
        if text.first == "," {
          text = text.dropFirst().drop { $0 == " " }
        } else if text.first != "]" {
          throw failure(line, "expected , or ] in a list")
        }
      }
      text = text.dropFirst()
      return .list(elements)
    case "{":
      text = text.dropFirst()
      if text.first == "}" {
        text = text.dropFirst()
        return .object([Member]())
      }
      throw failure(line, "expected keys in lines of their own, got some in braces")
    case "&", "*", "!", "|", ">", "%", "@", "`":
      throw failure(line, "expected a text on one line, in quotes if it begins with \(text.first!), got something else")
    default:
      var plain = String.UnicodeScalarView()
      while let character = text.first, !(within && (character == "," || character == "]")) {
        if character == "#" && plain.last == " " { break }
        plain.append(character)
        text.removeFirst()
      }
      return Self.resolved(String(plain).trimmedEnd)
    }
  }

  /// Reads a text in quotes.
  private func quoted(_ text: inout ArraySlice<Unicode.Scalar>, _ line: Int) throws(FormatError) -> JSONValue {
    let quote = text.removeFirst()
    var scalars = String.UnicodeScalarView()
    while let character = text.popFirst() {
      if character == quote {
        if quote == "'" && text.first == "'" {
          text.removeFirst()
          scalars.append("'")
          continue
        }
        return .text(String(scalars))
      }
      if character == "\\" && quote == "\"" {
        scalars.append(try escape(&text, line))
      } else {
        scalars.append(character)
      }
    }
    throw failure(line, "a text in quotes has no end on its line")
  }

  private func escape(_ text: inout ArraySlice<Unicode.Scalar>, _ line: Int) throws(FormatError) -> Unicode.Scalar {
    guard let letter = text.popFirst() else { throw failure(line, "a text in quotes has no end on its line") }
    switch letter {
    case "\"", "\\", "/": return letter
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "0": return "\0"
    case "x", "u", "U":
      let count = letter == "x" ? 2 : letter == "u" ? 4 : 8
      let digits = Self.string(text.prefix(count))
      guard digits.utf8.count == count, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
        throw failure(
          line, "expected \(count) hexadecimal digits of a character after \\\(letter), got \(shown(digits))")
      }
      text = text.dropFirst(count)
      return scalar
    default: throw failure(line, "unknown escape \\\(letter) in a text")
    }
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    String(String.UnicodeScalarView(scalars))
  }

  /// What a plain text stands for.
  private static func resolved(_ text: String) -> JSONValue {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .truth(true)
    case "false", "False", "FALSE": return .truth(false)
    default:
      var scanner = JSONScanner(Array(text.utf8))
      do throws(JSONScanner.Failure) {
        let number = try scanner.numberText()
        try scanner.end()
        return .number(number)
      } catch {
        return .text(text)
      }
    }
  }
}

extension String {
  /// The text without white space at its end.
  fileprivate var trimmedEnd: String {
    String(self[..<(lastIndex { !$0.isWhitespace }.map(index(after:)) ?? startIndex)])
  }
}
