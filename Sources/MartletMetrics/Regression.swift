import MartletCore
import MartletPlots
import MartletText

/// How far predicted numbers are from the true ones.
///
/// ```swift
/// let quality = try RegressionScores(predicted: trainer.predict(test.x), expected: test.y)
/// print(quality)
/// try quality.residuals().saveSVG(to: "residuals.svg")
/// ```
/// Both are `[rows]` or `[rows, columns]`. Errors are averaged over all elements, as the trainer's losses are;
/// `r2` and `explainedVariance` are means over the columns.
public struct RegressionScores: Sendable {
  /// The mean absolute difference.
  public let meanAbsoluteError: Double
  /// The mean squared difference.
  public let meanSquaredError: Double
  /// The median of the absolute differences: half of the weight is below it.
  public let medianAbsoluteError: Double
  /// The mean of the absolute differences over the true numbers' magnitudes; 0.1 is ten percent.
  public let meanAbsolutePercentageError: Double
  /// The share of the true numbers' variance that is predicted, from −∞ to 1: 0 for a constant mean.
  ///
  /// Of true numbers that are all equal it is 1 where they are met and 0 elsewhere.
  public let r2: Double
  /// As `r2`, without counting a constant difference.
  public let explainedVariance: Double
  private let predicted: [Double]
  private let expected: [Double]

  /// The square root of the mean squared difference.
  public var rootMeanSquaredError: Double { meanSquaredError.squareRoot() }

  /// Compares numbers of the same shape, with weights of rows `[rows]`; throws when the shapes differ, when there are no
  /// rows and when a number is NaN.
  public init<S: FloatingScalar>(
    predicted: Tensor<S>, expected: Tensor<S>, weights: Tensor<S>? = nil
  ) throws(MetricError) {
    let rows = try paired(predicted, expected, weights, "predicted and expected numbers")
    func mean(_ measure: (Double, Double) -> Double) -> Double {
      var (sum, count) = (0.0, 0.0)
      for (index, weight) in rows.weights.enumerated() {
        sum += weight * measure(rows.a[index], rows.b[index])
        count += weight
      }
      return sum / count
    }
    meanAbsoluteError = mean { abs($0 - $1) }
    meanSquaredError = mean { ($0 - $1) * ($0 - $1) }
    meanAbsolutePercentageError = mean(percentageError)
    medianAbsoluteError = median(rows.weights.indices.flatMap { [abs(rows.a[$0] - rows.b[$0]), rows.weights[$0]] })
    let columns = rows.a.count / (predicted.rank == 0 ? 1 : predicted.shape[0])
    let moments = Moments.of(rows.a, rows.b, rows.weights, columns: columns)
    (r2, explainedVariance) = (Moments.r2(moments), Moments.explainedVariance(moments))
    (self.predicted, self.expected) = (rows.a, rows.b)
  }

  /// The differences over the predicted numbers: a good model's are without form around 0.
  public func residuals(title: String = "Residuals") -> Chart {
    var chart = Chart(title, x: "predicted", y: "expected − predicted")
    if let least = predicted.min(), let most = predicted.max() {
      chart.reference(from: (least, 0), to: (most, 0))
    }
    chart.points(predicted, zip(expected, predicted).map { $0 - $1 })
    return chart
  }
}

extension RegressionScores: CustomStringConvertible {
  /// A line for each score.
  public var description: String {
    var table = TextTable(["score", "value"], textColumns: 0)
    for (name, value) in [
      ("mean absolute error", meanAbsoluteError), ("mean squared error", meanSquaredError),
      ("root mean squared error", rootMeanSquaredError), ("median absolute error", medianAbsoluteError),
      ("mean absolute percentage error", meanAbsolutePercentageError), ("R²", r2),
      ("explained variance", explainedVariance),
    ] {
      table.append([name, NumberFormat.metric(value)])
    }
    return table.text
  }
}

func percentageError(_ predicted: Double, _ expected: Double) -> Double {
  abs(predicted - expected) / max(abs(expected), Double.ulpOfOne)
}

/// The weighted median of pairs of a number and its weight, the mean of the two in the middle where half the weight is
/// exactly between them.
func median(_ pairs: [Double]) -> Double {
  let counted = stride(from: 0, to: pairs.count, by: 2).filter { pairs[$0 + 1] > 0 }
  let order = counted.sorted { pairs[$0] < pairs[$1] }
  var total = 0.0
  for index in order { total += pairs[index + 1] }
  var below = 0.0
  for (place, index) in order.enumerated() {
    below += pairs[index + 1]
    if 2 * below > total { return pairs[index] }
    if 2 * below == total { return (pairs[index] + pairs[order[min(place + 1, order.count - 1)]]) / 2 }
  }
  return .nan
}

/// Of each column, the weight of its rows, and the means and sums of squared deviations of the true numbers and of the
/// differences: five numbers, which merge without losing digits.
///
/// Source: T. Chan et al., Updating formulae and a pairwise algorithm for computing sample variances (1979).
enum Moments {
  private static let size = 5

  static func of(_ predicted: [Double], _ expected: [Double], _ weights: [Double], columns: Int) -> [Double] {
    var result: [Double] = []
    for column in 0..<columns {
      var moments = [0.0, 0, 0, 0, 0]
      for index in stride(from: column, to: predicted.count, by: columns) {
        merge(&moments, [weights[index], expected[index], 0, expected[index] - predicted[index], 0])
      }
      result += moments
    }
    return result
  }

  static func merge(_ a: inout [Double], _ b: [Double]) {
    for column in stride(from: 0, to: a.count, by: size) {
      let (m, n) = (a[column], b[column])
      if n == 0 { continue }
      let share = n / (m + n)
      for mean in [column + 1, column + 3] {
        let shift = b[mean] - a[mean]
        a[mean + 1] += b[mean + 1] + shift * shift * m * share
        a[mean] += shift * share
      }
      a[column] = m + n
    }
  }

  static func r2(_ moments: [Double]) -> Double {
    perColumn(moments) { $0[4] + $0[0] * $0[3] * $0[3] }
  }

  static func explainedVariance(_ moments: [Double]) -> Double { perColumn(moments) { $0[4] } }

  /// The mean over the columns of 1 less a sum of squares over that of the true numbers.
  private static func perColumn(_ moments: [Double], _ missed: ([Double]) -> Double) -> Double {
    var sum = 0.0
    for column in stride(from: 0, to: moments.count, by: size) {
      let part = Array(moments[column..<column + size])
      let (missed, all) = (missed(part), part[2])
      sum += all == 0 ? (missed == 0 ? 1 : 0) : 1 - missed / all
    }
    return sum / Double(moments.count / size)
  }
}
