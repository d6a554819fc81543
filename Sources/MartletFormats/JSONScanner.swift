/// Reads JSON (RFC 8259) strictly, token by token, so that repeated keys are noticed: a decoder into dictionaries would
/// silently keep one of two equal keys.
package struct JSONScanner: ~Copyable {
  /// What is wrong, and at which byte.
  package struct Failure: Error, Equatable {
    package let offset: Int
    package let message: String
  }

  private let bytes: [UInt8]
  private var position = 0

  /// The offset of the byte that is read next.
  var offset: Int { position }

  /// The deepest nesting that is skipped before the scanner gives up, so that hostile input cannot exhaust the stack.
  package static let depthLimit = 32

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Reads an object, calling `member` with each key when the scanner is at its value, which `member` has to read.
  package mutating func object(
    _ member: (String, inout JSONScanner) throws(Failure) -> Void
  ) throws(Failure) {
    try expect(UInt8(ascii: "{"))
    if next() == UInt8(ascii: "}") {
      position += 1
      return
    }
    while true {
      let key = try string()
      try expect(UInt8(ascii: ":"))
      try member(key, &self)
      if try separatorOrEnd(UInt8(ascii: "}")) { return }
    }
  }

  /// Reads an array, calling `element` when the scanner is at an element, which `element` has to read.
  package mutating func array(_ element: (inout JSONScanner) throws(Failure) -> Void) throws(Failure) {
    try expect(UInt8(ascii: "["))
    if next() == UInt8(ascii: "]") {
      position += 1
      return
    }
    while true {
      try element(&self)
      if try separatorOrEnd(UInt8(ascii: "]")) { return }
    }
  }

  /// Reads a string.
  package mutating func string() throws(Failure) -> String {
    try expect(UInt8(ascii: "\""))
    let start = position
    // The text between escapes is copied at once; most strings have no escapes.
    var text: [UInt8] = []
    var piece = position
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        let last = bytes[piece..<position - 1]
        let string =
          text.isEmpty
          ? String(validating: last, as: UTF8.self) : String(validating: text + last, as: UTF8.self)
        guard let string else {
          throw Failure(offset: start, message: "a string is not valid UTF-8")
        }
        return string
      case UInt8(ascii: "\\"):
        text += bytes[piece..<position - 1]
        try escape(into: &text)
        piece = position
      case 0..<0x20:
        throw failure("a string holds a control character")
      default: break
      }
    }
    throw failure("a string has no end")
  }

  /// Reads an integer from 0 to `Int.max`.
  package mutating func natural() throws(Failure) -> Int {
    guard let first = next(), isDigit(first) else { throw failure("expected a non-negative integer") }
    let start = position
    var value = 0
    while position < bytes.count, isDigit(bytes[position]) {
      let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = scaled.addingReportingOverflow(Int(bytes[position] - UInt8(ascii: "0")))
      if overflow || carry { throw Failure(offset: start, message: "an integer does not fit into 64 bits") }
      value = sum
      position += 1
    }
    if first == UInt8(ascii: "0") && position - start > 1 {
      throw Failure(offset: start, message: "an integer begins with 0")
    }
    if position < bytes.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[position]) {
      throw Failure(offset: start, message: "expected an integer, found a fraction or an exponent")
    }
    return value
  }

  /// Reads a number.
  package mutating func number() throws(Failure) -> Double {
    _ = next()
    let start = position
    try skipNumber()
    guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)), value.isFinite else {
      throw Failure(offset: start, message: "a number does not fit in 64 bits")
    }
    return value
  }

  /// Reads a number as it is written, of any size.
  package mutating func numberText() throws(Failure) -> String {
    _ = next()
    let start = position
    try skipNumber()
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// Reads `true` or `false`.
  package mutating func truth() throws(Failure) -> Bool {
    let isTrue = next() == UInt8(ascii: "t")
    try word(isTrue ? "true" : "false")
    return isTrue
  }

  /// Whether the next value is a string; it stays unread.
  package mutating func isAtString() -> Bool { next() == UInt8(ascii: "\"") }

  /// Whether the value that is read next is an object.
  package var isAtObject: Bool {
    mutating get { next() == UInt8(ascii: "{") }
  }

  /// What the value that is read next begins with; nil at the end.
  package mutating func nextCharacter() -> Character? { next().map { Character(UnicodeScalar($0)) } }

  /// Reads `null`.
  package mutating func null() throws(Failure) {
    _ = next()
    try word("null")
  }

  /// Reads a number, or `null` as nil.
  package mutating func numberOrNull() throws(Failure) -> Double? {
    if next() != UInt8(ascii: "n") { return try number() }
    try null()
    return nil
  }

  /// Reads any value and discards it.
  package mutating func skipValue(depth: Int = 0) throws(Failure) {
    if depth > Self.depthLimit { throw failure("values are nested too deeply") }
    switch next() {
    case UInt8(ascii: "{"):
      try object { (_, scanner) throws(Failure) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["):
      try array { (scanner) throws(Failure) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "\""):
      _ = try string()
    case UInt8(ascii: "t"):
      try word("true")
    case UInt8(ascii: "f"):
      try word("false")
    case UInt8(ascii: "n"):
      try word("null")
    default:
      try skipNumber()
    }
  }

  /// Throws unless only white space is left.
  package mutating func end() throws(Failure) {
    if next() != nil { throw failure("there is more after the end of the value") }
  }

  // MARK: Tokens

  package func failure(_ message: String) -> Failure {
    Failure(offset: position, message: message)
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  /// The next byte that is not white space; it stays unread.
  private mutating func next() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        position += 1
      default:
        return bytes[position]
      }
    }
    return nil
  }

  private mutating func expect(_ byte: UInt8) throws(Failure) {
    guard next() == byte else { throw failure("expected \(Character(UnicodeScalar(byte)))") }
    position += 1
  }

  /// Reads a comma (false) or the closing bracket (true).
  private mutating func separatorOrEnd(_ closing: UInt8) throws(Failure) -> Bool {
    let byte = next()
    guard byte == UInt8(ascii: ",") || byte == closing else {
      throw failure("expected , or \(Character(UnicodeScalar(closing)))")
    }
    position += 1
    return byte == closing
  }

  private mutating func word(_ word: String) throws(Failure) {
    for byte in word.utf8 {
      guard position < bytes.count, bytes[position] == byte else { throw failure("expected \(word)") }
      position += 1
    }
  }

  private mutating func digits() throws(Failure) {
    guard position < bytes.count, isDigit(bytes[position]) else { throw failure("expected a value") }
    while position < bytes.count, isDigit(bytes[position]) { position += 1 }
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipNumber() throws(Failure) {
    _ = skip(UInt8(ascii: "-"))
    if !skip(UInt8(ascii: "0")) { try digits() }
    if skip(UInt8(ascii: ".")) { try digits() }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
      try digits()
    }
  }

  /// Reads what follows a backslash.
  private mutating func escape(into text: inout [UInt8]) throws(Failure) {
    guard position < bytes.count else { throw failure("a string has no end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if code & 0xFC00 == 0xD800 {
        // Beyond 16 bits a character is written as two surrogates.
        guard skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else { throw failure("half a surrogate pair") }
        let low = try hexadecimal()
        guard low & 0xFC00 == 0xDC00 else { throw failure("half a surrogate pair") }
        code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
      }
      guard let bytes = UnicodeScalar(code).flatMap(Unicode.UTF8.encode) else { throw failure("half a surrogate pair") }
      text.append(contentsOf: bytes)
    default:
      throw failure("unknown escape in a string")
    }
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = digit(bytes[position]) else {
        throw failure("expected four hexadecimal digits")
      }
      code = code << 4 | digit
      position += 1
    }
    return code
  }

  private func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
