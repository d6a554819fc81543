import MartletFormats
import MartletText

// YAML as every reader understands it, 1.1 or 1.2: plain words where no reader takes them for anything else, all other
// texts in double quotes on one line.

extension JSONValue {
  /// The value as a YAML document of blocks, each level two spaces further in.
  var yaml: String {
    switch self {
    case .object(let members) where !members.isEmpty: Self.lines(of: members, "").joined(separator: "\n") + "\n"
    case .list(let elements) where !elements.isEmpty: Self.lines(of: elements, "").joined(separator: "\n") + "\n"
    default: inlineYAML + "\n"
    }
  }

  private static func lines(of members: [Member], _ indent: String) -> [String] {
    members.flatMap { member -> [String] in
      let key = indent + yamlText(member.key) + ":"
      switch member.value {
      case .object(let inner) where !inner.isEmpty: return [key] + lines(of: inner, indent + "  ")
      case .list(let elements) where !elements.isEmpty: return [key] + lines(of: elements, indent + "  ")
      default: return [key + " " + member.value.inlineYAML]
      }
    }
  }

  private static func lines(of elements: [JSONValue], _ indent: String) -> [String] {
    elements.flatMap { element -> [String] in
      let inner: [String]
      switch element {
      case .object(let members) where !members.isEmpty: inner = lines(of: members, indent + "  ")
      case .list(let nested) where !nested.isEmpty: inner = lines(of: nested, indent + "  ")
      default: return [indent + "- " + element.inlineYAML]
      }
      // The first line's place is that of the dash.
      return [indent + "- " + inner[0].dropFirst(indent.count + 2)] + inner.dropFirst()
    }
  }

  private var inlineYAML: String {
    switch self {
    case .null: "null"
    case .truth(let truth): truth ? "true" : "false"
    case .number(let number): number
    case .text(let text): yamlText(text)
    case .list: "[]"
    case .object: "{}"
    }
  }
}

/// A text in YAML: as it is where it is words that cannot be anything else, otherwise in double quotes.
func yamlText(_ text: String) -> String {
  isPlainYAML(text) ? text : quotedYAML(text)
}

/// Words that some version of YAML takes for truth values or nothing.
private let yamlWords: Set<String> = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"]

/// Whether a text begins with a letter, holds letters, digits and `_ - / . ` with single spaces between words, and is no
/// word of YAML's own.
private func isPlainYAML(_ text: String) -> Bool {
  let bytes = Array(text.utf8)
  func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
  guard let first = bytes.first, isLetter(first), bytes.last != 0x20, !yamlWords.contains(text.lowercased()) else {
    return false
  }
  return bytes.indices.allSatisfy { index in
    let byte = bytes[index]
    if byte == 0x20 { return bytes[index - 1] != 0x20 }
    return isLetter(byte) || (0x30...0x39).contains(byte) || [0x5F, 0x2D, 0x2F, 0x2E].contains(byte)
  }
}

private func quotedYAML(_ text: String) -> String {
  func escaped(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    let (letter, width) = value < 0x100 ? ("x", 2) : value < 0x10000 ? ("u", 4) : ("U", 8)
    return "\\" + letter + digits.leftPadded(to: width, by: "0")
  }
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar.value {
    case 0x22: result += "\\\""
    case 0x5C: result += "\\\\"
    case 0x0A: result += "\\n"
    case 0x0D: result += "\\r"
    case 0x09: result += "\\t"
    // What YAML does not take as it is, or takes for the end of a line.
    case ..<0x20, 0x7F...0xA0, 0x2028...0x2029, 0xFEFF, 0xFFFE...0xFFFF: result += escaped(scalar.value)
    case 0x10000... where scalar.value & 0xFFFE == 0xFFFE: result += escaped(scalar.value)
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
