import MartletFormats
import MartletText
import TestSupport
import Testing

/// Files that are damaged in every small way: reading them gives a value or throws, and does neither harm nor wait.
@Suite struct CorpusTests {
  private let directory = TemporaryDirectory()

  @Test(arguments: ["csv", "csv.gz", "idx", "idx.gz", "npy", "safetensors"])
  func `every truncation and every changed byte is read or refused`(format: String) throws {
    let files = try Corpus.files(format)
    #expect(!files.isEmpty)
    for (name, bytes) in files {
      var refused = 0
      for variant in Corpus.variants(bytes) where !isRead(variant, format) { refused += 1 }
      #expect(refused > 0, "\(name): every damaged file is read")
    }
  }

  private func isRead(_ bytes: [UInt8], _ format: String) -> Bool {
    do throws(FormatError) {
      switch format {
      case "csv":
        // One that refuses missing numbers, and one that reads names.
        _ = try? CSV.read(bytes: bytes, source: "test", header: .absent, labels: ["column 1"])
        _ = try CSV.read(bytes: bytes, source: "test")
      case "idx": _ = try IDX.read(bytes: bytes, source: "test")
      case "npy": _ = try NPY.read(bytes: bytes, source: "test")
      case "safetensors": _ = try Safetensors.read(bytes: bytes, source: "test")
      default:
        directory.write(bytes, to: "compressed")
        if format == "csv.gz" {
          _ = try CSV.read(from: directory.file("compressed"))
        } else {
          _ = try IDX.read(from: directory.file("compressed"))
        }
      }
      return true
    } catch {
      #expect(!error.description.isEmpty)
      return false
    }
  }
}
