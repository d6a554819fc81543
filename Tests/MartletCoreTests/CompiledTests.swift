import MartletTesting
import TestSupport
import Testing

@testable import MartletCore

/// What a compiled function may and may not do, and what its plans are.
@Suite struct CompiledTests {
  private func draw(_ shape: Shape, _ seed: UInt64) -> Tensor<Float> {
    var generator = RandomGenerator(seed: seed)
    return .randomNormal(shape, using: &generator)
  }

  private func expectSameBits<S: TensorScalar>(
    _ got: Tensor<S>, _ wanted: Tensor<S>, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(got.shape == wanted.shape, comment, sourceLocation: sourceLocation)
    #expect(
      PrimitiveCheck.firstDifference(got.erased, wanted.erased) == nil, comment, sourceLocation: sourceLocation)
  }

  // MARK: Values

  @Test func `a chain is one step and has the same bits`() {
    func function(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> { ((x * y + x).tanh() - y) * 0.5 + x.exp() }
    let compiled = compiled { (x: Tensor<Float>, y: Tensor<Float>) in function(x, y) }
    for seed in 0..<5 as Range<UInt64> {
      let (x, y) = (draw([123, 457], seed), draw([123, 457], seed + 100))
      expectSameBits(compiled(x, y), function(x, y))
    }
    #expect(compiled.plans.count == 1)
    #expect(compiled.plans[0].stepCount == 1)
  }

  @Test func `no plan is made before two runs have done the same`() {
    var runs = 0
    let twice = compiled { (x: Tensor<Float>) in
      runs += 1
      return x + x
    }
    for call in 1...5 {
      expectSameBits(twice([1, 2]), [2, 4])
      #expect(runs == min(call, 2))
      #expect(twice.plans.count == (call < 2 ? 0 : 1))
    }
  }

  @Test func `functions of none, one, two and three tensors with one, two and three results`() {
    let none = compiled { () in Tensor<Float>([1, 2]) + 1 }
    let split = compiled { (x: Tensor<Float>) in (x + 1, x.sum(), x .> 0) }
    let merged = compiled { (x: Tensor<Float>, y: Tensor<Double>, z: Tensor<Int64>) in
      (x.cast(to: Double.self) * y, z + 1)
    }
    for _ in 0..<3 {
      expectSameBits(none(), [2, 3])
      let (a, b, c) = split([1, -2])
      expectSameBits(a, [2, -1])
      expectSameBits(b, Tensor(-1))
      expectSameBits(c, [true, false])
      let (d, e) = merged([1, 2], [3, 4], [5])
      expectSameBits(d, [3, 8])
      expectSameBits(e, [6])
    }
  }

  @Test func `results of earlier calls keep their elements`() {
    let compiled = compiled { (x: Tensor<Float>) in (x * 2, x.reshaped(to: [2, 2]).transposed(), x) }
    let inputs = (0..<6).map { draw([4], UInt64($0)) }
    let results = inputs.map { compiled($0) }
    for (x, result) in zip(inputs, results) {
      expectSameBits(result.0, x * 2)
      expectSameBits(result.1, x.reshaped(to: [2, 2]).transposed())
      expectSameBits(result.2, x)
    }
  }

  @Test func `a result can be a view of what the function makes, or be returned twice`() {
    func function(_ x: Tensor<Float>) -> (Tensor<Float>, Tensor<Float>, Tensor<Float>) {
      let y = x * 3
      return (y[1..., 0..<2].transposed(), y, y)
    }
    let compiled = compiled { (x: Tensor<Float>) in function(x) }
    for seed in 0..<4 as Range<UInt64> {
      let x = draw([5, 3], seed)
      let (got, wanted) = (compiled(x), function(x))
      expectSameBits(got.0, wanted.0)
      expectSameBits(got.1, wanted.1)
      expectSameBits(got.2, wanted.2)
    }
  }

  @Test func `broadcast operands along rows and columns are part of a chain`() {
    func function(_ x: Tensor<Float>, _ row: Tensor<Float>, _ column: Tensor<Float>) -> Tensor<Float> {
      (x - column) * row + row - (x * 0.25).sigmoid()
    }
    for shape in [[7, 5], [3, 4001], [4001, 3], [2, 6, 9], [1, 1], [0, 4]] as [Shape] {
      let compiled = compiled { (x: Tensor<Float>, row: Tensor<Float>, column: Tensor<Float>) in
        function(x, row, column)
      }
      let last = shape[shape.rank - 1]
      var columnShape = shape.dimensions
      columnShape[shape.rank - 1] = 1
      for seed in 0..<3 as Range<UInt64> {
        let (x, row, column) = (draw(shape, seed), draw([last], seed + 9), draw(Shape(columnShape), seed + 5))
        expectSameBits(compiled(x, row, column), function(x, row, column), "\(shape)")
      }
      #expect(compiled.plans[0].stepCount <= 2, "\(compiled.plans[0])")
    }
  }

  @Test func `strided and broadcast arguments`() {
    func function(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> { (x * 2 + y).exp() + matmul(x, y) }
    let compiled = compiled { (x: Tensor<Float>, y: Tensor<Float>) in function(x, y) }
    for seed in 0..<4 as Range<UInt64> {
      let whole = draw([12, 12], seed)
      let (x, y) = (whole.transposed()[2..<8, 1..<7], whole[1..<7, ..<6].transposed())
      expectSameBits(compiled(x, y), function(x, y))
      let spread = draw([6], seed).broadcast(to: [6, 6])
      expectSameBits(compiled(x, spread), function(x, spread))
    }
    #expect(compiled.plans.count == 2)
  }

  @Test func `each shape, scalar type and mode has a plan of its own, and the oldest is dropped`() {
    let sum = compiled { (x: Tensor<Float>) in x.exp().sum() }
    for size in 1...20 {
      for _ in 0..<2 { _ = sum(draw([size], 1)) }
    }
    #expect(sum.plans.count == CompiledFunction<Tensor<Float>, Tensor<Float>>.capacity)
    let modal = compiled { (x: Tensor<Float>) in Mode.current == .training ? x * 2 : x }
    for _ in 0..<3 {
      expectSameBits(modal([1]), [1])
      withMode(.training) { expectSameBits(modal([1]), [2]) }
    }
  }

  @Test func `one tensor for two arguments, and then two`() {
    let difference = compiled { (x: Tensor<Float>, y: Tensor<Float>) in x * 2 - y }
    let (x, y) = (draw([3], 1), draw([3], 2))
    for _ in 0..<4 {
      expectSameBits(difference(x, x), x * 2 - x)
      expectSameBits(difference(x, y), x * 2 - y)
    }
  }

  // MARK: Passes

  @Test func `what no result depends on is left out, and what is equal is computed once`() {
    let compiled = compiled { (x: Tensor<Float>) in
      let unused = matmul(x, x)
      _ = unused.sum()
      return matmul(x, x.transposed()) + matmul(x, x.transposed()) * 2
    }
    let x = draw([4, 4], 3)
    for _ in 0..<3 { expectSameBits(compiled(x), matmul(x, x.transposed()) + matmul(x, x.transposed()) * 2) }
    #expect(compiled.plans[0].description.split(separator: "\n").filter { $0.contains("matmul") }.count == 1)
    #expect(compiled.plans[0].flops == 2 * 4 * 4 * 4 + 2 * 16)
  }

  @Test func `what depends on constants alone is computed once`() {
    let weights = draw([3, 3], 1)
    let compiled = compiled { (x: Tensor<Float>) in matmul(x, (weights * weights).exp()) }
    for seed in 0..<4 as Range<UInt64> {
      let x = draw([2, 3], seed)
      expectSameBits(compiled(x), matmul(x, (weights * weights).exp()))
    }
    #expect(compiled.plans[0].stepCount == 1)
  }

  @Test func `memory is shared by values that are not needed at the same time`() {
    let compiled = compiled { (x: Tensor<Float>) in
      var y = x
      for _ in 0..<20 { y = matmul(y, x) }
      return y.sum()
    }
    let x = draw([64, 64], 1) * 0.1
    for _ in 0..<3 { _ = compiled(x) }
    #expect(compiled.plans[0].peakBytes <= 2 * 64 * 64 * 4 + 256)
  }

  @Test func `an operation by itself is written over an operand that nothing needs any more`() {
    let compiled = compiled { (x: Tensor<Float>) in matmul(matmul(matmul(x, x).exp(), x).tanh(), x) }
    let x = draw([64, 64], 1) * 0.1
    for _ in 0..<3 { expectSameBits(compiled(x), matmul(matmul(matmul(x, x).exp(), x).tanh(), x)) }
    // Two products, of which the second needs the first, and the result.
    #expect(compiled.plans[0].peakBytes <= 3 * 64 * 64 * 4)
  }

  @Test func `values in the same memory at the same time are found`() {
    let compiled = compiled { (x: Tensor<Float>) in
      let (y, z) = (matmul(x, x), matmul(x, x + 1))
      return matmul(y, z) + y.sum() + (z - y).sum(axis: 0)
    }
    let x = draw([8, 8], 1)
    for _ in 0..<3 { _ = compiled(x) }
    let plan = compiled.plans[0].plan
    #expect(Plan.memoryFault(plan.program, plan.steps, plan.homes) == nil)
    let shared = plan.homes.indices.filter { if case .arena = plan.homes[$0] { true } else { false } }
    #expect(shared.count >= 3)
    var homes = plan.homes
    for buffer in shared { homes[buffer] = .arena(0) }
    #expect(Plan.memoryFault(plan.program, plan.steps, homes) != nil)
    // A step too early.
    var steps = plan.steps
    steps.swapAt(0, steps.count - 1)
    #expect(Plan.memoryFault(plan.program, steps, plan.homes) != nil)
  }

  @Test func `a program of some thousand operations becomes few steps`() {
    func function(_ x: Tensor<Float>) -> Tensor<Float> {
      var (y, sum) = (x, Tensor<Float>.zeros([2]))
      for step in 0..<1000 {
        y = step % 100 == 99 ? matmul(y.reshaped(to: [1, 2]), Tensor.eye(2)).reshaped(to: [2]) : y * 0.5 + x
        sum = sum + y
      }
      return sum
    }
    let compiled = compiled { (x: Tensor<Float>) in function(x) }
    let x = draw([2], 1)
    let wanted = function(x)
    for _ in 0..<3 { expectSameBits(compiled(x), wanted) }
    #expect(compiled.plans[0].stepCount < 60)
  }

  // MARK: Gradients, assignments, random numbers

  @Test func `gradients of first and second order`() {
    func function(_ x: Tensor<Float>) -> Tensor<Float> {
      gradient(at: x) { x in gradient(at: x) { y in (y * y * y).tanh().sum() }.sum() }
    }
    let compiled = compiled { (x: Tensor<Float>) in function(x) }
    for seed in 0..<4 as Range<UInt64> {
      let x = draw([3, 5], seed)
      expectSameBits(compiled(x), function(x))
    }
  }

  @Test func `within a gradient it runs as it stands`() {
    let square = compiled { (x: Tensor<Float>) in x * x }
    for _ in 0..<4 { expectSameBits(gradient(at: [1, 2, 3]) { square($0).sum() }, [2, 4, 6]) }
    for _ in 0..<3 { _ = square([1, 2, 3]) }
    expectSameBits(gradient(at: [1, 2, 3]) { square($0).sum() }, [2, 4, 6])
  }

  @Test func `assignments through subscripts`() {
    func function(_ x: Tensor<Float>, _ i: Tensor<Int64>) -> Tensor<Float> {
      var y = x
      y[0] = x[1] * 2
      y[1...] += 1
      var z = Tensor<Float>.zeros(x.shape)
      z[2] = y[0]
      z[i] = x[0]
      return y + z
    }
    let compiled = compiled { (x: Tensor<Float>, i: Tensor<Int64>) in function(x, i) }
    for seed in 0..<5 as Range<UInt64> {
      let x = draw([3, 4], seed)
      let kept = x + 0
      expectSameBits(compiled(x, Tensor([Int64(seed % 3)])), function(x, Tensor([Int64(seed % 3)])))
      expectSameBits(x, kept)
    }
  }

  @Test func `random numbers come from the generator in scope, as without a plan`() {
    func function(_ x: Tensor<Float>) -> Tensor<Float> {
      let noise = Tensor<Float>.randomNormal([4]) + Tensor<Float>.randomUniform([4])
      let mask = Tensor<Float>.randomBernoulli([4], probability: 0.5)
      let order = Tensor<Int64>.randomPermutation(4)
      _ = Tensor<Float>.randomUniform([7])
      let gamma = Tensor<Float>.randomGamma([4], concentration: 2)
      return x * noise * mask + gamma + order.cast(to: Float.self)
    }
    let compiled = compiled { (x: Tensor<Float>) in function(x) }
    var (own, other) = (RandomGenerator(seed: 5), RandomGenerator(seed: 5))
    let x = draw([4], 1)
    for _ in 0..<5 {
      let got = withRandomGenerator(&own) { compiled(x) }
      let wanted = withRandomGenerator(&other) { function(x) }
      expectSameBits(got, wanted)
      #expect(own == other)
    }
    // Without a scope the operating system seeds each draw.
    #expect(compiled(x).scalars != compiled(x).scalars)
  }

  @Test func `variables are read and written anew`() {
    let (weight, mean) = (Variable(draw([3], 1).erased), Variable(draw([3], 2).erased, isTrainable: false))
    func function(_ x: Tensor<Float>) -> Tensor<Float> {
      let (w, m) = (Tensor<Float>(unchecked: weight.current), Tensor<Float>(unchecked: mean.value))
      mean.value = (m * 0.9 + x * 0.1).erased
      return x * w + Tensor<Float>(unchecked: mean.value) + m
    }
    let compiled = compiled { (x: Tensor<Float>) in function(x) }
    for seed in 0..<6 as Range<UInt64> {
      let x = draw([3], seed)
      let before = mean.value
      let wanted = function(x)
      let after = mean.value
      mean.value = before
      expectSameBits(compiled(x), wanted)
      #expect(PrimitiveCheck.firstDifference(mean.value, after) == nil)
      weight.value = draw([3], seed + 50).erased
    }
    #expect(compiled.plans.count == 1)
    // Another shape: written down again.
    weight.value = draw([1], 3).erased
    for _ in 0..<3 { _ = compiled(draw([3], 1)) }
    #expect(compiled.plans.count == 1)
  }

  @Test func `arguments and constants can be stored, and given to the host`() {
    let (last, fixed) = (Variable(nil, isTrainable: false), Variable(nil, isTrainable: false))
    let compiled = compiled { (x: Tensor<Float>) in
      last.value = x.erased
      fixed.value = Tensor<Float>([1, 2]).erased
      return Tensor<Float>(unchecked: onHost("twice", [x.erased]) { [$0[0] * 2] }[0])
    }
    for call in 0..<5 {
      let x = draw([3], UInt64(call))
      expectSameBits(compiled(x), x * 2)
      expectSameBits(Tensor<Float>(unchecked: last.value), x)
      expectSameBits(Tensor<Float>(unchecked: fixed.value), [1, 2])
    }
  }

  @Test func `work of the host is done anew`() {
    var factor: Float = 2
    let compiled = compiled { (x: Tensor<Float>) in
      let scaled = onHost("scale", [(x + 1).erased]) { [$0[0] * Double(factor)] }
      return Tensor<Float>(unchecked: scaled[0]) * 10
    }
    for call in 0..<6 {
      factor = Float(call)
      expectSameBits(compiled([1, 2]), Tensor([2, 3]) * factor * 10)
    }
  }

  @Test func `wrong labels and indices stop a plan as they stop an operation`() async {
    await #expect(processExitsWith: .failure) {
      let take = compiled { (x: Tensor<Float>, i: Tensor<Int64>) in x[i] }
      for _ in 0..<3 { _ = take([1, 2], [0]) }
      _ = take([1, 2], [5])
    }
  }

  @Test func `a constant that is one number everywhere takes no memory`() {
    func slope(_ x: Tensor<Float>) -> Tensor<Float> { gradient(at: x) { ($0.sigmoid() + 0.1 * $0).mean() } }
    let step = compiled { (x: Tensor<Float>) in slope(x) }
    for seed in 0..<4 as Range<UInt64> {
      let x = draw([30, 40], seed)
      #expect(PrimitiveCheck.firstDifference(step(x).erased, slope(x).erased) == nil)
    }
    let program = step.plans[0].plan.program
    let constants = Set(program.entries.flatMap(\.reads)).compactMap(program.constant)
    #expect(!constants.isEmpty && constants.allSatisfy { $0.count == 1 }, "\(step.plans[0])")
    // A product of matrices takes its operands as they lie.
    let product = compiled { (x: Tensor<Float>) in x.matmul(0.5 * Tensor<Float>.ones([1]).broadcast(to: [4, 3])) }
    for _ in 0..<3 { _ = product(draw([2, 4], 1)) }
    #expect(product(draw([2, 4], 1)) == draw([2, 4], 1).matmul(Tensor<Float>.full([4, 3], 0.5)))
  }

  @Test func `a parameter is read again after the host has changed it`() {
    let weight = Variable(Tensor<Float>([1, 2]).erased)
    let step = compiled { (x: Tensor<Float>) in
      let before = x * Tensor(unchecked: weight.current)
      _ = onHost("double", []) { _ in
        weight.value = weight.value * 2
        return []
      }
      return before + 100 * Tensor(unchecked: weight.current)
    }
    var expected: [Float] = [1, 2]
    for _ in 0..<5 {
      let result = step([1, 10]).scalars
      #expect(result == [expected[0] + 200 * expected[0], 10 * expected[1] + 200 * expected[1]])
      expected = expected.map { 2 * $0 }
    }
    #expect(step.plans.count == 1)
  }

  @Test func `a parameter that gets another shape within a call stops it`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let weight = Variable(Tensor<Float>([1, 2]).erased)
      var calls = 0
      let step = compiled { (x: Tensor<Float>) in
        let before = x * Tensor(unchecked: weight.current)
        _ = onHost("grow", []) { _ in
          calls += 1
          weight.value = calls < 3 ? weight.value * 2 : Tensor<Float>([1]).erased
          return []
        }
        return before + Tensor(unchecked: weight.current)
      }
      for _ in 0..<3 { _ = step([1, 2]) }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("expected a parameter that is used after an update to keep its shape"))
  }

  // MARK: Mistakes

  /// What is said of a function that is called four times with two numbers.
  private func complaint(_ function: @escaping (Tensor<Float>) -> Tensor<Float>) -> String {
    let compiled = CompiledTensors { ([function(Tensor(unchecked: $0[0])).erased], nil) }
    for number in 0..<4 {
      let x = Tensor<Float>([Float(number), 2])
      let (results, _, failure) = compiled.run([x.erased])
      #expect(results[0].count >= 1)
      if let failure { return failure.description }
    }
    return "none"
  }

  @Test func `looking at elements`() {
    #expect(complaint { $0 * ($0.sum().item() > 0 ? 1 : 2) }.hasPrefix("item: a compiled function is run once"))
    #expect(complaint { x in Tensor(x.scalars) }.hasPrefix("scalars: "))
    #expect(complaint { x in x[x .> 1] }.contains("a compiled function is run once"))
    #expect(complaint { x in x == x ? x : x + 1 }.hasPrefix("==: "))
    // Of what does not depend on the argument, it may.
    #expect(complaint { $0 * Tensor<Float>([3]).item() } == "none")
  }

  @Test func `a number that changes from call to call`() {
    var calls: Float = 0
    #expect(
      complaint { x in
        calls += 1
        return x * calls
      }.contains("a compiled function must do the same at every call"))
    var steps = 0
    #expect(
      complaint { x in
        steps += 1
        return x.sum(axis: 0, keepDims: steps % 2 == 0) + x
      }.contains("a compiled function must do the same at every call"))
    var more = 0
    #expect(
      complaint { x in
        more += 1
        return more % 2 == 0 ? x + x : (x + x).exp()
      }.contains("in the run before"))
  }

  @Test func `random numbers of another generator`() {
    var generator = RandomGenerator(seed: 1)
    #expect(complaint { $0 + .randomUniform([2], using: &generator) }.contains("draw from the one in scope"))
    #expect(complaint { $0 * (Float.random(in: 0...1) > 2 ? 2 : 1) } == "none")
    #expect(complaint { x in x + withRandomSeed(1) { .randomUniform([2]) } }.contains("draw from the one in scope"))
    #expect(
      complaint { x in
        gradient(at: x) { x in checkpointed { (x * .randomUniform([2])).tanh() }.sum() }
      }.contains("draw from the one in scope"))
    var mean: Float = 0
    #expect(
      complaint { x in
        mean += 1
        return x + .randomNormal([2], mean: mean)
      }.contains("its settings were others in the run before"))
  }

  @Test func `a parameter from before an update, and a view of one`() {
    for isView in [false, true] {
      let weight = Variable(draw([2], 1).erased)
      #expect(
        complaint { x in
          let before = Tensor<Float>(unchecked: weight.current)
          let seen = isView ? before.reshaped(to: [2, 1]) : before
          _ = onHost("update", []) { _ in
            weight.value = weight.value * 2
            return []
          }
          return x + seen.reshaped(to: [2])
        }.contains("from before an update is used after it"))
    }
  }

  @Test func `a value that is kept outside`() {
    var kept: Tensor<Float>?
    #expect(
      complaint { x in
        kept = x * 2
        return x
      }.contains("was kept outside of the function"))
    #expect(kept != nil)
  }

  @Test func `the trap says what to do`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let f = compiled { (x: Tensor<Float>) in x.sum().item() > 0 ? x : -x }
      _ = f([1, 2])
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("compiled: item: a compiled function is run once and then repeated"))
  }
}
