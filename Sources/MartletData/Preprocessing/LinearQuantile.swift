/// The quantile of ascending numbers for a share from 0 to 1, linear between two of them as NumPy's default; NaN when there
/// are none.
package func linearQuantile(_ share: Double, of sorted: [Double]) -> Double {
  linearValue(at: share * Double(sorted.count - 1), of: sorted)
}

/// The number at a place from 0 among ascending ones, linear between two of them; NaN when there are none.
package func linearValue(at place: Double, of sorted: [Double]) -> Double {
  guard let last = sorted.last else { return .nan }
  let index = Int(place)
  guard index + 1 < sorted.count else { return last }
  // At a number it is that number, also where the next one is infinite, and so it is between two equal ones.
  if place == Double(index) || sorted[index] == sorted[index + 1] { return sorted[index] }
  return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
}
