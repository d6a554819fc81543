import Foundation
import MartletCore
import MartletData
import MartletText
import TestSupport
import Testing

@Suite struct DatasetsTests {
  @Test func `the digits are scikit-learn's`() throws {
    let digits = try Datasets.digits()
    #expect(digits.x.shape == [1797, 64])
    #expect(digits.y.shape == [1797])
    // load_digits().target counted, its data summed in all, and the first image.
    let labels = digits.y.scalars
    #expect(
      (0..<10).map { label in labels.filter { $0 == label }.count } == [
        178, 182, 177, 183, 181, 182, 181, 179, 174, 180,
      ])
    #expect(labels.prefix(12) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    let pixels = digits.x.scalars.map { Int($0 * 16) }
    #expect(pixels.reduce(0, +) == 561_718)
    #expect(pixels.enumerated().reduce(0) { $0 + $1.element * ($1.offset % 1009) } == 283_139_404)
    #expect(pixels.prefix(16) == [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0])
    #expect(digits.x.scalars.max() == 1)
    #expect(digits.x.scalars.min() == 0)
  }

  /// Four small files in MNIST's format.
  private func write(_ directory: TemporaryDirectory, compressed: Bool = true) {
    for (prefix, count) in [("train", 3), ("t10k", 2)] {
      let images = idx([count, 2, 2], (0..<count * 4).map { UInt8($0 * 20) })
      let labels = idx([count], (0..<count).map { UInt8($0) })
      directory.write(compressed ? gzip(images) : images, to: "\(prefix)-images-idx3-ubyte" + (compressed ? ".gz" : ""))
      directory.write(compressed ? gzip(labels) : labels, to: "\(prefix)-labels-idx1-ubyte" + (compressed ? ".gz" : ""))
    }
  }

  private func problem(_ directory: TemporaryDirectory) -> FormatError? {
    do throws(FormatError) {
      _ = try Datasets.fashionMNIST(directory: directory.path)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [true, false])
  func `reads MNIST's format`(compressed: Bool) throws {
    let directory = TemporaryDirectory()
    write(directory, compressed: compressed)
    let (train, test) = try Datasets.fashionMNIST(directory: directory.path)
    #expect(train.x.shape == [3, 4])
    #expect(test.x.shape == [2, 4])
    #expect(train.y == Tensor<Int32>([0, 1, 2]))
    let pixels: [Float] = (0..<12).map { Float($0 * 20) / 255 }
    #expect(train.x.scalars == pixels)
  }

  @Test func `says how to get missing files`() {
    let directory = TemporaryDirectory()
    let problem = problem(directory)
    #expect(problem?.kind == .missing)
    #expect(problem?.source == directory.file("train-images-idx3-ubyte.gz"))
    #expect(problem?.reason.contains("apt-get install dataset-fashion-mnist") == true)
  }

  @Test func `broken files throw`() throws {
    let directory = TemporaryDirectory()
    let name = "t10k-labels-idx1-ubyte.gz"
    write(directory)
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory.file(name))))
    #expect(problem(directory) == nil)
    for (bytes, kind, reason) in [
      (Array(whole.dropLast()), .damaged, "cut short"),
      ([], .unrecognized, "not an IDX file"),
      (Array("<html>".utf8), .unrecognized, "not an IDX file"),
      (gzip(idx([3], [0, 1, 2])), .mismatch, "labels for 2 images"),
      (gzip(idx([2], [0, 10])), .mismatch, "label 10"),
      (gzip(idx([2], [0, 0, 0, 0, 0, 0, 0, 1], type: 0x0C)), .mismatch, "expected bytes (UInt8), got Int32"),
      (gzip(idx([2], [0])), .damaged, "cut short"),
    ] as [([UInt8], FormatError.Kind, String)] {
      directory.write(bytes, to: name)
      let found = problem(directory)
      #expect(found?.kind == kind)
      #expect(found?.source == directory.file(name))
      #expect(found?.reason.contains(reason) == true, "\(found?.reason ?? "it was read")")
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/share/datasets/fashion-mnist")))
  func `reads the whole of Fashion-MNIST`() throws {
    let test = try Datasets.fashionMNIST().test
    #expect(test.x.shape == [10_000, 784])
    #expect((0..<10).allSatisfy { label in test.y.scalars.filter { $0 == label }.count == 1000 })
    #expect(Datasets.fashionMNISTClasses.count == 10)
  }
}
