import MartletCore
import MartletData

extension Preprocessor {
  /// Writes the operators that make the features of raw columns, and the inputs for these; returns the features' name,
  /// `[batch, features]` of `Float`.
  func write(into write: GraphWriter) -> String {
    var features: [String] = []
    for column in columns {
      let name = write.unique(column.name)
      write.graph.inputs.append(
        .init(name: name, type: column.isText ? .string : .double, dims: [.rows(1), .fixed(1)]))
      features += ColumnWriter(column, input: name, write).features
    }
    write.prefix = "features"
    return features.count == 1 ? features[0] : write.node("Concat", features, with: [.init("axis", .integer(1))])[0]
  }
}

/// Writes the steps of one column, in `Double` as the preprocessor computes them, and rounds once at the end.
private struct ColumnWriter {
  /// The features' names, each `[batch, …]` of `Float`.
  private(set) var features: [String] = []
  private let write: GraphWriter
  private var value: String
  /// What a text column is, until it is encoded: texts that are missing count as this one.
  private var replacement: String?
  private var isText: Bool
  private var indicators: [String] = []

  init(_ column: FittedColumn, input: String, _ write: GraphWriter) {
    self.write = write
    (value, isText) = (input, column.isText)
    write.prefix = column.name
    for step in column.steps { add(step) }
    if features.isEmpty { features.append(write.cast(value, to: .float)) }
    features += indicators
  }

  private func number(_ value: Double) -> String { write.number(value, .float64) }

  private func numbers(_ values: [Double]) -> String {
    write.constant(Tensor<Double>(shape: [1, values.count], scalars: values).erased)
  }

  private mutating func add(_ step: FittedStep) {
    switch step {
    case .fill(.number(let number)):
      value = write("Where", write("IsNaN", value), self.number(number), value)
    case .fill(.text(let text)): replacement = replacement ?? text
    case .fill(.missing): break
    case .indicate: indicators.append(indicator)
    case .clip(let low, let high):
      // `Min` and `Max` of NaN are left to no runtime.
      let clipped = write("Min", write("Max", value, number(low)), number(high))
      value = write("Where", write("IsNaN", value), value, clipped)
    case .log1p: value = write.log1p(value, .float64)
    case .affine(let center, let scale):
      value = write("Div", write("Sub", value, number(center)), number(scale))
    case .bucket(let edges):
      let isAbove = write.cast(write("GreaterOrEqual", value, numbers(edges)), to: .double)
      let place = write("ReduceSum", isAbove, write.integers([1]))
      value = write("Where", write("IsNaN", value), value, place)
    case .encode(let categories, let unknown): value = code(categories, unknown)
    case .expand(let count, let first):
      let places = numbers((first..<count).map(Double.init))
      features.append(write.cast(write("Equal", value, places), to: .float))
    }
  }

  /// 1 where a value is missing.
  private var indicator: String {
    if !isText { return write.cast(write("IsNaN", value), to: .float) }
    // A text that a step before has replaced is not missing.
    let isMissing = replacement == nil ? 1 : 0
    return write.cast(places(of: [("", isMissing)], otherwise: 0), to: .float)
  }

  /// Numbers by text.
  private func places(of keys: [(text: String, place: Int)], otherwise: Int) -> String {
    write(
      "LabelEncoder", value, domain: ONNXGraph.preprocessing,
      with: [
        .init("keys_strings", .texts(keys.map(\.text))), .init("values_int64s", .integers(keys.map(\.place))),
        .init("default_int64", .integer(otherwise)),
      ])
  }

  /// The positions of categories. There is a place after them for ignored unknown ones, which are -1, and none for what
  /// is refused, so that taking it fails.
  private mutating func code(_ categories: [Table.Value], _ unknown: UnknownCategory) -> String {
    let (count, refused) = (categories.count, categories.count + 1)
    let otherwise = unknown == .ignored ? count : refused
    let place: String
    if isText {
      var keys: [(text: String, place: Int)] = []
      for (index, category) in categories.enumerated() {
        if case .text(let text) = category { keys.append((text, index)) }
      }
      if !keys.contains(where: { $0.text.isEmpty }) {
        let known = keys.first { Array($0.text.utf8) == replacement.map { Array($0.utf8) } }
        keys.append(("", replacement == nil ? refused : known?.place ?? otherwise))
      }
      place = places(of: keys, otherwise: otherwise)
      isText = false
    } else {
      let known = numbers(categories.map { if case .number(let number) = $0 { number } else { .nan } })
      let isKnown = write.cast(write("Equal", value, known), to: .int64)
      let indices = Tensor<Int64>(shape: [1, count], scalars: (0..<count).map { Int64($0 - otherwise) })
      let found = write("ReduceSum", write("Mul", isKnown, write.constant(indices.erased)), write.integers([1]))
      let index = write("Add", found, write.number(Double(otherwise), .int64))
      place = write("Where", write("IsNaN", value), write.number(Double(refused), .int64), index)
    }
    let codes = (0..<count).map(Double.init) + [-1]
    return write("Gather", write.constant(Tensor<Double>(codes).erased), place)
  }
}
