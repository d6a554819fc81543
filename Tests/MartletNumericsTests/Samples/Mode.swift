import MartletCore
import MartletTesting

@testable import MartletNumerics

extension LongestRun: SampledPrimitive {
  public static var samples: [Sample] {
    [
      // Runs are found in rows that are not sorted as well.
      Sample(
        "runs", LongestRun(), [.init([4, 30], in: 0...1, transform: { $0.rounded() })],
        references: { o in
          let runs = (0..<o[0].shape[0]).map { row -> (Int, Int) in
            let values = (0..<30).map { o[0][[row, $0]] }
            var (best, start) = ((0, 1), 0)
            for place in values.indices {
              if values[place] != values[start] { start = place }
              if place - start + 1 > best.1 { best = (start, place - start + 1) }
            }
            return best
          }
          return [
            Reference([runs.count], runs.map { Double($0.0) }), Reference([runs.count], runs.map { Double($0.1) }),
          ]
        }, isDifferentiable: false, large: (LongestRun(), [.init([157, 403])]))
    ]
  }
}
