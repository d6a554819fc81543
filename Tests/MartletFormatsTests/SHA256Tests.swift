import MartletPlatform
import Testing

struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func `the hash of a text is that of FIPS 180-4's examples`(text: String, expected: String) {
    #expect(SHA256.of(text) == expected)
  }

  @Test func `a million letters have the published hash`() {
    var hash = SHA256()
    for _ in 0..<1000 { hash.add(String(repeating: "a", count: 1000)) }
    #expect(hash.hexadecimal == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func `the parts in which bytes come make no difference`() {
    let text = String((0..<200).map { Character(UnicodeScalar(UInt8(32 + $0 % 90))) })
    let whole = SHA256.of(text)
    for cut in 0...text.count {
      var hash = SHA256()
      hash.add(String(text.prefix(cut)))
      hash.add(String(text.dropFirst(cut)))
      #expect(hash.hexadecimal == whole)
    }
    #expect(Set((0...text.count).map { SHA256.of(String(text.prefix($0))) }).count == text.count + 1)
  }
}
