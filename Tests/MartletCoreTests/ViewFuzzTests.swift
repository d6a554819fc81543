import MartletCore
import MartletTesting
import TestSupport
import Testing

/// Chains of operations that move elements, against plain arrays.
@Suite struct ViewFuzzTests {
  static let chains = 1_000

  @Test(arguments: 0..<20)
  func `twenty thousand chains of moves are those of plain arrays`(seed: Int) {
    var random = SplitMix("moves \(seed)")
    for _ in 0..<ViewFuzzTests.chains {
      let shape = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        Int.random(in: 0...9, using: &random) > 0 ? Int.random(in: 1...4, using: &random) : 0
      }
      var plain = PlainArray(counting: shape)
      var tensor = Tensor<Int64>(plain)
      let first = tensor
      var program = ["\(shape)"]
      for _ in 0..<Int.random(in: 2...7, using: &random) {
        program.append(Move.random(plain.shape, &random).apply(&tensor, &plain))
        if !same(tensor, plain) || !same(tensor.contiguous(), plain) {
          Issue.record("\(program): \(tensor.shape) \(tensor.scalars), not \(plain.shape) \(plain.values)")
          return
        }
      }
      // What was read is as it was.
      if !same(first, PlainArray(counting: shape)) { Issue.record("\(program) changed its operand") }
    }
  }

  @Test(arguments: 0..<40)
  func `gradients go back to where elements came from`(seed: Int) {
    var random = SplitMix("moves' gradients \(seed)")
    let shape = (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 1...4, using: &random) }
    var expected = [Double](repeating: 0, count: shape.reduce(1, *))
    var program: [String] = []
    let start = Tensor<Double>.arange(Double(expected.count)).reshaped(to: Shape(shape))
    let slopes = gradient(at: start) { x in
      var (tensor, plain) = (x, PlainArray(counting: shape))
      for _ in 0..<5 { program.append(Move.random(plain.shape, &random).apply(&tensor, &plain)) }
      let weights = plain.values.indices.map { Double($0 % 7 + 1) }
      for (source, weight) in zip(plain.values, weights) { expected[source] += weight }
      return (tensor * Tensor(shape: tensor.shape, scalars: weights)).sum()
    }
    #expect(slopes.scalars == expected, "\(program)")
  }
}

/// One operation with its arguments.
private enum Move {
  case permute([Int]), swap(Int, Int), moveAxis(Int, Int), reverse([Int]), reverseAll, expand([Int]), squeeze
  case atLeast(Int), element(Int, Int), slice(Int, from: Int, step: Int, count: Int), broadcast([Int]), reshape([Int])
  case diagonal(Int, Int, Int), windows([Int], [Int], [Int]), part(Int, [Int], Int), chunk(Int, Int)
  case unstack(Int, Int), stack(Int), roll([Int], [Int]), rollFlat(Int), rotate(Int, Int, Int), repeatEach(Int, Int)
  case repeatCounts(Int, [Int]), tile([Int]), pad([(before: Int, after: Int)], PaddingMode)
  case take(Int, [Int])

  static func random(_ shape: [Int], _ random: inout SplitMix) -> Move {
    let (rank, count) = (shape.count, shape.reduce(1, *))
    func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    func among(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    let small = count <= 150
    func axis() -> Int { below(rank) }
    func twoAxes() -> (Int, Int) {
      let first = axis()
      return (first, (first + 1 + below(rank - 1)) % rank)
    }
    func padding() -> [(before: Int, after: Int)] { shape.map { _ in (before: below(3), after: below(4)) } }
    while true {
      switch below(26) {
      case 0: return .permute(Array(0..<rank).shuffled(using: &random))
      case 1 where rank > 0: return .swap(axis(), axis())
      case 2 where rank > 0: return .moveAxis(axis(), axis())
      case 3 where rank > 0: return .reverse(Array(Array(0..<rank).shuffled(using: &random).prefix(among(1...rank))))
      case 4: return .reverseAll
      case 5 where rank < 5: return .expand(Array(Array(0..<rank + 2).shuffled(using: &random).prefix(2)))
      case 6: return .squeeze
      case 7 where rank < 5: return .atLeast(below(6))
      case 8 where rank > 1:
        let along = axis()
        if shape[along] > 0 { return .element(along, among(-shape[along]...shape[along] - 1)) }
      case 9 where rank > 0:
        let along = axis()
        if shape[along] == 0 { break }
        let (from, step) = (below(shape[along]), [1, 2, -1, -2][below(4)])
        let most = step > 0 ? (shape[along] - from + step - 1) / step : from / -step + 1
        return .slice(along, from: from, step: step, count: among(1...most))
      case 10 where small && rank < 5:
        var target = shape.map { $0 == 1 ? among(1...3) : $0 }
        if below(2) == 0 { target.insert(2, at: 0) }
        return .broadcast(target)
      case 11 where count > 0:
        var (factors, rest) = ([Int](), count)
        for prime in [2, 3] where rest % prime == 0 && below(2) == 0 {
          factors.append(prime)
          rest /= prime
        }
        return .reshape((factors + [rest]).shuffled(using: &random))
      case 12 where rank > 1:
        let (first, second) = twoAxes()
        return .diagonal(among(-3...3), first, second)
      case 13 where small && rank > 0 && rank < 5:
        let axes = Array(Array(0..<rank).shuffled(using: &random).prefix(among(1...min(2, rank))))
        if axes.contains(where: { shape[$0] == 0 }) { break }
        return .windows(axes.map { among(1...shape[$0]) }, axes.map { _ in among(1...2) }, axes)
      case 14 where rank > 0:
        let along = axis()
        let cuts = [below(shape[along] + 1), below(shape[along] + 1)].sorted()
        return .part(along, cuts, below(3))
      case 15 where rank > 0: return .chunk(axis(), among(1...3))
      case 16 where rank > 1:
        let along = axis()
        if shape[along] > 0 { return .unstack(along, below(shape[along])) }
      case 17 where small && rank < 5: return .stack(below(rank + 1))
      case 18 where rank > 0: return .roll([among(-9...9), among(-9...9)], [axis(), axis()])
      case 19: return .rollFlat(among(-9...9))
      case 20 where rank > 1:
        let (first, second) = twoAxes()
        return .rotate(among(-5...5), first, second)
      case 21 where small && rank > 0: return .repeatEach(axis(), below(3))
      case 22 where small && rank > 0:
        let along = axis()
        return .repeatCounts(along, (0..<shape[along]).map { _ in below(3) })
      case 23 where count <= 40 && rank < 4: return .tile((0..<below(rank + 2)).map { _ in among(1...2) })
      case 24 where count > 0 && count <= 40: return .pad(padding(), PaddingMode.allCases[below(4)])
      case 25 where rank > 0:
        let along = axis()
        if shape[along] > 0 { return .take(along, (0..<below(4)).map { _ in below(shape[along]) }) }
      default: break
      }
    }
  }

  /// Does it to both, and tells what it was.
  func apply<S: NumericScalar>(_ tensor: inout Tensor<S>, _ plain: inout PlainArray) -> String {
    let (shape, rank) = (plain.shape, plain.shape.count)
    func along(_ axis: Int, _ length: Int, _ source: (Int) -> Int) -> PlainArray {
      var target = shape
      target[axis] = length
      return plain.moved(target) { index in
        var index = index
        index[axis] = source(index[axis])
        return index
      }
    }
    func permuted(_ order: [Int]) -> PlainArray {
      plain.moved(order.map { shape[$0] }) { index in
        var source = index
        for (position, axis) in order.enumerated() { source[axis] = index[position] }
        return source
      }
    }
    func removing(_ axis: Int, _ place: Int) -> PlainArray {
      var target = shape
      target.remove(at: axis)
      return plain.moved(target) { index in
        var index = index
        index.insert(place, at: axis)
        return index
      }
    }
    switch self {
    case .permute(let order): (tensor, plain) = (tensor.permuted(order), permuted(order))
    case .swap(let a, let b):
      var order = Array(0..<rank)
      order.swapAt(a, b)
      (tensor, plain) = (tensor.swappedAxes(a, b - rank), permuted(order))
    case .moveAxis(let from, let to):
      var order = Array(0..<rank)
      order.insert(order.remove(at: from), at: to)
      (tensor, plain) = (tensor.movedAxis(from: from, to: to - rank), permuted(order))
    case .reverse(let axes):
      tensor = tensor.reversed(axes: axes)
      plain = plain.moved(shape) { index in
        index.indices.map { axes.contains($0) ? shape[$0] - 1 - index[$0] : index[$0] }
      }
    case .reverseAll: (tensor, plain) = (tensor.reversed(), PlainArray(shape, plain.values.reversed()))
    case .expand(let places):
      tensor = tensor.expandedDimensions(at: places)
      for place in places.sorted() { plain.shape.insert(1, at: place) }
    case .squeeze:
      tensor = tensor.squeezed(axes: shape.indices.filter { shape[$0] == 1 })
      plain.shape = shape.filter { $0 != 1 }
    case .atLeast(let least):
      tensor = tensor.atLeast(rank: least)
      plain.shape = [Int](repeating: 1, count: max(0, least - rank)) + shape
    case .element(let axis, let place):
      tensor = tensor[[TensorIndex](repeating: .all, count: axis) + [.element(place)]]
      plain = removing(axis, place < 0 ? place + shape[axis] : place)
    case .slice(let axis, let from, let step, let count):
      let end = from + step * count
      let bound: Int? = step > 0 ? min(end, shape[axis]) : end < 0 ? nil : end
      tensor = tensor[[TensorIndex](repeating: .all, count: axis) + [.slice(from: from, to: bound, step: step)]]
      plain = along(axis, count) { from + step * $0 }
    case .broadcast(let target):
      tensor = tensor.broadcast(to: Shape(target))
      let old = plain
      plain = PlainArray(target) { old.broadcast($0) }
    case .reshape(let target): (tensor, plain.shape) = (tensor.reshaped(to: target), target)
    case .diagonal(let offset, let first, let second):
      let others = shape.indices.filter { $0 != first && $0 != second }
      let length = max(0, min(shape[first] + min(0, offset), shape[second] - max(0, offset)))
      tensor = tensor.diagonal(offset: offset, axes: (first, second))
      plain = plain.moved(others.map { shape[$0] } + [length]) { index in
        var source = shape
        for (position, axis) in others.enumerated() { source[axis] = index[position] }
        (source[first], source[second]) = (index.last! + max(0, -offset), index.last! + max(0, offset))
        return source
      }
    case .windows(let sizes, let steps, let axes):
      var target = shape
      for (position, axis) in axes.enumerated() { target[axis] = (shape[axis] - sizes[position]) / steps[position] + 1 }
      tensor = tensor.windows(sizes, steps: steps, axes: axes)
      plain = plain.moved(target + sizes) { index in
        var source = Array(index[..<rank])
        for (position, axis) in axes.enumerated() {
          source[axis] = source[axis] * steps[position] + index[rank + position]
        }
        return source
      }
    case .part(let axis, let cuts, let which):
      let bounds = [0] + cuts + [shape[axis]]
      tensor = tensor.split(at: cuts, axis: axis)[which]
      plain = along(axis, bounds[which + 1] - bounds[which]) { $0 + bounds[which] }
    case .chunk(let axis, let count):
      let size = max(1, (shape[axis] + count - 1) / count)
      tensor = tensor.chunks(count, axis: axis).last!
      let start = max(0, (shape[axis] - 1) / size * size)
      plain = along(axis, shape[axis] - start) { $0 + start }
    case .unstack(let axis, let place): (tensor, plain) = (tensor.unstacked(axis: axis)[place], removing(axis, place))
    case .stack(let axis):
      tensor = .stack([tensor, tensor], axis: axis)
      var target = shape
      target.insert(2, at: axis)
      plain = plain.moved(target) { index in
        var index = index
        index.remove(at: axis)
        return index
      }
    case .roll(let shifts, let axes):
      tensor = tensor.rolled(by: shifts, axes: axes)
      for (shift, axis) in zip(shifts, axes) where shape[axis] > 0 {
        let old = plain
        plain = old.moved(shape) { index in
          var index = index
          index[axis] = ((index[axis] - shift) % shape[axis] + shape[axis]) % shape[axis]
          return index
        }
      }
    case .rollFlat(let shift):
      tensor = tensor.rolled(by: shift)
      let (old, count) = (plain.values, plain.values.count)
      plain.values = old.indices.map { old[(($0 - shift) % count + count) % count] }
    case .rotate(let times, let first, let second):
      tensor = tensor.rotated90(times, axes: (first, second))
      for _ in 0..<((times % 4 + 4) % 4) {
        // What was at [i, j] comes to [last − j, i].
        let old = plain
        var target = old.shape
        target.swapAt(first, second)
        plain = old.moved(target) { index in
          var source = index
          (source[first], source[second]) = (index[second], old.shape[second] - 1 - index[first])
          return source
        }
      }
    case .repeatEach(let axis, let count):
      tensor = tensor.repeated(count, axis: axis)
      plain = along(axis, shape[axis] * count) { $0 / count }
    case .repeatCounts(let axis, let counts):
      let places = counts.enumerated().flatMap { [Int](repeating: $0.offset, count: $0.element) }
      tensor = tensor.repeated(counts, axis: axis)
      plain = along(axis, places.count) { places[$0] }
    case .tile(let counts):
      tensor = tensor.tiled(counts)
      let wide = [Int](repeating: 1, count: max(0, counts.count - rank)) + shape
      let all = [Int](repeating: 1, count: wide.count - counts.count) + counts
      plain.shape = wide
      plain = plain.moved(zip(wide, all).map { $0 * $1 }) { index in zip(index, wide).map { $0 % $1 } }
    case .pad(let padding, let mode):
      tensor = tensor.padded(padding, mode: mode)
      plain = plain.moved(zip(shape, padding).map { $0 + $1.before + $1.after }) { index in
        index.indices.map { axis in mirrored(index[axis] - padding[axis].before, shape[axis], mode) }
      }
    case .take(let axis, let places):
      tensor = tensor.take(Tensor<Int64>(places), axis: axis)
      plain = along(axis, places.count) { places[$0] }
    }
    return "\(self)"
  }
}

/// The place of an element that stands at a place outside an axis, walked to step by step.
private func mirrored(_ place: Int, _ length: Int, _ mode: PaddingMode) -> Int {
  var place = place
  while place < 0 || place >= length {
    switch mode {
    case .edge: place = place < 0 ? 0 : length - 1
    case .circular: place += place < 0 ? length : -length
    case .symmetric: place = place < 0 ? -1 - place : 2 * length - 1 - place
    case .reflect: place = length == 1 ? 0 : place < 0 ? -place : 2 * (length - 1) - place
    }
  }
  return place
}
