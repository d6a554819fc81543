import MartletTesting
import Testing

@testable import MartletCore

/// Views and subscripts, against an oracle of plain arrays.
@Suite struct IndexingTests {
  // MARK: Random programs

  @Test(arguments: 0..<60)
  func `chains of views`(seed: Int) {
    var random = SplitMix("views \(seed)")
    let shape = (0..<Int.random(in: 0...4, using: &random)).map { _ in Int.random(in: 1...5, using: &random) }
    let count = shape.reduce(1, *)
    var oracle = ViewOracle(shape: shape, values: (0..<count).map(Double.init))
    var tensor = Tensor<Float>(shape: Shape(shape), scalars: (0..<count).map(Float.init))
    var program: [String] = []
    for _ in 0..<12 {
      program.append(ViewStep.random(oracle.shape, &random).apply(&tensor, &oracle))
      #expect(tensor.shape.dimensions == oracle.shape, "\(program)")
      #expect(tensor.erased.plainValues == oracle.values, "\(program)")
      // Contiguous copies, sums along an axis and arithmetic see the same elements.
      #expect(tensor.contiguous().erased.plainValues == oracle.values, "\(program)")
      #expect((tensor + tensor).scalars.map(Double.init) == oracle.values.map { 2 * $0 }, "\(program)")
      if tensor.shape.dimensions != oracle.shape { return }
    }
  }

  @Test(arguments: 0..<30)
  func `gradients through chains of views`(seed: Int) {
    // The gradient of a weighted sum puts each element's weight back to where the element came from.
    var random = SplitMix("view gradients \(seed)")
    let shape = (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 1...5, using: &random) }
    let count = shape.reduce(1, *)
    let start = Tensor<Double>(shape: Shape(shape), scalars: (0..<count).map(Double.init))
    var expected = [Double](repeating: 0, count: count)
    var program: [String] = []
    let slope = gradient(at: start) { x in
      var tensor = x
      var oracle = ViewOracle(shape: shape, values: (0..<count).map(Double.init))
      for _ in 0..<6 { program.append(ViewStep.random(oracle.shape, &random).apply(&tensor, &oracle)) }
      let weights = (0..<oracle.values.count).map { Double($0 % 7 + 1) }
      for (source, weight) in zip(oracle.values, weights) { expected[Int(source)] += weight }
      return (tensor * Tensor(shape: Shape(oracle.shape), scalars: weights)).sum()
    }
    #expect(slope.scalars == expected, "\(program)")
  }

  @Test(arguments: 0..<60)
  func `writing through subscripts`(seed: Int) {
    var random = SplitMix("writes \(seed)")
    let shape = (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 1...5, using: &random) }
    let count = shape.reduce(1, *)
    var values = (0..<count).map(Double.init)
    var tensor = Tensor<Double>(shape: Shape(shape), scalars: values)
    // A tensor that is not in order itself, half of the time.
    if Bool.random(using: &random) && shape.count > 1 {
      tensor = tensor.transposed().contiguous().transposed()
    }
    let bystander = tensor
    let view = tensor[.slice(step: -1)]
    for round in 0..<6 {
      let index = RandomIndex(shape, &random)
      let target = index.places(shape)
      let kind = Int.random(in: 0..<3, using: &random)
      let source = (0..<target.places.count).map { Double(1000 * (round + 1) + $0) }
      switch kind {
      case 0: tensor[index.indices] = Tensor(shape: Shape(target.shape), scalars: source)
      case 1: tensor[index.indices] = Tensor(Double(-round))
      default: tensor[index.indices] = tensor[index.indices] + 0.5
      }
      for (position, place) in target.places.enumerated() {
        values[place] = kind == 0 ? source[position] : kind == 1 ? Double(-round) : values[place] + 0.5
      }
      #expect(tensor.scalars == values, "\(index.indices)")
      #expect(tensor[index.indices].scalars == target.places.map { values[$0] }, "\(index.indices)")
      #expect(tensor[index.indices].shape.dimensions == target.shape, "\(index.indices)")
    }
    #expect(bystander.scalars == (0..<count).map(Double.init))
    #expect(view.scalars.sorted() == (0..<count).map(Double.init))
  }

  // MARK: Single rules

  private let matrix: Tensor<Int32> = [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]

  @Test func `elements and slices`() {
    #expect(matrix[1] == [10, 11, 12, 13])
    #expect(matrix[-1, -1].item() == 23)
    #expect(matrix[1, 2].shape == [])
    #expect(matrix[0..<2, 1...2] == [[1, 2], [11, 12]])
    #expect(matrix[1...] == [[10, 11, 12, 13], [20, 21, 22, 23]])
    #expect(matrix[..<1] == [[0, 1, 2, 3]])
    #expect(matrix[...1, 0] == [0, 10])
    #expect(matrix[-2...(-1), 0] == [10, 20])
    #expect(matrix[...(-1), 0] == [0, 10, 20])
    #expect(matrix[.ellipsis, 0] == [0, 10, 20])
    #expect(matrix[0, .ellipsis] == [0, 1, 2, 3])
    #expect(matrix[.newAxis, 0].shape == [1, 4])
    #expect(matrix[.ellipsis, .newAxis].shape == [3, 4, 1])
    #expect(matrix[.slice(from: nil, to: nil, step: -1), 0] == [20, 10, 0])
    #expect(matrix[0, .slice(from: 3, to: 0, step: -2)] == [3, 1])
    #expect(matrix[0, .slice(from: nil, to: nil, step: 3)] == [0, 3])
    #expect(matrix[.all, .slice(from: 1, to: -1)] == [[1, 2], [11, 12], [21, 22]])
    #expect(matrix[-3 ..< -1, 0] == [0, 10])
    #expect(matrix[0, .slice(step: .max)] == [0] && matrix[0, .slice(step: .min)] == [3])
    #expect(matrix[2..<2].shape == [0, 4])
    #expect(matrix[3...].shape == [0, 4])
    #expect(matrix[0, .slice(from: 2, to: 1, step: 1)].shape == [0])
    #expect(Tensor<Float>(3)[.newAxis].shape == [1])
    #expect(Tensor<Float>(3)[.ellipsis].item() == 3)
  }

  @Test func `views share storage and copies do not`() {
    let x = Tensor<Float>.arange(12).reshaped(to: [3, 4])
    for view in [
      x.transposed(), x[1...], x.reversed(axis: 0), x.broadcast(to: [2, 3, 4]), x[0].reshaped(to: [2, 2]),
    ] {
      #expect(view.erased.body.block == x.erased.body.block)
    }
    #expect(x.transposed().flattened().erased.body.block != x.erased.body.block)
  }

  @Test func `writing to one never changes another`() {
    let original = Tensor<Float>.arange(6).reshaped(to: [2, 3])
    let expected = original.scalars
    var copy = original
    copy[0] = Tensor(9)
    #expect(original.scalars == expected)
    #expect(copy.scalars == [9, 9, 9, 3, 4, 5])
    var view = original.transposed()
    view[0, 0] = Tensor(-1)
    #expect(original.scalars == expected)
    #expect(view.scalars == [-1, 3, 1, 4, 2, 5])
    var repeated = original[0].broadcast(to: [2, 3])
    repeated[1, 1] = Tensor(7)
    #expect(repeated.scalars == [0, 1, 2, 0, 7, 2])
    var scalars = original
    scalars.withUnsafeMutableScalars { $0[0] = 5 }
    #expect(original.scalars == expected)
    #expect(scalars.scalars[0] == 5)
    // A value made of the tensor keeps what it was made of.
    var changing = original
    let sum = changing + 1
    let slice = changing[1]
    changing[1] = Tensor(0)
    #expect(sum.scalars == [1, 2, 3, 4, 5, 6])
    #expect(slice.scalars == [3, 4, 5])
  }

  @Test func `a tensor of its own is changed in place`() {
    var x = Tensor<Float>.zeros([1000])
    let before = UnsafeRawPointer(x.erased.body.pointer)
    for index in 0..<10 { x[index] = Tensor(Float(index)) }
    #expect(UnsafeRawPointer(x.erased.body.pointer) == before)
  }

  @Test func `assignment from an overlapping view of itself`() {
    var x = Tensor<Float>.arange(6)
    x[1...] = x[..<5]
    #expect(x.scalars == [0, 0, 1, 2, 3, 4])
    var y = Tensor<Float>.arange(6)
    y[TensorIndex.ellipsis] = y.reversed(axis: 0)
    #expect(y.scalars == [5, 4, 3, 2, 1, 0])
    var z = Tensor<Float>.arange(9).reshaped(to: [3, 3])
    z[TensorIndex.ellipsis] = z.transposed()
    #expect(z.scalars == [0, 3, 6, 1, 4, 7, 2, 5, 8])
    var w = Tensor<Float>.arange(4)
    w[TensorIndex.ellipsis] = w[3]
    #expect(w.scalars == [3, 3, 3, 3])
  }

  @Test func `recorded assignments have gradients`() {
    let x: Tensor<Double> = [1, 2, 3, 4]
    let y: Tensor<Double> = [10, 20]
    let (forX, forY) = gradient(at: x, y) { x, y in
      var z = x * 2
      z[1..<3] = y
      return (z * z).sum()
    }
    #expect(forX.scalars == [8, 0, 0, 32])
    #expect(forY.scalars == [20, 40])
    // A broadcast value gets the sum; a constant base, and a constant value.
    let forScalar = gradient(at: Tensor<Double>(3)) { s in
      var z = Tensor<Double>.zeros([2, 3])
      z[0] = s
      z[1, 2] = s * s
      return z.sum()
    }
    #expect(forScalar.item() == 3 + 6)
    let masked = gradient(at: x) { x in
      var z = x
      z[TensorIndex.slice(from: nil, to: nil, step: 2)] = Tensor(0)
      return (z * z).sum()
    }
    #expect(masked.scalars == [0, 4, 0, 8])
    // Nested indices, an axis dropped and one reversed.
    let matrix = Tensor<Double>.arange(12).reshaped(to: [3, 4])
    let (forBase, forRow) = gradient(at: matrix, Tensor<Double>([1, 2])) { m, row in
      var z = m
      z[1, TensorIndex.slice(from: 3, to: nil, step: -2)] = row
      return (z * Tensor<Double>.arange(12).reshaped(to: [3, 4])).sum()
    }
    #expect(forBase == [[0, 1, 2, 3], [4, 0, 6, 0], [8, 9, 10, 11]])
    #expect(forRow.scalars == [7, 5])
    // Second derivatives.
    let second = gradient(at: x) { x in
      gradient(at: x) { x in
        var z = x * x
        z[0] = x[3] * x[3] * x[3]
        return z.sum()
      }.sum()
    }
    #expect(second.scalars == [0, 2, 2, 2 + 24])
  }
}

/// A tensor in plain arrays.
private struct ViewOracle {
  var shape: [Int]
  var values: [Double]

  mutating func become(_ newShape: [Int], _ source: ([Int]) -> [Int]) {
    let old = Reference(shape, values)
    let new = Reference(newShape) { old[source($0)] }
    (shape, values) = (newShape, new.values)
  }
}

private enum ViewStep {
  case permute([Int])
  case slice(axis: Int, start: Int, step: Int, count: Int)
  case reverse(Int)
  case expand(Int)
  case squeeze(Int)
  case broadcast([Int])
  case reshape([Int])
  case element(axis: Int, at: Int)

  static func random(_ shape: [Int], _ random: inout SplitMix) -> ViewStep {
    let rank = shape.count
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return .permute(Array(0..<rank).shuffled(using: &random))
    case 1 where rank > 0:
      let axis = Int.random(in: 0..<rank, using: &random)
      let step = [1, 2, 3, -1, -2].randomElement(using: &random)!
      let start = Int.random(in: 0..<max(1, shape[axis]), using: &random)
      let most = step > 0 ? (shape[axis] - start + step - 1) / step : start / -step + 1
      return .slice(
        axis: axis, start: start, step: step,
        count: shape[axis] == 0 ? 0 : Int.random(in: 1...max(1, most), using: &random))
    case 2 where rank > 0: return .reverse(Int.random(in: 0..<rank, using: &random))
    case 3 where rank < 6: return .expand(Int.random(in: 0...rank, using: &random))
    case 4: return shape.firstIndex(of: 1).map { .squeeze($0) } ?? .reshape([shape.reduce(1, *)])
    case 5 where rank < 6 && shape.reduce(1, *) < 200:
      var target = shape.map { $0 == 1 ? Int.random(in: 1...3, using: &random) : $0 }
      if Bool.random(using: &random) { target.insert(2, at: 0) }
      return .broadcast(target)
    case 6:
      // Axes split and joined.
      var factors: [Int] = []
      var rest = shape.reduce(1, *)
      for prime in [2, 3, 5] {
        while rest > 1 && rest % prime == 0 && factors.count < 3 && Bool.random(using: &random) {
          factors.append(prime)
          rest /= prime
        }
      }
      return .reshape((factors + [rest]).shuffled(using: &random))
    case 7 where rank > 1:
      let axis = Int.random(in: 0..<rank, using: &random)
      return .element(axis: axis, at: Int.random(in: -shape[axis]..<shape[axis], using: &random))
    default: return .permute(Array((0..<rank).reversed()))
    }
  }

  /// Takes the step in both, and tells what it was.
  func apply<S: TensorScalar>(_ tensor: inout Tensor<S>, _ oracle: inout ViewOracle) -> String {
    let shape = oracle.shape
    switch self {
    case .permute(let order):
      tensor = tensor.permuted(order)
      oracle.become(order.map { shape[$0] }) { index in
        var source = index
        for (position, axis) in order.enumerated() { source[axis] = index[position] }
        return source
      }
    case .slice(let axis, let start, let step, let count):
      let last = start + (count - 1) * step
      let end = last + step
      let indices = (0..<axis).map { _ in TensorIndex.slice(from: nil, to: nil, step: 1) }
      let bound: Int? = step > 0 ? min(end, shape[axis]) : end < 0 ? nil : end
      tensor = tensor[indices + [.slice(from: start, to: bound, step: step)]]
      var target = shape
      target[axis] = count
      oracle.become(target) { index in
        var source = index
        source[axis] = start + step * index[axis]
        return source
      }
    case .reverse(let axis):
      tensor = tensor.reversed(axis: axis)
      oracle.become(shape) { index in
        var source = index
        source[axis] = shape[axis] - 1 - index[axis]
        return source
      }
    case .expand(let axis):
      tensor = tensor.expandedDimension(at: axis)
      oracle.shape.insert(1, at: axis)
    case .squeeze(let axis):
      tensor = tensor.squeezed(axis: axis)
      oracle.shape.remove(at: axis)
    case .broadcast(let target):
      tensor = tensor.broadcast(to: Shape(target))
      oracle.become(target) { index in
        zip(index.suffix(shape.count), shape).map { $1 == 1 ? 0 : $0 }
      }
    case .reshape(let target):
      tensor = tensor.reshaped(to: target)
      oracle.shape = target
    case .element(let axis, let place):
      let indices = (0..<axis).map { _ in TensorIndex.slice(from: nil, to: nil, step: 1) }
      tensor = tensor[indices + [.element(place)]]
      var target = shape
      target.remove(at: axis)
      oracle.become(target) { index in
        var source = index
        source.insert(place < 0 ? place + shape[axis] : place, at: axis)
        return source
      }
    }
    return "\(self)"
  }
}

/// An index of every axis or fewer, with the places that it names.
private struct RandomIndex {
  let indices: [TensorIndex]

  init(_ shape: [Int], _ random: inout SplitMix) {
    indices = shape.prefix(Int.random(in: 1...shape.count, using: &random)).map { length in
      switch Int.random(in: 0..<4, using: &random) {
      case 0: .element(Int.random(in: -length..<length, using: &random))
      case 1: .slice(from: nil, to: nil, step: [1, 2, -1, -2].randomElement(using: &random)!)
      case 2:
        .slice(from: Int.random(in: 0..<length, using: &random), to: length, step: 1)
      default: .slice(from: 0, to: Int.random(in: 1...length, using: &random), step: 2)
      }
    }
  }

  func places(_ shape: [Int]) -> (shape: [Int], places: [Int]) {
    var chosen: [[Int]] = []
    var kept: [Int] = []
    for (axis, length) in shape.enumerated() {
      if axis >= indices.count {
        chosen.append(Array(0..<length))
        kept.append(length)
        continue
      }
      switch indices[axis].kind {
      case .element(let place): chosen.append([place < 0 ? place + length : place])
      case .slice(let from, let to, let step):
        let along =
          step > 0
          ? Array(stride(from: from ?? 0, to: to ?? length, by: step))
          : Array(stride(from: length - 1, through: 0, by: step))
        chosen.append(along)
        kept.append(along.count)
      default: break
      }
    }
    var places = [0]
    for (axis, along) in chosen.enumerated() {
      places = places.flatMap { place in along.map { place * shape[axis] + $0 } }
    }
    return (kept, places)
  }
}
