import Martlet
import TestSupport
import Testing

/// Mixed indices and functions of shapes against NumPy, in `indexing.safetensors`.
@Suite struct IndexingFixtureTests {
  /// The cases' numbers.
  private static let cases = 0..<160

  @Test(arguments: cases)
  func `mixed indices read, write and add as NumPy's do`(number: Int) throws {
    let entries = try Fixture("indexing").entries(under: "\(number)/")
    func entry(_ name: String) throws -> Tensor<Int64> {
      let found = try #require(entries.first { $0.name == name }, "\(name)")
      return Tensor(found.tensor, as: Int64.self)
    }
    let shape = Shape(try entry("shape").scalars.map { Int($0) })
    let indices = try (0..<8).compactMap { position in
      try entries.first { $0.name.hasPrefix("\(position):") }.map { try IndexingFixtureTests.index($0.name, $0.tensor) }
    }
    let x = Tensor<Int64>.arange(Int64(shape.elementCount)).reshaped(to: shape)
    let (read, values) = (try entry("read"), try entry("values"))
    // Columns in place of rows in memory, as well.
    for x in [x, x.transposed().contiguous().transposed()] {
      #expect(x[indices].shape == read.shape && x[indices].scalars == read.scalars, "\(indices) of \(shape)")
      var written = x
      written[indices] = values
      #expect(try written == entry("written"), "\(indices) of \(shape)")
      #expect(try x.adding(values, at: indices) == entry("added"), "\(indices) of \(shape)")
    }
  }

  private static func index(_ name: String, _ tensor: AnyTensor) throws -> TensorIndex {
    if name.hasSuffix("mask") { return Tensor(tensor, as: Bool.self).tensorIndex }
    let integers = Tensor(tensor, as: Int64.self)
    func part(_ position: Int) -> Int? {
      let number = integers[position].item()
      return number == .min ? nil : Int(number)
    }
    switch name.drop(while: { $0 != ":" }).dropFirst() {
    case "element": return .element(part(0)!)
    case "slice": return .slice(from: part(0), to: part(1), step: part(2)!)
    case "newAxis": return .newAxis
    case "ellipsis": return .ellipsis
    default: return integers.tensorIndex
    }
  }

  private let x = Tensor<Int64>.arange(24).reshaped(to: [2, 3, 4])

  private func expect(_ name: String, _ actual: Tensor<Int64>, _ place: SourceLocation = #_sourceLocation) throws {
    let expected: Tensor<Int64> = try Fixture("indexing").tensor(name)
    #expect(actual.shape == expected.shape && actual.scalars == expected.scalars, "\(name)", sourceLocation: place)
  }

  @Test func `functions of shapes`() throws {
    for mode in PaddingMode.allCases {
      try expect("pad/\(mode)", x.padded([(1, 0), (2, 5), (3, 9)], mode: mode))
    }
    for times in -1...4 { try expect("rot90/\(times)", x.rotated90(times, axes: (0, 2))) }
    try expect("roll/axes", x.rolled(by: [1, -5], axes: [0, 2]))
    try expect("roll/flat", x.rolled(by: 7))
    try expect("tile/2, 1, 3, 2", x.tiled([2, 1, 3, 2]))
    try expect("tile/2", x.tiled([2]))
    try expect("repeat/2 along 1", x.repeated(2, axis: 1))
    try expect("repeat/counts", x.repeated([2, 0, 3], axis: 1))
    try expect("moveaxis", x.movedAxes(from: [0, 2], to: [2, 0]))
    try expect("diagonal", x.diagonal(offset: 1, axes: (0, 2)))
    try expect("tril", x.tril(offset: 1))
    try expect("triu", x.triu(offset: 2))
    try expect("windows", x.windows([2, 3], steps: [1, 2], axes: [1, 2]))
    try expect("eye", .eye(3, 5, offset: 1))
    try expect("diag", .diagonal([1, 2, 3], offset: -2))
    for (part, actual) in x.splitEvenly(3, axis: 2).enumerated() { try expect("array_split/\(part)", actual) }
    for (part, actual) in x.split(at: [1, 1, 3], axis: 2).enumerated() { try expect("split/\(part)", actual) }
    for (indexing, name) in [(GridIndexing.ij, "ij"), (.xy, "xy")] {
      let grid = meshgrid([[1, 2], [3, 4, 5], [6, 7]] as [Tensor<Int64>], indexing: indexing)
      for (part, actual) in grid.enumerated() { try expect("meshgrid/\(name)/\(part)", actual) }
    }
    var changed = x
    changed.put([100, 200, 300, 400], at: [0, -1, 5, 5])
    try expect("put", changed)
    try expect("takeAlong", x.takeAlong([[[1], [0]]], axis: 1))
  }

  @Test func `products over several axes`() throws {
    let fixture = try Fixture("indexing")
    func expect(_ name: String, _ actual: Tensor<Double>, _ place: SourceLocation = #_sourceLocation) throws {
      let wrong = difference(actual, try fixture.tensor(name), tolerance: 1e-14, floor: 1)
      #expect(wrong == nil, "\(name): \(wrong ?? "")", sourceLocation: place)
    }
    let a = Tensor<Double>.arange(24).sin().reshaped(to: [2, 3, 4])
    let b = Tensor<Double>.arange(60).cos().reshaped(to: [4, 3, 5])
    try expect("tensordot/1", tensordot(a, b, axes: 1))
    try expect("tensordot/axes", tensordot(a, b, axes: [1, 2], [1, 0]))
    try expect("tensordot/0", tensordot(a[0], b[0], axes: 0))
    try expect("cross", cross(a, Tensor<Double>.arange(3).cos().reshaped(to: [1, 3, 1]), axis: 1))
    try expect("logspace", .logspace(-1, 2, count: 7))
  }
}
