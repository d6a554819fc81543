import MartletCore
import MartletData
import MartletNN
import MartletText
import MartletTraining

/// The time and energy of an epoch with several batch sizes and numbers of threads, the least energy first.
///
/// ```swift
/// let comparison = try trainer.compareEnergy(of: train, batchSizes: [32, 128, 512], threads: [1, 2])
/// print(comparison)
/// options.batchSize = comparison.rows[0].batchSize
/// ```
/// Only steps are compared: how many epochs a batch size needs for the same accuracy is not told.
public struct EnergyComparison: Sendable {
  /// What was found of one choice.
  public struct Row: Sendable {
    /// The rows of a step.
    public let batchSize: Int
    /// The number of threads.
    public let threads: Int
    /// Seconds of an epoch.
    public let seconds: Double
    /// The energy of an epoch.
    public let energy: Energy
  }

  /// The choices, by rising energy.
  public let rows: [Row]

  init(_ rows: [Row]) { self.rows = rows.sorted { $0.energy.joules < $1.energy.joules } }
}

extension EnergyComparison: CustomStringConvertible {
  /// A table with a line for each choice.
  public var description: String {
    var table = TextTable(["batch size", "threads", "s/epoch", "Wh/epoch", "from", "to"], textColumns: 0)
    for row in rows {
      let range = row.energy.wattHoursRange
      table.append([
        "\(row.batchSize)", "\(row.threads)", significant(row.seconds), significant(row.energy.wattHours),
        significant(range.lowerBound), significant(range.upperBound),
      ])
    }
    return table.text
  }
}

extension Trainer {
  /// Compares batch sizes and numbers of threads by the energy of an epoch, from some steps of each in turn, which leave
  /// model and optimiser as they are.
  ///
  /// Throws what a fit would throw before its first step, for a number of threads or rounds below 1, and for seconds that
  /// are negative or not finite.
  ///
  /// - Parameters:
  ///   - dataset: The data.
  ///   - batchSizes: The rows of a step to compare.
  ///   - threads: The numbers of threads to compare; nil for the one in scope.
  ///   - accounting: How energy is accounted for.
  ///   - rounds: How often all choices take their turn.
  ///   - seconds: How long one choice's turn is.
  public func compareEnergy<Given: Batchable>(
    of dataset: Dataset<Model.Input, Given>, batchSizes: [Int], threads: [Int]? = nil,
    accounting: EnergyAccounting = EnergyAccounting(), rounds: Int = 3, seconds: Double = 0.05
  ) throws(TrainingError) -> EnergyComparison {
    let threads = threads ?? [Threads.count]
    if let bad = threads.first(where: { $0 < 1 }) {
      throw .invalidArgument("compareEnergy: expected at least 1 thread, got \(bad)")
    }
    if rounds < 1 { throw .invalidArgument("compareEnergy: expected at least 1 round, got \(rounds)") }
    if !(seconds >= 0 && seconds.isFinite) {
      throw .invalidArgument("compareEnergy: expected seconds of at least 0, got \(seconds)")
    }
    let reader = EnergyReader(accounting)
    var choices: [(rehearsal: FitRehearsal, threads: Int, use: EnergyUse, steps: Int)] = []
    for size in batchSizes {
      let rehearsal = try rehearsal(of: dataset, batchSize: size)
      for count in threads { choices.append((rehearsal, count, EnergyUse(), 0)) }
    }
    for round in 0...rounds {
      for (index, choice) in choices.enumerated() {
        _ = reader.advance()
        let steps = try withThreads(choice.threads) {
          Result { () throws(TrainingError) in try choice.rehearsal.takeSteps(round == 0 ? 0 : seconds) }
        }.get()
        let use = reader.advance()
        // The first round makes plans and wakes threads.
        if round == 0 { continue }
        choices[index].use += use
        choices[index].steps += steps
      }
    }
    return EnergyComparison(
      choices.map { choice in
        let epoch = choice.use.times(Double(choice.rehearsal.stepsPerEpoch) / Double(choice.steps))
        return EnergyComparison.Row(
          batchSize: choice.rehearsal.batchSize, threads: choice.threads, seconds: epoch.seconds,
          energy: epoch.attributed)
      })
  }
}
