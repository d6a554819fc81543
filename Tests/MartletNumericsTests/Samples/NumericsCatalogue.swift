import MartletTesting

@testable import MartletNumerics

/// The primitives of MartletNumerics that have samples: all but those of linear algebra on LAPACKE.
///
/// Samples are drawn element by element, and a matrix made so is as good as singular now and then. LinearAlgebraTests
/// have matrices of known condition, and go through the same checks.
enum NumericsCatalogue {
  static let all: [any SampledPrimitive.Type] = [
    ArgPartition.self, ArgSortWholeRows.self, Bins.self, Convolution.self, CountIndices.self, CumulativeArgExtreme.self,
    Diagonals.self, LogCumulativeSumExp.self, LongestRun.self, OrderStatistics.self, RunStarts.self,
    SearchSorted.self,
  ]
}
