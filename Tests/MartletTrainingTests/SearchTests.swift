import Foundation
import MartletCore
import MartletNN
import MartletText
import MartletTraining
import TestSupport
import Testing

@Suite struct SearchTests {
  private struct Refused: Error {}

  private func square(_ trial: Trial) -> Double {
    let (x, y) = (trial.number("x") - 0.5, Double(trial.integer("n")) - 2)
    return x * x + y * y
  }

  private func search(seed: UInt64 = 1, file: String? = nil) -> HyperparameterSearch {
    HyperparameterSearch(["x": .uniform(0...1), "n": .integers(0...4)], seed: seed, file: file)
  }

  @Test func `a grid tries every combination, the last name fastest`() throws {
    let search = HyperparameterSearch(
      ["a": .integers(0...2), "b": .choice(["x", "y"]), "c": .spaced(0...1, count: 3)], goal: .maximum)
    let result = try search.grid { trial in
      Double(trial.integer("a")) + (trial.text("b") == "y" ? 0.5 : 0) - trial.number("c")
    }
    #expect(result.entries.count == 18)
    #expect(result.entries.map(\.trial.number) == Array(0..<18))
    #expect(result.entries[4].trial.values.map { "\($0.value)" } == ["0", "y", "0.5"])
    #expect(result.best.trial.values.map { "\($0.value)" } == ["2", "y", "0.0"])
    #expect(result.best.score == 2.5)
    #expect(result.ranking.map(\.score!) == result.ranking.map(\.score!).sorted(by: >))
  }

  @Test func `the seed alone decides what is tried at random`() throws {
    let result = try search().random(40, square)
    let again = try search().random(60, square)
    #expect(result.entries.map(\.score) == again.entries.prefix(40).map(\.score))
    #expect(Set(again.entries.map(\.trial.seed)).count == 60)
    #expect(try search(seed: 2).random(40, square).entries.map(\.score) != result.entries.map(\.score))
    #expect(Set(again.entries.map { $0.trial.integer("n") }) == [0, 1, 2, 3, 4])
    #expect(again.entries.allSatisfy { (0...1).contains($0.trial.number("x")) })
    #expect(result.best.score == result.entries.compactMap(\.score).min())
  }

  @Test func `logarithmic ranges reach each power of ten alike`() throws {
    let search = HyperparameterSearch(["r": .logUniform(1e-4...1)], seed: 3)
    let result = try search.random(400) { $0.number("r") }
    for power in [1e-4, 1e-3, 1e-2, 1e-1] {
      let share = Double(result.entries.count { (power..<(power * 10)).contains($0.trial.number("r")) }) / 400
      #expect(abs(share - 0.25) < 0.07)
    }
    #expect(
      try HyperparameterSearch(["r": .logSpaced(1e-3...1e-1, count: 3)]).grid { $0.number("r") }.entries.map(\.score!)
        .enumerated().allSatisfy { abs($1 / [1e-3, 1e-2, 1e-1][$0] - 1) < 1e-12 })
  }

  @Test func `halving gives the best of each round more epochs`() throws {
    var tried: [[Int]] = []
    let result = try search().successiveHalving(9, epochs: 2...18) { trial in
      tried.append([trial.number, trial.epochs!])
      return square(trial) / Double(trial.epochs!)
    }
    #expect(tried.map { $0[1] } == [2, 2, 2, 2, 2, 2, 2, 2, 2, 6, 6, 6, 18])
    let ranked = try search().random(9, square).ranking.map(\.trial.number)
    #expect(tried[9..<12].map { $0[0] } == Array(ranked.prefix(3)))
    #expect(tried[12][0] == ranked[0])
    #expect(result.best.trial.number == ranked[0] && result.best.trial.epochs == 18)
    // One trial alone is trained for all epochs.
    #expect(try search().successiveHalving(1, epochs: 1...7, square).best.trial.epochs == 7)
    #expect(try search().successiveHalving(4, epochs: 5...5, square).entries.count == 4)
  }

  @Test func `what fails is kept apart`() throws {
    let result = try search().random(6) { trial in
      if trial.number == 2 { throw Refused() }
      return trial.number == 4 ? .nan : Double(trial.number)
    }
    #expect(result.best.trial.number == 0)
    #expect(result.entries[2].error == "Refused()")
    #expect(result.entries[4].error == "expected a finite score, got nan")
    #expect(result.ranking.map(\.trial.number) == [0, 1, 3, 5])
    let lines = result.description.split(separator: "\n")
    #expect(
      lines.count == 7 && lines[6].hasSuffix("failed")
        && lines[0].split(separator: " ") == ["trial", "x", "n", "score"])
    #expect(throws: SearchError.allFailed("Refused()")) { try search().random(3) { _ in throw Refused() } }
  }

  @Test func `goes on where its file ends`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("search.jsonl")
    let whole = try search().random(12, square)
    var count = 0
    func counted(_ trial: Trial) throws -> Double {
      count += 1
      if trial.number == 3 { throw Refused() }
      return square(trial)
    }
    _ = try search(file: path).random(5, counted)
    let result = try search(file: path).random(12, counted)
    #expect(count == 12)
    #expect(result.entries[3].error == "Refused()")
    for (a, b) in zip(whole.entries, result.entries) where a.trial.number != 3 { #expect(a.score == b.score) }
    // Another seed is another search, and a damaged line is said.
    let other = fileError { try search(seed: 2, file: path).random(2, square) }
    #expect(other?.kind == .mismatch)
    #expect(other?.reason.contains("seed 2") == true && other?.reason.contains("seed 1") == true)
    let text = try String(contentsOfFile: path, encoding: .utf8) + "{\"trial\": 12, \"sc"
    directory.write(Array(text.utf8), to: "search.jsonl")
    let damaged = fileError { try search(file: path).random(2, square) }
    #expect(damaged?.kind == .damaged && damaged?.location == .line(14))
    let unwritable = fileError { try search(file: directory.file("no/such.jsonl")).random(2, square) }
    #expect(unwritable?.source.hasSuffix("such.jsonl") == true)
  }

  private func fileError(_ body: () throws -> SearchResult) -> FormatError? {
    guard case .file(let error) = #expect(throws: SearchError.self, performing: { _ = try body() }) else { return nil }
    return error
  }

  @Test func `what cannot be searched is refused`() throws {
    func reason(_ space: KeyValuePairs<String, SearchRange>) -> String {
      let error = #expect(throws: SearchError.self) { try HyperparameterSearch(space).grid { _ in 0 } }
      return error.map { "\($0)" } ?? ""
    }
    #expect(reason([:]).contains("at least one hyperparameter"))
    #expect(reason(["x": .uniform(0...1)]).contains(".spaced or .logSpaced"))
    #expect(reason(["x": .choice([])]).contains("x: expected at least one value"))
    #expect(reason(["x": .logUniform(0...1)]).contains("positive, finite bounds"))
    #expect(reason(["x": .choice([1]), "x": .choice([2])]).contains("two hyperparameters are called x"))
    #expect(throws: SearchError.self) { try search().random(0, square) }
    #expect(throws: SearchError.self) { try search().successiveHalving(3, epochs: 0...3, square) }
    #expect(throws: SearchError.self) { try search().successiveHalving(3, epochs: 1...3, reduction: 1, square) }
  }

  @Test func `finds a learning rate for a network, with all of its seeds decided`() throws {
    let data = blobs()
    let search = HyperparameterSearch(["learningRate": .logSpaced(1e-5...1e-1, count: 3)], seed: 5)
    func run() throws -> SearchResult {
      try search.grid { trial in
        try withRandomSeed(trial.seed) {
          let model = Sequential(inputShape: [2]) {
            Dense(8, activation: .relu)
            Dense(3)
          }
          let trainer = Trainer(
            model, optimizer: Adam(learningRate: trial.number("learningRate")), loss: .crossEntropy)
          try trainer.fit(data.x, data.y, epochs: 3, seed: trial.seed, progress: .none)
          return try trainer.evaluate(data.x, data.y).loss
        }
      }
    }
    let result = try run()
    #expect(result.best.trial.number == 2)
    #expect(try run().entries.map(\.score) == result.entries.map(\.score))
    #expect(result.csv().hasPrefix("trial,epochs,learningRate,score,error\n0,,1e-05,"))
  }
}
