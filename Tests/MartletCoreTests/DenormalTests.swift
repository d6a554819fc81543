import CKernels
import MartletSamples
import Testing

@testable import MartletCore

/// Denormal numbers: flushed within operations where the processor is known to be able to, and the caller's floating-point
/// mode is left as it was.
@Suite struct DenormalTests {
  private func denormalSurvives() -> Bool {
    // Computed where the compiler cannot see it.
    let tiny = [Double.leastNormalMagnitude, Double.leastNormalMagnitude].map { $0 * 0.25 }
    return tiny[0] > 0
  }

  @Test(.enabled(if: mk_can_flush_denormals())) func `tiny results are flushed`() {
    let x = Tensor<Float>.full([100], 1e-30)
    #expect((x * x * 1e20).scalars.allSatisfy { $0 == 0 })
    #expect((x * 1e-10).scalars.allSatisfy { $0 == 0 })
    #expect((Tensor<Double>.full([100], 1e-200) * 1e-110).scalars.allSatisfy { $0 == 0 })
    let many = Tensor<Float>.full([100_000], 1e-30)
    let split = withThreads(4) { (many * 1e-10).scalars }
    #expect(split.allSatisfy { $0 == 0 })
  }

  @Test(.enabled(if: !mk_can_flush_denormals())) func `tiny results are kept where nothing flushes them`() {
    let x = Tensor<Float>.full([100], 0x1p-100)
    #expect((x * 0x1p-40).scalars.allSatisfy { $0 == 0x1p-140 })
    let many = Tensor<Float>.full([100_000], 0x1p-100)
    #expect(withThreads(4) { (many * 0x1p-40).scalars }.allSatisfy { $0 == 0x1p-140 })
    #expect((Tensor<Double>.full([100], 0x1p-600) * 0x1p-440).scalars.allSatisfy { $0 == 0x1p-1040 })
  }

  @Test(.enabled(if: mk_can_flush_denormals()), arguments: UnaryOperation.allCases)
  func `a function takes a denormal for 0, in both types`(operation: UnaryOperation) {
    if [.negate, .abs, .sign].contains(operation) { return }
    func check<S: FloatingScalar>(_ tiny: S) {
      let x = Tensor<S>([tiny, -tiny, S.leastNormalMagnitude.nextDown, -S.leastNonzeroMagnitude])
      let (y, zero) = (apply(Unary(operation), x.erased), apply(Unary(operation), (x * 0).erased))
      for (got, expected) in zip(y.plainValues, zero.plainValues) {
        #expect(got == expected || (got.isNaN && expected.isNaN), "\(operation) of \(S.self): \(got), not \(expected)")
      }
    }
    check(0x1p-133 as Float)
    check(0x1p-1030 as Double)
  }

  @Test(arguments: UnaryOperation.allCases)
  func `a function of a tiny number is right where denormals are kept`(operation: UnaryOperation) {
    func check<S: FloatingScalar & BinaryFloatingPoint>(_ type: mk_type, _ tolerance: S, _: S.Type = S.self) {
      let least = S.leastNormalMagnitude
      let sizes = [.leastNonzeroMagnitude, 7 * .leastNonzeroMagnitude, least / 2, least.nextDown, least, 1.5 * least]
      let x = (sizes + [2 * least, 3 * least, 4 * least, 5 * least]).flatMap { [$0, -$0] }
      let count = x.count
      var y = [S](repeating: .nan, count: count)
      // The kernel by itself, in the mode of this thread, which keeps them.
      x.withUnsafeBytes { x in
        y.withUnsafeMutableBytes { y in
          mk_unary(operation.facts.kernel, type, x.baseAddress, 1, y.baseAddress, count)
        }
      }
      for (argument, got) in zip(x, y) {
        let exact = S(operation.sample.reference(Double(argument)))
        let isSame = got == exact || (got.isNaN && exact.isNaN)
        let bound = exact.magnitude * tolerance + 2 * .leastNonzeroMagnitude
        #expect(
          isSame || (got - exact).magnitude <= bound, "\(operation) of \(S.self) at \(argument): \(got), not \(exact)")
      }
    }
    check(MK_FLOAT32, 1e-6 as Float)
    check(MK_FLOAT64, 1e-14 as Double)
  }

  @Test(arguments: [1, 5, 70, 100_000])
  func `what moves or compares keeps denormals`(count: Int) {
    func check<S: FloatingScalar>(_ tiny: S) {
      let row = Tensor<S>.full([count], tiny)
      let zero = Tensor<S>(0)
      for x in [row, Tensor<S>.full([2, count], tiny)[0..., .slice(step: -1)][0]] {
        #expect((x .== zero).scalars.allSatisfy { !$0 } && (x .!= zero).all().item())
        #expect((x .> zero).all().item() && (x .>= zero).all().item() && !(x .< zero).any().item())
        #expect((-x .< zero).all().item() && (x .> -x).all().item() && !(x .<= -x).any().item())
        #expect(x.cast(to: Bool.self).all().item())
        #expect(x.sign().scalars.allSatisfy { $0 == 1 } && (-x).sign().scalars.allSatisfy { $0 == -1 })
        #expect(maximum(x, zero).scalars == row.scalars && minimum(zero, -x).scalars == (-row).scalars)
        #expect(minimum(x, zero).scalars.allSatisfy { $0 == 0 } && x.clamped(to: 0...1).scalars == row.scalars)
        #expect((-x).abs().scalars == row.scalars && x.contiguous().scalars == row.scalars)
      }
      // ±, so that a comparison with 0 decides.
      let mixed = Tensor.concatenate([row, -row, zero.reshaped(to: [1])])
      let columns = mixed.reshaped(to: [2 * count + 1, 1]).broadcast(to: [2 * count + 1, 20]).contiguous()
      #expect(mixed.max().item() == tiny && mixed.min().item() == -tiny)
      #expect(columns.max(axis: 0).scalars.allSatisfy { $0 == tiny })
      #expect(columns.min(axis: 0).scalars.allSatisfy { $0 == -tiny })
      #expect(mixed.argMin().item() == Int64(count) && mixed.reversed(axis: 0).argMax().item() == Int64(count + 1))
      #expect(mixed.sorted().scalars.first == -tiny && mixed.sorted().scalars[count] == 0)
      #expect(mixed.topK(1).values.item() == tiny && mixed.topK(1, largest: false).values.item() == -tiny)
    }
    check(0x1p-133 as Float)
    check(0x1p-1074 as Double)
  }

  @Test(arguments: [1, 5, 100_000])
  func `conversions keep denormals`(count: Int) {
    let singles: [Float] = [0x1p-133, -0x1p-149, Float.leastNormalMagnitude.nextDown]
    for single in singles {
      let x = Tensor<Float>.full([count], single)
      #expect(x.cast(to: Double.self).scalars.allSatisfy { $0 == Double(single) })
      #expect(x.cast(to: Double.self).cast(to: Float.self).scalars.allSatisfy { $0 == single })
      #expect(x.cast(to: Int32.self).scalars.allSatisfy { $0 == 0 })
    }
    #expect(Tensor<Double>.full([count], 1e-42).cast(to: Float.self).scalars.allSatisfy { $0 == Float(1e-42) })
    // Denormals of the two half types.
    for (type, tiny) in [(ScalarType.bfloat16, 0x1p-133), (.bfloat16, 0x1.8p-128), (.float16, 0x1p-24)] {
      for source in [
        AnyTensor(Tensor<Double>.full([count], tiny)), AnyTensor(Tensor<Float>.full([count], Float(tiny))),
      ] {
        let stored = source.converted(to: type)
        #expect(stored.converted(to: .float64).plainValues.allSatisfy { $0 == tiny }, "\(type)")
        #expect(stored.converted(to: .float32).plainValues.allSatisfy { $0 == tiny }, "\(type)")
        #expect(stored.converted(to: .bool).plainValues.allSatisfy { $0 == 1 }, "\(type)")
      }
    }
  }

  @Test func `the caller's mode is unchanged`() {
    #expect(denormalSurvives())
    let x = Tensor<Float>.full([50_000], 0.5)
    _ = (x * x).exp().sum()
    _ = gradient(at: x) { ($0 * $0).sum() }
    _ = matmul(Tensor<Float>.ones([70, 80]), Tensor<Float>.ones([80, 90]))
    _ = withThreads(4) { x.tanh() }
    _ = Tensor<Double>.randomNormal([50_000])
    _ = (x .> 0, x.max(), x.sorted(), maximum(x, -x), x.cast(to: Double.self))
    #expect(denormalSurvives())
    // And one that flushes is left flushing.
    let mode = mk_flush_denormals()
    _ = x + x
    let isFlushed = !denormalSurvives()
    mk_restore_float_mode(mode)
    #expect(isFlushed == mk_can_flush_denormals())
    #expect(denormalSurvives())
  }
}
