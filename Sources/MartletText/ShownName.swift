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
