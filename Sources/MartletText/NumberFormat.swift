import MartletPlatform

/// Formats numbers for progress lines and tables, without Foundation's formatters.
package enum NumberFormat {
  /// A number with so many digits after the point: `fixed(3.14159, 2)` is `3.14`.
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let scale = pow(10, Double(digits))
    let scaled = (abs(value) * scale).rounded()
    if scaled >= 0x1p53 { return "\(value)" }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let text = String(Int64(scaled))
    if digits == 0 { return sign + text }
    let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
  }

  /// A number with four decimals, or with a power of ten if it is below 0.001 or at least 100,000: `0.0123`,
  /// `1.234e-05`.
  package static func metric(_ value: Double) -> String {
    let magnitude = abs(value)
    if value == 0 || !value.isFinite || (magnitude >= 0.001 && magnitude < 100_000) { return fixed(value, 4) }
    var exponent = Int(floor(log10(magnitude)))
    var mantissa = fixed(value / pow(10, Double(exponent)), 3)
    if mantissa.hasSuffix("10.000") {
      exponent += 1
      mantissa = fixed(value / pow(10, Double(exponent)), 3)
    }
    let digits = String(abs(exponent))
    return "\(mantissa)e\(exponent < 0 ? "-" : "+")\(digits.count < 2 ? "0" : "")\(digits)"
  }

  /// An amount of memory, to a hundredth: `512 B`, `2.75 KiB`, `1.5 GiB`.
  package static func bytes(_ count: Int) -> String {
    var value = Double(count)
    var units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][...]
    while abs(value) >= 1023.995 && units.count > 1 {
      value /= 1024
      units.removeFirst()
    }
    var text = fixed(value, 2)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return "\(text) \(units.first!)"
  }

  /// A duration: `480 µs`, `12.3 ms`, `4.6 s`, `2:05`, `1:02:05`.
  package static func duration(_ seconds: Double) -> String {
    switch seconds {
    case 0: "0 s"
    case ..<0.000_999_5: "\(fixed(seconds * 1e6, seconds < 9.95e-6 ? 1 : 0)) µs"
    case ..<0.999_5: "\(fixed(seconds * 1e3, seconds < 0.099_95 ? 1 : 0)) ms"
    case ..<59.95: "\(fixed(seconds, 1)) s"
    default: clock(seconds).drop { $0 == "0" }.description
    }
  }

  /// Minutes and seconds, with hours where there are any: `00:07`, `1:02:05`.
  package static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "--:--" }
    let total = Int(seconds.rounded())
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (total / 3600, total / 60 % 60)
    return (hours > 0 ? "\(hours):" : "") + two(minutes) + ":" + two(total % 60)
  }
}

extension String {
  /// The text padded on its left, to a width in characters.
  package func leftPadded(to width: Int, by padding: Character = " ") -> String {
    String(repeating: padding, count: max(0, width - count)) + self
  }

  /// The text padded with spaces on its right, to a width in characters.
  package func rightPadded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
