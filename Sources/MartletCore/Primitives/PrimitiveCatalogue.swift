/// All primitives of this library, for the tests that check each of them.
package enum PrimitiveCatalogue {
  package static let all: [any Primitive.Type] = [
    Alias.self, ArgExtreme.self, ArgSort.self, Binary.self, BroadcastTo.self, Compare.self, Concatenate.self,
    Contiguous.self, Convert.self, CrossEntropy.self, CrossEntropyBackward.self, Cumulative.self,
    CustomDerivative.self, GatherAlong.self, GatherRows.self, LayerNorm.self, Linear.self, LinearRecurrence.self,
    LogSumExp.self, MatMul.self, Normalize.self, NormalizeBackward.self, Permute.self, Reduction.self, ReplaceRows.self,
    Reshape.self, ScatterAddAlong.self, ScatterAddRows.self, Select.self, Slice.self, Softmax.self,
    SoftmaxBackward.self, Split.self, SquaredError.self, SquaredErrorBackward.self, Test.self, TopK.self, Unary.self,
    UpdateSlice.self,
  ]
}
