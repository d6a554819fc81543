import MartletPlatform

/// How the scores of several classes become one.
public enum MetricAverage: Sendable, Equatable {
  /// Their mean, in which all classes count alike.
  case macro
  /// The score of all classes' counts together.
  case micro
  /// Their mean, in which classes count by their rows.
  case weighted
  /// The score of one class alone.
  case of(class: Int)

  /// As in `f1_macro`.
  var suffix: String {
    switch self {
    case .macro: "_macro"
    case .micro: "_micro"
    case .weighted: "_weighted"
    case .of(let index): "_class\(index)"
    }
  }
}

/// Of each class, the weights of the rows that are of it, that were predicted as it, and both: what most scores of
/// classes are computed from.
struct ClassCounts: Sendable {
  /// What was predicted rightly, by class.
  private(set) var hits: [Double]
  /// What was predicted as the class.
  private(set) var predicted: [Double]
  /// What is of the class.
  private(set) var actual: [Double]

  init(classes: Int) {
    hits = [Double](repeating: 0, count: classes)
    (predicted, actual) = (hits, hits)
  }

  /// The counts as one list, which add up, and back.
  var numbers: [Double] { hits + predicted + actual }
  init(_ numbers: [Double]) {
    let classes = numbers.count / 3
    hits = Array(numbers[..<classes])
    predicted = Array(numbers[classes..<2 * classes])
    actual = Array(numbers[(2 * classes)...])
  }

  /// Counts a row; nil for one that was predicted as no class.
  mutating func add(_ label: Int, _ prediction: Int?, _ weight: Double) {
    actual[label] += weight
    guard let prediction else { return }
    predicted[prediction] += weight
    if prediction == label { hits[label] += weight }
  }

  var total: Double { actual.reduce(0, +) }
  /// The classes that have rows, or that rows were predicted as.
  var present: [Int] { actual.indices.filter { actual[$0] + predicted[$0] > 0 } }

  // MARK: Scores

  func precision(_ average: MetricAverage, _ zeroDivision: Double) -> Double {
    averaged(average, zeroDivision) { hits, predicted, _ in (hits, predicted) }
  }

  func recall(_ average: MetricAverage, _ zeroDivision: Double) -> Double {
    averaged(average, zeroDivision) { hits, _, actual in (hits, actual) }
  }

  func fScore(beta: Double, _ average: MetricAverage, _ zeroDivision: Double) -> Double {
    let square = beta * beta
    return averaged(average, zeroDivision) { ((1 + square) * $0, square * $2 + $1) }
  }

  func specificity(_ average: MetricAverage, _ zeroDivision: Double) -> Double {
    let total = total
    // Summed over all classes, each row is once in each.
    let all = average == .micro ? total * Double(present.count) : total
    return averaged(average, zeroDivision) { (all - $1 - $2 + $0, all - $2) }
  }

  var accuracy: Double { hits.reduce(0, +) / total }

  var balancedAccuracy: Double {
    let recalls = actual.indices.filter { actual[$0] > 0 }.map { hits[$0] / actual[$0] }
    return recalls.reduce(0, +) / Double(recalls.count)
  }

  var matthewsCorrelation: Double {
    let (right, total) = (hits.reduce(0, +), total)
    let together = right * total - product(predicted, actual)
    let spread = (total * total - product(predicted, predicted)) * (total * total - product(actual, actual))
    return spread == 0 ? 0 : together / spread.squareRoot()
  }

  var cohenKappa: Double {
    let chance = product(predicted, actual) / total
    return (hits.reduce(0, +) - chance) / (total - chance)
  }

  private func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  /// A ratio of counts for each class, and their average. A class whose ratio is NaN does not take part in it.
  private func averaged(
    _ average: MetricAverage, _ zeroDivision: Double,
    _ ratio: (_ hits: Double, _ predicted: Double, _ actual: Double) -> (Double, Double)
  ) -> Double {
    func of(_ counts: (Double, Double, Double)) -> Double {
      let (numerator, denominator) = ratio(counts.0, counts.1, counts.2)
      return denominator == 0 ? zeroDivision : numerator / denominator
    }
    func sum(_ counts: [Double]) -> Double { counts.reduce(0, +) }
    switch average {
    case .of(let index): return of((hits[index], predicted[index], actual[index]))
    case .micro: return of((sum(hits), sum(predicted), sum(actual)))
    case .macro, .weighted:
      var (all, total) = (0.0, 0.0)
      for index in present {
        let score = of((hits[index], predicted[index], actual[index]))
        if score.isNaN { continue }
        let weight = average == .macro ? 1 : actual[index]
        all += score * weight
        total += weight
      }
      return total == 0 ? zeroDivision : all / total
    }
  }
}
