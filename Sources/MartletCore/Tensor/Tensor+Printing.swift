import MartletPlatform

extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The elements as NumPy prints them: nested brackets, aligned columns, and `...` in the middle of long axes.
  public var description: String { erased.description }

  /// The scalar type, the shape and some elements, in one line: `Tensor<Float>[2, 2] [[1.0, 2.0], [3.0, 4.0]]`.
  public var debugDescription: String { erased.debugDescription }

  /// The elements as `print` shows them, with other options; traps when a number in these is out of range.
  public func formatted(_ options: PrintOptions) -> String { erased.formatted(options) }

  /// The elements as `print` shows them, with at most `decimals` decimals.
  ///
  /// `print(x.formatted(decimals: 8))` shows what four decimals do not. When there are more elements than `threshold`,
  /// only the ends of long axes are shown. Traps when `decimals` is not within 1 ... 20.
  public func formatted(decimals: Int = 4, threshold: Int = 1_000) -> String {
    erased.formatted(PrintOptions(decimals: decimals, threshold: threshold))
  }
}

extension AnyTensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The elements as NumPy prints them.
  public var description: String { TensorPrinter(self, PrintOptions.current).text }

  /// The scalar type, the shape and some elements, in one line.
  public var debugDescription: String {
    let options = PrintOptions(lineWidth: .max, threshold: 16, edgeItems: 2)
    return "Tensor<\(scalarType)>\(shape) \(TensorPrinter(self, options, isOneLine: true).text)"
  }

  /// The elements as `print` shows them, with other options; traps when a number in these is out of range.
  public func formatted(_ options: PrintOptions) -> String {
    options.check(for: "formatted")
    return TensorPrinter(self, options).text
  }
}

/// Writes a tensor as text.
private struct TensorPrinter {
  private let tensor: AnyTensor
  private let options: PrintOptions
  private let isOneLine: Bool
  private let isSummarized: Bool
  private var cells: [Int: String] = [:]
  private var width = 0

  /// Makes the texts of the elements that are shown: all of them, or the ends of long axes.
  init(_ tensor: AnyTensor, _ options: PrintOptions, isOneLine: Bool = false) {
    Observation.access(tensor.body, by: "description")
    self.tensor = tensor.detached()
    self.options = options
    self.isOneLine = isOneLine
    isSummarized = tensor.count > options.threshold
    var shown: [Int] = []
    collect(axis: 0, start: 0, into: &shown)
    let texts =
      tensor.scalarType.isFloating
      ? format(shown.map { tensor.value(at: $0) })
      : formatExact(shown.map { tensor.exactText(at: $0) })
    for (position, text) in zip(shown, texts) { cells[position] = text }
    width = isOneLine ? 0 : texts.map(\.count).max() ?? 0
  }

  var text: String {
    if tensor.rank == 0 { return cells[0] ?? "" }
    if tensor.count == 0 { return tensor.rank == 1 ? "[]" : "[] (shape \(tensor.shape))" }
    return lines(axis: 0, start: 0, indent: 1)
  }

  private func places(_ axis: Int) -> [Int?] {
    let length = tensor.shape[axis]
    let edge = options.edgeItems
    // `edge` may be too large to be doubled.
    if !isSummarized || (length + 1) / 2 <= edge { return Array(0..<length) }
    return (0..<edge).map { $0 } + [nil] + (length - edge..<length).map { $0 }
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
      // Room for a comma or bracket behind each number, and for the brackets that end the axes around.
      let limit = options.lineWidth - tensor.rank
      for (index, place) in places(axis).enumerated() {
        let cell = place.map { cells[start + $0]! } ?? "..."
        let padded = place == nil ? cell : String(repeating: " ", count: max(0, width - cell.count)) + cell
        if index > 0 {
          column += 2
          if column + padded.count > limit {
            text += ",\n" + String(repeating: " ", count: indent)
            column = indent
          } else {
            text += ", "
          }
        }
        text += padded
        column += padded.count
      }
      return text + "]"
    }
    let gap =
      isOneLine
      ? ", "
      : ",\n" + String(repeating: "\n", count: tensor.rank - axis - 2) + String(repeating: " ", count: indent)
    let parts = places(axis).map { place in
      place.map { lines(axis: axis + 1, start: start + $0 * step(axis), indent: indent + 1) } ?? "..."
    }
    return "[" + parts.joined(separator: gap) + "]"
  }

  // MARK: Numbers

  /// The texts of values, all with as many decimals as the one that needs the most, at most the options'; in scientific
  /// notation where magnitudes are very large, very small or too different, as in NumPy.
  private func format(_ values: [Double]) -> [String] {
    let limit = options.decimals
    let magnitudes = values.filter { $0.isFinite && $0 != 0 }.map(abs)
    let (least, most) = (magnitudes.min() ?? 1, magnitudes.max() ?? 1)
    let isScientific = most >= 1e8 || !options.suppressesScientific && (least < 1e-4 || most / least > 1e5)
    func text(_ value: Double, _ decimals: Int) -> String {
      if value.isNaN { return "nan" }
      if value.isInfinite { return value < 0 ? "-inf" : "inf" }
      return TensorPrinter.printed(isScientific ? "%.\(decimals)e" : "%.\(decimals)f", value)
    }
    // A text is exact enough when it reads back as the same number: further digits would tell nothing.
    func needsMore(_ value: Double, _ decimals: Int) -> Bool {
      let shown = strtod(text(value, decimals), nil)
      // The largest numbers, rounded up, are none.
      if shown.isInfinite { return true }
      if shown == strtod(text(value, limit), nil) { return false }
      return limit <= 4 || tensor.scalarType.rounded(shown) != value
    }
    var decimals = 1
    while decimals < limit && values.contains(where: { $0.isFinite && needsMore($0, decimals) }) { decimals += 1 }
    var texts = values.map { text($0, decimals) }
    if isScientific { texts = TensorPrinter.alignedExponents(texts) }
    // As in NumPy, a space is added to all where it is added for want of any sign.
    if options.sign == .space {
      let isNegative = values.contains { $0.isFinite && $0.sign == .minus }
      return isNegative || isOneLine ? texts : zip(values, texts).map { ($0.isFinite ? " " : "") + $1 }
    }
    return texts.map(signed)
  }

  /// The texts of integers or truths.
  private func formatExact(_ texts: [String]) -> [String] {
    let hasRoom = options.sign == .space && texts.contains { $0.hasPrefix("-") }
    return hasRoom || tensor.scalarType == .bool ? texts : texts.map(signed)
  }

  /// The text with what stands before a number that is not negative.
  private func signed(_ text: String) -> String {
    if text.hasPrefix("-") { return text }
    return switch options.sign {
    case .negative: text
    case .always: "+" + text
    case .space: " " + text
    }
  }

  /// Texts in scientific notation whose exponents have as many digits as the longest.
  private static func alignedExponents(_ texts: [String]) -> [String] {
    let longest = texts.map { digits($0).count }.max() ?? 0
    return texts.map { text in
      let digits = digits(text)
      if digits.isEmpty || digits.count == longest { return text }
      return String(text.dropLast(digits.count)) + String(repeating: "0", count: longest - digits.count) + digits
    }
  }

  /// The digits of the exponent; empty where there is none.
  private static func digits(_ text: String) -> Substring {
    guard let start = text.firstIndex(of: "e") else { return "" }
    return text[start...].dropFirst(2)
  }

  private static func printed(_ format: String, _ value: Double) -> String {
    // The largest number has 309 digits before the point.
    let size = 384
    var buffer = [CChar](repeating: 0, count: size)
    _ = withVaList([value]) { vsnprintf(&buffer, size, format, $0) }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension ScalarType {
  /// Whether it holds fractions, for computing or for storage.
  fileprivate var isFloating: Bool { isFloatingPoint || self == .float16 || self == .bfloat16 }

  /// The nearest value of a floating-point type.
  fileprivate func rounded(_ value: Double) -> Double {
    switch self {
    case .float32: Double(Float(value))
    case .float16: Double(Float16(value))
    case .bfloat16: Tensor<Double>(unchecked: Tensor(value).erased.converted(to: self).converted(to: .float64)).item()
    default: value
    }
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
