import MartletTesting
import Testing

@testable import MartletCore

/// How tensors are made, and how their types are told apart.
@Suite struct CreationTests {
  @Test func `literals to rank 4`() {
    let vector: Tensor<Float> = [1, 2, 3]
    #expect(vector.shape == [3] && vector.scalars == [1, 2, 3])
    let matrix: Tensor<Double> = [[1, 2.5], [3, -4]]
    #expect(matrix.shape == [2, 2] && matrix.scalars == [1, 2.5, 3, -4])
    let cube: Tensor<Int32> = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    #expect(cube.shape == [2, 2, 2] && cube.scalars == [1, 2, 3, 4, 5, 6, 7, 8])
    let four: Tensor<UInt8> = [[[[1], [2], [3]], [[4], [5], [6]]]]
    #expect(four.shape == [1, 2, 3, 1] && four.scalars == [1, 2, 3, 4, 5, 6])
    let truths: Tensor<Bool> = [[true, false]]
    #expect(truths.shape == [1, 2] && truths.scalars == [true, false])
    let empty: Tensor<Float> = []
    #expect(empty.shape == [0] && empty.scalars == [])
    let hollow: Tensor<Float> = [[], []]
    #expect(hollow.shape == [2, 0])
  }

  @Test func `from arrays`() {
    #expect(Tensor<Float>(3).shape == [])
    #expect(Tensor<Float>([3, 4]).shape == [2])
    let (x, y): (Float, Float) = (1, 2)
    #expect(Tensor([[x, y], [y, x]]).scalars == [1, 2, 2, 1])
    #expect(Tensor<Float>(shape: [2, 2], scalars: [1, 2, 3, 4]) == [[1, 2], [3, 4]])
    #expect(Tensor<Float>(shape: [], scalars: [7]).item() == 7)
    #expect(Tensor<Float>(shape: [0, 2], scalars: []).count == 0)
  }

  @Test func `filled`() {
    #expect(Tensor<Float>.zeros([2, 3]).scalars == [0, 0, 0, 0, 0, 0])
    #expect(Tensor<Int64>.ones([3]).scalars == [1, 1, 1])
    #expect(Tensor<Double>.full([2], -1.5).scalars == [-1.5, -1.5])
    #expect(Tensor<Bool>.full([2], true).scalars == [true, true])
    #expect(Tensor<UInt8>.full([33], 200).scalars == Array(repeating: 200, count: 33))
    #expect(Tensor<Float>.identity(3) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    #expect(Tensor<Float>.identity(0).shape == [0, 0])
    for type in ScalarType.allCases where type.isNumeric {
      #expect(AnyTensor(full: [5], 3, scalarType: type).plainValues == [3, 3, 3, 3, 3])
      #expect(AnyTensor(zeros: [5], scalarType: type).plainValues == [0, 0, 0, 0, 0])
    }
  }

  @Test func `ranges of numbers`() {
    #expect(Tensor<Int32>.arange(5).scalars == [0, 1, 2, 3, 4])
    #expect(Tensor<Int64>.arange(2, 11, step: 3).scalars == [2, 5, 8])
    #expect(Tensor<Int32>.arange(5, 0, step: -2).scalars == [5, 3, 1])
    #expect(Tensor<Int32>.arange(5, 5).scalars == [])
    #expect(Tensor<Int32>.arange(5, 2).scalars == [])
    #expect(Tensor<UInt8>.arange(250, 255).scalars == [250, 251, 252, 253, 254])
    // No running sum: the last of many is as exact as the first.
    let tenths = Tensor<Double>.arange(0, 1000, step: 0.1).scalars
    #expect(tenths.count == 10_000)
    #expect(tenths.enumerated().allSatisfy { abs($0.element - Double($0.offset) * 0.1) < 1e-12 })
    #expect(Tensor<Float>.arange(0, 1, step: 0.25).scalars == [0, 0.25, 0.5, 0.75])
  }

  @Test func `ranges of integers are exact`() {
    // A Double has no odd numbers there.
    let large: Int64 = 1 << 60
    #expect(Tensor<Int64>.arange(large + 1, large + 4).scalars == [large + 1, large + 2, large + 3])
    #expect(Tensor<Int64>.arange(.max - 5, .max, step: 3).scalars == [.max - 5, .max - 2])
    #expect(Tensor<Int64>.arange(.min, .max, step: .max).scalars == [.min, -1, .max - 1])
    #expect(Tensor<Int64>.arange(.max, .min, step: .min).scalars == [.max, -1])
    #expect(Tensor<Int64>.arange(.min, .max, step: -1).count == 0)
    #expect(Tensor<Int32>.arange(.max - 2, .max).scalars == [.max - 2, .max - 1])
    #expect(Tensor<UInt8>.arange(0, 255, step: 100).scalars == [0, 100, 200])
  }

  @Test func linspace() {
    #expect(Tensor<Double>.linspace(0, 1, count: 5).scalars == [0, 0.25, 0.5, 0.75, 1])
    #expect(Tensor<Double>.linspace(3, 3, count: 1).scalars == [3])
    #expect(Tensor<Float>.linspace(-1, 1, count: 2).scalars == [-1, 1])
    let many = Tensor<Float>.linspace(0.1, 0.7, count: 100).scalars
    #expect(many.first == 0.1 && many.last == 0.7)
    #expect(zip(many, many.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func `stacking and concatenating`() {
    let (a, b): (Tensor<Float>, Tensor<Float>) = ([1, 2], [3, 4])
    #expect(Tensor.stack([a, b]) == [[1, 2], [3, 4]])
    #expect(Tensor.stack([a, b], axis: 1) == [[1, 3], [2, 4]])
    #expect(Tensor.stack([a, b], axis: -1) == [[1, 3], [2, 4]])
    #expect(Tensor.stack([Tensor<Float>(1), Tensor<Float>(2)]).scalars == [1, 2])
    #expect(Tensor.concatenate([a, b]).scalars == [1, 2, 3, 4])
    let (m, n): (Tensor<Int32>, Tensor<Int32>) = ([[1, 2]], [[3, 4], [5, 6]])
    #expect(Tensor.concatenate([m, n]) == [[1, 2], [3, 4], [5, 6]])
    #expect(Tensor.concatenate([n, n.transposed()], axis: -1) == [[3, 4, 3, 5], [5, 6, 4, 6]])
    #expect(Tensor.concatenate([m]) == m)
    #expect(Tensor.concatenate([Tensor<Bool>([true]), Tensor<Bool>([false, true])]).scalars == [true, false, true])
    let many = (0..<20).map { Tensor<Int32>([$0]) }
    #expect(Tensor.concatenate(many).scalars == (0..<20).map { Int32($0) })
  }

  // MARK: Types

  @Test func `conversions between all types`() {
    let values: [Double] = [0, 1, 2, 100]
    for from in ScalarType.allCases where from.isNumeric {
      let source = AnyTensor(PlainTensor(from, Reference([4], values)))
      for to in ScalarType.allCases where to.isNumeric {
        #expect(source.converted(to: to).scalarType == to)
        #expect(source.converted(to: to).plainValues == values, "\(from) to \(to)")
      }
      #expect(source.converted(to: .bool).plainValues == [0, 1, 1, 1], "\(from) to Bool")
      for storage in [ScalarType.float16, .bfloat16] {
        #expect(source.converted(to: storage).converted(to: .float64).plainValues == values, "\(from) to \(storage)")
      }
    }
    #expect(Tensor<Bool>([true, false]).cast(to: Float.self).scalars == [1, 0])
    #expect(Tensor<Float>([0, 0.1, -3, .nan]).cast(to: Bool.self).scalars == [false, true, true, true])
    let same = Tensor<Float>([1])
    #expect(same.cast(to: Float.self).erased.body === same.erased.body)
  }

  @Test func `half precision rounds to even`() {
    // Between 2048 and 2050 a Float16 has no 2049; between 256 and 258 a BFloat16 has no 257.
    let halves = AnyTensor(Tensor<Float>([2049, 2051, 65504, 65536, 1e-8])).converted(to: .float16).converted(
      to: .float32)
    #expect(halves.plainValues == [2048, 2052, 65504, .infinity, 0])
    let brains = AnyTensor(Tensor<Float>([257, 259, 3e38, .nan])).converted(to: .bfloat16).converted(to: .float32)
      .plainValues
    #expect(brains[0] == 256 && brains[1] == 260 && abs(brains[2] / 3e38 - 1) < 0.01 && brains[3].isNaN)
  }

  @Test func `numbers of 64 bits are rounded once to half precision`() {
    // A little above the middle between two numbers, and so little that a Float is the middle itself.
    func rounded<S: TensorScalar>(_ scalars: [S], _ type: ScalarType) -> [Double] {
      AnyTensor(Tensor(scalars)).converted(to: type).converted(to: .float64).plainValues
    }
    let (above, tie, below): (Double, Double, Double) = (0x1p-11 + 0x1p-40, 0x1p-11, 0x1p-11 - 0x1p-40)
    func expect<S: TensorScalar>(_ scalars: [S], _ type: ScalarType, become expected: [Double]) {
      #expect(rounded(scalars, type) == expected)
    }
    let near: [Double] = [1 + above, 1 + tie, 1 + below, -1 - above]
    expect(near, .float16, become: [1 + 0x1p-10, 1, 1, -1 - 0x1p-10])
    let wider: [Double] = [1 + 8 * above, 1 + 8 * tie, 1 + 24 * tie]
    expect(wider, .bfloat16, become: [1 + 0x1p-7, 1, 1 + 0x1p-6])
    // Among the denormals of both, the last place is absolute.
    let small: [Double] = [0x1p-25 + 0x1p-60, 0x1p-25, -0x1.8p-24, 1e-300]
    expect(small, .float16, become: [0x1p-24, 0, -0x1p-23, 0])
    // The middle between the greatest number and infinity.
    let large: [Double] = [65520, 65520.0.nextDown, -1e300, .infinity]
    expect(large, .float16, become: [.infinity, 65504, -.infinity, .infinity])
    let larger: [Double] = [0x1.ffp127.nextDown, 0x1.ffp127]
    expect(larger, .bfloat16, become: [0x1.fep127, .infinity])
    #expect(rounded([Double.nan], .float16)[0].isNaN && rounded([Double.nan], .bfloat16)[0].isNaN)
    // Above the middle by the last of 63 bits, on it, and below it.
    let middle: Int64 = 1 << 62 + 1 << 54
    let wide: [Int64] = [middle + 1, middle, middle - 1, -(middle + 1)]
    expect(wide, .bfloat16, become: [0x1p62 + 0x1p55, 0x1p62, 0x1p62, -0x1p62 - 0x1p55])
    let whole: [Int64] = [.min, .max, 2049, 2051, 1 << 20]
    expect(whole, .float16, become: [-.infinity, .infinity, 2048, 2052, .infinity])
    let short: [Int32] = [1 << 30 + 1 << 22 + 1, 1 << 30 + 1 << 22]
    expect(short, .bfloat16, become: [0x1p30 + 0x1p23, 0x1p30])
    expect([255, 7] as [UInt8], .bfloat16, become: [255, 7])
  }

  @Test func `an untyped tensor is typed again, or throws`() throws {
    let any = AnyTensor(Tensor<Float>([1, 2]))
    #expect(any.scalarType == .float32 && any.shape == [2] && any.rank == 1 && any.count == 2)
    #expect(try Tensor<Float>(any).scalars == [1, 2])
    let error = #expect(throws: TensorError.self) { try Tensor<Double>(any) }
    #expect(
      error
        == TensorError(
          "tensor", expected: "a tensor of Double", got: "one of Float; use converted(to:)", shapes: [any.shape]))
    #expect(throws: TensorError.self) { try Tensor<Int32>(any) }
    #expect(try Tensor<Double>(any.converted(to: .float64)).scalars == [1, 2])
  }

  @Test func equality() {
    let a: Tensor<Float> = [[1, 2], [3, 4]]
    #expect(a == [[1, 2], [3, 4]])
    #expect(a != [[1, 2], [3, 5]])
    #expect(a != [[1, 2, 3, 4]])
    #expect(a == a.transposed().transposed())
    #expect(a.transposed() == [[1, 3], [2, 4]])
    #expect(Tensor<Float>([.nan]) != Tensor<Float>([.nan]))
    #expect(Tensor<Float>([0]) == Tensor<Float>([-0.0]))
    #expect(Tensor<Float>.zeros([0, 2]) == Tensor<Float>.zeros([0, 2]))
    #expect(Tensor<Float>.zeros([0, 2]) != Tensor<Float>.zeros([2, 0]))
    #expect(AnyTensor(Tensor<Float>([1])) != AnyTensor(Tensor<Double>([1])))
    #expect(AnyTensor(Tensor<Int32>([1])) == AnyTensor(Tensor<Int32>([1])))
    #expect((a .== a.transposed()) == [[true, false], [false, true]])
    #expect((a .!= 3) == [[true, true], [false, true]])
  }

  @Test func `shapes are collections`() {
    var shape: Shape = [2, 3, 4]
    #expect(shape.rank == 3 && shape.elementCount == 24 && shape.dimensions == [2, 3, 4])
    #expect(shape[1] == 3 && Array(shape) == [2, 3, 4] && shape.last == 4)
    shape[1] = 5
    #expect(shape == [2, 5, 4] && shape.hashValue == ([2, 5, 4] as Shape).hashValue)
    #expect(([] as Shape).elementCount == 1 && ([0, 7] as Shape).elementCount == 0)
    #expect(([2, 1] as Shape).broadcast(with: [3]) == [2, 3])
    #expect(([2, 3] as Shape).broadcast(with: [2]) == nil)
    #expect(([0] as Shape).broadcast(with: [1]) == [0])
    #expect(([0] as Shape).broadcast(with: [2]) == nil)
  }
}
