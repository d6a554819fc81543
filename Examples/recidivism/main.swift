// Whom a score of risk fails, and why no score could treat two groups alike in all ways:
//
//   swift run -c release recidivism [--directory FOLDER] [--output FOLDER] [--epochs N] [--seed N]
//
// COMPAS gave 7,214 accused of Broward County a score of the risk of another crime; two years later it was known who had
// been accused again. The program shows the rates that ProPublica published, with intervals, for all rows and for the
// 6,172 of its analysis; why base rates that differ make it impossible that all rates are equal, with the figures; and a
// network of ours beside the score, by the same measures (recidivism-reliability.svg). The data is not part of Martlet:
// Scripts/bootstrap --datasets fetches it.

import Foundation
import Martlet
import MartletAccountability

/// An error outside the library, with a message.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The options on the command line.
struct Options {
  var directory: String?
  var output = "."
  var epochs = 20
  var seed: UInt64 = 1

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch (name, rest.popFirst()) {
      case ("--directory", let value?): directory = value
      case ("--output", let value?): output = value
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      default:
        throw Failure(
          description: "cannot make sense of '\(name)'\n"
            + "usage: recidivism [--directory FOLDER] [--output FOLDER] [--epochs N] [--seed N]")
      }
    }
  }
}

let target = "two_year_recid"
let measures: [GroupMeasure] = [
  .baseRate, .falsePositiveRate, .falseNegativeRate, .positivePredictiveValue, .accuracy,
]

/// The two groups that ProPublica compared.
func isCompared(_ row: Table.Row) -> Bool { row["race"] == "African-American" || row["race"] == "Caucasian" }

/// The numbers of a column that are 0 and 1.
func labels(_ table: Table, _ column: String = target) throws -> Tensor<Int32> {
  Tensor<Int32>(try table.numbers(column).map { Int32($0) })
}

/// Whether the score calls a row's risk medium or high.
func scoreDecisions(_ table: Table) throws -> Tensor<Int32> {
  Tensor<Int32>(try table.texts("score_text").map { $0 == "Low" ? 0 : 1 })
}

/// The counts of the score's decisions by race.
func scoreCounts(_ table: Table) throws -> GroupCounts {
  try GroupCounts(
    labels: labels(table), decisions: scoreDecisions(table), groups: Groups(table, columns: ["race"]))
}

func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

/// A gap with its interval.
func shown(_ gap: FairnessGap, _ counts: GroupCounts) throws -> String {
  let interval = try counts.interval(of: gap)
  return String(format: "%.3f [%.3f, %.3f]", try counts.value(of: gap), interval.lower, interval.upper)
}

/// The identity that ties the rates of a group to each other, with its figures.
///
/// FPR = p / (1 - p) · (1 - PPV) / PPV · (1 - FNR), from the definitions of the rates (A. Chouldechova, Fair prediction with
/// disparate impact, 2017).
func falsePositiveRate(baseRate: Double, precision: Double, falseNegativeRate: Double) -> Double {
  let odds = baseRate / (1 - baseRate)
  return odds * (1 - precision) / precision * (1 - falseNegativeRate)
}

func showImpossibility(_ counts: GroupCounts) {
  print("\nFPR = p / (1 - p) · (1 - PPV) / PPV · (1 - FNR), where p is the share that was accused again:")
  func rates(_ cell: GroupCell) -> (base: Double, precision: Double, misses: Double, alarms: Double) {
    (
      GroupMeasure.baseRate(cell), GroupMeasure.positivePredictiveValue(cell), GroupMeasure.falseNegativeRate(cell),
      GroupMeasure.falsePositiveRate(cell)
    )
  }
  for (index, cell) in counts.cells.enumerated() {
    let group = rates(cell)
    let computed = falsePositiveRate(
      baseRate: group.base, precision: group.precision, falseNegativeRate: group.misses)
    print(
      String(
        format: "  %@: p %.3f, PPV %.3f, FNR %.3f give FPR %.4f; counted: %.4f", counts.levels.name(at: index),
        group.base, group.precision, group.misses, computed, group.alarms))
  }
  let all = rates(counts.overall)
  print(String(format: "With PPV %.3f and FNR %.3f for both, as of all rows, FPR has to be", all.precision, all.misses))
  for (index, cell) in counts.cells.enumerated() {
    let needed = falsePositiveRate(
      baseRate: GroupMeasure.baseRate(cell), precision: all.precision, falseNegativeRate: all.misses)
    print("  \(counts.levels.name(at: index)): \(percent(needed))")
  }
  print(String(format: "With FPR %.3f and FNR %.3f for both, PPV has to be", all.alarms, all.misses))
  for (index, cell) in counts.cells.enumerated() {
    let base = GroupMeasure.baseRate(cell)
    let (hits, alarms) = (base * (1 - all.misses), (1 - base) * all.alarms)
    print("  \(counts.levels.name(at: index)): \(percent(hits / (hits + alarms)))")
  }
}

/// What became of those with each score, by race: what a score means is much the same in both groups.
func showScores(_ table: Table) throws {
  let crossed = try Groups(table, columns: ["decile_score", "race"])
  let counts = try GroupCounts(labels: labels(table), decisions: scoreDecisions(table), groups: crossed)
  print("\nAccused again within two years, by score:")
  for stratum in try counts.strata(of: ["decile_score"]) {
    let shares = stratum.counts.cells.indices.map { index in
      let share = percent(GroupMeasure.baseRate(stratum.counts.cells[index]))
      return "\(stratum.counts.levels.name(at: index)) \(share) of \(stratum.counts.cells[index].rowCount)"
    }
    print("  score \(stratum.levels[0]): \(shares.joined(separator: ", "))")
  }
}

/// Features without race and without the score; counts of offences on a logarithmic scale.
func preprocessor(_ table: Table) throws -> Preprocessor {
  try Preprocessor(
    fittedTo: table,
    [
      Columns("age").standardized(),
      Columns("priors_count", "juv_fel_count", "juv_misd_count", "juv_other_count").log1p().standardized(),
      Columns("sex", "c_charge_degree").oneHot(dropFirst: true),
    ])
}

/// The probability of each row by a network that has not seen it: in each of five folds from the other four.
func foldedProbabilities(_ table: Table, _ options: Options) throws -> (table: Table, probabilities: Tensor<Float>) {
  var (rows, probabilities) = (Table?.none, [Float]())
  let strata = SplitRule.stratified(by: try labels(table).scalars)
  for (fold, (train, held)) in try table.folds(5, by: strata, seed: options.seed).enumerated() {
    let preprocessor = try preprocessor(train)
    let data = try Dataset(preprocessor.transform(train), labels(train))
    let model = withRandomSeed(options.seed + UInt64(fold)) {
      Sequential(inputShape: [preprocessor.featureNames.count]) {
        Dense(16, activation: .relu)
        Dense(2)
      }
    }
    let trainer = Trainer(model, optimizer: AdamW(learningRate: 3e-3), loss: .crossEntropy)
    try trainer.fit(data, epochs: options.epochs, batchSize: 64, seed: options.seed, progress: .none)
    probabilities += try trainer.predict(preprocessor.transform(held)).softmax()[..., 1].scalars
    rows = try rows?.appending(held) ?? held
  }
  return (rows!, Tensor(probabilities))
}

func run(_ options: Options) throws {
  do {
    try FileManager.default.createDirectory(atPath: options.output, withIntermediateDirectories: true)
  } catch {
    throw Failure(description: "cannot write to the folder \(options.output): \(error.localizedDescription)")
  }

  // What ProPublica published.
  let all = try Datasets.compas(directory: options.directory)
  print("All \(all.rowCount) rows: the score calls a risk medium or high")
  print(try scoreCounts(all.filter(isCompared)).table(measures))
  print(String(format: "accuracy over all races: %.4f", GroupMeasure.accuracy(try scoreCounts(all).overall)))

  let filtered = try Datasets.compas(directory: options.directory, filtered: true)
  let compared = filtered.filter(isCompared)
  let score = try scoreCounts(compared)
  print("\nThe \(filtered.rowCount) rows of the analysis, of which \(compared.rowCount) are of these two groups")
  print(score.table(measures))
  print("equalised odds difference: \(try shown(.equalizedOddsDifference, score))")
  print("difference of PPV: \(try shown(.difference(.positivePredictiveValue), score))")

  // Why not all of them can be equal.
  showImpossibility(score)
  try showScores(compared)

  // A network of ours on the same rows, which knows neither race nor score.
  let (rows, probabilities) = try foldedProbabilities(filtered, options)
  let chosen = (0..<rows.rowCount).filter { isCompared(rows[row: $0]) }
  let (people, ours) = (rows.rows(chosen), probabilities.take(Tensor<Int32>(chosen.map { Int32($0) })))
  let outcome = try labels(people).cast(to: Float.self)
  let deciles = Tensor<Float>(try people.numbers("decile_score").map { Float($0) })
  let areas = try (Metric.rocAUC(deciles, outcome), Metric.rocAUC(ours, outcome))
  print(String(format: "\narea under the ROC curve: the score %.3f, the network %.3f", areas.0, areas.1))

  // As many are called high by the network as by the score, so that the rates can be compared.
  let count = try scoreDecisions(people).scalars.filter { $0 == 1 }.count
  let threshold = ours.scalars.sorted(by: >)[count]
  let counts = try GroupCounts(
    labels: labels(people), probabilities: ours, threshold: Double(threshold), groups: Groups(people, columns: ["race"])
  )
  print("The network, with a threshold above which there are as many rows as the score calls medium or high")
  print(counts.table(measures + [.expectedCalibrationError(.positiveClass)]))
  print("equalised odds difference: \(try shown(.equalizedOddsDifference, counts))")
  print("difference of PPV: \(try shown(.difference(.positivePredictiveValue), counts))")
  let picture = options.output + "/recidivism-reliability.svg"
  try counts.reliabilityDiagram(title: "Accused again, by race").saveSVG(to: picture)
  print("wrote \(picture)")
}

func complain(_ message: String) {
  FileHandle.standardError.write(Data("recidivism: \(message)\n".utf8))
}

#if DEBUG
  complain("this is a debug build, 10 to 100 times slower; use: swift run -c release recidivism")
#endif

do {
  try run(Options(CommandLine.arguments.dropFirst()))
} catch {
  complain("\(error)")
  exit(1)
}
