import MartletPlatform

extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The elements as NumPy prints them: nested brackets, aligned columns, and `...` in the middle of long axes.
  public var description: String { erased.description }

  /// The scalar type, the shape and the elements.
  public var debugDescription: String { erased.debugDescription }

  /// The elements as `print` shows them, with at most `decimals` decimals.
  ///
  /// `print(x.formatted(decimals: 8))` shows what four decimals do not; decimals that do not help to tell a number from
  /// its neighbours are not printed. When there are more elements than `threshold`, only the ends of long axes are
  /// shown. Traps when `decimals` is not within 1 ... 20.
  public func formatted(decimals: Int = 4, threshold: Int = 1_000) -> String {
    if !(1...20 ~= decimals) { trap("formatted", "expected decimals within 1 ... 20, got \(decimals)") }
    return TensorPrinter(erased, decimals: decimals, threshold: threshold).text
  }
}

extension AnyTensor: CustomStringConvertible, CustomDebugStringConvertible {
  public var description: String { TensorPrinter(self).text }

  public var debugDescription: String { "Tensor<\(scalarType)>\(shape)\n\(description)" }
}

/// Writes a tensor as text.
private struct TensorPrinter {
  private let tensor: AnyTensor
  private let isSummarized: Bool
  private var cells: [Int: String] = [:]
  private var width = 0

  /// The number of elements shown at each end of an axis that is not shown whole.
  private static let edge = 3
  private static let lineWidth = 80

  /// Makes the texts of the elements that are shown: all of them, or the ends of long axes when there are more than
  /// `threshold`.
  init(_ tensor: AnyTensor, decimals: Int = 4, threshold: Int = 1_000) {
    Observation.access(tensor.body, by: "description")
    self.tensor = tensor.detached()
    isSummarized = tensor.count > threshold
    var shown: [Int] = []
    collect(axis: 0, start: 0, into: &shown)
    let isFloating =
      tensor.scalarType.isFloatingPoint || tensor.scalarType == .float16 || tensor.scalarType == .bfloat16
    let texts =
      isFloating ? format(shown.map { tensor.value(at: $0) }, upTo: decimals) : shown.map { tensor.exactText(at: $0) }
    for (position, text) in zip(shown, texts) { cells[position] = text }
    width = texts.map(\.count).max() ?? 0
  }

  var text: String {
    if tensor.rank == 0 { return cells[0] ?? "" }
    if tensor.count == 0 { return tensor.rank == 1 ? "[]" : "[] (shape \(tensor.shape))" }
    return lines(axis: 0, start: 0, indent: 1)
  }

  private func places(_ axis: Int) -> [Int?] {
    let length = tensor.shape[axis]
    if !isSummarized || length <= 2 * TensorPrinter.edge { return Array(0..<length) }
    return (0..<TensorPrinter.edge).map { $0 } + [nil] + (length - TensorPrinter.edge..<length).map { $0 }
  }

  private func step(_ axis: Int) -> Int { (axis + 1..<tensor.rank).reduce(1) { $0 * tensor.shape[$1] } }

  private func collect(axis: Int, start: Int, into shown: inout [Int]) {
    if tensor.count == 0 { return }
    if axis == tensor.rank {
      shown.append(start)
      return
    }
    for place in places(axis) {
      if let place { collect(axis: axis + 1, start: start + place * step(axis), into: &shown) }
    }
  }

  private func lines(axis: Int, start: Int, indent: Int) -> String {
    if axis == tensor.rank - 1 {
      var text = "["
      var column = indent
      for (index, place) in places(axis).enumerated() {
        let cell = place.map { cells[start + $0]! } ?? "..."
        let padded = String(repeating: " ", count: max(0, width - cell.count)) + cell
        if index > 0 {
          if column + padded.count + 2 > TensorPrinter.lineWidth {
            text += ",\n" + String(repeating: " ", count: indent)
            column = indent
          } else {
            text += ", "
            column += 2
          }
        }
        text += place == nil ? cell : padded
        column += place == nil ? 3 : padded.count
      }
      return text + "]"
    }
    let gap = ",\n" + String(repeating: "\n", count: tensor.rank - axis - 2) + String(repeating: " ", count: indent)
    let parts = places(axis).map { place in
      place.map { lines(axis: axis + 1, start: start + $0 * step(axis), indent: indent + 1) } ?? "..."
    }
    return "[" + parts.joined(separator: gap) + "]"
  }

  /// The texts of values, all with as many decimals as the one that needs the most, at most `limit`; in scientific
  /// notation where magnitudes are very large, very small or too different, as in NumPy.
  private func format(_ values: [Double], upTo limit: Int) -> [String] {
    let magnitudes = values.filter { $0.isFinite && $0 != 0 }.map(abs)
    let (least, most) = (magnitudes.min() ?? 1, magnitudes.max() ?? 1)
    let isScientific = most >= 1e8 || least < 1e-4 || most / least > 1e5
    func text(_ value: Double, _ decimals: Int) -> String {
      if value.isNaN { return "nan" }
      if value.isInfinite { return value < 0 ? "-inf" : "inf" }
      return isScientific
        ? TensorPrinter.printed("%.\(decimals)e", value) : TensorPrinter.printed("%.\(decimals)f", value)
    }
    // A Float's text is exact enough when it reads back as the same Float: further digits would tell nothing.
    func needsMore(_ value: Double, _ decimals: Int) -> Bool {
      let shown = strtod(text(value, decimals), nil)
      if shown == strtod(text(value, limit), nil) { return false }
      return limit <= 4 || (tensor.scalarType == .float32 ? Float(shown) != Float(value) : shown != value)
    }
    var decimals = 1
    while decimals < limit && values.contains(where: { $0.isFinite && needsMore($0, decimals) }) { decimals += 1 }
    return values.map { text($0, decimals) }
  }

  private static func printed(_ format: String, _ value: Double) -> String {
    var buffer = [CChar](repeating: 0, count: 64)
    _ = withVaList([value]) { vsnprintf(&buffer, 64, format, $0) }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension AnyTensor {
  /// The address of the element at a position in row-major order.
  private func pointer(at position: Int) -> UnsafeRawPointer {
    var rest = position
    var offset = body.layout.offset
    for axis in stride(from: rank - 1, through: 0, by: -1) {
      let length = shape.axes[axis]
      offset += rest % length * body.layout.strides[axis]
      rest /= length
    }
    return UnsafeRawPointer(body.block + offset * scalarType.size)
  }

  /// The element at a position in row-major order, for a floating-point type.
  fileprivate func value(at position: Int) -> Double {
    let pointer = pointer(at: position)
    switch scalarType {
    case .float64: return pointer.load(as: Double.self)
    case .float16: return Double(pointer.load(as: Float16.self))
    case .bfloat16: return Double(Float(bitPattern: UInt32(pointer.load(as: UInt16.self)) << 16))
    default: return Double(pointer.load(as: Float.self))
    }
  }

  /// The text of the element at a position in row-major order, for an integer type or `Bool`.
  fileprivate func exactText(at position: Int) -> String {
    let pointer = pointer(at: position)
    switch scalarType {
    case .int32: return String(pointer.load(as: Int32.self))
    case .int64: return String(pointer.load(as: Int64.self))
    case .uint8: return String(pointer.load(as: UInt8.self))
    default: return pointer.load(as: UInt8.self) != 0 ? "true" : "false"
    }
  }
}
