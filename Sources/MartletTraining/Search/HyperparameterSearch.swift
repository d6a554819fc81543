import MartletCore
import MartletMetrics
import MartletText

/// A search for the hyperparameters with the best score: over a grid, at random, or at random with most of the time
/// for those that do well.
///
/// ```swift
/// let search = HyperparameterSearch(
///   ["learningRate": .logUniform(1e-4...1e-1), "width": .choice([16, 32, 64])], seed: 1, file: "search.jsonl")
/// let result = try search.random(20) { trial in
///   try withRandomSeed(trial.seed) {
///     let model = Sequential(inputShape: [64]) {
///       Dense(trial.integer("width"), activation: .relu)
///       Dense(10)
///     }
///     let trainer = Trainer(
///       model, optimizer: Adam(learningRate: trial.number("learningRate")), loss: .crossEntropy)
///     try trainer.fit(train, epochs: 10, progress: .none)
///     return try trainer.evaluate(validation).loss
///   }
/// }
/// print(result)
/// ```
/// The seed decides all that is tried: trial `n` has the same values whatever was tried before. With a file, each score is
/// written down as soon as it is known, and a search that is run again after it was stopped goes on behind the last.
public struct HyperparameterSearch: Sendable {
  /// The hyperparameters and what is tried for each.
  public let space: [(name: String, range: SearchRange)]
  /// Which scores are better.
  public let goal: MetricGoal
  /// What decides the values that are drawn.
  public let seed: UInt64
  /// Where the scores are written; nil for nowhere.
  public let file: String?

  /// Makes a search.
  ///
  /// - Parameters:
  ///   - space: What is tried for each hyperparameter, by name.
  ///   - goal: Whether a small score is good, as of a loss, or a large one, as of an accuracy.
  ///   - seed: Decides the values that are drawn and the trials' seeds.
  ///   - file: A file of JSON lines to write each score to, and to go on from.
  public init(
    _ space: KeyValuePairs<String, SearchRange>, goal: MetricGoal = .minimum, seed: UInt64 = 0, file: String? = nil
  ) {
    self.space = space.map { ($0.key, $0.value) }
    self.goal = goal
    self.seed = seed
    self.file = file
  }

  /// Tries every combination of the values; the last hyperparameter varies fastest.
  ///
  /// `score` may throw: the trial then has failed, and the search goes on. Throws when the space is empty or has a range
  /// that cannot be searched, such as one of real numbers without an end of values, when all trials fail, and when the
  /// file cannot be written or is another search's.
  public func grid(
    epochs: Int? = nil, _ score: (_ trial: Trial) throws -> Double
  ) throws(SearchError) -> SearchResult {
    try check()
    var combinations: [[SearchValue]] = [[]]
    for (name, range) in space {
      guard let values = range.grid else {
        throw .invalid(
          "\(name): expected values for a grid, got the real numbers of a range; take .spaced or .logSpaced with a count, "
            + "or search at random")
      }
      combinations = combinations.flatMap { before in values.map { before + [$0] } }
    }
    let trials = combinations.enumerated().map { trial($0.offset, $0.element, epochs) }
    var run = try SearchRun(self, "grid")
    try run.evaluate(trials, score)
    return try run.result()
  }

  /// Tries `count` sets of values that are drawn at random. Throws as `grid` does, and when `count` is less than 1.
  public func random(
    _ count: Int, epochs: Int? = nil, _ score: (_ trial: Trial) throws -> Double
  ) throws(SearchError) -> SearchResult {
    try check()
    try checkCount(count)
    // Without the count: more trials than before go on where the last search ended.
    var run = try SearchRun(self, "random")
    try run.evaluate((0..<count).map { drawn($0, epochs) }, score)
    return try run.result()
  }

  /// Tries `count` sets of values for the fewest epochs, then the best of them for `reduction` times as many, and so on
  /// up to the most: successive halving (Jamieson and Talwalkar, 2016, arXiv:1502.07943).
  ///
  /// Of each round the best of `reduction` go on, at least one. `score` trains for `trial.epochs`, from the start or from
  /// what it has kept for the trial's number. Throws as `random` does, and when `epochs` does not begin with 1 or more
  /// or `reduction` is less than 2.
  public func successiveHalving(
    _ count: Int, epochs: ClosedRange<Int>, reduction: Int = 3, _ score: (_ trial: Trial) throws -> Double
  ) throws(SearchError) -> SearchResult {
    try check()
    try checkCount(count)
    if epochs.lowerBound < 1 { throw .invalid("expected at least 1 epoch, got \(epochs.lowerBound)") }
    if reduction < 2 { throw .invalid("expected a reduction of at least 2, got \(reduction)") }
    var run = try SearchRun(self, "successive halving of \(count), epochs \(epochs), reduction \(reduction)")
    var (numbers, length) = (Array(0..<count), epochs.lowerBound)
    while !numbers.isEmpty {
      // The last one has all epochs, also when the rounds do not lead there.
      if numbers.count == 1 { length = epochs.upperBound }
      try run.evaluate(numbers.map { drawn($0, length) }, score)
      if length == epochs.upperBound { break }
      numbers = run.best(max(1, numbers.count / reduction), epochs: length)
      length = min(length * reduction, epochs.upperBound)
    }
    return try run.result()
  }

  private func check() throws(SearchError) {
    if space.isEmpty { throw .invalid("expected at least one hyperparameter, got none") }
    for (index, (name, range)) in space.enumerated() {
      if let problem = range.problem { throw .invalid("\(name): \(problem)") }
      if space[..<index].contains(where: { $0.name == name }) {
        throw .invalid("two hyperparameters are called \(name)")
      }
    }
  }

  private func checkCount(_ count: Int) throws(SearchError) {
    if count < 1 { throw .invalid("expected at least 1 trial, got \(count)") }
  }

  private func drawn(_ number: Int, _ epochs: Int?) -> Trial {
    var generator = RandomGenerator(seed: seed, stream: UInt64(number))
    return trial(number, space.map { $0.range.draw(using: &generator) }, epochs)
  }

  private func trial(_ number: Int, _ values: [SearchValue], _ epochs: Int?) -> Trial {
    var generator = RandomGenerator(seed: ~seed, stream: UInt64(number))
    return Trial(
      number: number, values: zip(space, values).map { ($0.name, $1) }, epochs: epochs, seed: generator.next())
  }
}

/// Why a search cannot begin or go on.
public enum SearchError: Error, Sendable, Equatable {
  /// An argument cannot be used.
  case invalid(String)
  /// All trials failed; the message is the first one's.
  case allFailed(String)
  /// The file cannot be read or written, or is of another search.
  case file(FormatError)
}

extension SearchError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .invalid(let reason): "HyperparameterSearch: \(reason)"
    case .allFailed(let reason): "HyperparameterSearch: all trials failed, the first because: \(reason)"
    case .file(let error): error.description
    }
  }
}
