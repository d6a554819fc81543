import MartletCore

/// The primitives of statistics, order, sets and signals, for the tests that check each of them.
package enum StatisticsCatalogue {
  package static let all: [any Primitive.Type] = [
    ArgPartition.self, ArgSortWholeRows.self, Bins.self, Convolution.self, CountIndices.self, CumulativeArgExtreme.self,
    LogCumulativeSumExp.self, LongestRun.self, RunStarts.self, SearchSorted.self,
  ]
}
