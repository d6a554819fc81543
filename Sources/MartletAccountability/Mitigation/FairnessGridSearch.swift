import MartletCore
import MartletData
import MartletNN
import MartletText

/// Fair models by trying multipliers of a constraint on a lattice: a learner is fitted once for each, and one is chosen.
///
/// ```swift
/// let found = try FairnessGridSearch(.demographicParity(), size: 11).fit(train.x, labels: train.y, groups: sex) { rows -> Sequential in
///   let model = withRandomSeed(1) { Sequential(inputShape: [12]) { Dense(2) } }
///   try Trainer(model, optimizer: Adam(), loss: .crossEntropy).fit(rows, epochs: 10, seed: 1, progress: .none)
///   return model
/// }
/// print(found)
/// let decisions = try found.predict(test.x)
/// ```
/// The result is one model and so without chance, where ``ExponentiatedGradient`` mixes several; in exchange the constraint
/// holds only as nearly as the lattice allows, and the lattice grows with the groups. Source: section 3.4 of A. Agarwal et
/// al., A reductions approach to fair classification (2018). The whole lattice is tried, which may be more than `size`:
/// Fairlearn cuts it off, and so leaves out one end of it.
public struct FairnessGridSearch: Sendable {
  /// What is to hold.
  public var moment: FairnessMoment
  /// The least number of multipliers that are tried.
  public var size: Int
  /// The largest sum of the multipliers.
  public var limit: Double
  /// What the worst violation counts for in the choice, from 0 to 1; the error counts for the rest.
  public var violationWeight: Double

  /// The search with its limits.
  public init(_ moment: FairnessMoment, size: Int = 10, limit: Double = 2, violationWeight: Double = 0.5) {
    (self.moment, self.size, self.limit, self.violationWeight) = (moment, size, limit, violationWeight)
  }

  /// Fits classifiers to features `x` with labels `[rows]`, each 0 or 1, and chooses one.
  ///
  /// Parameters and errors are those of ``ExponentiatedGradient``.
  public func fit<Model: Layer>(
    _ x: Model.Input, labels: Tensor<Int32>, groups: Groups, weights: Tensor<Float>? = nil,
    from form: OutputForm = .logits, batchSize: Int = 256,
    learn: (_ rows: Dataset<Model.Input, Tensor<Int32>>) throws -> Model
  ) throws -> FairnessGrid<Model> where Model.Input: Batchable, Model.Output == Tensor<Float> {
    if size < 1 { throw FairnessError.invalid("expected at least one multiplier, got \(size)") }
    if !(limit > 0 && limit.isFinite) { throw FairnessError.invalid("expected a limit above 0, got \(limit)") }
    if !(0...1).contains(violationWeight) {
      throw FairnessError.invalid("expected a weight of violations within 0…1, got \(violationWeight)")
    }
    let rows = try ReductionRows(x, labels: labels, groups: groups, weights: weights, batchSize: batchSize)
    let problem = try rows.problem(moment)
    var models = [Model]()
    let members = try withoutActuallyEscaping(learn) { learn in
      var run = ReductionRun(problem, bound: limit) { labels, weights in
        let model = try learn(try rows.dataset(labels: labels, weights: weights))
        models.append(model)
        return try rows.decisions(of: model, from: form)
      }
      return try problem.lattice(size: size, limit: limit).map { multipliers in
        let costs = problem.costs(multipliers, withObjective: !problem.keepsLabels)
        return (multipliers, try run.model(for: costs, normalized: false).member)
      }
    }
    let candidates = members.map { multipliers, member in
      FairnessGrid<Model>.Candidate(
        multipliers: multipliers, model: member.call.map { models[$0] }, constant: member.constant, error: member.error,
        violation: member.violations.max()!)
    }
    func value(_ candidate: FairnessGrid<Model>.Candidate) -> Double {
      (1 - violationWeight) * candidate.error + violationWeight * candidate.violation
    }
    let best = candidates.indices.min { value(candidates[$0]) < value(candidates[$1]) }!
    return FairnessGrid(
      candidates: candidates, bestIndex: best, constraints: problem.names, form: form, batchSize: batchSize)
  }
}

/// The models of a grid of multipliers, with the one that was chosen.
public struct FairnessGrid<Model: Layer> where Model.Input: Batchable, Model.Output == Tensor<Float> {
  /// What the learner made for some multipliers.
  public struct Candidate {
    /// The multiplier of each constraint.
    public let multipliers: [Double]
    /// The model; nil where all rows had the same label, which is then the answer.
    public let model: Model?
    let constant: Double
    /// The share of wrong labels, or the mean loss.
    public let error: Double
    /// The worst violation of a constraint, before its bound is taken off.
    public let violation: Double
  }

  /// All models, in the lattice's order.
  public let candidates: [Candidate]
  /// The index of the chosen one.
  public let bestIndex: Int
  /// The names of the constraints.
  public let constraints: [String]
  private let form: OutputForm
  private let batchSize: Int

  init(candidates: [Candidate], bestIndex: Int, constraints: [String], form: OutputForm, batchSize: Int) {
    (self.candidates, self.bestIndex, self.constraints) = (candidates, bestIndex, constraints)
    (self.form, self.batchSize) = (form, batchSize)
  }

  /// The chosen one.
  public var best: Candidate { candidates[bestIndex] }

  /// The decisions `[rows]` of the chosen model; throws when it does not take `x`.
  public func predict(_ x: Model.Input) throws -> Tensor<Int32> {
    let rows = x.tensors.first?.shape.first ?? 0
    guard let model = best.model else { return Tensor<Int32>.full([rows], Int32(best.constant)) }
    let decisions = try model.decisions(for: x, rows: rows, from: form, batchSize: batchSize)
    return Tensor<Int32>(decisions.map { Int32($0) })
  }
}

extension FairnessGrid: CustomStringConvertible {
  /// A line for each model; the chosen one has a star.
  public var description: String {
    var table = TextTable(["", "error", "violation"], textColumns: 1)
    for (index, candidate) in candidates.enumerated() {
      let numbers = [candidate.error, candidate.violation].map(NumberFormat.metric)
      table.append([index == bestIndex ? "*" : ""] + numbers)
    }
    return table.text
  }
}
