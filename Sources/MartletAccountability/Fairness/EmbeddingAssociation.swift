import MartletCore

/// The word embedding association test: whether words of one kind are nearer to some attributes than those of another.
///
/// With s(w) = mean cosine of w and the words of A - mean cosine of w and those of B, for target words X and Y. Source:
/// A. Caliskan et al., Semantics derived automatically from language corpora contain human-like biases (2017).
public struct EmbeddingAssociation: Sendable, Equatable {
  /// What the spread of the effect size divides by; a published effect size is of one of both.
  public enum Spread: Sendable {
    /// The number of target words, as the Python packages do.
    case population
    /// One less, as the definition of a sample's standard deviation does.
    case sample
  }

  /// s(w) of each word of X.
  public let first: [Double]
  /// s(w) of each word of Y.
  public let second: [Double]

  /// The association of embeddings `[words, size]` of the target words X and Y with those of the attribute words A and B.
  ///
  /// Throws when there are no words of a kind, the sizes differ, and when an embedding is 0 or not finite.
  /// - Complexity: O((X + Y) · (A + B) · size)
  public init<Scalar: FloatingScalar>(
    _ x: Tensor<Scalar>, _ y: Tensor<Scalar>, attributes a: Tensor<Scalar>, _ b: Tensor<Scalar>
  ) throws(FairnessError) {
    for (name, words) in [("X", x), ("Y", y), ("A", a), ("B", b)] {
      if words.rank != 2 || words.shape[1] != x.shape.last {
        throw .shapes(
          "expected embeddings of one size, shapes [words, size], got \(x.shape) and, of \(name), \(words.shape)")
      }
      if words.count == 0 { throw .empty("expected words, got embeddings of \(name) of shape \(words.shape)") }
    }
    let directions = (try Self.directions(a), try Self.directions(b))
    func associations(_ words: [[Double]]) -> [Double] {
      words.map { Self.meanProduct($0, directions.0) - Self.meanProduct($0, directions.1) }
    }
    first = associations(try Self.directions(x))
    second = associations(try Self.directions(y))
  }

  /// The sum of s over X less that over Y.
  public var score: Double { first.reduce(0, +) - second.reduce(0, +) }

  /// The mean of s over X less that over Y, by the standard deviation over both: within -2…2; NaN when all are equal.
  public func effectSize(_ spread: Spread) -> Double {
    let all = first + second
    let mean = all.reduce(0, +) / Double(all.count)
    let squares = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let count = spread == .population ? all.count : all.count - 1
    let difference = first.reduce(0, +) / Double(first.count) - second.reduce(0, +) / Double(second.count)
    return squares > 0 ? difference / (squares / Double(count)).squareRoot() : .nan
  }

  /// Embeddings of length 1.
  private static func directions<Scalar: FloatingScalar>(_ words: Tensor<Scalar>) throws(FairnessError) -> [[Double]] {
    var rows = [[Double]]()
    for row in words.detached().cast(to: Double.self).scalars2D {
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if !(length > 0 && length.isFinite) {
        throw .invalid("expected embeddings of a length above 0, got \(length) for word \(rows.count)")
      }
      rows.append(row.map { $0 / length })
    }
    return rows
  }

  private static func meanProduct(_ word: [Double], _ others: [[Double]]) -> Double {
    let products = others.map { zip(word, $0).reduce(0) { $0 + $1.0 * $1.1 } }
    return products.reduce(0, +) / Double(others.count)
  }
}
