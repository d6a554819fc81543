/// A name from elsewhere as an error shows it, in quotation marks: long ones are cut.
package func shown(_ name: String) -> String { jsonString(shortened(name)) }

/// The same without quotation marks.
package func shortened(_ name: String) -> String {
  let limit = 120
  // Characters are not counted: a single one may have any number of scalars.
  let rest = name.unicodeScalars.index(name.startIndex, offsetBy: limit, limitedBy: name.endIndex)
  guard let rest, rest < name.endIndex else { return name }
  return String(name.unicodeScalars[..<rest]) + "…"
}

/// A name by its Unicode scalars, for those that look the same: letters beyond ASCII as `\u{E9}`.
package func shownScalars(_ name: String) -> String {
  "\"" + shortened(name).unicodeScalars.map { $0.escaped(asASCII: true) }.joined() + "\""
}

/// What an error adds where `name` was not found and one of `others` looks the same; empty where none does.
package func spellingHint(_ name: String, among others: some Sequence<String>) -> String {
  // Strings are equal where they look the same.
  guard let other = others.first(where: { $0 == name }) else { return "" }
  return ": \(shownScalars(name)) was asked for, and \(shownScalars(other)) differs only in Unicode normalisation"
}
