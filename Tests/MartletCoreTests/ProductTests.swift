import MartletCore
import Testing

@Suite struct ProductTests {
  @Test func `inner, outer and Kronecker products are sums and products of elements`() {
    let (a, b): (Tensor<Double>, Tensor<Double>) = ([1, 2, 3], [4, 5, 6])
    #expect(dot(a, b).item() == 32)
    #expect(outer(a, b[0..<2]) == [[4, 5], [8, 10], [12, 15]])
    let left: Tensor<Int32> = [[1, 2], [3, 4]]
    #expect(kron(left, [[0, 1]]) == [[0, 1, 0, 2], [0, 3, 0, 4]])
    #expect(kron(Tensor<Int32>([1, 2]), left) == [[1, 2, 2, 4], [3, 4, 6, 8]])
    #expect(kron(left, Tensor<Int32>(2)) == left * 2)
  }

  @Test func `their derivatives are those of the elements' products`() {
    let (a, b): (Tensor<Double>, Tensor<Double>) = ([1, 2, 3], [4, 5, 6])
    #expect(gradient(at: a) { dot($0, b) } == b)
    #expect(gradient(at: a) { outer($0, b).sum() } == [15, 15, 15])
    #expect(gradient(at: a) { kron(b, $0).sum() } == [15, 15, 15])
  }

  @Test func `an inner product of other shapes traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = dot(Tensor<Float>([1, 2]), Tensor<Float>([1, 2, 3]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("dot: expected two tensors of rank 1 and the same length, got [2] and [3]"))
  }
}
