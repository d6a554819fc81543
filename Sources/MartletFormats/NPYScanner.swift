/// Reads the Python dictionary in an npy file's header: exactly the three keys, each once, in any order.
struct NPYScanner {
  private let bytes: [UInt8]
  /// The offset of the byte that is read next.
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The dictionary's values; nil when the text is anything else.
  mutating func fields() -> (descr: String, isColumnMajor: Bool, shape: [Int])? {
    var descr: String?
    var isColumnMajor: Bool?
    var shape: [Int]?
    guard take("{") else { return nil }
    while !take("}") {
      guard let key = string(), take(":") else { return nil }
      switch key {
      case "descr" where descr == nil:
        descr = string()
        if descr == nil { return nil }
      case "fortran_order" where isColumnMajor == nil:
        if take("True") {
          isColumnMajor = true
        } else if take("False") {
          isColumnMajor = false
        } else {
          return nil
        }
      case "shape" where shape == nil:
        shape = tuple()
        if shape == nil { return nil }
      default: return nil
      }
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    skipSpace()
    guard position == bytes.count, let descr, let isColumnMajor, let shape else { return nil }
    return (descr, isColumnMajor, shape)
  }

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A { position += 1 }
  }

  /// Whether `text` comes next; if so, moves past it.
  private mutating func take(_ text: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  /// A string without escapes: no name of a type or key has any.
  private mutating func string() -> String? {
    let quote: UInt8
    if take("'") {
      quote = UInt8(ascii: "'")
    } else if take("\"") {
      quote = UInt8(ascii: "\"")
    } else {
      return nil
    }
    guard let end = bytes[position...].firstIndex(of: quote) else { return nil }
    let text = bytes[position..<end]
    guard text.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else { return nil }
    position = end + 1
    return String(decoding: text, as: UTF8.self)
  }

  /// A tuple of integers: `()`, `(2,)`, `(2, 3)`.
  private mutating func tuple() -> [Int]? {
    var result: [Int] = []
    guard take("(") else { return nil }
    while !take(")") {
      guard let number = number() else { return nil }
      result.append(number)
      // Python reads `(2)` as a number.
      if take(",") { continue }
      guard result.count > 1, take(")") else { return nil }
      break
    }
    return result
  }

  private mutating func number() -> Int? {
    skipSpace()
    let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
    // Python does not accept `03` as a number.
    if number > 0 && digits.first == UInt8(ascii: "0") { return nil }
    position += digits.count
    // Python 2 writes long integers with an `L`.
    _ = take("L")
    return number
  }
}
