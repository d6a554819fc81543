/// A name as it is written: equal to another only if both have the same Unicode scalars.
///
/// Swift's strings are equal if they are canonically equivalent: "é" as one scalar, and as an e with an accent after
/// it. Files, and the programs that wrote them, take these for two names.
package struct ExactName: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (a: ExactName, b: ExactName) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  package func hash(into hasher: inout Hasher) {
    let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable {
      hasher.combine(bytes: UnsafeRawBufferPointer($0))
    }
    if isHashed == nil { for byte in text.utf8 { hasher.combine(byte) } }
  }
}

extension ExactName: Comparable {
  /// In the order of their UTF-8 bytes, which is that of their scalars.
  package static func < (a: ExactName, b: ExactName) -> Bool { a.text.utf8.lexicographicallyPrecedes(b.text.utf8) }
}
