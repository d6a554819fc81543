import Testing

@testable import MartletCore

/// Numbers assigned through subscripts.
@Suite struct AssignmentTests {
  @Test func `a number goes to every element that is named`() {
    var z = Tensor<Float>.zeros([3, 4])
    let before = z
    z[0, 0] = 3.5
    z[1] = 2
    z[1..., 2...] = -1
    z[.all, -1] = 7
    #expect(z == [[3.5, 0, 0, 7], [2, 2, -1, 7], [0, 0, -1, 7]] && before == .zeros([3, 4]))
    let (i, v): (Int, Float) = (2, 0.25)
    for k in 0..<3 { z[k, k] = Float(k) * v }
    z[i] = v
    z[.slice(step: 2), .slice(from: 1, to: 3)] = 9
    #expect(z == [[0, 9, 9, 7], [2, 0.25, -1, 7], [0.25, 9, 9, 0.25]])
    z[.ellipsis] = 1
    z[[.all, .element(1)]] = 5
    #expect(z.sum().item() == 24)
    z[rows: [2, 0]] = 0
    z[rows: Tensor<Int32>([1])] = 8
    #expect(z == [[0, 0, 0, 0], [8, 8, 8, 8], [0, 0, 0, 0]])
  }

  @Test func `what was written before means the same`() {
    var z: Tensor<Float> = [[1, 2], [3, 4], [5, 6]]
    z[0] += 1
    z[1, 1] *= z[0, 0]
    z[.all, 0] = [7, 8, 9]
    z[2] = z[0] * 2 - 1
    #expect(z == [[7, 3], [8, 8], [13, 5]])
    let row = z[0]
    #expect(row.shape == [2] && z[0, 1].item() == 3 && z[0] == [7, 3])
    func shift<S: FloatingScalar>(_ z: inout Tensor<S>, by v: S) {
      z[0] += v
      z[1] = v
      z[0, 1] -= 1
    }
    shift(&z, by: 2)
    #expect(z == [[9, 4], [2, 2], [13, 5]])
  }

  @Test func `truths and integers`() {
    var mask = Tensor<Bool>([true, true])
    mask[0] = false
    var counts = Tensor<Int64>.zeros([2])
    counts[1] = 3
    counts[1] += counts[1]
    #expect(mask == [false, true] && counts == [0, 6])
  }

  @Test func `an assigned number cuts the gradient`() {
    let x: Tensor<Double> = [1, 2, 3]
    let slopes = gradient(at: x) { x in
      var z = x * x
      z[1] = 5
      return z.sum()
    }
    #expect(slopes == [2, 0, 6])
  }

  @Test func `as many indices as there are axes`() {
    var z = Tensor<Float>.arange(256).reshaped(to: [2, 2, 2, 2, 2, 2, 2, 2])
    let place = (0, 1, 1, 0, 1, 0, 0, 1)
    #expect(z[0, 1, 1, 0, 1, 0, 0, 1].item() == 105)
    #expect(z[0, 1, 1, 0, 1, 0, 0].scalars == [104, 105] && z[place.0, .all, 0, 0, 0, 0, 0].shape == [2, 2])
    z[0, 1, 1, 0, 1, 0, 0, 1] = -1
    z[0, 1, 1, 0, 1, 0, 1] += 1000
    #expect(z.flattened()[104..<108] == [104, -1, 1106, 1107])
    z[1, 1, 1, 1, 1, 1, 1] = [1, 2]
    z[1, 0, 0, 0, 0, 0, 0] = 3
    z[1, 1, 1, 1, 1, 1, 0, 0..<2] = [3, 4]
    #expect(z.flattened()[252...] == [3, 4, 1, 2] && z.flattened()[128..<130] == [3, 3])
    z[0, 0, 0] = 2
    z[0, 0, 1, 1] = 3
    z[0, 0, 1, 0, 1] = 4
    z[0, 0, 1, 0, 0, 1] = 5
    let changed = (z.flattened()[..<64] .!= Tensor<Float>.arange(64)).sum().item()
    #expect(changed == 59 && z[0, 0, 0, 1, 1, 1, 1, 1].item() == 2 && z[0, 0, 1, 1, 1, 0, 0, 0].item() == 3)
    #expect(z[0, 0, 1, 0, 1, 1, 1, 1].item() == 4 && z[0, 0, 1, 0, 0, 1, 0, 1].item() == 5)
  }

  @Test func `three dots are as many whole axes as are not named`() {
    var z = Tensor<Int32>.arange(24).reshaped(to: [2, 3, 4])
    #expect(z[...] == z && z[..., 1] == z[.ellipsis, 1] && z[..., 2, 1...] == z[.all, 2, 1...])
    #expect(z[1, ...] == z[1] && z[1, ..., 0] == z[1, .all, 0])
    z[..., 0] = -1
    z[..., 1, 1] = [7, 8]
    z[1, ...] = z[0, ...] * 2
    z[0, ..., 3] = [1, 1, 1]
    #expect(z[0] == [[-1, 1, 2, 1], [-1, 7, 6, 1], [-1, 9, 10, 1]])
    #expect(z[1] == [[-2, 2, 4, 6], [-2, 14, 12, 14], [-2, 18, 20, 22]])
    z[...] = z + 1
    z[..., 0] += 1
    #expect(z[0, 0] == [1, 2, 3, 2])
    z[...] = 5
    #expect((z .== 5).all().item())
  }
}
