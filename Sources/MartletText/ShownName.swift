/// A name from outside the program as an error shows it: in quotation marks, and cut if it is long.
package func shown(_ name: String) -> String { jsonString(shortened(name)) }

/// The same without quotation marks.
package func shortened(_ name: String) -> String {
  let limit = 120
  // Unicode scalars are counted, because a single character may have any number of them.
  let rest = name.unicodeScalars.index(name.startIndex, offsetBy: limit, limitedBy: name.endIndex)
  guard let rest, rest < name.endIndex else { return name }
  return String(name.unicodeScalars[..<rest]) + "…"
}

/// A name with all Unicode scalars beyond ASCII escaped, as `\u{E9}`, to tell apart names that look the same.
package func shownScalars(_ name: String) -> String {
  "\"" + shortened(name).unicodeScalars.map { $0.escaped(asASCII: true) }.joined() + "\""
}
