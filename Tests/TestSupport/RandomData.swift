import MartletCore
import MartletTesting

extension SplitMix {
  /// Numbers drawn uniformly.
  package mutating func numbers(_ count: Int, in range: ClosedRange<Double> = -2...2) -> [Double] {
    (0..<count).map { _ in .random(in: range, using: &self) }
  }

  /// A tensor of numbers drawn uniformly.
  package mutating func tensor(_ shape: Shape, in range: ClosedRange<Double> = -2...2) -> Tensor<Float> {
    Tensor(shape: shape, scalars: numbers(shape.elementCount, in: range).map { Float($0) })
  }
}
