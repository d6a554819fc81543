import MartletEnergy
import MartletMetrics

// The parts of a model card.

extension ModelCard {
  /// An interval that a number lies in.
  public struct Interval: Sendable, Equatable, Codable {
    /// The lower end.
    public var lower: Double
    /// The upper end.
    public var upper: Double
    /// The share of such intervals that hold the true value, such as 0.95; nil where it is not known.
    public var confidence: Double?
    /// How it was found, such as `Wilson` or `bootstrap, 200 draws`.
    public var method: String

    /// An interval.
    public init(lower: Double, upper: Double, confidence: Double? = nil, method: String) {
      (self.lower, self.upper, self.confidence, self.method) = (lower, upper, confidence, method)
    }
  }

  /// A fact with a name.
  public struct Named: Sendable, Equatable, Codable {
    /// The name.
    public var name: String
    /// The fact.
    public var value: String

    /// A fact with a name.
    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  /// What a model is made of.
  public struct Architecture: Sendable, Equatable, Codable {
    /// The type of the model.
    public var type: String
    /// What the model prints of itself: its parts with their shapes and parameters.
    public var outline: String
    /// The number of values in its parameters, shared ones once.
    public var parameterCount: Int
    /// The number of parameters' values that training changes.
    public var trainableCount: Int
    /// The number of values that its file has: parameters and buffers, under each of their names.
    public var storedValueCount: Int
    /// The SHA-256 of the parameters and buffers, as `weightsSHA256(of:)` has it.
    public var weightsSHA256: String
  }

  /// How many rows there are of a class.
  public struct ClassCount: Sendable, Equatable, Codable {
    /// The class.
    public var name: String
    /// The number of its rows.
    public var rows: Int
  }

  /// Data that a model was trained or measured with.
  public struct DataPart: Sendable, Equatable, Codable {
    /// What it was for: `training`, `validation`, or the name that a test was given.
    public var part: String
    /// What it is; nil where nobody has said.
    public var description: String?
    /// The number of rows; nil for a stream.
    public var rows: Int?
    /// The SHA-256 of the rows, as `Dataset.sha256` has it; nil for a stream.
    public var sha256: String?
    /// The shape of a row and its type, one for each tensor of the features.
    public var features: [String] = []
    /// The same of the targets.
    public var targets: [String] = []
    /// The rows of each class, where the targets are labels.
    public var classes: [ClassCount] = []
    /// Whether rows have weights.
    public var isWeighted = false
  }

  /// How a model was trained.
  public struct Training: Sendable, Equatable, Codable {
    /// The optimiser with its hyperparameters, as it was at the beginning.
    public var optimizer: String
    /// The learning rate at the end.
    public var learningRate: Double
    /// The loss.
    public var loss: String
    /// The seed; nil where there was none.
    public var seed: UInt64?
    /// The options of the fit.
    public var options: [Named] = []
    /// The callbacks, by their types.
    public var callbacks: [String] = []
    /// How many epochs were wanted.
    public var epochsWanted: Int
    /// How many were done.
    public var epochsDone: Int
    /// How many steps were taken.
    public var steps: Int
    /// The epoch whose parameters the model has, counted from 1, where it is not the last; nil else.
    public var keptEpoch: Int?
    /// Why training ended.
    public var ended: String
    /// Whether it went on from a checkpoint.
    public var isResumed: Bool
    /// How long all epochs took, in seconds.
    public var seconds: Double
    /// The measures of the last epoch.
    public var lastEpoch: [Measure] = []
  }

  /// A number with a name.
  public struct Measure: Sendable, Equatable, Codable {
    /// The name.
    public var name: String
    /// The number.
    public var value: Double

    /// A number with a name.
    public init(_ name: String, _ value: Double) { (self.name, self.value) = (name, value) }
  }

  /// The program that trained a model.
  public struct Software: Sendable, Equatable, Codable {
    /// Martlet's version.
    public var martlet: String
    /// The Swift compiler.
    public var swift: String
    /// OpenBLAS's version and kernels.
    public var blas: String
    /// The program's name.
    public var program: String?
    /// The commit of the Git repository that the program ran in; nil where it ran in none.
    public var commit: String?
  }

  /// A machine.
  public struct Machine: Sendable, Equatable, Codable {
    /// The operating system and its version.
    public var system: String
    /// The processor; nil where the system does not tell.
    public var processor: String?
    /// The threads, of how many processors.
    public var threads: String
    /// The bytes of memory; nil where the system does not tell.
    public var memoryBytes: Int?
  }

  /// A measure of the model on some data.
  public struct Result: Sendable, Equatable, Codable {
    /// The data, by its part.
    public var part: String
    /// The measure.
    public var name: String
    /// Its value; NaN where the rows do not define it.
    public var value: Double
    /// The interval that it lies in; nil where there is none.
    public var interval: Interval?
    /// Which values are better, `minimum` or `maximum`; nil where it is not known.
    public var goal: String?

    /// A measure of the model on some data.
    public init(
      part: String, name: String, value: Double, interval: Interval? = nil, goal: MetricGoal? = nil
    ) {
      (self.part, self.name, self.value, self.interval) = (part, name, value, interval)
      self.goal = goal.map { $0 == .minimum ? "minimum" : "maximum" }
    }
  }

  /// A measure of a group's rows.
  public struct GroupResult: Sendable, Equatable, Codable {
    /// The data, by its part.
    public var part: String
    /// The attributes that the rows are grouped by.
    public var attributes: [String]
    /// The group's level of each.
    public var group: [String]
    /// The number of its rows.
    public var rows: Int
    /// The measure.
    public var name: String
    /// Its value; NaN where the rows do not define it.
    public var value: Double
    /// The interval that it lies in; nil where there is none.
    public var interval: Interval?
  }

  /// A gap between groups.
  public struct Gap: Sendable, Equatable, Codable {
    /// The data, by its part.
    public var part: String
    /// The attributes that the rows are grouped by.
    public var attributes: [String]
    /// The gap.
    public var name: String
    /// Its value; NaN where the groups do not define it.
    public var value: Double
    /// The interval that it lies in; nil where there is none.
    public var interval: Interval?
  }

  /// What training cost.
  public struct EnergyAccount: Sendable, Equatable, Codable {
    /// Watt-hours of training and validation together.
    public var wattHours: Double
    /// The interval of the watt-hours.
    public var wattHoursInterval: Interval
    /// How they are known.
    public var provenance: Provenance
    /// Watt-hours of training alone.
    public var trainingWattHours: Double
    /// Watt-hours of validation alone.
    public var validationWattHours: Double
    /// Grams of CO₂ equivalents, after the place.
    public var grams: Double
    /// The interval of the grams.
    public var gramsInterval: Interval
    /// The place of the electricity.
    public var place: String
    /// Where the intensity comes from, in words.
    public var intensity: String
    /// What the building uses for each joule of the machines.
    public var powerUsageEffectiveness: Double
    /// The seconds over which it was accounted for.
    public var seconds: Double
  }

  /// What training guarantees those whose data it used: differential privacy.
  public struct Privacy: Sendable, Equatable, Codable {
    /// The bound ε.
    public var epsilon: Double
    /// The probability δ with which the bound may fail.
    public var delta: Double
    /// Which data sets are neighbours, such as `add or remove one row`.
    public var adjacency: String
    /// How batches are drawn, such as `Poisson`.
    public var sampling: String
    /// How ε was computed, such as `PRV`.
    public var accountant: String
    /// The noise's standard deviation by the clipping norm.
    public var noiseMultiplier: Double
    /// The norm that each row's gradient is clipped to.
    public var clippingNorm: Double

    /// What a private training guarantees; throws when a number is negative, δ is not below 1, or one is no number. ε may
    /// be infinite.
    public init(
      epsilon: Double, delta: Double, adjacency: String, sampling: String, accountant: String, noiseMultiplier: Double,
      clippingNorm: Double
    ) throws(CardError) {
      let isValid = epsilon >= 0 && delta >= 0 && delta < 1 && noiseMultiplier >= 0 && clippingNorm >= 0
      if !isValid {
        throw .invalid(
          "Privacy: expected ε, noise and norm of at least 0 and δ from 0 up to 1, got \(epsilon), \(noiseMultiplier), "
            + "\(clippingNorm) and \(delta)")
      }
      (self.epsilon, self.delta, self.adjacency) = (epsilon, delta, adjacency)
      (self.sampling, self.accountant) = (sampling, accountant)
      (self.noiseMultiplier, self.clippingNorm) = (noiseMultiplier, clippingNorm)
    }
  }

  /// What a model's answers rest on.
  public struct Explanation: Sendable, Equatable, Codable {
    /// The method, such as `permutation importance`.
    public var name: String
    /// What was explained: the data and the measure.
    public var subject: String?
    /// The value of each feature.
    public var values: [Measure]

    /// What a model's answers rest on, by a method.
    public init(_ name: String, of subject: String? = nil, values: [Measure]) {
      (self.name, self.subject, self.values) = (name, subject, values)
    }
  }
}
