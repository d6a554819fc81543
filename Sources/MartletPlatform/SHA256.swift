import CPlatform

/// The SHA-256 (FIPS 180-4) of bytes that are added one part after the other.
package struct SHA256 {
  private var hash = mk_sha256()

  package init() { mk_sha256_begin(&hash) }

  /// Adds bytes.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) { mk_sha256_add(&hash, bytes.baseAddress, bytes.count) }

  /// Adds text as UTF-8.
  package mutating func add(_ text: String) {
    let bytes = Array(text.utf8)
    bytes.withUnsafeBytes { mk_sha256_add(&hash, $0.baseAddress, $0.count) }
  }

  /// The hash of all that was added, in 64 hexadecimal digits.
  package var hexadecimal: String {
    var (hash, digest) = (self.hash, [UInt8](repeating: 0, count: 32))
    mk_sha256_end(&hash, &digest)
    let digits = Array("0123456789abcdef")
    return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  /// The hash of text as UTF-8.
  package static func of(_ text: String) -> String {
    var hash = SHA256()
    hash.add(text)
    return hash.hexadecimal
  }
}
