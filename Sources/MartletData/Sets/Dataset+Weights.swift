import MartletCore

// What rows count for. The law: a row of weight k is the same as k rows of weight 1, in losses, gradients, validation and
// metrics alike.

extension Dataset {
  /// The data set with weights of its rows, `[count]`, in its order.
  ///
  /// A row of weight k counts like k rows of weight 1, and one of weight 0 not at all. Weights that the rows have already
  /// are multiplied by these.
  ///
  /// ```swift
  /// let data = try Dataset(x, y).weighted(by: certainties)
  /// try trainer.fit(data, epochs: 20)
  /// ```
  /// Throws when there is not one weight for each row, when one is negative, NaN or infinite, and when all are 0.
  public func weighted(by given: Tensor<Float>) throws(DatasetError) -> Dataset {
    if given.shape != [count] {
      throw .invalid("expected a weight for each of \(count) rows, shape [\(count)], got \(given.shape)")
    }
    let product = (weights.map { $0 * given } ?? given).detached()
    let numbers = given.scalars
    if let row = numbers.firstIndex(where: { !($0 >= 0 && $0 < .infinity) }) {
      throw .invalid("expected weights that are finite and not negative, got \(numbers[row]) for row \(row)")
    }
    if !(product.sum().item() > 0) { throw .invalid("expected a weight above 0, got none in \(count) rows") }
    return replacingWeights(product)
  }

  /// The data set with the weight of its class for each row, of labels `[count]`: see `ClassWeights`.
  ///
  /// Throws when the targets are not labels `[count]`, when a class has no rows, and when a weight is negative, NaN or
  /// infinite or all are 0.
  public func weighted(by classes: ClassWeights) throws(DatasetError) -> Dataset {
    try weighted(by: classes.weights(of: try labels("class weights")))
  }

  /// The labels, where the targets are one tensor of a whole number for each row.
  func labels(_ purpose: String) throws(DatasetError) -> [Int] {
    let targets = y.tensors
    if targets.count == 1, targets[0].count == count {
      let labels = Tensor<Double>(unchecked: targets[0].converted(to: .float64)).scalars.map(Int.init(exactly:))
      if !labels.contains(nil) { return labels.map { $0! } }
    }
    let shapes = targets.map { "\($0.scalarType) of \($0.shape)" }.joined(separator: ", ")
    throw .invalid("\(purpose): expected a label, a whole number, for each of \(count) rows, got \(shapes)")
  }

  /// A data set of the same rows, with the weights that they had.
  func keeping(_ weights: Tensor<Float>?) throws(DatasetError) -> Dataset {
    guard let weights else { return self }
    if weights.count != count {
      throw .invalid("expected \(weights.count) rows, each with its weight, got \(count); weight them afterwards")
    }
    return replacingWeights(weights)
  }
}

/// What each class counts for, as weights of its rows.
///
/// ```swift
/// try trainer.fit(train, epochs: 20, classWeights: .balanced)
/// try trainer.fit(train, epochs: 20, classWeights: [0: 1, 1: 8.5])
/// ```
public struct ClassWeights: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// The weight of each class; nil for weights that make all classes count alike.
  private let given: [Int: Float]?

  /// Weights that make all classes count alike: rows ÷ (classes × rows of the class), as scikit-learn's `"balanced"`.
  public static let balanced = ClassWeights(given: nil)

  private init(given: [Int: Float]?) { self.given = given }

  /// The weight of each class by its label; other classes have 1.
  public init(_ weights: [Int: Float]) { given = weights }

  /// The weight of each class by its label; other classes have 1. The last of several for one class holds.
  public init(dictionaryLiteral elements: (Int, Float)...) {
    given = Dictionary(elements) { _, last in last }
  }

  /// The weight of each of the classes in `labels`; throws when one with a weight is not among them.
  func resolved(for labels: [Int]) throws(DatasetError) -> [Int: Float] {
    let counts = labels.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
    guard let given else {
      return counts.mapValues { Float(Double(labels.count) / (Double(counts.count) * Double($0))) }
    }
    if let label = given.keys.filter({ counts[$0] == nil }).min() {
      throw .invalid("class weights: expected classes \(counts.keys.sorted()), which have rows, got \(label)")
    }
    return given
  }

  /// Training data and validation data with the weights that the classes have in the training data.
  package func weighting<Input, Target>(
    _ training: Dataset<Input, Target>, _ validation: Dataset<Input, Target>?
  ) throws(DatasetError) -> (Dataset<Input, Target>, Dataset<Input, Target>?) {
    let weights = try resolved(for: try training.labels("class weights"))
    func weighted(_ dataset: Dataset<Input, Target>) throws(DatasetError) -> Dataset<Input, Target> {
      try dataset.weighted(by: Tensor(try dataset.labels("class weights").map { weights[$0] ?? 1 }))
    }
    return (try weighted(training), try validation.map(weighted))
  }

  /// The weight of each row, by its label.
  func weights(of labels: [Int]) throws(DatasetError) -> Tensor<Float> {
    let weights = try resolved(for: labels)
    return Tensor(labels.map { weights[$0] ?? 1 })
  }
}
