import MartletCore
import MartletTesting
import TestSupport
import Testing

/// Random indices in brackets, with tensors and masks among them, against plain arrays.
@Suite struct IndexFuzzTests {
  static let rounds = 1_000

  @Test(arguments: 0..<20)
  func `twenty thousand reads and writes are those of plain arrays, and copies stay`(seed: Int) {
    var random = SplitMix("indices \(seed)")
    for _ in 0..<IndexFuzzTests.rounds {
      let shape = RandomIndices.shape(&random)
      var plain = PlainArray(counting: shape)
      var tensor = Tensor<Int64>(plain)
      if Int.random(in: 0..<3, using: &random) == 0 { tensor = tensor.transposed().contiguous().transposed() }
      // A copy or a view, which what is written to the tensor must not reach.
      let (before, copy, view) = (plain, tensor, tensor.transposed())
      for round in 1...3 {
        let indices = RandomIndices(shape, &random)
        let picked = indices.picked
        let read = tensor[indices.list]
        if !same(read, PlainArray(picked.shape, picked.values.map { plain.values[$0] })) {
          Issue.record("\(indices) of \(shape): read \(read.shape) \(read.scalars)")
          return
        }
        let step = Write.allCases.randomElement(using: &random)!
        step.apply(indices, picked, 1_000 * round, &tensor, &plain)
        if !same(tensor, plain) {
          Issue.record("\(indices) of \(shape): \(step) gave \(tensor.scalars), not \(plain.values)")
          return
        }
      }
      if !same(copy, before) || !same(view.transposed(), before) {
        Issue.record("a write to \(shape) has reached a copy")
        return
      }
    }
  }

  @Test(arguments: 0..<30)
  func `derivatives on both sides are those of finite differences`(seed: Int) {
    var random = SplitMix("derivatives \(seed)")
    let shape = RandomIndices.shape(&random, empty: false)
    let indices = RandomIndices(shape, &random)
    let picked = Shape(indices.picked.shape)
    let x = random.doubles(Shape(shape))
    let values = random.doubles(picked)
    let (w, v) = (random.doubles(Shape(shape)), random.doubles(picked))
    let read: (Tensor<Double>) -> Tensor<Double> = { x in
      let read = x[indices.list]
      return (read * read * read * v).sum()
    }
    expectDerivatives("read \(indices) of \(shape)", x, read)
    func written(_ x: Tensor<Double>, _ values: Tensor<Double>) -> Tensor<Double> {
      var y = x * x
      y[indices.list] = values * values
      return (y * y * w).sum()
    }
    expectDerivatives("base at \(indices) of \(shape)", x) { written($0, values) }
    expectDerivatives("values at \(indices) of \(shape)", values) { written(x, $0) }
    func added(_ x: Tensor<Double>, _ values: Tensor<Double>) -> Tensor<Double> {
      let y = (x * x).adding(values * values, at: indices.list)
      return (y * y * w).sum()
    }
    expectDerivatives("base added to at \(indices) of \(shape)", x) { added($0, values) }
    expectDerivatives("added at \(indices) of \(shape)", values) { added(x, $0) }
    expectDerivatives("number at \(indices) of \(shape)", Tensor<Double>(0.7)) { number in
      var y = x
      y[indices.list] = number * number
      return (y * y * w).sum()
    }
  }
}

/// What is done at random indices.
private enum Write: CaseIterable {
  case values, number, oneTensor, plus, added, broadcast

  func apply(
    _ indices: RandomIndices, _ picked: PlainArray, _ base: Int, _ tensor: inout Tensor<Int64>,
    _ plain: inout PlainArray
  ) {
    let fresh = PlainArray(picked.shape, picked.values.indices.map { base + $0 })
    switch self {
    case .values:
      tensor[indices.list] = Tensor(fresh)
      for (place, value) in zip(picked.values, fresh.values) { plain.values[place] = value }
    case .number:
      tensor[indices.list] = Int64(base)
      for place in picked.values { plain.values[place] = base }
    case .oneTensor:
      tensor[indices.list] = Tensor<Int64>([Int64(base)]).reshaped(to: picked.shape.isEmpty ? [] : [1])
      for place in picked.values { plain.values[place] = base }
    case .plus:
      tensor[indices.list] += Tensor(fresh)
      // Each is set once, to what it was and the last of the numbers.
      let old = plain
      for (place, value) in zip(picked.values, fresh.values) { plain.values[place] = old.values[place] + value }
    case .added:
      tensor.add(Tensor(fresh), at: indices.list)
      for (place, value) in zip(picked.values, fresh.values) { plain.values[place] += value }
    case .broadcast:
      guard let last = picked.shape.last else { return }
      let row = PlainArray([last], (0..<last).map { base + $0 })
      tensor[indices.list] = Tensor(row)
      for (position, place) in picked.values.enumerated() { plain.values[place] = base + position % last }
    }
  }
}

/// Indices in brackets, and what they are by NumPy's rules, worked out from scratch.
private struct RandomIndices: CustomStringConvertible {
  enum Part {
    case element(Int)
    case slice([Int], TensorIndex)
    case newAxis, ellipsis(Int)
    case tensor(PlainArray)
    case mask(shape: [Int], [Bool])
  }

  let shape: [Int]
  private(set) var parts: [Part]

  static func shape(_ random: inout SplitMix, empty: Bool = true) -> [Int] {
    (0..<Int.random(in: 1...4, using: &random)).map { _ in
      empty && Int.random(in: 0..<20, using: &random) == 0 ? 0 : Int.random(in: 1...4, using: &random)
    }
  }

  init(_ shape: [Int], _ random: inout SplitMix) {
    self.shape = shape
    parts = []
    // Drawn again where they have too many axes, or leave out axes that an ellipsis would stand for.
    repeat {
      parts = RandomIndices.drawn(shape, &random) ?? []
    } while parts.isEmpty || picked.shape.count > 6
  }

  private static func drawn(_ shape: [Int], _ random: inout SplitMix) -> [Part]? {
    var parts: [Part] = []
    func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    let joined = [[], [3], [2, 1], [2, 3], [3], [1], [0]][below(7)]
    // Axes of length 1 are few, so that there are never more than eight axes.
    var (axis, hasEllipsis, added) = (0, false, 0)
    while axis < shape.count && (below(6) > 0 || axis == 0) {
      let length = shape[axis]
      switch below(9) {
      case 0 where added < 2:
        added += 1
        parts.append(.newAxis)
      case 1 where !hasEllipsis:
        hasEllipsis = true
        let count = below(shape.count - axis + 1)
        parts.append(.ellipsis(count))
        axis += count
      case 2 where length > 0:
        parts.append(.element(below(2 * length) - length))
        axis += 1
      case 3, 4:
        // A shape that broadcasts to the joined one.
        let form = joined.suffix(below(joined.count + 1)).map { below(4) == 0 ? 1 : $0 }
        if length == 0 && form.reduce(1, *) > 0 { continue }
        parts.append(.tensor(PlainArray(form) { _ in below(2 * length) - length }))
        axis += 1
      case 5:
        let axes = Array(shape[axis..<min(shape.count, axis + below(3))])
        let count = axes.reduce(1, *)
        // As many true ones as fit the other index tensors.
        let wanted = joined.last ?? 1
        if wanted > count || axes.isEmpty && added == 2 { continue }
        if axes.isEmpty { added += 1 }
        parts.append(.mask(shape: axes, ((0..<count).map { $0 < wanted }).shuffled(using: &random)))
        axis += axes.count
      default:
        let step = [1, 1, 2, -1][below(4)]
        let (low, high) = (below(length + 1), below(length + 1))
        let (from, to) = step > 0 ? (min(low, high), max(low, high)) : (max(low, high) - 1, min(low, high) - 1)
        let bounds: (Int?, Int?) = step > 0 ? (from, to) : (from < 0 ? nil : from, to < 0 ? nil : to)
        if step < 0 && from < 0 { continue }
        parts.append(
          .slice(Array(stride(from: from, to: to, by: step)), .slice(from: bounds.0, to: bounds.1, step: step)))
        axis += 1
      }
      if parts.count > 6 { break }
    }
    // The ellipsis stands for all axes that are left out, which are behind all indices.
    let left = shape.count - axis
    let place = parts.firstIndex { if case .ellipsis = $0 { true } else { false } }
    guard let place, left > 0 else { return parts }
    if place < parts.count - 1 { return nil }
    if case .ellipsis(let count) = parts[place] { parts[place] = .ellipsis(count + left) }
    return parts
  }

  var list: [TensorIndex] {
    parts.map { part in
      switch part {
      case .element(let place): .element(place)
      case .slice(_, let slice): slice
      case .newAxis: .newAxis
      case .ellipsis: .ellipsis
      case .tensor(let plain): Tensor<Int64>(plain).tensorIndex
      case .mask(let shape, let truths): Tensor(shape: Shape(shape), scalars: truths).tensorIndex
      }
    }
  }

  /// The positions of the elements that are named, in the shape that they are read in.
  var picked: PlainArray {
    // For each part the places along its axes: `basic` from the result's own axis, `advanced` from the joined index.
    var joined: [Int] = []
    var axis = 0
    var advanced: [(axis: Int, places: PlainArray)] = []
    var basic: [(axis: Int?, places: [Int])] = []
    var (isAdvanced, runs, before, wasAdvanced) = (false, 0, 0, false)
    func begin() {
      if !wasAdvanced {
        if runs == 0 { before = basic.count }
        runs += 1
      }
      wasAdvanced = true
    }
    func join(_ shape: [Int]) { joined = Array(Shape(joined).joined(Shape(shape))) }
    var elements: [(axis: Int, place: Int)] = []
    for part in parts {
      switch part {
      case .newAxis:
        wasAdvanced = false
        basic.append((nil, [0]))
      case .ellipsis(let count):
        wasAdvanced = false
        for _ in 0..<count {
          basic.append((axis, Array(0..<shape[axis])))
          axis += 1
        }
      case .slice(let places, _):
        wasAdvanced = false
        basic.append((axis, places))
        axis += 1
      case .element(let place):
        begin()
        elements.append((axis, place < 0 ? place + shape[axis] : place))
        axis += 1
      case .tensor(let places):
        begin()
        isAdvanced = true
        let length = shape[axis]
        advanced.append((axis, PlainArray(places.shape, places.values.map { $0 < 0 ? $0 + length : $0 })))
        join(places.shape)
        axis += 1
      case .mask(let form, let truths):
        begin()
        isAdvanced = true
        let places = truths.indices.filter { truths[$0] }
        join([places.count])
        var inner = form.reduce(1, *)
        for length in form {
          inner /= max(1, length)
          let (inner, count) = (inner, places.count)
          advanced.append((axis, PlainArray([count], places.map { $0 / max(1, inner) % length })))
          axis += 1
        }
      }
    }
    while axis < shape.count {
      basic.append((axis, Array(0..<shape[axis])))
      axis += 1
    }
    let place = !isAdvanced ? 0 : runs > 1 ? 0 : before
    let front = isAdvanced ? joined : []
    let lengths = basic.map(\.places.count)
    let result = Array(lengths[..<place]) + front + Array(lengths[place...])
    let source = PlainArray(counting: shape)
    return PlainArray(result) { index in
      var from = [Int](repeating: 0, count: shape.count)
      for (axis, place) in elements { from[axis] = place }
      let inner = Array(index[place..<place + front.count])
      for (axis, places) in advanced { from[axis] = places.broadcast(inner) }
      for (position, (axis, places)) in basic.enumerated() {
        guard let axis else { continue }
        from[axis] = places[index[position < place ? position : position + front.count]]
      }
      return source[from]
    }
  }

  var description: String { "\(parts)" }
}

extension Shape {
  /// The shape that both broadcast to; they do.
  fileprivate func joined(_ other: Shape) -> Shape {
    let rank = Swift.max(self.rank, other.rank)
    return Shape(
      (0..<rank).map { axis in
        let (a, b) = (axis - rank + self.rank, axis - rank + other.rank)
        let (x, y) = (a < 0 ? 1 : self[a], b < 0 ? 1 : other[b])
        return x == 1 ? y : x
      })
  }
}
