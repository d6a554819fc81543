import MartletData

/// The options of a fit: everything but its data and its callbacks.
///
/// ```swift
/// var options = FitOptions(epochs: 100, batchSize: 64, seed: 7)
/// options.progress = .lines
/// try trainer.fit(train, validation: test, options: options)
/// ```
public struct FitOptions: Sendable {
  /// How often the model is trained with every row.
  public var epochs: Int
  /// The number of rows in a step; the last step of an epoch takes those that are left.
  public var batchSize: Int
  /// The share of the rows, from the end, that the model is not trained with but measured with after every epoch.
  public var validationSplit: Double
  /// Whether the rows are in a new random order in every epoch.
  public var shuffle: Bool
  /// Decides the orders and all random numbers that layers draw: the same seed with the same data gives the same bits.
  /// Without it, the random numbers in scope do (`withRandomSeed`).
  public var seed: UInt64?
  /// How the progress is shown.
  public var progress: ProgressStyle
  /// Whether Ctrl-C ends the fit after the step, with the best parameters put back, and the program goes on; a second
  /// Ctrl-C ends the program. With `Checkpointing`, a checkpoint is saved first, also on SIGTERM, which then ends the
  /// program. Programs that handle these signals themselves keep their handlers in any case.
  public var answersSignals: Bool
  /// What the rows of each class count for, in training and validation alike; nil where all rows count alike or by the
  /// data set's weights, which these multiply.
  public var classWeights: ClassWeights?
  /// Whether steps are repeated from a plan.
  public var compilation: StepCompilation

  /// Makes options, by default those of `fit`.
  public init(
    epochs: Int = 1, batchSize: Int = 32, validationSplit: Double = 0, shuffle: Bool = true, seed: UInt64? = nil,
    progress: ProgressStyle = .automatic, answersSignals: Bool = true, classWeights: ClassWeights? = nil,
    compilation: StepCompilation = .automatic
  ) {
    self.epochs = epochs
    self.batchSize = batchSize
    self.validationSplit = validationSplit
    self.shuffle = shuffle
    self.seed = seed
    self.progress = progress
    self.answersSignals = answersSignals
    self.classWeights = classWeights
    self.compilation = compilation
  }
}
