import MartletFormats
import MartletText
import TestSupport
import Testing

/// Files that are damaged in every small way: reading them gives a value or throws, and does neither harm nor wait.
@Suite struct CorpusTests {
  private let directory = TemporaryDirectory()

  @Test(arguments: ["csv", "csv.gz", "idx", "idx.gz", "npy", "npz", "safetensors"])
  func `every truncation and every changed bit or byte is read or refused`(format: String) throws {
    let files = try Corpus.files(format)
    #expect(!files.isEmpty)
    for (name, bytes) in files {
      var refused = 0
      for variant in Corpus.variants(bytes) + Array(Corpus.bitFlips(bytes)) where !isRead(variant, format) {
        refused += 1
      }
      #expect(refused > 0, "\(name): every damaged file is read")
    }
  }

  @Test(arguments: ["idx", "npy", "npz", "safetensors"])
  func `none of them takes more memory than a small multiple of its size`(format: String) throws {
    for (name, bytes) in try Corpus.files(format) {
      for variant in Corpus.variants(bytes) {
        #expect(isRead(variant, format, memoryLimit: 64 * bytes.count + 4096) == isRead(variant, format), "\(name)")
      }
    }
  }

  private func isRead(_ bytes: [UInt8], _ format: String, memoryLimit: Int? = nil) -> Bool {
    do throws(FormatError) {
      switch format {
      case "csv":
        // One that refuses missing numbers, and one that reads names.
        _ = try? CSV.read(bytes: bytes, source: "test", header: .absent, labels: ["column 1"])
        _ = try CSV.read(bytes: bytes, source: "test")
      case "idx": _ = try IDX.read(bytes: bytes, source: "test", memoryLimit: memoryLimit)
      case "npy": _ = try NPY.read(bytes: bytes, source: "test", memoryLimit: memoryLimit)
      case "npz":
        let archive = try NPZ.Archive(bytes: bytes, source: "test", memoryLimit: memoryLimit)
        for name in archive.names { _ = try? archive.tensor(name) }
        _ = try archive.tensors()
      case "safetensors": _ = try Safetensors.read(bytes: bytes, source: "test", memoryLimit: memoryLimit)
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
