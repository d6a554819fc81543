/// A pattern for the paths of parameters and modules, in which `*` stands for any characters, also none and also dots,
/// and `?` for one.
package struct PathPattern: Sendable {
  package let text: String
  private let pattern: [Character]

  package init(_ text: String) {
    self.text = text
    pattern = Array(text)
  }

  /// Whether the pattern fits a parameter's path, or the path of a module on it: `encoder`, `encoder.*`, `*.bias`.
  package func fitsParameter(_ path: String) -> Bool {
    let path = Array(path)
    return fits(path[...]) || path.indices.contains { path[$0] == "." && fits(path[..<$0]) }
  }

  private func fits(_ path: ArraySlice<Character>) -> Bool {
    var (here, there) = (0, path.startIndex)
    // After a star: where it stands, and the first character that it does not cover.
    var star: (pattern: Int, path: Int)?
    while there < path.endIndex {
      if here < pattern.count, pattern[here] == "*" {
        star = (here, there)
        here += 1
      } else if here < pattern.count, pattern[here] == "?" || pattern[here] == path[there] {
        here += 1
        there += 1
      } else if let (place, covered) = star {
        star = (place, covered + 1)
        (here, there) = (place + 1, covered + 1)
      } else {
        return false
      }
    }
    return pattern[here...].allSatisfy { $0 == "*" }
  }

  /// What an error says of a pattern that fits none of the parameters' paths.
  package func unmatched(among paths: [String]) -> String {
    let near = ranked(paths, byPattern: text).prefix(5).joined(separator: ", ")
    let others = paths.count > 5 ? " and others" : ""
    return "expected a pattern that fits a parameter's path, got \"\(text)\"; there are \(near)\(others)"
  }
}
