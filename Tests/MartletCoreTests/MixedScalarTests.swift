import Testing

@testable import MartletCore

/// Tensors with Swift's `Int`, and with values of other scalar types.
@Suite struct MixedScalarTests {
  private func operators<S: FloatingScalar>(_ type: S.Type) {
    let x: Tensor<S> = [1, 2, 4]
    let n = 3
    #expect(x + n == [4, 5, 7] && n + x == [4, 5, 7] && x - n == [-2, -1, 1] && n - x == [2, 1, -1])
    #expect(x * n == [3, 6, 12] && n * x == [3, 6, 12] && x / (n - 1) == [0.5, 1, 2] && 2 * n / x == [6, 3, 1.5])
    var y = x
    y += n
    y *= n
    y -= n
    y /= n
    #expect(y == [3, 4, 6] && x.sum() / x.count == x.mean())
    #expect(gradient(at: x) { ($0 * n / x.count).sum() } == [1, 1, 1])
  }

  @Test func `counts take part in arithmetic`() {
    operators(Float.self)
    operators(Double.self)
    let (x, n): (Tensor<Float>, Int) = ([1, 2, 4], 3)
    let centred = (x - x.sum() / x.count) * 2 + x / n - 1 + n * x - 0.5
    let expected = (x - x.sum() / Float(x.count)) * 2 + x / Float(n) - 1 + Float(n) * x - 0.5
    #expect(centred == expected && x / 2 == [0.5, 1, 2] && 2 * x + 1 == [3, 5, 9])
  }

  @Test func `tensors of other scalars`() {
    let (doubles, integers) = ([0.1, 2.5, -3], [1, 2, 1 << 40])
    #expect(Tensor<Float>(Tensor(doubles)) == [0.1, 2.5, -3] && Tensor<Float>(doubles) == [0.1, 2.5, -3])
    #expect(
      Tensor<Double>([0.5, 2] as [Float]) == [0.5, 2] && Tensor<Int32>(Tensor<Float>([1.75, -2.5])) == [1, -2])
    #expect(Tensor<Float>(integers).scalars == [1, 2, 0x1p40] && Tensor<Int64>(integers).scalars == [1, 2, 1 << 40])
    #expect(Tensor<Double>([(1 << 53) + 1, 3] as [Int]).scalars == [0x1p53, 3])
    #expect(Tensor<Bool>(Tensor<Int32>([0, 2])) == [false, true] && Tensor<UInt8>([0, 255] as [Int]) == [0, 255])
    // Literals are of the tensor's scalar type, and variables of their own.
    #expect(Tensor<Float>([1, 2, 3]).scalars == [1, 2, 3] && Tensor<Float>([]).shape == [0])
    let typed = Tensor(doubles)
    #expect(typed.scalars == doubles)
    let x = Tensor<Double>([1, 2])
    #expect(gradient(at: x) { Tensor<Double>(Tensor<Float>($0 * 3)).sum() } == [3, 3])
  }

  @Test func `integers of two types are compared`() {
    let (places, labels): (Tensor<Int64>, Tensor<Int32>) = ([0, 2, 1], [0, 1, 1])
    #expect((places .== labels) == [true, false, true] && (labels .!= places) == [false, true, false])
    #expect((places .== [[0], [1]]).shape == [2, 3] && (labels .== Tensor<UInt8>([1])).sum().item() == 2)
    #expect((Tensor<Int64>([1 << 32]) .== Tensor<Int32>([0])) == [false] && (labels .== labels).all().item())
    let order = [2, 0]
    #expect(places[rows: Tensor(order)] == [1, 0] && places.take(Tensor(order)) == [1, 0])
  }

  @Test func `shapes are written as literals`() {
    let x = Tensor<Float>.arange(6)
    #expect(x.reshaped(to: [2, 3]).shape == [2, 3] && x.reshaped(to: [-1, 2]).shape == [3, 2])
    #expect(Tensor<Float>(4).reshaped(to: [1, 1]).shape == [1, 1] && Tensor<Float>([4]).reshaped(to: []).shape == [])
    let (rows, columns) = (3, 2)
    #expect(x.reshaped(to: [rows, columns]).broadcast(to: [2, rows, columns]).shape == [2, 3, 2])
  }
}

/// What is refused by name; that it is refused is what lets this compile.
@available(*, unavailable)
private func refusals(_ x: Tensor<Float>, _ n: Tensor<Int64>, _ v: Float) {
  _ = x > 1 || x > x || v > x
  _ = x < 1 || x < x || v < x
  _ = x >= 1 || x >= x || v >= x
  _ = x <= 1 || x <= x || v <= x
  _ = x == v
  _ = x != v
  _ = x .== n
  _ = x .!= n
  _ = x ** x
  _ = x ** 2
  _ = 2 ** x
}
