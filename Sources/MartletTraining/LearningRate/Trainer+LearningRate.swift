import MartletCore
import MartletData
import MartletNN
import MartletPlatform

extension Trainer {
  /// Trains for a few steps with rising learning rates, to find one to begin with, and puts everything back (Smith, 2017,
  /// arXiv:1506.01186).
  ///
  /// ```swift
  /// let curve = try trainer.findLearningRate(train, batchSize: 64)
  /// print(curve)
  /// trainer.optimizer.learningRate = curve.suggestion
  /// ```
  /// Model, buffers, optimiser and random numbers are afterwards what they were, bit for bit. It ends early where the
  /// smoothed loss is more than four times the least so far, or no number; there is always a suggestion. Callbacks have
  /// no part in it. Throws where a fit would throw before its first step, and when a number is out of its range.
  ///
  /// - Parameters:
  ///   - dataset: The rows to train with, in a random order, as often as it takes.
  ///   - lowest: The first rate.
  ///   - highest: The last rate.
  ///   - steps: The number of rates, in equal ratios; at least 2.
  ///   - batchSize: The number of rows in a step.
  ///   - seed: Decides the order and what layers draw; without it, the random numbers in scope do, which stay as they
  ///     are.
  public func findLearningRate<Given: Batchable>(
    _ dataset: Dataset<Model.Input, Given>, from lowest: Double = 1e-7, to highest: Double = 10, steps: Int = 100,
    batchSize: Int = 32, seed: UInt64? = nil
  ) throws(TrainingError) -> LearningRateCurve {
    if !(lowest > 0 && lowest < highest && highest.isFinite && steps >= 2) {
      throw .invalidArgument(
        "findLearningRate: expected 0 < from < to and at least 2 steps, got from \(lowest), to \(highest), \(steps) steps"
      )
    }
    let mark = try FitMark.take(model, optimizer)
    defer { mark.giveBack() }
    try checkBatchSize(batchSize)
    let training = try checkedForSteps(dataset)
    let generator = seed.map { RandomGenerator(seed: $0) } ?? RandomScope.snapshot() ?? RandomGenerator()
    let ratio = highest / lowest
    let rates: [Double] = (0..<steps).map { lowest * pow(ratio, Double($0) / Double(steps - 1)) }
    return try rehearsing(drawingFrom: generator) { () throws(TrainingError) in try curve(training, batchSize, rates) }
  }

  /// The same for features `x` `[n, …]` and targets `y` `[n, …]`.
  public func findLearningRate<Given: Batchable>(
    _ x: Model.Input, _ y: Given, from lowest: Double = 1e-7, to highest: Double = 10, steps: Int = 100,
    batchSize: Int = 32, seed: UInt64? = nil
  ) throws(TrainingError) -> LearningRateCurve {
    try findLearningRate(paired(x, y), from: lowest, to: highest, steps: steps, batchSize: batchSize, seed: seed)
  }

  private func curve(
    _ training: Dataset<Model.Input, Target>, _ batchSize: Int, _ rates: [Double]
  ) throws(TrainingError) -> LearningRateCurve {
    var batches = training.shuffled().batches(of: batchSize)
    var next = 0
    func step() throws(TrainingError) -> (loss: Double, gradients: Gradients) {
      if next == batches.count { (batches, next) = (training.shuffled().batches(of: batchSize), 0) }
      let (loss, gradients, _) = try valueGradientsAndOutputs(batches[next])
      next += 1
      return (loss.value, gradients)
    }
    // The means of the losses so far by weights that fade by this factor.
    let kept = 0.9
    var (sum, weight, least) = (0.0, 0.0, Double.infinity)
    var losses: [Double] = []
    var (loss, gradients) = try step()
    try checkTrains(gradients)
    for rate in rates where loss.isFinite {
      (sum, weight) = (kept * sum + loss, kept * weight + 1)
      optimizer.learningRate = rate
      optimizer.update(model, along: gradients)
      (loss, gradients) = try step()
      let smoothed = (kept * sum + loss) / (kept * weight + 1)
      // The sign of the least loss says nothing of how far another is above it.
      if !smoothed.isFinite || (losses.count > 0 && smoothed - least > 3 * max(abs(least), 1e-12)) { break }
      least = min(least, smoothed)
      losses.append(smoothed)
    }
    return LearningRateCurve(
      rates: Array(rates.prefix(losses.count)), losses: losses, hasDiverged: losses.count < rates.count,
      lowest: rates[0])
  }
}
