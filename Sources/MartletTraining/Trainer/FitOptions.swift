/// How a model is fitted: everything about a fit but its data and its callbacks.
///
/// ```swift
/// var options = FitOptions(epochs: 100, batchSize: 64, seed: 7)
/// options.progress = .lines
/// try trainer.fit(train, validation: test, options: options)
/// ```
public struct FitOptions: Sendable {
  /// How often every row is seen.
  public var epochs: Int
  /// Rows a step; an epoch's last step takes those that are left.
  public var batchSize: Int
  /// The share of rows, from the end, that is not trained with but measured after every epoch.
  public var validationSplit: Double
  /// Whether every epoch has the rows in another order.
  public var shuffle: Bool
  /// Decides the orders and whatever the layers draw: the same seed on the same data gives the same bits. Without it they
  /// come from the random numbers in scope (`withRandomSeed`).
  public var seed: UInt64?
  /// How the progress is shown.
  public var progress: ProgressStyle

  /// Options as `fit` has them by default, but for those that are given.
  public init(
    epochs: Int = 1, batchSize: Int = 32, validationSplit: Double = 0, shuffle: Bool = true, seed: UInt64? = nil,
    progress: ProgressStyle = .automatic
  ) {
    self.epochs = epochs
    self.batchSize = batchSize
    self.validationSplit = validationSplit
    self.shuffle = shuffle
    self.seed = seed
    self.progress = progress
  }
}
