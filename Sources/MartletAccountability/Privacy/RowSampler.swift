import MartletCore
import MartletPlatform

/// Draws the rows of steps: each row with the same probability, independently of all others (Poisson sampling).
///
/// The gaps between drawn rows are drawn, from the geometric distribution, so that a step costs what it draws.
struct RowSampler {
  /// The number of rows to draw from.
  let rows: Int
  /// The probability of a row.
  let rate: Double

  /// The number of rows that a step takes on average, which need not be whole.
  var expectedCount: Double { Double(rows) * rate }

  /// The rows of a step in ascending order; there may be none.
  func draw(using generator: inout RandomGenerator) -> [Int64] {
    if rate >= 1 { return (0..<Int64(rows)).map { $0 } }
    let logOfRest = log1p(-rate)
    var (drawn, next) = ([Int64](), 0)
    drawn.reserveCapacity(Int(expectedCount + 4 * expectedCount.squareRoot()) + 8)
    while true {
      // Above 0 and at most 1, in steps of 2⁻⁵³.
      let uniform = Double((generator.next() >> 11) + 1) * 0x1p-53
      let gap = log(uniform) / logOfRest
      if gap >= Double(rows - next) { return drawn }
      next += Int(gap)
      if next >= rows { return drawn }
      drawn.append(Int64(next))
      next += 1
    }
  }
}
