import Martlet

// The numbers that workloads compute with. They are a function of an index and a seed, in integer arithmetic that any
// language repeats exactly, so that every contestant of `compare` starts from the same bits:
//
//   mix(x):  x ^= x >> 16;  x *= 0x7feb352d;  x ^= x >> 15;  x *= 0x846ca68b;  x ^= x >> 16      (all modulo 2³²)
//   bits(i, seed)  = mix(i ^ mix(seed + 0x9e3779b9))                                             (all modulo 2³²)
//   unit(i, seed)  = (bits(i, seed) >> 8) / 2²³ − 1                   in float64: exact, within −1 ..< 1
//   value(i, seed) = offset + scale · unit(i, seed)                   in float64, product then sum, rounded to float32
//   label(i, seed) = (bits(i, seed) >> 8) mod classes
//   integer(i, seed) = bits(i, seed) as an Int32
//
// i counts a tensor's elements in row-major order from 0. `mix` is Chris Wellons' lowbias32
// (https://nullprogram.com/blog/2018/07/31/). In NumPy, with uint32 arrays, that is the same line by line.
//
// A result's check value is Σ (1 + i mod 7) · |value(i)| over its elements in row-major order, in float64.

/// Numbers that are the same in every language: see the formulas above.
public enum WorkloadData {
  /// Pseudo-random integers: `bits` above.
  static func bits(_ index: Int, seed: UInt32) -> UInt32 {
    mix(UInt32(truncatingIfNeeded: index) ^ mix(seed &+ 0x9e37_79b9))
  }

  private static func mix(_ value: UInt32) -> UInt32 {
    var x = value
    x ^= x >> 16
    x &*= 0x7feb_352d
    x ^= x >> 15
    x &*= 0x846c_a68b
    return x ^ x >> 16
  }

  /// Pseudo-random numbers in −1 ..< 1: `unit` above.
  static func unit(_ index: Int, seed: UInt32) -> Double {
    Double(bits(index, seed: seed) >> 8) / 8_388_608 - 1
  }

  /// A tensor with elements in `offset − scale ..< offset + scale`.
  static func tensor<S: FloatingScalar>(
    _ shape: Shape, seed: UInt32, offset: Double = 0, scale: Double = 1, type: S.Type = Float.self
  ) -> Tensor<S> {
    var result = Tensor<S>.zeros(shape)
    result.withUnsafeMutableScalars { scalars in
      for index in scalars.indices { scalars[index] = S(offset + scale * unit(index, seed: seed)) }
    }
    return result
  }

  /// Labels in `0 ..< classes`.
  static func labels(_ count: Int, classes: Int, seed: UInt32) -> Tensor<Int32> {
    Tensor((0..<count).map { Int32(bits($0, seed: seed) >> 8) % Int32(classes) })
  }

  /// Integers of any size: `bits` as they are.
  static func integers(_ count: Int, seed: UInt32) -> Tensor<Int32> {
    Tensor((0..<count).map { Int32(bitPattern: bits($0, seed: seed)) })
  }

  /// Σ (1 + i mod 7) · |value(i)|: a number that changes with every element and with most changes of order.
  static func check<S: NumericScalar>(_ tensor: Tensor<S>) -> Double {
    tensor.withUnsafeScalars { scalars in
      var sum = 0.0
      for (index, value) in scalars.enumerated() { sum += Double(1 + index % 7) * abs(value.doubleValue) }
      return sum
    }
  }
}
