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
    let near = nearest(paths, count: 5).joined(separator: ", ")
    let others = paths.count > 5 ? " and others" : ""
    return "expected a pattern that fits a parameter's path, got \"\(text)\"; there are \(near)\(others)"
  }

  /// The paths that share the most characters with the pattern at the beginning and at the end, best first.
  private func nearest(_ paths: [String], count: Int) -> [String] {
    func common(_ a: some Sequence<Character>, _ b: some Sequence<Character>) -> Int {
      zip(a, b).prefix { $0 == $1 }.count
    }
    let scored = paths.enumerated().map { place, path in
      (place: place, path: path, score: common(path, pattern) + common(path.reversed(), pattern.reversed()))
    }
    return scored.sorted { ($1.score, $0.place) < ($0.score, $1.place) }.prefix(count).map(\.path)
  }
}
