import MartletCore
import MartletText

/// The values that have been read from a CSV file's rows, until they become a table.
struct CSVNumbers {
  /// The number of values.
  private(set) var count = 0
  /// What was wrong with rows that were not refused.
  private(set) var problems = CSVProblems()
  /// The values row by row; for a label, its index in `labels`.
  private var pieces: [[Double]] = []
  /// For each column of labels, the index of each label, in the order in which they first occur.
  private var labels: [Int: [ExactName: Int]] = [:]

  /// Adds a block; `places` has the place of each of the file's columns among those that are read, and `describe` makes
  /// an error of a problem.
  mutating func append(
    _ block: CSVBlock, places columnPlaces: [Int?], columnCount: Int, _ budget: inout MemoryBudget,
    describe: (CSVProblem) -> FormatError
  ) throws(FormatError) {
    problems.skippedRowCount += block.skippedRowCount
    problems.filledFieldCount += block.filledFieldCount
    problems.first += block.problems.prefix(CSVProblems.shownCount - problems.first.count).map(describe)
    var taken = block.values.capacity * MemoryLayout<Double>.stride
    var values = block.values
    for (fileColumn, names) in block.labels {
      let column = columnPlaces[fileColumn]!
      var places = [Double](repeating: 0, count: names.count)
      for (name, place) in names {
        let next = labels[column]?.count ?? 0
        let known = labels[column]?[name] ?? next
        if known == next {
          labels[column, default: [:]][name] = next
          taken += 4 * MemoryLayout<(ExactName, Int)>.stride + name.text.utf8.count
        }
        places[place] = Double(known)
      }
      Self.replace(&values, column, columnCount, places)
    }
    try budget.take(taken)
    pieces.append(values)
    count += values.count
  }

  /// The values, `[rows, columnCount]`, with labels numbered in the order of their bytes, and the labels of each column
  /// that has some. The values read so far are freed meanwhile.
  consuming func values(
    columnCount: Int, _ budget: inout MemoryBudget
  ) throws(FormatError) -> (Tensor<Double>, classNames: [Int: [String]]) {
    try budget.take(count * MemoryLayout<Double>.stride)
    var classNames: [Int: [String]] = [:]
    var places: [Int: [Double]] = [:]
    for (column, known) in labels {
      let names = known.keys.sorted()
      classNames[column] = names.map(\.text)
      places[column] = [Double](repeating: 0, count: names.count)
      for (index, name) in names.enumerated() { places[column]![known[name]!] = Double(index) }
    }
    var tensor = AnyTensor(scalarType: .float64, shape: [count / columnCount, columnCount])
    tensor.withUniqueMutableBytes { bytes in
      var rest = bytes[...]
      for index in pieces.indices {
        for (column, places) in places { Self.replace(&pieces[index], column, columnCount, places) }
        pieces[index].withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: rest).copyMemory(from: $0) }
        rest = rest.dropFirst(pieces[index].count * MemoryLayout<Double>.stride)
        pieces[index] = []
      }
    }
    return (Tensor(unchecked: tensor), classNames)
  }

  /// Replaces the indices in a column of labels; NaN, which stands for a missing label, stays.
  private static func replace(_ values: inout [Double], _ column: Int, _ columnCount: Int, _ places: [Double]) {
    for index in stride(from: column, to: values.count, by: columnCount) where !values[index].isNaN {
      values[index] = places[Int(values[index])]
    }
  }
}
