/// A text as a field of a CSV file, in quotation marks (RFC 4180).
package func csvQuoted(_ text: String) -> String {
  // Split as bytes: a quotation mark may be a part of a longer character.
  let parts = text.utf8.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
  return "\"" + parts.map { String(Substring($0)) }.joined(separator: "\"\"") + "\""
}

/// A text as a field of a CSV file whose fields are separated by commas: in quotation marks where it has to be.
package func csvField(_ text: String) -> String {
  text.utf8.contains(where: { ",\"\n\r".utf8.contains($0) }) ? csvQuoted(text) : text
}
