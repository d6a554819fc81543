import MartletTesting
import Testing

@testable import MartletCore

/// Elements by index along an axis, against plain loops, with indices of every integer type.
@Suite struct TakeTests {
  private let x = Tensor<Double>.arange(24).reshaped(to: [2, 3, 4])

  private func element(_ place: [Int]) -> Double { Double((place[0] * 3 + place[1]) * 4 + place[2]) }

  @Test(arguments: 0..<3)
  func `the indices' shape takes the axis's place`(axis: Int) {
    let indices: Tensor<Int64> = [[1, 0, 1], [0, 0, 1]]
    let taken = x.take(indices, axis: axis)
    var shape = x.shape.dimensions
    shape.replaceSubrange(axis...axis, with: [2, 3])
    #expect(taken.shape == Shape(shape) && x.take(indices, axis: axis - 3) == taken)
    for (position, index) in Reference.indices(shape).enumerated() {
      var place = index
      place.replaceSubrange(axis...axis + 1, with: [Int(indices.scalars[index[axis] * 3 + index[axis + 1]])])
      #expect(taken.scalars[position] == element(place))
    }
  }

  @Test(arguments: 0..<3)
  func `along an axis every line has indices of its own`(axis: Int) {
    var shape = x.shape
    shape[axis] = 5
    let length = x.shape[axis]
    let numbers = Tensor<Int64>.arange(Int64(shape.elementCount)).remainder(7)
    let indices = numbers.remainder(Int64(length)).reshaped(to: shape)
    let taken = x.takeAlong(indices, axis: axis)
    #expect(taken.shape == shape && x.takeAlong(indices, axis: axis - 3) == taken)
    for (position, index) in Reference.indices(shape.dimensions).enumerated() {
      var place = index
      place[axis] = Int(indices.scalars[position])
      #expect(taken.scalars[position] == element(place))
    }
    // Every element has come from its place as often as it was taken.
    let counts = gradient(at: x) { $0.takeAlong(indices, axis: axis).sum() }
    for (position, place) in Reference.indices(x.shape.dimensions).enumerated() {
      let times = (0..<5).filter { step in
        var index = place
        index[axis] = step
        return Int(indices[index.map { .element($0) }].item()) == place[axis]
      }
      #expect(counts.scalars[position] == Double(times.count))
    }
  }

  @Test func `scalars of every type are taken`() {
    func check<S: TensorScalar>(_ scalars: [S]) {
      let x = Tensor(shape: [2, 2], scalars: scalars)
      #expect(x.takeAlong([[1, 0]], axis: 0).scalars == [scalars[2], scalars[1]])
      #expect(x.takeAlong([[1], [1]], axis: 1).scalars == [scalars[1], scalars[3]])
    }
    check([1, 2, 3, 4] as [Float])
    check([1, 2, 3, 4] as [Double])
    check([1, 2, 3, 4] as [Int32])
    check([1, 2, 3, 4] as [Int64])
    check([1, 2, 3, 4] as [UInt8])
    check([true, false, false, true])
  }

  @Test func `indices are of any integer type`() {
    func check<I: IntegerScalar>(_ type: I.Type) {
      let indices: Tensor<I> = [1, 0, 1]
      let each = Tensor<I>(1).broadcast(to: [2, 1, 4])
      let rows: Tensor<Double> = [[1, 2], [3, 4]]
      #expect(rows.take(indices).scalars == [3, 4, 1, 2, 3, 4])
      #expect(rows.take(indices, axis: 1).scalars == [2, 1, 2, 4, 3, 4])
      #expect(x.takeAlong(each, axis: 1).scalars == [4, 5, 6, 7, 16, 17, 18, 19])
      #expect(rows[rows: indices] == rows.take(indices))
      var changed = rows
      changed[rows: indices[..<1]] = [7, 8]
      #expect(changed == [[1, 2], [7, 8]])
      #expect(rows.adding(rows: [[1, 1], [1, 1], [1, 1]], at: indices) == [[2, 3], [5, 6]])
      let losses = softmaxCrossEntropy(logits: rows, labels: indices[..<2])
      #expect((losses - rows.logSumExp(axis: 1) + [2, 3]).abs().max().item() < 1e-15)
      #expect(gradient(at: rows) { $0.take(indices).sum() } == [[1, 1], [2, 2]])
    }
    check(Int32.self)
    check(Int64.self)
    check(UInt8.self)
    // A literal is one of Int64.
    #expect(Tensor<Float>([5, 6, 7]).take([2, 0]) == [7, 5])
  }

  @Test(arguments: 0..<3)
  func `sorting and taking in order are the same, derivatives too`(axis: Int) {
    let shuffled = (x * 7).remainder(24)
    for descending in [false, true] {
      let order = shuffled.argSort(axis: axis, descending: descending)
      #expect(shuffled.takeAlong(order, axis: axis) == shuffled.sorted(axis: axis, descending: descending))
      let weights = Tensor<Double>.arange(24).reshaped(to: [2, 3, 4])
      let slopes = gradient(at: shuffled) { ($0.sorted(axis: axis, descending: descending) * weights).sum() }
      #expect(slopes.takeAlong(order, axis: axis) == weights)
    }
  }
}
