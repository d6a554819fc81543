import MartletCore
import MartletPlatform

/// Sets of features that take part, and how much each counts in Kernel SHAP's regression.
struct Coalitions {
  /// Whether each feature is in, set after set.
  private(set) var members: [[Bool]] = []
  private(set) var weights: [Double] = []
  /// Whether these are all sets but the empty and the full one.
  private(set) var isExhaustive = false

  /// Sets for a number of features: all of the sizes that fit into `limit`, beginning with the smallest and largest, whose
  /// weight is greatest; then sets of the other sizes drawn by their weight, each with its complement.
  ///
  /// All sets of size k together weigh (M - 1) / (k (M - k)) (S. Lundberg and S.-I. Lee, A unified approach to interpreting
  /// model predictions (2017), arXiv:1705.07874). Complements make the estimate far steadier (I. Covert and S.-I. Lee,
  /// Improving KernelSHAP (2021), arXiv:2012.01536).
  init(features: Int, limit: Int, seed: UInt64) {
    if features < 2 { return }
    func weight(_ size: Int) -> Double { Double(features - 1) / (Double(size) * Double(features - size)) }
    var left = Array(1...features / 2)
    var (room, share) = (limit, left.reduce(0) { $0 + Self.both($1, features) * weight($1) })
    while let size = left.first {
      let count = Self.both(size, features) * Self.choices(features, size)
      // The sets of a size are all taken where as many of them would be drawn.
      if count > Double(room) * Self.both(size, features) * weight(size) / share * (1 + 1e-12) { break }
      for set in Self.sets(of: size, among: features) {
        add(set, weight(size) / Self.choices(features, size))
        if 2 * size != features { add(set.map(!), weight(size) / Self.choices(features, size)) }
      }
      room -= Int(count)
      share -= Self.both(size, features) * weight(size)
      left.removeFirst()
    }
    isExhaustive = left.isEmpty
    if left.isEmpty || room < 2 { return }
    var generator = RandomGenerator(seed: seed)
    let pairs = room / 2
    let sizes = Tensor<Int64>(left.map(Int64.init)).randomChoice(
      pairs, weights: Tensor<Double>(left.map { Self.both($0, features) * weight($0) }), using: &generator
    ).scalars
    let total = left.reduce(0) { $0 + Self.both($1, features) * weight($1) }
    for size in sizes {
      let order = Tensor<Int64>.randomPermutation(features, using: &generator).scalars
      var set = [Bool](repeating: false, count: features)
      for place in order.prefix(Int(size)) { set[Int(place)] = true }
      add(set, total / Double(2 * pairs))
      add(set.map(!), total / Double(2 * pairs))
    }
  }

  private mutating func add(_ set: [Bool], _ weight: Double) {
    members.append(set)
    weights.append(weight)
  }

  /// 2 for a size whose complement is another one.
  private static func both(_ size: Int, _ features: Int) -> Double { 2 * size == features ? 1 : 2 }

  /// The number of sets of a size.
  static func choices(_ features: Int, _ size: Int) -> Double {
    (0..<size).reduce(1) { ($0 * Double(features - $1) / Double($1 + 1)).rounded() }
  }

  /// All sets of a size, in the order of their members.
  private static func sets(of size: Int, among count: Int) -> [[Bool]] {
    var (result, chosen) = ([[Bool]](), Array(0..<size))
    while true {
      var set = [Bool](repeating: false, count: count)
      for place in chosen { set[place] = true }
      result.append(set)
      guard let last = chosen.indices.last(where: { chosen[$0] < count - size + $0 }) else { return result }
      chosen[last] += 1
      for place in chosen.indices where place > last { chosen[place] = chosen[place - 1] + 1 }
    }
  }
}
