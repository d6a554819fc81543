/// Reads numbers written in decimal.
enum CSVNumber {
  /// The `Double` nearest to a number such as `-1.5`, `.5`, `2e-3` or `inf`; nil for other text and for finite numbers
  /// that are too large.
  static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    var index = 0
    let isNegative = text.first == UInt8(ascii: "-")
    if isNegative || text.first == UInt8(ascii: "+") { index = 1 }

    var mantissa: UInt64 = 0
    var exponent = 0
    // Whether the mantissa holds all digits but zeros at the end.
    var isWhole = true
    var hasDigits = false
    func digit(_ index: Int) -> UInt64? {
      guard index < text.count else { return nil }
      let digit = text[index] &- UInt8(ascii: "0")
      return digit < 10 ? UInt64(digit) : nil
    }
    while let next = digit(index) {
      if mantissa < 1_000_000_000_000_000_000 {
        mantissa = mantissa * 10 + next
      } else {
        exponent += 1
        if next != 0 { isWhole = false }
      }
      hasDigits = true
      index += 1
    }
    if index < text.count && text[index] == UInt8(ascii: ".") {
      index += 1
      while let next = digit(index) {
        if mantissa < 1_000_000_000_000_000_000 {
          mantissa = mantissa * 10 + next
          exponent -= 1
        } else if next != 0 {
          isWhole = false
        }
        hasDigits = true
        index += 1
      }
    }
    if !hasDigits { return infinity(text[index...], isNegative) }
    if index < text.count && text[index] | 0x20 == UInt8(ascii: "e") {
      index += 1
      let isDivisor = index < text.count && text[index] == UInt8(ascii: "-")
      if isDivisor || (index < text.count && text[index] == UInt8(ascii: "+")) { index += 1 }
      if digit(index) == nil { return nil }
      var power = 0
      while let next = digit(index) {
        power = min(power * 10 + Int(next), 1_000_000)
        index += 1
      }
      exponent += isDivisor ? -power : power
    }
    if index < text.count { return nil }

    // Both factors are exact, so that there is only one rounding (Clinger 1990).
    if isWhole && mantissa <= 1 << 53 && (-22...22).contains(exponent) {
      let magnitude =
        exponent < 0 ? Double(mantissa) / powersOfTen[-exponent] : Double(mantissa) * powersOfTen[exponent]
      return isNegative ? -magnitude : magnitude
    }
    if mantissa == 0 { return isNegative ? -0.0 : 0 }
    let number = Double(String(decoding: text, as: UTF8.self))
    return number?.isFinite == true ? number : nil
  }

  /// Whether a field stands for a missing number.
  static func isMissing(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    if text.count > 4 { return false }
    return text.isEmpty || missing.contains(String(decoding: text, as: UTF8.self).lowercased())
  }

  static func isNumberOrMissing(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { parse($0) != nil || isMissing($0) }
  }

  private static let missing: Set = ["na", "n/a", "nan", "null", "none", "?"]

  private static let powersOfTen: InlineArray<23, Double> = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  private static func infinity(_ text: Slice<UnsafeBufferPointer<UInt8>>, _ isNegative: Bool) -> Double? {
    let word = String(decoding: text, as: UTF8.self).lowercased()
    guard word == "inf" || word == "infinity" else { return nil }
    return isNegative ? -.infinity : .infinity
  }
}
