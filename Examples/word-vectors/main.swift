// Word vectors from a small text: words that stand among the same words get vectors of the same direction.
//
//   swift run -c release word-vectors [--text FILE]... [--epochs N] [--seed N]
//
// Skip-grams with negative samples (Mikolov and others, 2013, arXiv:1310.4546): from a word the model tells those around it
// from words drawn at random. The text is what the files hold, by default the licences that every Debian system has.

import Foundation
import Martlet

/// An error outside the library, with a message.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The options on the command line.
struct Options {
  var texts: [String] = []
  var epochs = 15
  var seed: UInt64 = 1

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch (name, rest.popFirst()) {
      case ("--text", let value?): texts.append(value)
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      default:
        throw Failure(
          description: "cannot make sense of '\(name)'\nusage: word-vectors [--text FILE]... [--epochs N] [--seed N]")
      }
    }
    if texts.isEmpty {
      texts = ["GPL-2", "GPL-3", "LGPL-2.1", "Apache-2.0", "GFDL-1.3", "MPL-2.0", "Artistic", "CC0-1.0"].map {
        "/usr/share/common-licenses/\($0)"
      }
    }
  }
}

/// A text as numbers of words, the most frequent first; rare words are left out.
struct Text {
  let words: [String]
  let counts: [Int]
  let tokens: [Int64]

  init(_ paths: [String], atLeast rarest: Int = 5) throws {
    var all: [String] = []
    for path in paths {
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
        throw Failure(description: "cannot read \(path); name a file of plain text by --text")
      }
      all += text.lowercased().split { !$0.isLetter }.map(String.init)
    }
    let found = Dictionary(all.map { ($0, 1) }, uniquingKeysWith: +).filter { $0.value >= rarest }
    words = found.keys.sorted { (-found[$0]!, $0) < (-found[$1]!, $1) }
    counts = words.map { found[$0]! }
    let numbers = Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, Int64($0)) })
    tokens = all.compactMap { numbers[$0] }
    if words.count < 100 {
      throw Failure(description: "expected a text with 100 words that occur \(rarest) times, got \(words.count)")
    }
  }

  /// Each word with each of those up to `window` words away. Of very frequent words most occurrences are left out, as in the
  /// paper: they say little.
  func pairs(window: Int, seed: UInt64) throws -> Dataset<Pair<Tensor<Int64>, Tensor<Int64>>, NoTarget> {
    var random = RandomGenerator(seed: seed)
    let kept = tokens.filter { token in
      let share = Double(counts[Int(token)]) / Double(tokens.count)
      return Double.random(in: 0..<1, using: &random) < (1e-3 / share).squareRoot()
    }
    var (centres, contexts): ([Int64], [Int64]) = ([], [])
    for place in kept.indices {
      for other in max(0, place - window)...min(kept.count - 1, place + window) where other != place {
        centres.append(kept[place])
        contexts.append(kept[other])
      }
    }
    return try Dataset(Pair(Tensor(centres), Tensor(contexts)))
  }
}

/// A vector for each word, and one for each as a neighbour.
final class WordVectors: Layer {
  let words: Embedding
  let neighbours: Embedding

  init(count: Int, size: Int) {
    words = Embedding(count, size, initializer: .normal(standardDeviation: 0.1))
    neighbours = Embedding(count, size, initializer: .normal(standardDeviation: 0.1))
  }

  /// How well words `[batch]` and candidates for neighbours `[batch, n]` go together: logits `[batch, n]`.
  func forward(_ pair: Pair<Tensor<Int64>, Tensor<Int64>>) -> Tensor<Float> {
    (words(pair.first).expandedDimension(at: 1) * neighbours(pair.second)).sum(axis: 2)
  }
}

func run(_ options: Options) throws {
  let text = try Text(options.texts)
  let data = try text.pairs(window: 4, seed: options.seed)
  print("\(text.tokens.count) words, \(text.words.count) different ones, \(data.count) pairs")

  let model = withRandomSeed(options.seed) { WordVectors(count: text.words.count, size: 48) }
  // Words at random as often as in the text to the power of 3/4, as in the paper.
  let noise = Tensor<Float>(text.counts.map { Float(pow(Double($0), 0.75)) })
  let wrongOnes = 5
  let isNeighbour = Tensor<Float>([1] + [Float](repeating: 0, count: wrongOnes))
  let trainer = Trainer(model, optimizer: Adam(learningRate: 3e-3)) { model, batch in
    let wrong = Tensor<Int64>.randomCategorical([batch.count, wrongOnes], weights: noise)
    let candidates = Tensor.concatenate([batch.x.second.expandedDimension(at: 1), wrong], axis: 1)
    let logits = model(Pair(batch.x.first, candidates))
    return binaryCrossEntropy(logits: logits, expected: isNeighbour.broadcast(to: logits.shape))
  }
  let history = try trainer.fit(data.x, epochs: options.epochs, batchSize: 512, seed: options.seed)
  print(String(format: "loss: %.4f", history["loss"].last!))

  // Neighbours by the angle between vectors.
  let vectors = model.words.weight
  let units = vectors / vectors.squared().sum(axis: 1, keepDims: true).sqrt()
  for word in ["copyright", "program", "distribute", "warranty", "modified", "patent", "must"] {
    guard let index = text.words.firstIndex(of: word) else { continue }
    let (cosines, places) = matmul(units, units[index]).topK(6)
    let near = zip(places.scalars, cosines.scalars).dropFirst().map {
      "\(text.words[Int($0)]) \(String(format: "%.2f", $1))"
    }
    print("\(word): \(near.joined(separator: ", "))")
  }
}

func complain(_ message: String) {
  FileHandle.standardError.write(Data("word-vectors: \(message)\n".utf8))
}

#if DEBUG
  complain("this is a debug build, 10 to 100 times slower; use: swift run -c release word-vectors")
#endif

do {
  try run(Options(CommandLine.arguments.dropFirst()))
} catch {
  complain("\(error)")
  exit(1)
}
