import MartletCore
import MartletData
import MartletText

extension DataSheet.Column {
  /// What a column of a table holds.
  init(name: String, _ column: Table.Column) {
    switch column {
    case .numbers(let numbers): self.init(name: name, type: "numbers", numbers)
    case .texts(let texts):
      let held = texts.compactMap(\.self)
      let shares = DataSheet.shares(held, byCount: true)
      self.init(name: name, type: "texts", missing: texts.count - held.count, distinct: shares.count)
      frequent = Array(shares.prefix(10))
    }
  }

  /// What a column of numbers holds.
  init(name: String, type: String, _ numbers: [Double]) {
    let held = numbers.filter { !$0.isNaN }
    self.init(name: name, type: type, missing: numbers.count - held.count, distinct: Set(held).count)
    if held.isEmpty { return }
    (minimum, maximum) = (held.min(), held.max())
    let mean = held.reduce(0, +) / Double(held.count)
    self.mean = mean
    standardDeviation = (held.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(held.count)).squareRoot()
  }
}

extension DataSheet {
  /// The most columns that a tensor's are told one by one of.
  private static let columnLimit = 1000

  /// The columns of tensors, all of the features or all of the targets.
  static func columns(
    _ tensors: [AnyTensor], _ prefix: String, _ names: [String]
  ) throws(FairnessError) -> [Column] {
    var columns: [Column] = []
    for (index, tensor) in tensors.enumerated() {
      let width = tensor.rank == 1 ? 1 : tensor.shape[1]
      let isTable = tensor.rank == 1 || tensor.rank == 2 && (1...columnLimit).contains(width)
      let own = tensors.count == 1 ? prefix : "\(prefix)\(index)"
      let type = "\(tensor.scalarType)"
      let numbers = tensor.numbers
      if !isTable {
        columns.append(Column(name: own, type: "\(Shape(tensor.shape.dropFirst())) of \(type)", numbers))
        continue
      }
      if tensors.count == 1 && !names.isEmpty && names.count != width {
        throw .shapes("DataSheet: expected names of \(width) columns, got \(names.count)")
      }
      for place in 0..<width {
        let given = tensors.count == 1 && !names.isEmpty ? names[place] : nil
        let name = given ?? (tensor.rank == 1 ? own : tensors.count == 1 ? "\(own)\(place)" : "\(own).\(place)")
        columns.append(
          Column(name: name, type: type, stride(from: place, to: numbers.count, by: width).map { numbers[$0] }))
      }
    }
    if !names.isEmpty && tensors.count != 1 {
      throw .shapes("DataSheet: expected no names for features of \(tensors.count) tensors, got \(names.count)")
    }
    return columns
  }
}

extension AnyTensor {
  /// All elements, row by row.
  var numbers: [Double] { Tensor<Double>(unchecked: converted(to: .float64)).scalars }

  /// All elements of a tensor that is known to hold whole numbers.
  var wholeNumbers: [Int] { numbers.map { Int($0) } }
}

extension Groups {
  /// The groups by each attribute alone.
  var marginals: [Groups] {
    levels.attributes.indices.map { attribute in
      let names = levels.levels[attribute]
      return Groups(
        levels: GroupLevels(attributes: [levels.attributes[attribute]], levels: [names]),
        indices: indices.map { Int32(levels.level(of: attribute, in: Int($0))) })
    }
  }
}
