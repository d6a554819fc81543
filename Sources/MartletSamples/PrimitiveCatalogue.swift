import MartletCore
import MartletTesting

/// All primitives of MartletCore, for the tests that check each of them.
package enum PrimitiveCatalogue {
  package static let all: [any SampledPrimitive.Type] = [
    Alias.self, ArgExtreme.self, ArgSort.self, BatchNormBackward.self, BatchNormChannels.self, Binary.self,
    BroadcastTo.self, CombinedIndices.self, Compare.self,
    Concatenate.self, Contiguous.self, Convert.self, CrossEntropy.self, CrossEntropyBackward.self, Cumulative.self,
    CustomDerivative.self, Gather.self, GatherAlong.self, Lattice.self, LatticeSum.self, LayerNormRows.self,
    Linear.self, LinearRecurrence.self, LogSumExp.self, MatMul.self, Normalize.self, NormalizeBackward.self,
    Permute.self, Reduction.self, Replace.self, ReproducibleExp.self, ReshapeView.self, ScatterAdd.self,
    ScatterAddAlong.self, ScatterAlong.self, Select.self, Slice.self, SoftmaxRows.self, SoftmaxBackward.self,
    Sort.self, Split.self, SquaredError.self, SquaredErrorBackward.self, Test.self, TopK.self, TruePositions.self,
    Unary.self, UpdateSlice.self,
  ]
}
