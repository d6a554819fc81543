import Foundation
import MartletCore
import MartletPlatform
import MartletSamples
import MartletTesting

/// One numeric check: results of this build on this processor, compared with plain loops.
package struct SelfCheck: Codable, Sendable, Equatable {
  package let name: String
  /// The number of comparisons that it made.
  package let comparisons: Int
  /// What is wrong; empty when all is well.
  package let problems: [String]

  package var passed: Bool { problems.isEmpty }

  package init(name: String, comparisons: Int, problems: [String]) {
    self.name = name
    self.comparisons = comparisons
    self.problems = problems
  }

  /// Runs all checks: some tenths of a second in a release build.
  package static func all() -> [SelfCheck] {
    [products(), functions(), samples(), gradients(), threads(), denormals()]
  }

  /// The check that `body` makes with its `Progress`, which counts the comparisons and collects the problems.
  package static func named(_ name: String, _ body: (inout Progress) -> Void) -> SelfCheck {
    var progress = Progress()
    body(&progress)
    return SelfCheck(name: name, comparisons: progress.comparisons, problems: progress.problems)
  }

  package struct Progress {
    package private(set) var comparisons = 0
    package private(set) var problems: [String] = []

    package mutating func expect(_ condition: Bool, _ problem: @autoclosure () -> String) {
      comparisons += 1
      if !condition { problems.append(problem()) }
    }

    /// Compares values. The error is relative to the largest expected magnitude, at least 0.001.
    package mutating func expect(_ label: String, _ values: [Double], near expected: [Double], tolerance: Double) {
      let allowed = tolerance * expected.reduce(1e-3) { $1.isFinite ? max($0, abs($1)) : $0 }
      let wrong = zip(values, expected).enumerated().first { _, pair in
        !(pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN) || abs(pair.0 - pair.1) <= allowed)
      }
      expect(values.count == expected.count, "\(label): \(values.count) values instead of \(expected.count)")
      expect(wrong == nil, "\(label): \(wrong!.element.0) instead of \(wrong!.element.1) at \(wrong!.offset)")
    }
  }
}

extension SelfCheck {
  /// Products of small integers, which any order of summation gives exactly.
  static func products() -> SelfCheck {
    named("matrix products against plain loops") { progress in
      func check<S: FloatingScalar>(_ type: S.Type) {
        // Small products are computed whole, the others in panels.
        for (m, n, k) in [(1, 70, 33), (70, 1, 33), (17, 23, 31), (90, 200, 67), (210, 90, 64), (3, 700, 300)] {
          let a: [S] = (0..<m * k).map { (index: Int) -> S in S(index * 7 % 23 - 11) }
          let b: [S] = (0..<k * n).map { (index: Int) -> S in S(index * 5 % 19 - 9) }
          var expected = [S](repeating: 0, count: m * n)
          for i in 0..<m { for p in 0..<k { for j in 0..<n { expected[i * n + j] += a[i * k + p] * b[p * n + j] } } }
          let (left, right) = (Tensor(shape: [m, k], scalars: a), Tensor(shape: [k, n], scalars: b))
          let whole = "\(type) [\(m), \(k)] × [\(k), \(n)]"
          let product: [S] = matmul(left, right).scalars
          progress.expect(product == expected, "\(whole) is wrong")
          // Bᵀ Aᵀ = (A B)ᵀ, which tests the flags for transposed operands.
          let turned = matmul(right.transposed(), left.transposed()).transposed()
          progress.expect(turned.scalars == expected, "\(whole), transposed, is wrong")
        }
      }
      check(Float.self)
      check(Double.self)
    }
  }

  /// Every function of one operand, over rows long enough for whole vectors and the elements left over.
  static func functions() -> SelfCheck {
    named("vector functions against the C library") { progress in
      for operation in UnaryOperation.allCases {
        let sample = operation.sample
        let x = walk(1003, in: sample.range)
        let single = x.map { Float($0) }
        progress.expect(
          "\(operation) of Float",
          Tensor<Float>(unchecked: apply(Unary(operation), Tensor(single).erased)).scalars.map { Double($0) },
          near: single.map { sample.reference(Double($0)) }, tolerance: UnaryOperation.tolerance)
        progress.expect(
          "\(operation) of Double",
          Tensor<Double>(unchecked: apply(Unary(operation), Tensor(x).erased)).scalars, near: x.map(sample.reference),
          tolerance: UnaryOperation.tolerance * 5e-7)
      }
    }
  }

  /// Every sample of every primitive in `Double` and `Float`: small operands of each kind and shape.
  static func samples() -> SelfCheck {
    named("every operation against plain loops") { progress in
      for primitive in PrimitiveCatalogue.all {
        for sample in primitive.samples {
          for type in [ScalarType.float32, .float64] {
            var references: [Reference] = []
            var operands: [AnyTensor] = []
            for (index, operand) in sample.operands.enumerated() {
              let (reference, tensor) = drawn(operand, floating: type, start: 0.1 + 0.37 * Double(index))
              references.append(reference)
              operands.append(tensor)
            }
            let expected = sample.reference(references)
            for (result, expected) in zip(sample.apply(operands), expected) {
              progress.expect(
                "\(sample.label) of \(type)", values(of: result), near: expected.values,
                tolerance: type == .float32 ? sample.tolerance : max(1e-12, sample.tolerance * 5e-7))
            }
          }
        }
      }
    }
  }

  /// A small network's gradient, against central differences along each parameter.
  static func gradients() -> SelfCheck {
    named("a gradient against finite differences") { progress in
      let x = Tensor(shape: [5, 4], scalars: walk(20, in: -1...1))
      let target = Tensor(shape: [5, 3], scalars: walk(15, in: 0...1))
      func loss(_ w: Tensor<Double>) -> Tensor<Double> {
        (matmul(x, w).tanh().softmax() * target).sum()
      }
      let start = walk(12, in: -1...1)
      let slope = gradient(at: Tensor(shape: [4, 3], scalars: start), of: loss).scalars
      let step = 1e-5
      let differences = start.indices.map { index in
        func value(_ change: Double) -> Double {
          var moved = start
          moved[index] += change
          return loss(Tensor(shape: [4, 3], scalars: moved)).item()
        }
        return (value(step) - value(-step)) / (2 * step)
      }
      progress.expect("the gradient of a layer", slope, near: differences, tolerance: 1e-8)
    }
  }

  /// The same bits on one thread and on several, whatever this machine's number is.
  static func threads() -> SelfCheck {
    named("the same bits on 1 and \(max(2, Threads.count)) threads") { progress in
      let a = Tensor(shape: [301, 703], scalars: walk(301 * 703, in: -2...2).map { Float($0) })
      let b = Tensor(shape: [703, 517], scalars: walk(703 * 517, in: -2...2).map { Float($0) })
      let works: [(String, () -> Tensor<Float>)] = [
        ("a product", { matmul(a, b) }), ("tanh", { a.tanh() }), ("a sum", { a.sum() }),
        ("sums of columns", { a.sum(axis: 0) }), ("softmax", { a.softmax() }),
        ("a gradient", { gradient(at: b) { matmul(a, $0).tanh().sum() } }),
      ]
      for (label, work) in works {
        let one = withThreads(1) { work().scalars.map(\.bitPattern) }
        let many = withThreads(max(2, Threads.count)) { work().scalars.map(\.bitPattern) }
        progress.expect(one == many, "\(label) has other bits")
      }
    }
  }

  /// Denormals are flushed within operations where the processor is known to be able to, and the caller's mode is left
  /// alone.
  static func denormals() -> SelfCheck {
    let flushes = mk_can_flush_denormals()
    return named("denormals \(flushes ? "flushed" : "kept") in operations, kept outside") { progress in
      let tiny = Tensor<Float>.full([1003], 1e-30)
      progress.expect(
        (tiny * 1e-10).scalars.allSatisfy { ($0 == 0) == flushes },
        flushes ? "an operation gave a denormal number" : "an operation gave 0 for a denormal number")
      // Computed so that the compiler cannot do it at compile time.
      let kept = [Double.leastNormalMagnitude].map { $0 * 0.25 }
      progress.expect(kept[0] > 0, "the calling thread flushes denormal numbers")
    }
  }

  // MARK: Operands

  /// Values that vary from element to element: a walk through the range by an irrational step.
  private static func walk(_ count: Int, in range: ClosedRange<Double>, from start: Double = 0.1) -> [Double] {
    (0..<count).map { index in
      let position = (start + Double(index) * 0.618_033_988_749_894_9).truncatingRemainder(dividingBy: 1)
      return range.lowerBound + position * (range.upperBound - range.lowerBound)
    }
  }

  private static func drawn(
    _ operand: Sample.Operand, floating: ScalarType, start: Double
  ) -> (Reference, AnyTensor) {
    let type = operand.scalarType ?? floating
    let shape = operand.shape
    let plain = walk(shape.elementCount, in: operand.range, from: start).map { operand.transform?($0) ?? $0 }
    func made<S: TensorScalar>(_ scalars: [S]) -> AnyTensor { Tensor(shape: shape, scalars: scalars).erased }
    switch type {
    case .float32:
      let scalars = plain.map { Float($0) }
      return (Reference(shape.dimensions, scalars.map { Double($0) }), made(scalars))
    case .float64: return (Reference(shape.dimensions, plain), made(plain))
    case .bool:
      let middle = (operand.range.lowerBound + operand.range.upperBound) / 2
      return (Reference(shape.dimensions, plain.map { $0 > middle ? 1 : 0 }), made(plain.map { $0 > middle }))
    default:
      let whole = plain.map {
        max(operand.range.lowerBound.rounded(.up), min($0.rounded(), operand.range.upperBound.rounded(.down)))
      }
      let tensor = Tensor(shape: shape, scalars: whole).erased
      return (Reference(shape.dimensions, whole), tensor.converted(to: type))
    }
  }

  private static func values(of tensor: AnyTensor) -> [Double] {
    Tensor<Double>(unchecked: tensor.converted(to: .float64)).scalars
  }
}
