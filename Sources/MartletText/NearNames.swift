// What an error says of a name that is not there: which of those that are could have been meant.

/// At most three of `names` that are written nearly as `name` is, the nearest first; upper and lower case are the same.
package func nearest(to name: String, among names: some Sequence<String>) -> [String] {
  // Names of one or two letters are all near to each other.
  let scalars = Array(name.unicodeScalars)
  let limit = scalars.count < 3 ? 0 : max(1, scalars.count / 3)
  var found: [(name: String, distance: Int)] = []
  for other in names {
    let letters = Array(other.unicodeScalars)
    if abs(letters.count - scalars.count) > limit && other.lowercased() != name.lowercased() { continue }
    let distance = other.lowercased() == name.lowercased() ? 0 : editDistance(scalars, letters)
    if distance <= limit { found.append((other, distance)) }
  }
  return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
}

/// All of `names`, those first that are written most nearly as they would have to be to fit a pattern, in which `*`
/// stands for any characters and `?` for one.
package func ranked(_ names: [String], byPattern pattern: String) -> [String] {
  let pattern = Array(pattern.unicodeScalars)
  let scored = names.enumerated().map { place, name in
    (place: place, name: name, distance: editDistance(pattern, Array(name.unicodeScalars), isPattern: true))
  }
  return scored.sorted { ($0.distance, $0.place) < ($1.distance, $1.place) }.map(\.name)
}

/// What an error adds for names that could have been meant; empty if there is none.
package func suggestion(_ names: [String]) -> String {
  names.isEmpty ? "" : " (did you mean \(names.map(shown).joined(separator: " or "))?)"
}

/// What an error adds if `name` was not found: that one of `others` looks the same, or else those that are near to it;
/// empty if none is.
package func spellingHint(_ name: String, among others: some Sequence<String>) -> String {
  // Swift's strings are equal if they look the same: see `ExactName`.
  guard let other = others.first(where: { $0 == name }) else { return suggestion(nearest(to: name, among: others)) }
  return ": \(shownScalars(name)) was asked for, and \(shownScalars(other)) differs only in Unicode normalisation"
}

/// How many scalars have to be changed, added or left out to make one text of another (Levenshtein, 1966). In a pattern,
/// what `*` and `?` stand for costs nothing.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], isPattern: Bool = false) -> Int {
  var row = Array(0...b.count)
  for scalar in a {
    let isStar = isPattern && scalar == "*"
    var diagonal = row[0]
    if !isStar { row[0] += 1 }
    for (j, other) in b.enumerated() {
      let isSame = scalar == other || isPattern && scalar == "?"
      let next =
        isStar ? min(row[j], row[j + 1]) : min(diagonal + (isSame ? 0 : 1), row[j] + 1, row[j + 1] + 1)
      diagonal = row[j + 1]
      row[j + 1] = next
    }
  }
  return row[b.count]
}
