import MartletTesting
import Testing

@testable import MartletCore

/// Reductions and copies of permuted tensors, which go through memory as it lies, against plain indices.
@Suite struct MemoryOrderTests {
  private static let permutations = orders([0, 1, 2, 3])

  private static func orders(_ axes: [Int]) -> [[Int]] {
    if axes.isEmpty { return [[]] }
    return axes.flatMap { axis in orders(axes.filter { $0 != axis }).map { [axis] + $0 } }
  }

  /// The elements of a permuted tensor in row-major order.
  private func plain<S>(_ values: [S], _ lengths: [Int], _ order: [Int]) -> [S] {
    let strides = (0..<4).map { lengths[($0 + 1)...].reduce(1, *) }
    return positions(order.map { lengths[$0] }).map { place in
      values[zip(place, order).reduce(0) { $0 + $1.0 * strides[$1.1] }]
    }
  }

  private func positions(_ lengths: [Int]) -> [[Int]] {
    lengths.reduce([[]]) { places, length in places.flatMap { place in (0..<length).map { place + [$0] } } }
  }

  @Test(arguments: [[3, 4, 5, 2], [2, 1, 3, 17], [4, 1, 1, 3]])
  func `any axes of any permutation are reduced`(lengths: [Int]) {
    let count = Int32(lengths.reduce(1, *))
    let x = Tensor((0..<count).map { ($0 * 7919) % 1009 - 500 }).reshaped(to: Shape(lengths))
    for order in Self.permutations {
      let view = x.permuted(order)
      let values = plain(x.scalars, lengths, order)
      let shape = order.map { lengths[$0] }
      for mask in 1..<16 {
        let axes = (0..<4).filter { mask & 1 << $0 != 0 }
        var (sums, most): ([[Int]: Int32], [[Int]: Int32]) = ([:], [:])
        for (place, value) in zip(positions(shape), values) {
          let kept = (0..<4).filter { !axes.contains($0) }.map { place[$0] }
          sums[kept, default: 0] += value
          most[kept] = max(most[kept] ?? .min, value)
        }
        let kept = positions((0..<4).filter { !axes.contains($0) }.map { shape[$0] })
        #expect(view.sum(axes: axes).scalars == kept.map { sums[$0]! }, "\(order) \(axes)")
        #expect(view.max(axes: axes).scalars == kept.map { most[$0]! }, "\(order) \(axes)")
        #expect((view .> 0).any(axes: axes).scalars == kept.map { most[$0]! > 0 }, "\(order) \(axes)")
        let wide = view.cast(to: Double.self)
        #expect(wide.sum(axes: axes).scalars == kept.map { Double(sums[$0]!) }, "\(order) \(axes)")
        let squares = (wide * wide).sum(axes: axes)
        let ofSquares = Tensor<Double>(unchecked: apply(Reduction(.sumOfSquares, axes: axes), wide.erased))
        #expect(ofSquares == squares, "\(order) \(axes)")
      }
    }
  }

  @Test(arguments: [[9, 17, 8, 33], [2, 64, 3, 70], [1, 40, 9, 8]])
  func `any permutation is copied in order`(lengths: [Int]) {
    func check<S: NumericScalar>(_: S.Type) {
      let count = lengths.reduce(1, *)
      let values = (0..<count).map { S(tensorScalar: Double($0 % 251)) }
      let x = Tensor<S>(shape: Shape(lengths), scalars: values)
      for order in Self.permutations {
        let (all, last) = (plain(values, lengths, order), lengths[order[3]])
        #expect(x.permuted(order).contiguous().scalars == all, "\(order)")
        let part = x.permuted(order)[..., .slice(step: 2)].contiguous().scalars
        #expect(part == all.indices.filter { $0 % last % 2 == 0 }.map { all[$0] }, "\(order)")
      }
    }
    check(Float.self)
    check(Int64.self)
    check(UInt8.self)
  }
}
