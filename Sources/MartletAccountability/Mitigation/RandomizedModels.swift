import MartletCore
import MartletData
import MartletNN
import MartletText

/// How a reduction came to its mixture, step by step.
public struct ReductionRecord: Sendable, Hashable {
  /// The mixture after a step.
  public struct Step: Sendable, Hashable {
    /// The error of the mixture: the share of wrong labels, or the mean loss.
    public let error: Double
    /// By how much its worst violation is above its bound; at most 0 where all hold.
    public let excess: Double
    /// How much less the sum of error and weighted violations could at most be.
    public let gap: Double
    /// The number of models that were kept so far.
    public let modelCount: Int
    /// How often the learner was called so far.
    public let learnerCalls: Int
  }

  /// The steps in order.
  public let steps: [Step]
  /// The gap at which it ends.
  public let tolerance: Double
  /// The names of the constraints.
  public let constraints: [String]

  /// The step whose mixture was taken, the last of those of the smallest gap.
  public var best: Step {
    let least = steps.map(\.gap).min()!
    return steps.last { $0.gap <= least + 1e-8 }!
  }

  /// Whether the gap came below the tolerance.
  public var hasConverged: Bool { best.gap < tolerance }
}

extension ReductionRecord: CustomStringConvertible {
  /// A line for each step.
  public var description: String {
    var table = TextTable(["step", "error", "excess", "gap", "models", "fits"], textColumns: 0)
    for (index, step) in steps.enumerated() {
      let numbers = [step.error, step.excess, step.gap].map(NumberFormat.metric)
      table.append(["\(index + 1)"] + numbers + ["\(step.modelCount)", "\(step.learnerCalls)"])
    }
    let ending = hasConverged ? "below" : "not below"
    return (table.lines + ["gap \(NumberFormat.metric(best.gap)), \(ending) \(NumberFormat.metric(tolerance))"])
      .joined(separator: "\n")
  }
}

/// A classifier that answers as one of several models, each with its probability.
///
/// It returns the probability that it selects a row, which says the same at every call; decisions are drawn by it only
/// with a seed. What it was fitted to hold, it holds of these probabilities.
public struct RandomizedClassifier<Model: Layer> where Model.Input: Batchable, Model.Output == Tensor<Float> {
  /// One of its classifiers.
  public enum Member {
    /// A model of the learner.
    case model(Model)
    /// The same label for every row, 0 or 1, where the learner would have been given one label alone.
    case constant(Double)
  }

  /// The classifiers with their probabilities, which add up to 1.
  public let members: [(member: Member, probability: Double)]
  /// How it was found.
  public let record: ReductionRecord
  private let form: OutputForm
  private let batchSize: Int

  init(members: [(Member, Double)], record: ReductionRecord, form: OutputForm, batchSize: Int) {
    self.members = members.map { (member: $0.0, probability: $0.1) }
    (self.record, self.form, self.batchSize) = (record, form, batchSize)
  }

  /// The probability `[rows]` with which each row is selected.
  ///
  /// Throws when the models do not take `x`, or return other than one number, or two, for each row.
  public func probabilities(_ x: Model.Input) throws -> Tensor<Float> {
    Tensor<Float>(try numbers(x).map { Float($0) })
  }

  /// The decisions `[rows]` by the likelier side of each probability, without chance: 1 where it is above one half.
  ///
  /// The constraint holds of the probabilities, not of these. Throws as ``probabilities(_:)`` does.
  public func predict(_ x: Model.Input) throws -> Tensor<Int32> {
    Tensor<Int32>(try numbers(x).map { $0 > 0.5 ? 1 : 0 })
  }

  /// Decisions `[rows]` that are drawn with each row's probability: the same for the same seed and rows.
  ///
  /// Throws as ``probabilities(_:)`` does.
  public func predict(_ x: Model.Input, seed: UInt64) throws -> Tensor<Int32> {
    drawn(try numbers(x), seed: seed)
  }

  private func numbers(_ x: Model.Input) throws -> [Double] {
    let rows = x.tensors.first?.shape.first ?? 0
    var sums = [Double](repeating: 0, count: rows)
    for (member, probability) in members {
      switch member {
      case .constant(let label): for row in sums.indices { sums[row] += probability * label }
      case .model(let model):
        let decisions = try model.decisions(for: x, rows: rows, from: form, batchSize: batchSize)
        for row in sums.indices { sums[row] += probability * decisions[row] }
      }
    }
    // Probabilities that add up to 1 but for roundings.
    return sums.map { min($0, 1) }
  }
}

/// A regressor that answers as one of several models, each with its probability.
///
/// Its mean answer has at most the loss that the mixture has, since the losses are convex.
public struct RandomizedRegressor<Model: Layer> where Model.Input: Batchable, Model.Output == Tensor<Float> {
  /// The models with their probabilities, which add up to 1.
  public let members: [(model: Model, probability: Double)]
  /// How it was found.
  public let record: ReductionRecord
  private let batchSize: Int

  init(members: [(Model, Double)], record: ReductionRecord, batchSize: Int) {
    self.members = members.map { (model: $0.0, probability: $0.1) }
    (self.record, self.batchSize) = (record, batchSize)
  }

  /// The mean of the models' answers `[rows]`, by their probabilities.
  ///
  /// Throws when the models do not take `x`, or return other than one number for each row.
  public func predict(_ x: Model.Input) throws -> Tensor<Float> {
    let answers = try answers(x)
    var sums = [Double](repeating: 0, count: answers[0].count)
    for (numbers, member) in zip(answers, members) {
      for row in sums.indices { sums[row] += member.probability * numbers[row] }
    }
    return Tensor<Float>(sums.map { Float($0) })
  }

  /// The answer `[rows]` of a model that is drawn anew for each row: the same for the same seed and rows.
  ///
  /// Throws as ``predict(_:)`` does.
  public func predict(_ x: Model.Input, seed: UInt64) throws -> Tensor<Float> {
    let answers = try answers(x)
    var generator = RandomGenerator(seed: seed)
    let draws = Tensor<Double>.randomUniform([answers[0].count], using: &generator).scalars
    return Tensor<Float>(
      draws.enumerated().map { row, draw in
        var reached = 0.0
        let index = members.firstIndex { member in
          reached += member.probability
          return draw < reached
        }
        return Float(answers[index ?? members.count - 1][row])
      })
  }

  private func answers(_ x: Model.Input) throws -> [[Double]] {
    let rows = x.tensors.first?.shape.first ?? 0
    return try members.map { try $0.model.numbers(for: x, rows: rows, batchSize: batchSize) }
  }
}
