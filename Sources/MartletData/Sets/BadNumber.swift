import MartletCore

/// A number in the features or targets that cannot be used, and its place.
public struct BadNumber: Sendable {
  /// What was expected, and of what: `x of the training data: expected finite numbers`.
  public let expectation: String
  /// The number.
  public let value: Double
  /// Its row, counted from 0.
  public let row: Int
  /// Its place within the row, an index for each further axis: `[column]` where the data is a table.
  public let position: [Int]

  /// The first number of `tensor` `[rows, …]` that is not within `range`; nil when all are.
  package init?(in tensor: AnyTensor, outside range: ClosedRange<Double>, _ expectation: String) {
    self.init(in: tensor, expectation) { !range.contains($0) }
  }

  /// The first number of `tensor` `[rows, …]` for which `isBad` holds; nil when there is none.
  package init?(in tensor: AnyTensor, _ expectation: String, where isBad: (Double) -> Bool) {
    let found = Tensor<Double>(unchecked: tensor.detached().converted(to: .float64)).withUnsafeScalars { numbers in
      numbers.firstIndex(where: isBad).map { (index: $0, value: numbers[$0]) }
    }
    guard let found else { return nil }
    let index = tensor.shape.indices(at: found.index)
    self.expectation = expectation
    value = found.value
    row = index[0]
    position = Array(index.dropFirst())
  }

  /// A number as short as it can be written: as a `Float` where a `Float` holds it exactly.
  package static func text(_ number: Double) -> String {
    if let whole = Int(exactly: number) { return "\(whole)" }
    return Float(exactly: number).map { "\($0)" } ?? "\(number)"
  }
}

extension BadNumber: Equatable {
  /// Whether both have the same description, so that NaN equals NaN.
  public static func == (a: BadNumber, b: BadNumber) -> Bool { a.description == b.description }
}

extension BadNumber: CustomStringConvertible {
  public var description: String {
    let place =
      switch position.count {
      case 0: ""
      case 1: ", column \(position[0])"
      default: " at \(position)"
      }
    let remedy =
      value.isFinite
      ? "scale the numbers, or measure them by something else" : "fill in such places or leave their rows out"
    return "\(expectation), got \(BadNumber.text(value)) in row \(row)\(place); \(remedy)"
  }
}
