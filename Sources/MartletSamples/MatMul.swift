import MartletCore
import MartletTesting

extension MatMul: SampledPrimitive {
  package static var samples: [Sample] {
    func sample(_ a: Shape, _ b: Shape) -> Sample {
      Sample(
        "\(a) × \(b)", MatMul(), [.init(a), .init(b)],
        reference: { MatMul.reference($0[0], $0[1]) }, tolerance: 1e-5)
    }
    return [
      sample([3, 4], [4, 5]), sample([1, 7], [7, 3]), sample([4, 3], [3, 1]), sample([3], [3]), sample([3], [3, 2]),
      sample([2, 3], [3]), sample([2, 3, 4], [4, 2]), sample([2, 3, 4], [2, 4, 2]), sample([3, 4], [2, 4, 2]),
      sample([2, 1, 2, 3], [3, 3, 2]), sample([2, 3, 4], [4]), sample([4], [2, 4, 3]), sample([3, 0], [0, 2]),
    ]
  }

  private static func reference(_ a: Reference, _ b: Reference) -> Reference {
    let left = a.shape.count == 1 ? Reference([1] + a.shape, a.values) : a
    let right = b.shape.count == 1 ? Reference(b.shape + [1], b.values) : b
    let batch = Shape(left.shape.dropLast(2)).broadcast(with: Shape(right.shape.dropLast(2)))!.dimensions
    let (m, k, n) = (left.shape[left.shape.count - 2], left.shape.last!, right.shape.last!)
    let full = Reference(batch + [m, n]) { index in
      let outer = index.dropLast(2)
      return (0..<k).reduce(0) { sum, p in
        sum + left[outer + [index[index.count - 2], p]] * right[outer + [p, index.last!]]
      }
    }
    return Reference(batch + (a.shape.count == 1 ? [] : [m]) + (b.shape.count == 1 ? [] : [n]), full.values)
  }
}
