import Foundation
import MartletCore
import MartletPlots
import MartletTraining
import TestSupport
import Testing

@Suite struct TensorImageTests {
  /// The pixels of a picture that is the same as that of a TensorImage: four bytes each, row by row.
  private func file(_ rows: [[[UInt8]]]) -> [UInt8] {
    PNG.file(rows.flatMap { $0.flatMap(\.self) }, width: rows[0].count, height: rows.count, channels: 4)
  }
  private func grey(_ level: UInt8) -> [UInt8] { [level, level, level, 255] }
  private let nothing: [UInt8] = [0, 0, 0, 0]

  @Test func `the lowest number is black and the highest white`() {
    let image = TensorImage(Tensor<Float>([[-1, 1], [0, .nan]]), pixelsPerElement: 1)
    #expect(image.png(scale: 1) == file([[grey(0), grey(255)], [grey(128), nothing]]))
    let given = TensorImage(Tensor<Double>([[-1, 0.25, 7]]), range: 0...1, pixelsPerElement: 1)
    #expect(given.png(scale: 1) == file([[grey(0), grey(64), grey(255)]]))
    #expect(
      TensorImage(Tensor<Float>([[3, .infinity]]), pixelsPerElement: 1).png(scale: 1) == file([[grey(0), grey(0)]]))
    let large = TensorImage(Tensor<Double>([[-1e308, 1e308]]), pixelsPerElement: 1)
    #expect(large.png(scale: 1) == file([[grey(0), grey(255)]]))
  }

  @Test func `three channels are red, green and blue, and several pictures are side by side`() {
    let colors = Tensor<Float>([[[0, 1]], [[1, 0]], [[0.5, 0]]])  // [3, 1, 2]
    let image = TensorImage(colors, pixelsPerElement: 1)
    #expect(image.png(scale: 1) == file([[[0, 255, 128, 255], [255, 0, 0, 255]]]))
    let three = TensorImage(Tensor<Float>([[[[0]]], [[[1]]], [[[0.2]]]]), pixelsPerElement: 1)  // [3, 1, 1, 1]
    #expect(
      three.png(scale: 1)
        == file([[grey(0), nothing, grey(255)], [nothing, nothing, nothing], [grey(51), nothing, nothing]]))
    let row = TensorImage(Tensor<Float>([[[[0]]], [[[1]]]]), columns: 9, pixelsPerElement: 1)
    #expect(row.png(scale: 1) == file([[grey(0), nothing, grey(255)]]))
  }

  @Test func `an element is a square`() {
    let image = TensorImage(Tensor<Float>([[0, 1]]), pixelsPerElement: 2)
    #expect(
      image.png(scale: 1)
        == file([[grey(0), grey(0), grey(255), grey(255)], [grey(0), grey(0), grey(255), grey(255)]]))
    #expect(PNG.header(of: image.png(scale: 1.5)).map { [$0.width, $0.height] } == [6, 3])
    #expect(PNG.header(of: image.png(scale: 0.01)).map { [$0.width, $0.height] } == [2, 1])
  }

  @Test func `other shapes stop the program`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = TensorImage(Tensor<Float>.zeros([2, 4, 4]))
    }
    #expect(errorText(result).contains("1 or 3 channels, got [2, 4, 4]"))
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = TensorImage(Tensor<Float>.zeros([0, 4]))
    }
    #expect(errorText(empty).contains("at least one element and 1 or 3 channels, got [0, 4]"))
  }
}
