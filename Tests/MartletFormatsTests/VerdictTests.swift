import Foundation
import MartletCore
import MartletFormats
import MartletText
import TestSupport
import Testing

/// What NumPy and `safetensors` make of the corpus's files and of damaged ones: what is read here is read there, with the
/// same values; what they read and is refused here is refused for a reason that is listed.
@Suite struct VerdictTests {
  /// `..` for a file that is refused, else two digits of what was read. `make_corpus.py` writes them and says more.
  private struct Verdicts: Decodable {
    let whole: String
    let cuts: String
    let flips: [String: String]

    /// In the order of `Corpus.variants`.
    var all: [Substring] {
      ([whole, cuts] + Corpus.masks.map { flips[String($0)] ?? "" }).flatMap { text in
        stride(from: 0, to: text.utf8.count, by: 2).map { start in text.dropFirst(start).prefix(2) }
      }
    }
  }

  @Test(arguments: ["npy", "npz", "safetensors"])
  func `reads what the reference reads, and the same`(format: String) throws {
    let json = try Data(contentsOf: URL(fileURLWithPath: Fixture.path("corpus/verdicts", type: "json")))
    let verdicts = try #require(JSONDecoder().decode([String: [String: Verdicts]].self, from: json)[format])
    let files = try Corpus.files(format)
    #expect(Set(verdicts.keys) == Set(files.map(\.name)))
    for (name, bytes) in files {
      let expected = try #require(verdicts[name]).all
      let variants = Corpus.variants(bytes)
      try #require(expected.count == variants.count, "\(name)")
      for (index, (variant, verdict)) in zip(variants, expected).enumerated() {
        switch Self.read(variant, format) {
        case .success(let digest):
          if digest != verdict { Issue.record("\(name), \(index): \(digest), and \(verdict) in the reference") }
        case .failure(let error):
          if verdict != "..", !Self.isStricter(error, variant, format) {
            Issue.record("\(name), \(index): \(error), and \(verdict) in the reference")
          }
        }
      }
    }
  }

  /// Whether Martlet means to refuse what the reference reads.
  private static func isStricter(_ error: FormatError, _ bytes: [UInt8], _ format: String) -> Bool {
    // Other types, and more than eight axes.
    if error.kind == .unsupported { return true }
    // Bytes behind the last number, which NumPy leaves unread.
    if error.reason.hasPrefix("expected"), !error.reason.contains("cut short"), bytes.starts(with: [0x93]) {
      return true
    }
    if format == "npz" {
      // What an archive says twice and differently, or not as the format wants it, of which NumPy believes one part. What
      // is wrong with an array in it has the array's name as location.
      if error.location == nil { return true }
      // Sizes, checksums and compressed bytes that are wrong behind the last number, where NumPy does not look.
      if error.reason.contains(".npy\" is damaged (") { return true }
      if error.reason.hasPrefix("expected"), error.reason.contains(" bytes for ") { return true }
    }
    // Bytes that are neither true nor false.
    if error.reason.contains("for BOOL") { return true }
    // Records, and the form feeds that Python takes for space.
    return bytes.contains(0x0C) || String(decoding: bytes, as: UTF8.self).contains("'descr': [(")
  }

  private static func read(_ bytes: [UInt8], _ format: String) -> Result<String, FormatError> {
    Result { () throws(FormatError) in
      if format == "npy" {
        let tensor = try NPY.read(bytes: bytes, source: "test")
        return Corpus.digest([Array("\(names(tensor.scalarType).npy) \(list(tensor.shape)) ".utf8), content(tensor)])
      }
      if format == "npz" {
        let tensors = try NPZ.read(bytes: bytes, source: "test")
        return Corpus.digest(
          tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.flatMap { name, tensor in
            [Array("\(name) \(names(tensor.scalarType).npy) \(list(tensor.shape)) ".utf8), content(tensor)]
          })
      }
      let tensors = try Safetensors.read(bytes: bytes, source: "test").tensors
      return Corpus.digest(
        tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.flatMap { name, tensor in
          [Array("\(name) \(names(tensor.scalarType).safetensors) \(list(tensor.shape)) ".utf8), content(tensor)]
        })
    }
  }

  private static func content(_ tensor: AnyTensor) -> [UInt8] { tensor.withUnsafeBytes { Array($0) } }

  /// As Python prints it.
  private static func list(_ shape: Shape) -> String { "[\(shape.map(String.init).joined(separator: ", "))]" }

  /// A type's name in NumPy, which has none for `bfloat16`, and in safetensors.
  private static func names(_ type: ScalarType) -> (npy: String, safetensors: String) {
    switch type {
    case .float16: ("f2", "F16")
    case .bfloat16: ("", "BF16")
    case .float32: ("f4", "F32")
    case .float64: ("f8", "F64")
    case .int32: ("i4", "I32")
    case .int64: ("i8", "I64")
    case .uint8: ("u1", "U8")
    case .bool: ("b1", "BOOL")
    }
  }
}
