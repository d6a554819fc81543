import MartletTesting
import TestSupport
import Testing

@testable import MartletCore

/// Index tensors, arrays and masks in brackets, and writing at indices.
@Suite struct IndexTensorTests {
  private let x = Tensor<Float>.arange(12).reshaped(to: [3, 4])

  @Test func `indices are written as people write them`() {
    #expect(x[[0, 2]] == [[0, 1, 2, 3], [8, 9, 10, 11]])
    #expect(x[[0, -1], [1, 3]] == [1, 11] && x[.all, [3, 0]] == [[3, 0], [7, 4], [11, 8]])
    #expect(x[[[0], [2]], [1, 3]] == [[1, 3], [9, 11]])
    #expect(x[..., [1, 1]] == [[1, 1], [5, 5], [9, 9]] && x[1, [0, 2]] == [4, 6])
    #expect(x[[true, false, true]] == x[[0, 2]] && x[.all, [false, true, true, false]] == x[.all, 1..<3])
    #expect(x[x .> 8] == [9, 10, 11] && x[x .> 100].shape == [0])
    let rows: Tensor<Int32> = [2, 0]
    #expect(x[rows] == x[[2, 0]] && x[Tensor<UInt8>([1]), 2] == [6] && x[Tensor<Int64>(1)] == x[1])
    let cube = Tensor<Float>.arange(60).reshaped(to: [3, 4, 5])
    #expect(cube[[0, 2], .all, [1, 3]].shape == [2, 4] && cube[.all, [0, 2], [1, 3]].shape == [3, 2])
    #expect(cube[[0, 2], .all, 1...].shape == [2, 4, 4] && cube[x .> 8].shape == [3, 5])
    #expect(cube[[TensorIndex.all, rows.tensorIndex]].shape == [3, 2, 5])
    let list: [Int] = [1, 1]
    #expect(x[list, 0] == [4, 4])
    #expect(x[[Int]()].shape == [0, 4])
  }

  @Test func `elements are assigned at indices and masks`() {
    var z = x
    z[z .> 8] = 0
    #expect(z == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 0, 0, 0]])
    z[[0, 2], 1...] = 9
    z[[true, false, false]] += 1
    #expect(z == [[1, 10, 10, 10], [4, 5, 6, 7], [8, 9, 9, 9]])
    z[z .== 9] = [1, 2, 3]
    z[[-2, 0], [0, 0]] = [-1, -2]
    #expect(z == [[-2, 10, 10, 10], [-1, 5, 6, 7], [8, 1, 2, 3]])
    z[.all, [3, 2]] = [[1], [2], [3]]
    #expect(z[.all, 2...] == [[1, 1], [2, 2], [3, 3]] && x == Tensor.arange(12).reshaped(to: [3, 4]))
    var truths = Tensor<Bool>([true, true, false])
    truths[truths] = false
    #expect(truths == [false, false, false])
    z[[0, 2]] = 1
    z[[1]] += 1
    #expect(z == [[1, 1, 1, 1], [0, 6, 3, 3], [1, 1, 1, 1]])
    var alone = Tensor<Float>(3)
    alone[Tensor<Bool>(true)] = 4
    #expect(alone.item() == 4 && alone[Tensor<Bool>(false)].shape == [0])
  }

  @Test func `a repeated index is set once and added to as often as it is named`() {
    var counts = Tensor<Int64>.zeros([4])
    let labels: Tensor<Int64> = [1, 3, 1, 1]
    counts[labels] += 1
    #expect(counts == [0, 1, 0, 1])
    counts.add(1, at: labels)
    #expect(counts == [0, 4, 0, 2])
    counts[labels] = [5, 6, 7, 8]
    #expect(counts == [0, 8, 0, 6])
    var table = Tensor<Float>.zeros([2, 3])
    table.add([[1], [2], [4]], at: [0, 0, 1], 1...)
    table.add([1, 1, 1], at: 1)
    #expect(table == [[0, 3, 3], [1, 5, 5]])
    #expect(table.adding(10, at: .all, [2, 2, 0])[0] == [10, 3, 23] && table[0] == [0, 3, 3])
  }

  @Test func `writes at indices are made in place`() {
    var z = Tensor<Float>.zeros([1_000, 8])
    let before = UnsafeRawPointer(z.erased.body.pointer)
    for index in 0..<5 {
      z[[index, index + 1]] = Tensor.arange(8)
      z[.all, [1, 3]] += 1
      z[z .== 2] = 7
      z.add(1, at: [0, 0])
      z.put(3, at: [5, -1])
      z[rows: Tensor<Int64>([index])] = 4
    }
    #expect(UnsafeRawPointer(z.erased.body.pointer) == before)
    let kept = z
    z[[0]] = -1
    #expect(kept[0, 0].item() != -1 && z[0, 0].item() == -1)
  }

  @Test func `large reads and writes are the same on any number of threads`() {
    let (rows, columns) = (701, 257)
    let big = Tensor<Float>.arange(Float(rows * columns)).reshaped(to: [rows, columns])
    let order = (Tensor<Int64>.arange(Int64(rows)) * 311).remainder(Int64(rows))
    let mask = (big.remainder(7) .< 3)
    func all() -> [Tensor<Float>] {
      var (a, b, c) = (big, big.transposed(), big)
      a[order] = big
      b[.all, order] = big.transposed()
      c[mask] = c[mask] * 2
      a[mask] = 5
      return [
        big[order], big[.all, order[..<200].remainder(Int64(columns))], big[mask], a, b, c,
        big.adding(big, at: order.remainder(50)),
      ]
    }
    let one = withThreads(1) { all() }
    #expect(withThreads(4) { all() } == one)
    #expect(one[0][3] == big[Int(order[3].item())] && one[2].count == mask.sum().item())
    #expect(one[4].transposed()[order] == big)
  }

  // MARK: Along an axis

  @Test(arguments: ScatterReduction.allCases, 0..<3)
  func `scattering combines along an axis`(reduction: ScatterReduction, axis: Int) {
    let base = (Tensor<Double>.arange(24) * 5).remainder(7).reshaped(to: [2, 3, 4])
    var form = base.shape
    form[axis] = 5
    let indices = (Tensor<Int64>.arange(Int64(form.elementCount)) * 3).remainder(Int64(base.shape[axis])).reshaped(
      to: form)
    let values = (Tensor<Double>.arange(Double(form.elementCount)) * 3).remainder(8).reshaped(to: form)
    var wanted = Reference(base.shape.dimensions, base.scalars)
    let (places, numbers) = (indices.scalars, values.scalars)
    for (position, index) in Reference.indices(form.dimensions).enumerated() {
      var place = index
      place[axis] = Int(places[position])
      let (old, new) = (wanted[place], numbers[position])
      wanted[place] =
        switch reduction {
        case .set: new
        case .add: old + new
        case .multiply: old * new
        case .min: min(old, new)
        case .max: max(old, new)
        }
    }
    #expect(base.scatter(values, at: indices, axis: axis, reduction: reduction).scalars == wanted.values)
    let integers = base.cast(to: Int32.self).scatter(
      values.cast(to: Int32.self), at: indices.cast(to: Int32.self), axis: axis - 3, reduction: reduction)
    #expect(integers.scalars.map { Double($0) } == wanted.values)
    // Zeros among the factors, several at one place; and ties.
    for seed in 0..<3 {
      let (b, v) = (base + Double(seed % 2), values)
      let weights = (Tensor<Double>.arange(24).reshaped(to: [2, 3, 4]) + 1).sin()
      if reduction == .min || reduction == .max { continue }
      expectDerivatives("\(reduction) into the base", b) {
        let y = $0.scatter(v, at: indices, axis: axis, reduction: reduction)
        return (y * y * weights).sum()
      }
      expectDerivatives("\(reduction) of the values", v) {
        let y = b.scatter($0, at: indices, axis: axis, reduction: reduction)
        return (y * y * weights).sum()
      }
    }
  }

  @Test func `extremes that are equal share the gradient, and NaN stays`() {
    let base: Tensor<Double> = [1, 5, 2]
    let (slopes, shares) = gradient(at: base, [1, 1, 5, 0] as Tensor<Double>) { base, values in
      base.scatter(values, at: [0, 0, 1, 2], axis: 0, reduction: .max).sum()
    }
    let third = 1.0 / 3
    #expect(slopes.scalars == [third, 0.5, 1] && shares.scalars == [third, third, 0.5, 0])
    let least = Tensor<Float>([1, .nan, 3]).scatter(Tensor([.nan, 0, 2]), at: [0, 1, 2], axis: 0, reduction: .min)
    #expect(least.isNaN().scalars == [true, true, false] && least.scalars[2] == 2)
  }

  @Test func `values and indices broadcast along an axis`() {
    #expect(x.takeAlong([[1], [0], [3]], axis: 1) == [[1], [4], [11]])
    #expect(x.takeAlong([[1, 0]], axis: 1) == [[1, 0], [5, 4], [9, 8]])
    #expect(x[..<1].takeAlong([[1], [0], [3]], axis: 1) == [[1], [0], [3]])
    #expect(x.scatter(-1, at: [[0], [1], [3]], axis: 1) == [[-1, 1, 2, 3], [4, -1, 6, 7], [8, 9, 10, -1]])
    #expect(x.scatter([[1], [2], [3]], at: [[0, 0]], axis: 1, reduction: .add)[.all, 0] == [2, 8, 14])
    #expect(Tensor<Bool>([true, true]).scatter(Tensor<Bool>(false), at: [1], axis: 0) == [true, false])
  }

  @Test func `positions in row-major order, and masks as functions`() {
    var z = x.transposed()
    z.put([100, 200, 300], at: Tensor<Int32>([1, -1, 1]))
    #expect(z.scalars == [0, 300, 8, 1, 5, 9, 2, 6, 10, 3, 7, 200] && x[1, 0].item() == 4)
    #expect(x.maskedFill([true, false, false, true], with: -1)[2] == [-1, 9, 10, -1])
    let slopes = gradient(at: x) { x in
      var z = x * x
      z.put(Tensor<Float>(0), at: [0, 5])
      z = z.maskedFill([false, true, false, false], with: 2)
      return z.sum()
    }
    #expect(slopes == [[0, 0, 4, 6], [8, 0, 12, 14], [16, 0, 20, 22]])
  }

  // MARK: Mistakes

  enum Mistake: String, CaseIterable, Codable {
    case index, negative, mask, tooMany, conflict, broadcast, added, scatter, scatterShape, put, fill, ragged, nested

    func make() {
      var x = Tensor<Float>.zeros([3, 4])
      switch self {
      case .index: _ = x[[0, 3]]
      case .negative: _ = x[.all, [-5]]
      case .mask: _ = x[[true, false]]
      case .tooMany: _ = x[[0], [1], [2]]
      case .conflict: _ = x[[0, 1], [0, 1, 2]]
      case .broadcast: x[[0, 1]] = [1, 2, 3]
      case .added: x.add([1, 2, 3], at: [0, 1])
      case .scatter: _ = x.scatter(1, at: [[4], [0], [0]], axis: 1)
      case .scatterShape: _ = x.scatter([1, 2, 3], at: [[0, 0]], axis: 1)
      case .put: x.put(1, at: [12])
      case .fill: _ = x.maskedFill([true, false], with: 1)
      case .ragged: _ = x[[[0, 1], [2]]]
      case .nested: _ = Tensor<Float>([[[1], [2]], [[3]]] as [[[Float]]])
      }
    }

    var message: String {
      switch self {
      case .index: "subscript: index 3 is out of range for axis 0 of [3, 4]"
      case .negative: "subscript: index -5 is out of range for axis 1 of [3, 4]"
      case .mask: "subscript: expected a mask of [3], the first axis of [3, 4], got [2]"
      case .tooMany: "subscript: 3 indices for [3, 4], which has 2 axes"
      case .conflict: "subscript: index tensors of [2], [3] do not broadcast (axis -1: 2 ≠ 3)"
      case .broadcast: "subscript: [3] does not broadcast to [2, 4], the elements that [3, 4] is assigned at"
      case .added: "add(_:at:): [3] does not broadcast to [2, 4], the elements that [3, 4] is added to at"
      case .scatter: "scatter: expected indices within 0 ..< 4, axis 1 of [3, 4], got 4"
      case .scatterShape: "scatter: [3] does not broadcast to the indices' [3, 2]"
      case .put: "put: position 12 is out of range for the 12 elements of [3, 4]"
      case .fill: "maskedFill: expected a mask that broadcasts to [3, 4], got [2]"
      case .ragged: "subscript: expected elements of [2], as element 0, got [1] as element 1"
      case .nested: "tensor: expected arrays of [2, 1], as array 0, got [1, 1] as array 1"
      }
    }
  }

  @Test(arguments: Mistake.allCases)
  func `a mistake stops with what it is`(mistake: Mistake) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [mistake] in
      mistake.make()
    }
    #expect(errorText(result).contains("Fatal error: \(mistake.message)"))
  }
}
