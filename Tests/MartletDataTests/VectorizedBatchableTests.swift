import MartletCore
import MartletData
import Testing

/// Vectorized functions of values that hold several tensors.
@Suite struct VectorizedBatchableTests {
  private struct Query: Batchable {
    var user: Tensor<Int64>
    var context: Tensor<Double>
    func mapTensors(_ transform: some TensorTransform) -> Query {
      Query(user: transform(user), context: transform(context))
    }
  }

  @Test func `a struct in, a pair out`() {
    let query = Query(user: Tensor([1, 0, 2]), context: Tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]]))
    let function = vectorized { (query: Query) in
      Pair(query.context.take(query.user), gradient(at: query.context) { ($0 * $0).sum() })
    }
    let result = function(query)
    #expect(result.first == Tensor([2, 4, 9]))
    #expect(result.second == query.context * 2)
  }

  @Test func `two inputs, one of them the same for all`() {
    let (x, w) = (Tensor<Double>([[1, 2], [3, 4], [5, 6]]), Pair(Tensor<Double>([1, 2]), Tensor<Double>(3)))
    let function = vectorized(over: (0, nil)) { (x: Tensor<Double>, w: Pair<Tensor<Double>, Tensor<Double>>) in
      ["product": (x * w.first).sum() + w.second, "constant": w.second]
    }
    let result = function(x, w)
    #expect(result["product"] == Tensor([8, 14, 20]))
    #expect(result["constant"] == Tensor([3, 3, 3]))
  }

  @Test func `the results' examples lie along another axis`() {
    let x = Tensor<Double>([[1, 2], [3, 4], [5, 6]])
    let function = vectorized(over: 1, resultAxis: 1) { (x: [Tensor<Double>]) in
      Pair(x[0] * 2, x[0].cumulativeSum(axis: 0))
    }
    let result = function([x])
    #expect(result.first == x * 2)
    #expect(result.second == x.cumulativeSum(axis: 0))
  }
}
