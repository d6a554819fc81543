/// The order of paths and other names wherever the library sorts them: as their UTF-8 bytes, with digits that follow each
/// other taken as one number, so that `layers.2` comes before `layers.10`.
package enum PathOrder {
  /// Whether `a` comes before `b`. Names that differ only in zeros before a number are ordered by their bytes.
  package static func precedes(_ a: String, _ b: String) -> Bool {
    let (first, second) = (Array(a.utf8), Array(b.utf8))
    var (i, j) = (0, 0)
    while i < first.count && j < second.count {
      if isDigit(first[i]) && isDigit(second[j]) {
        let (left, right) = (number(first, &i), number(second, &j))
        if left.count != right.count { return left.count < right.count }
        if !left.elementsEqual(right) { return left.lexicographicallyPrecedes(right) }
      } else if first[i] != second[j] {
        return first[i] < second[j]
      } else {
        i += 1
        j += 1
      }
    }
    if i < first.count || j < second.count { return j < second.count }
    return first.lexicographicallyPrecedes(second)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

  /// The digits from `index` on without the zeros before them; moves `index` behind them.
  private static func number(_ bytes: [UInt8], _ index: inout Int) -> ArraySlice<UInt8> {
    let start = index
    while index < bytes.count && isDigit(bytes[index]) { index += 1 }
    return bytes[start..<index].drop { $0 == UInt8(ascii: "0") }
  }
}
