import MartletCore
import MartletPlots

/// A tensor's numbers as the pixels of a picture, such as the weights of a first layer or what a model makes of pictures.
///
/// ```swift
/// try TensorImage(digits.x[0..<20].reshaped(to: [20, 1, 8, 8]), columns: 5).savePNG(to: "digits.png")
/// ```
/// The lowest number is black and the highest white, or full in its colour. Each element is a square of
/// `pixelsPerElement` pixels, and pictures side by side are one element apart. NaN is transparent.
public struct TensorImage: Picture, Sendable {
  private let rows: [[[UInt8]]]
  private let pixelsPerElement: Int

  /// Makes a picture of a tensor of shape `[height, width]`, `[channels, height, width]` or
  /// `[count, channels, height, width]`, with one channel for grey or three for red, green and blue; traps on other shapes.
  ///
  /// - Parameters:
  ///   - tensor: The numbers.
  ///   - range: The numbers that are black and white; nil for the lowest and the highest finite one of all.
  ///   - columns: How many of several pictures are side by side; nil for about as many as are one below the other.
  ///   - pixelsPerElement: The side of an element's square in the picture's own pixels, at least 1.
  public init<S: FloatingScalar>(
    _ tensor: Tensor<S>, range: ClosedRange<Double>? = nil, columns: Int? = nil, pixelsPerElement: Int = 4
  ) {
    let lengths = tensor.shape.dimensions
    let whole = [Int](repeating: 1, count: max(0, 4 - lengths.count)) + lengths
    guard (2...4).contains(lengths.count), [1, 3].contains(whole[1]), tensor.count > 0 else {
      fatalError(
        "TensorImage: expected [height, width], [channels, height, width] or [count, channels, height, width] of at "
          + "least one element and 1 or 3 channels, got \(tensor.shape)")
    }
    if pixelsPerElement < 1 {
      fatalError("TensorImage: expected at least 1 pixel for an element, got \(pixelsPerElement)")
    }
    if let columns, columns < 1 { fatalError("TensorImage: expected at least 1 column, got \(columns)") }
    self.pixelsPerElement = pixelsPerElement
    let numbers = tensor.detached().cast(to: Double.self).scalars
    let finite = numbers.lazy.filter(\.isFinite)
    let (low, high) = range.map { ($0.lowerBound, $0.upperBound) } ?? (finite.min() ?? 0, finite.max() ?? 1)
    func level(_ number: Double) -> UInt8 {
      // Halves, because the difference of two large numbers may be none.
      let share = high > low ? (number / 2 - low / 2) / (high / 2 - low / 2) : 0
      return UInt8((255 * min(max(share, 0), 1)).rounded())
    }
    let (count, channels, height, width) = (whole[0], whole[1], whole[2], whole[3])
    let across = min(count, columns ?? Int(Double(count).squareRoot().rounded(.up)))
    let down = (count + across - 1) / across
    let nothing: [UInt8] = [0, 0, 0, 0]
    var rows = [[[UInt8]]](
      repeating: Array(repeating: nothing, count: across * (width + 1) - 1), count: down * (height + 1) - 1)
    for picture in 0..<count {
      let (top, left) = (picture / across * (height + 1), picture % across * (width + 1))
      for y in 0..<height {
        for x in 0..<width {
          let place = (picture * channels * height + y) * width + x
          let color = (0..<3).map { numbers[place + min($0, channels - 1) * height * width] }
          if color.contains(where: \.isNaN) { continue }
          rows[top + y][left + x] = color.map(level) + [255]
        }
      }
    }
    self.rows = rows
  }

  /// The picture as the bytes of a PNG file; `scale` times the pixels of an element, rounded, and at least one.
  public func png(scale: Double) -> [UInt8] {
    let side = max(1, Int((Double(pixelsPerElement) * scale).rounded()))
    var bytes: [UInt8] = []
    for row in rows {
      let line = row.flatMap { pixel in (0..<side).flatMap { _ in pixel } }
      for _ in 0..<side { bytes += line }
    }
    return PNG.file(bytes, width: rows[0].count * side, height: rows.count * side, channels: 4)
  }
}
