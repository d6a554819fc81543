import MartletCore
import MartletTesting

@testable import MartletNumerics

extension SearchSorted: SampledPrimitive {
  public static var samples: [Sample] {
    // Steps of a half, so that values meet sorted ones.
    let steps: @Sendable (Double) -> Double = { ($0 * 2).rounded() / 2 }
    return [(false, [1, 7] as Shape, [1, 5] as Shape), (true, [1, 7], [1, 5]), (true, [7], [2, 3])].map {
      isRight, sorted, values in
      // One sorted element for each row, or all equal ones, are sorted however they are drawn.
      Sample(
        "\(isRight ? "right" : "left") in \(sorted)", SearchSorted(isRight: isRight),
        [.init(sorted, in: 0.5...0.5), .init(values, transform: steps)],
        reference: { o in
          o[1].map { value in Double(o[0].values.filter { isRight ? $0 <= value : $0 < value }.count) }
        }, isDifferentiable: false,
        large: (SearchSorted(isRight: isRight), [.init([7], in: 0.5...0.5), .init([70_001])]))
    }
  }
}
