import MartletCore
import TestSupport
import Testing

/// Grids, triangles, repeats, padding and products over axes; their values are in `IndexingFixtureTests` too.
@Suite struct ShapeFunctionTests {
  private let x = Tensor<Double>.arange(12).reshaped(to: [3, 4])

  @Test func `one-hot rows of any scalar type`() {
    let labels: Tensor<Int32> = [[0, 2], [1, 1]]
    #expect(labels.oneHot(classes: 3)[0] == [[1, 0, 0], [0, 0, 1]] && labels.oneHot(classes: 3).shape == [2, 2, 3])
    #expect(labels[1].oneHot(classes: 2, as: Int64.self, on: 5, off: -1) == [[-1, 5], [-1, 5]])
    #expect(Tensor<UInt8>([]).oneHot(classes: 3).shape == [0, 3] && Tensor<Int64>(1).oneHot(classes: 2) == [0, 1])
  }

  @Test func `grids and joint shapes are views`() {
    let grid = meshgrid([Tensor<Double>([1, 2]), [3, 4, 5]], indexing: .xy)
    #expect(grid[0] == [[1, 2], [1, 2], [1, 2]] && grid[1] == [[3, 3], [4, 4], [5, 5]] && !grid[0].isContiguous)
    #expect(broadcast([x, [[1], [2], [3]]]).map(\.shape) == [[3, 4], [3, 4]])
    #expect(meshgrid([Tensor<Float>]()).isEmpty)
  }

  @Test func `triangles of stacked and of narrow matrices`() {
    #expect(x.tril() == [[0, 0, 0, 0], [4, 5, 0, 0], [8, 9, 10, 0]])
    #expect(x.triu(offset: -1) == [[0, 1, 2, 3], [4, 5, 6, 7], [0, 9, 10, 11]])
    #expect(x.tril(offset: .max) == x && x.triu(offset: .max) == x * 0 && x.tril(offset: .min) == x * 0)
    #expect(Tensor<Int32>.ones([2, 0, 3]).tril().shape == [2, 0, 3])
  }

  @Test func `derivatives of what moves and repeats elements`() {
    func check(_ name: String, _ f: @escaping (Tensor<Double>) -> Tensor<Double>) {
      expectDerivatives(name, x) { x in
        let y = f(x)
        return (y * y * Tensor.arange(Double(y.count)).sin().reshaped(to: y.shape)).sum()
      }
    }
    check("tril") { $0.tril() }
    check("roll") { $0.rolled(by: [1, -1], axes: [0, 1]) }
    check("rotate") { $0.rotated90() }
    check("repeat") { $0.repeated([2, 0, 1], axis: 0).repeated(2, axis: 1) }
    check("tile") { $0.tiled([2, 1, 2]) }
    for mode in PaddingMode.allCases { check("\(mode)") { $0.padded([(2, 3), (1, 0)], mode: mode) } }
    check("tensordot") { tensordot($0, $0.transposed(), axes: 1) }
    check("cross") { cross($0, $0.squared() + 1, axis: 0) }
  }

  @Test func `products over axes`() {
    #expect(cross(Tensor<Double>([1, 0, 0]), [0, 1, 0]) == [0, 0, 1])
    #expect(cross(x, Tensor<Double>([[1], [0], [0]]), axis: 0)[1] == [8, 9, 10, 11])
    #expect(tensordot(x, x, axes: 2).item() == 506 && tensordot(x, x, axes: 0).shape == [3, 4, 3, 4])
    #expect(tensordot(x, x, axes: [0], [-2]) == matmul(x.transposed(), x))
    #expect(tensordot(x[..., ..<0], x[..<0], axes: 1) == .zeros([3, 4]))
  }

  enum Mistake: String, CaseIterable, Codable {
    case classes, grid, joint, triangle, counts, negative, tiles, shifts, plane, padding, nothing
    case axes, lengths, crossed, kroneckered, ninth, long, wide

    func make() {
      let x = Tensor<Double>.zeros([3, 4])
      switch self {
      case .classes: _ = Tensor<Int64>([0, 3]).oneHot(classes: 3)
      case .grid: _ = meshgrid([x])
      case .joint: _ = broadcast([x, x.transposed()])
      case .triangle: _ = x[0].triu()
      case .counts: _ = x.repeated([1, 2], axis: 0)
      case .negative: _ = x.repeated(-1, axis: 0)
      case .tiles: _ = x.tiled([1, -2])
      case .shifts: _ = x.rolled(by: [1], axes: [0, 1])
      case .plane: _ = x.rotated90(axes: (1, -1))
      case .padding: _ = x.padded([(1, -1), (0, 0)], mode: .edge)
      case .nothing: _ = x[..<0].padded([(1, 0), (0, 0)], mode: .reflect)
      case .axes: _ = tensordot(x, x, axes: 3)
      case .lengths: _ = tensordot(x, x, axes: [0], [1])
      case .crossed: _ = cross(x, x)
      case .kroneckered: _ = kron(Tensor<Float>.ones([1, 1, 1, 1, 1]), [1, 2])
      case .ninth: _ = Tensor<Int32>.ones([1, 1, 1, 1, 1, 1, 1, 1]).oneHot(classes: 2)
      case .long: _ = x.repeated(.max, axis: 1)
      case .wide: _ = x.tiled([.max])
      }
    }

    var message: String {
      switch self {
      case .classes: "oneHot: expected classes within 0 ..< 3, got 3"
      case .grid: "meshgrid: expected tensors of rank 1, got one of shape [3, 4]"
      case .joint: "broadcast: expected shapes that broadcast together, got [3, 4], [4, 3]"
      case .triangle: "triu: expected a tensor with at least two axes, got one of shape [4]"
      case .counts: "repeated: expected 3 counts of at least 0, for axis 0 of [3, 4], got [1, 2]"
      case .negative: "repeated: expected a count of at least 0, got -1"
      case .tiles: "tiled: expected counts of at least 0, got -2 in [1, -2]"
      case .shifts: "rolled: expected 2 shifts, one for each axis, got [1]"
      case .plane: "rotated90: expected two different axes, got 1 and -1 of [3, 4]"
      case .padding: "padded: expected 2 pairs of counts, none negative, for [3, 4], got [[1, -1], [0, 0]]"
      case .nothing: "padded: expected elements to repeat along axis 0 of [0, 4], got none"
      case .axes: "tensordot: expected a number of axes within 0 ... 2, of [3, 4] and [3, 4], got 3"
      case .lengths: "tensordot: expected different axes of the same lengths, got [0] of [3, 4] and [1] of [3, 4]"
      case .crossed: "cross: expected three elements along axis -1, got [3, 4] and [3, 4]"
      case .kroneckered: "kron: expected tensors of at most 4 axes, got [1, 1, 1, 1, 1] and [2]"
      case .ninth: "oneHot: expected at most 8 axes, got 9, from [1, 1, 1, 1, 1, 1, 1, 1]"
      case .long: "repeated: expected a length that memory can hold, got axis 1 of [3, 4] 9223372036854775807 times"
      case .wide: "tiled: expected a length that memory can hold, got axis 1 of [3, 4] 9223372036854775807 times"
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
