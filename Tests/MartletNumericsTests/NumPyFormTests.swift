import MartletCore
import MartletNumerics
import MartletTesting
import TestSupport
import Testing

/// Inner products, inserting and removing, flat positions and orders by several keys, against plain Swift.
@Suite struct NumPyFormTests {
  private let x = Tensor<Double>.arange(24).reshaped(to: [2, 3, 4])
  private let y = Tensor<Double>.arange(20).reshaped(to: [5, 4]).sin()

  @Test func `inner products over last axes, of all elements and along an axis`() {
    #expect(inner(x, y) == tensordot(x, y, axes: [2], [1]) && inner(x, y).shape == [2, 3, 5])
    #expect(inner(y[0], y[1]) == dot(y[0], y[1]) && inner(Tensor(2), y) == y * 2 && inner(y, Tensor(2)) == y * 2)
    #expect(vdot(x, x.reshaped(to: [4, 6])).item() == x.squared().sum().item())
    #expect(vdot(Tensor<Int32>(3), [5]).item() == 15)
    #expect(vecdot(x, y[..<3]) == (x * y[..<3]).sum(axis: 2))
    #expect(vecdot(x, x[0], axis: 1) == (x * x[0]).sum(axis: 1) && vecdot(x, x[1], axis: -2).shape == [2, 4])
    #expect(
      vecdot(x.swappedAxes(1, 2), x[.all, .newAxis, .all, 1])[1, 2].item()
        == (x[1, .all, 2] * x[1, .all, 1]).sum().item())
  }

  @Test func `removing leaves out, once, what is named`() {
    #expect(x.removing(at: [0]) == x[1...] && x.removing(at: [1, -1, 1], axis: 2) == x[.all, .all, [0, 2]])
    #expect(x.removing(at: []) == x && x.removing(at: [0, 1, 2], axis: 1).shape == [2, 0, 4])
    #expect(Tensor<Bool>([true, false]).removing(at: [0]) == [false])
  }

  @Test func `inserting puts values before indices of the tensor as it was`() {
    var random = SplitMix("inserting")
    for _ in 0..<50 {
      let list = (0..<Int.random(in: 0...6, using: &random)).map { Int64($0) }
      let values = (0..<Int.random(in: 0...4, using: &random)).map { Int64(100 + $0) }
      let indices = values.map { _ in Int.random(in: 0...list.count, using: &random) }
      var expected: [Int64] = []
      for index in 0...list.count {
        expected += values.indices.filter { indices[$0] == index }.map { values[$0] }
        if index < list.count { expected.append(list[index]) }
      }
      #expect(Tensor<Int64>(list).inserting(Tensor<Int64>(values), at: indices).scalars == expected)
    }
    let added = x.inserting(Tensor<Double>([[-1], [-2], [-3]]), at: [4, -4], axis: -1)
    #expect(added.shape == [2, 3, 6] && added[1, 2] == [-3, 20, 21, 22, 23, -3])
  }

  @Test func `flat positions and indices are each other's inverse`() {
    let shape: Shape = [3, 4, 5]
    let all = Tensor<Int64>.arange(60).reshaped(to: [6, 10])
    let indices = unravelIndex(all, shape)
    #expect(indices.map(\.shape) == [[6, 10], [6, 10], [6, 10]] && ravelIndices(indices, shape) == all)
    #expect(indices[0][5, 9].item() == 2 && indices[1][5, 9].item() == 3 && indices[2][5, 9].item() == 4)
    #expect(ravelIndices([[[0], [2]], [1, 3], Tensor<Int64>(4)], shape) == [[9, 19], [49, 59]])
    #expect(unravelIndex(Tensor<Int64>([]), [0, 3]).map(\.shape) == [[0], [0]])
  }

  @Test func `several keys, of which the last counts first`() {
    var random = SplitMix("keys")
    for _ in 0..<30 {
      let count = Int.random(in: 1...20, using: &random)
      func key() -> [Int32] { (0..<count).map { _ in .random(in: 0...2, using: &random) } }
      let keys = [key(), key(), key()]
      let expected = (0..<count).sorted { a, b in
        for key in keys.reversed() where key[a] != key[b] { return key[a] < key[b] }
        return a < b
      }
      #expect(Tensor<Int32>.argSort(by: keys.map { Tensor($0) }).scalars == expected.map(Int64.init))
    }
    let (minor, major) = (Tensor<Double>([[1, 0, .nan], [2, 1, 0]]), Tensor<Double>([[1, 1, 0], [.nan, 0, 0]]))
    let rows = Tensor.argSort(by: [minor, major])
    #expect(rows == [[2, 1, 0], [2, 1, 0]])
  }

  @Test func `derivatives`() {
    func check(_ name: String, _ f: @escaping (Tensor<Double>) -> Tensor<Double>) {
      expectDerivatives(name, x / 10) { x in
        let y = f(x)
        return (y * y * Tensor.arange(Double(y.count)).sin().reshaped(to: y.shape)).sum()
      }
    }
    check("inner") { inner($0, $0[0, ..<2].exp()) }
    check("vdot") { vdot($0, $0.sin()) }
    check("vecdot") { vecdot($0, $0[1].squared(), axis: 1) }
    check("removing") { $0.removing(at: [1], axis: 1) }
    check("inserting") { $0.inserting($0[.all, ..<1, ..<2].exp(), at: [0, 3], axis: 2) }
  }

  enum Mistake: CaseIterable, Codable, Sendable {
    case inner, rank, vdot, vecdot, broadcast, removing, inserting, values, position, index, axes, keys, empty

    func make() {
      let x = Tensor<Float>.ones([3, 4])
      switch self {
      case .inner: _ = MartletCore.inner(x, x.transposed())
      case .rank: _ = MartletCore.inner(Tensor<Float>.ones([1, 1, 1, 1, 1, 1]), .ones([1, 1, 1, 1, 1]))
      case .vdot: _ = MartletCore.vdot(x, x[0])
      case .vecdot: _ = MartletCore.vecdot(x, x[.all, ..<1])
      case .broadcast: _ = MartletCore.vecdot(x, x[..<2])
      case .removing: _ = x.removing(at: [4], axis: 1)
      case .inserting: _ = x.inserting(x, at: [4])
      case .values: _ = x.inserting(x, at: [0])
      case .position: _ = unravelIndex([12], [3, 4])
      case .index: _ = ravelIndices([[0], [-1]], [3, 4])
      case .axes: _ = ravelIndices([[0]], [3, 4])
      case .keys: _ = Tensor<Float>.argSort(by: [x, x[0]])
      case .empty: _ = Tensor<Float>.argSort(by: [])
      }
    }

    var message: String {
      switch self {
      case .inner: "inner: expected last axes of the same length, got [3, 4] and [4, 3]"
      case .rank: "inner: expected at most 8 axes, got 9, from [1, 1, 1, 1, 1, 1] and [1, 1, 1, 1, 1]"
      case .vdot: "vdot: expected tensors with as many elements, got [3, 4] and [4]"
      case .vecdot: "vecdot: expected one length along axis -1, got [3, 4] and [3, 1]"
      case .broadcast: "vecdot: shapes do not broadcast: [3, 4] and [2, 4] (axis -2: 3 ≠ 2)"
      case .removing: "removing: expected indices within -4 ..< 4, axis 1 of [3, 4], got 4"
      case .inserting: "inserting: expected indices within -3 ..< 3, axis 0 of [3, 4], got 4"
      case .values: "inserting: expected values that broadcast to [1, 4], got [3, 4]"
      case .position: "unravelIndex: expected positions within 0 ..< 12, got 12"
      case .index: "ravelIndices: expected indices along axis 1 of [3, 4] within 0 ..< 4, got -1"
      case .axes: "ravelIndices: expected indices for each of the axes of [3, 4], at least one, got 1"
      case .keys: "argSort(by:): expected keys of one shape with an axis, got [3, 4] and [4]"
      case .empty: "argSort(by:): expected at least one key, got none"
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
