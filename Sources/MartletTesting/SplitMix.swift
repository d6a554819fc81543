/// Random numbers for test data, independent of the library's: SplitMix64, seeded by a text.
package struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  package init(_ label: String) {
    // FNV-1a.
    state = label.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
