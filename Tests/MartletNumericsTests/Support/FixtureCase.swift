import MartletCore
import MartletTesting
import TestSupport

/// A case of `Tests/Fixtures/statistics.safetensors`: an operation with its arguments, and what NumPy or SciPy answers.
struct FixtureCase: Sendable, CustomStringConvertible {
  /// The operation and its arguments, as the entries are called: `median x=grid.f64 axis=1`.
  let description: String
  let operation: String
  /// The results, in order.
  let expected: [AnyTensor]
  private let arguments: [String: String]

  static let fixture = try! Fixture("statistics")

  /// All cases, in the order of their names.
  static let all: [FixtureCase] = {
    let results = Dictionary(
      grouping: fixture.tensors.filter { !$0.key.hasPrefix("data/") }, by: { $0.key.split(separator: "#")[0] })
    return results.keys.sorted().map { name in
      FixtureCase(String(name), results[name]!.sorted { $0.key < $1.key }.map(\.value))
    }
  }()

  private init(_ name: String, _ expected: [AnyTensor]) {
    let words = name.split(separator: " ")
    description = name
    operation = String(words[0])
    self.expected = expected
    arguments = Dictionary(
      uniqueKeysWithValues: words.dropFirst().map { word in
        let halves = word.split(separator: "=", maxSplits: 1)
        return (String(halves[0]), halves.count > 1 ? String(halves[1]) : "")
      })
  }

  // MARK: Arguments

  func has(_ key: String) -> Bool { arguments[key] != nil }
  func word(_ key: String) -> String { arguments[key]! }
  func integer(_ key: String) -> Int { Int(word(key))! }
  func number(_ key: String) -> Double { Double(word(key))! }
  func integers(_ key: String) -> [Int] { word(key).split(separator: ";").map { Int($0)! } }
  func numbers(_ key: String) -> [Double] { word(key).split(separator: ";").map { Double($0)! } }
  func range(_ key: String) -> ClosedRange<Double>? {
    has(key) ? numbers(key)[0]...numbers(key)[1] : nil
  }

  var keepDims: Bool { has("keep") }
  /// The axes, of which one is given by `axis:` and several by `axes:`.
  var axes: [Int]? { has("axis") ? integers("axis") : nil }

  /// The values of an operand.
  func plain(_ key: String = "x") -> PlainTensor { FixtureCase.fixture.tensors["data/" + word(key)]!.plain }

  /// An operand, placed in memory in one of the ways.
  func operand<S: TensorScalar>(_ key: String = "x", _ placement: Placement, as type: S.Type = S.self) -> Tensor<S> {
    Tensor(AnyTensor(plain(key), placement), as: S.self)
  }

  /// The case's operation by the form of a reduction that its axes ask for.
  func reduce<R>(
    _ all: (_ keepDims: Bool) -> R, _ one: (_ axis: Int, _ keepDims: Bool) -> R,
    _ several: (_ axes: [Int], _ keepDims: Bool) -> R
  ) -> R {
    guard let axes else { return all(keepDims) }
    return axes.count == 1 ? one(axes[0], keepDims) : several(axes, keepDims)
  }
}
