import TestSupport
import Testing

@testable import MartletCore

/// Elementwise operations against `elementwise.safetensors`: true values, and what NumPy, SciPy and PyTorch answer.
@Suite struct ElementwiseValueTests {
  /// A row of the table of true values: the fixture's name, and the greatest errors allowed, in units in the last place.
  /// The fixture's values are rounded to `Double`, which makes errors of `Double` whole numbers.
  private struct Row {
    let name: String
    let single: Double
    let double: Double
    /// The magnitude below which errors are absolute, in units of the last place there.
    let floor: Double

    init(_ name: String, _ single: Double, _ double: Double, floor: Double = 0) {
      (self.name, self.single, self.double, self.floor) = (name, single, double, floor)
    }
  }

  private static let rows = [
    Row("cbrt", 0.51, 1), Row("erfinv", 0.51, 3), Row("lgamma", 0.8, 4), Row("digamma", 0.6, 4),
    Row("digamma below 0", 0.6, 8, floor: 1), Row("sinc", 0.51, 3), Row("logit", 0.51, 3), Row("frac", 0, 0),
    Row("softsign", 1.1, 1), Row("tanhshrink", 0.51, 4), Row("fmod", 0, 0), Row("floorDivide", 0, 0),
    Row("xlogy", 1.6, 2), Row("logAddExp", 2, 2), Row("hypot", 0.51, 1), Row("polygamma 1", 0.51, 8),
    Row("polygamma 2", 0.51, 8), Row("polygamma 7", 0.51, 24), Row("polygamma 30", 0.6, 30),
    Row("sincDerivative 1", 0.51, 10), Row("sincDerivative 2", 0.51, 10, floor: 1),
    Row("sincDerivative 5", 0.51, 20, floor: 1),
  ]

  /// The operation of a fixture's name; nil for one that has none.
  private static func value<S: FloatingScalar>(_ name: String, _ x: [Tensor<S>]) -> Tensor<S>? {
    let (a, b) = (x[0], x[x.count - 1])
    func number(_ truth: Tensor<Bool>) -> Tensor<S> { truth.cast(to: S.self) }
    switch name {
    case "cbrt": return a.cbrt()
    case "erfinv": return a.erfinv()
    case "lgamma": return a.lgamma()
    case "digamma", "digamma below 0": return a.digamma()
    case "sinc": return a.sinc()
    case "logit": return a.logit()
    case "frac": return a.frac()
    case "exp2": return a.exp2()
    case "log2": return a.log2()
    case "expm1": return a.expm1()
    case "log1p": return a.log1p()
    case "asinh": return a.asinh()
    case "acosh": return a.acosh()
    case "atanh": return a.atanh()
    case "asin": return a.asin()
    case "acos": return a.acos()
    case "atan": return a.atan()
    case "round": return a.round()
    case "trunc": return a.trunc()
    case "signBit": return number(a.signBit())
    case "degrees": return a.degrees()
    case "radians": return a.radians()
    case "nanToNum": return a.nanToNum()
    case "reciprocal": return a.reciprocal()
    case "softsign": return a.softsign()
    case "tanhshrink": return a.tanhshrink()
    case "fmod": return a.fmod(b)
    case "remainder": return a.remainder(b)
    case "floorDivide": return a.floorDivide(b)
    case "fmin": return a.fmin(b)
    case "fmax": return a.fmax(b)
    case "minimum": return minimum(a, b)
    case "maximum": return maximum(a, b)
    case "copySign": return a.copySign(b)
    case "nextAfter": return a.nextAfter(b)
    case "heaviside": return a.heaviside(b)
    case "xlogy": return a.xlogy(b)
    case "logAddExp": return a.logAddExp(b)
    case "hypot": return a.hypot(b)
    case "atan2": return a.atan2(b)
    case "power": return a.power(b)
    case "isClose": return number(a.isClose(to: b))
    case "isClose equalNaN": return number(a.isClose(to: b, equalNaN: true))
    default: break
    }
    guard let space = name.lastIndex(of: " "), let order = Int(name[space...].dropFirst()) else { return nil }
    if name.hasPrefix("polygamma") { return a.polygamma(order) }
    return name.hasPrefix("sincDerivative") ? Tensor(S(order)).combined(.sincDerivative, a) : nil
  }

  /// The names of the fixture's cases under a prefix.
  private static func names(_ fixture: Fixture, _ prefix: String) -> [String] {
    fixture.entries(under: prefix).map(\.name).filter { $0.hasSuffix(".output") }
      .map { String($0.dropLast(".output".count)) }
  }

  private static func inputs(_ fixture: Fixture, _ name: String) throws -> [AnyTensor] {
    let all = (0...1).compactMap { fixture.tensors["\(name).input\($0)"] }
    return try #require(all.isEmpty ? nil : all)
  }

  private func expect<S: FloatingScalar>(_ row: Row, _ type: S.Type, within bound: Double, _ fixture: Fixture) throws {
    let inputs = try Self.inputs(fixture, "value/\(row.name)").map { try Tensor<Double>($0).cast(to: S.self) }
    let expected: Tensor<Double> = try fixture.tensor("value/\(row.name).output")
    let got = try #require(Self.value(row.name, inputs), "no operation \(row.name)")
    for (index, (value, exact)) in zip(got.scalars, expected.scalars).enumerated() {
      // Denormal results are flushed.
      if exact.magnitude < Double(S.leastNormalMagnitude) { continue }
      let unit = Double(S(max(exact.magnitude, row.floor)).ulp)
      let error =
        exact.magnitude > Double(S.greatestFiniteMagnitude)
        ? (value.magnitude == .infinity ? 0 : .infinity) : abs(Double(value) - exact) / unit
      let at = inputs.map { $0.scalars[index] }
      #expect(error <= bound, "\(row.name) of \(type) at \(at): \(value), not \(exact), \(error) ULP")
    }
  }

  @Test(arguments: rows.map(\.name))
  func `true values, within units in the last place`(name: String) throws {
    let fixture = try Fixture("elementwise")
    let row = try #require(Self.rows.first { $0.name == name })
    try expect(row, Float.self, within: row.single, fixture)
    try expect(row, Double.self, within: row.double, fixture)
  }

  @Test func `every true value of the fixture is compared`() throws {
    #expect(try Set(Self.names(Fixture("elementwise"), "value/")) == Set(Self.rows.map(\.name)))
  }

  // MARK: Special values

  /// Where the library gives a limit, or another NaN than NumPy or SciPy, and why.
  private static func isExcepted(_ name: String, _ x: [Double]) -> Bool {
    switch name {
    // SciPy has NaN at −0, where the limit and PyTorch have ∞, and −∞ at −∞.
    case "digamma": x[0] == -.infinity || (x[0] == 0 && x[0].sign == .minus)
    // A pole for SciPy and C: −∞ is no integer for SciPy.
    case "lgamma": x[0] == -.infinity
    // SciPy's erfinv loses the sign of −0.
    case "erfinv": x[0] == 0
    // NumPy's choice between 0 and −0 is the processor's.
    case "fmin", "fmax", "minimum", "maximum": x[0] == 0 && x[1] == 0
    default: false
    }
  }

  private func isSame<S: FloatingScalar>(_ value: S, _ expected: Double, _ exactSign: Bool) -> Bool {
    if expected.isNaN { return value.isNaN }
    if expected == 0 { return value == 0 && (!exactSign || value.sign == expected.sign) }
    if expected.magnitude == .greatestFiniteMagnitude { return value.magnitude == .greatestFiniteMagnitude }
    return Double(value) == expected || abs(Double(value) - expected) <= 4 * Double(S(expected).ulp)
  }

  private func expectSpecial<S: FloatingScalar>(_ name: String, _ type: S.Type, _ fixture: Fixture) throws {
    let inputs = try Self.inputs(fixture, "special/\(name)").map { try Tensor<Double>($0).cast(to: S.self) }
    let expected: Tensor<Double> = try fixture.tensor("special/\(name).output")
    let got = try #require(Self.value(name, inputs), "no operation \(name)")
    for (index, (value, wanted)) in zip(got.scalars, expected.scalars).enumerated() {
      let at = inputs.map { Double($0.scalars[index]) }
      // NumPy's sine of a rounded multiple of pi is not 0.
      if name == "sinc" && abs(wanted) < 1e-16 {
        #expect(value == 0)
        continue
      }
      if Self.isExcepted(name, at) || (name == "nextAfter" && wanted.isFinite && wanted != at[1]) { continue }
      #expect(isSame(value, wanted, true), "\(name) of \(type) at \(at): \(value), not \(wanted)")
    }
  }

  @Test func `zeros, infinities and NaN are as in NumPy and SciPy`() throws {
    let fixture = try Fixture("elementwise")
    let names = Self.names(fixture, "special/")
    #expect(names.count >= 40)
    for name in names {
      try expectSpecial(name, Float.self, fixture)
      try expectSpecial(name, Double.self, fixture)
    }
  }

  @Test func `choices and neighbours keep denormals`() throws {
    let fixture = try Fixture("elementwise")
    let names = Self.names(fixture, "tiny/")
    #expect(names.count == 14)
    func check<S: FloatingScalar>(_ name: String, _ type: S.Type) throws {
      let inputs = try Self.inputs(fixture, "tiny/\(name)").map { try Tensor<S>($0) }
      let expected: Tensor<S> = try fixture.tensor("tiny/\(name).output")
      let operation = String(name.dropLast(4))
      let got = try #require(Self.value(operation, inputs))
      for (index, (value, wanted)) in zip(got.scalars, expected.scalars).enumerated() {
        let at = inputs.map { Double($0.scalars[index]) }
        if Self.isExcepted(operation, at) { continue }
        #expect(value == wanted && value.sign == wanted.sign, "\(name) at \(at): \(value), not \(wanted)")
      }
    }
    for name in names { try name.hasSuffix("f32") ? check(name, Float.self) : check(name, Double.self) }
  }

  // MARK: Integers

  private static func integers<S: IntegerScalar>(_ name: String, _ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S>? {
    switch name {
    case "and": a & b
    case "or": a | b
    case "xor": a ^ b
    case "not": ~a
    case "shiftLeft": a << b
    case "shiftRight": a >> b
    case "gcd": a.gcd(b)
    case "lcm": a.lcm(b)
    case "power": a.power(b)
    case "fmod": a.fmod(b)
    case "remainder": a.remainder(b)
    case "floorDivide": a.floorDivide(b)
    case "add": a + b
    case "multiply": a * b
    case "minimum": minimum(a, b)
    default: nil
    }
  }

  @Test func `integers are exactly NumPy's, over every layout`() throws {
    let fixture = try Fixture("elementwise")
    let names = Self.names(fixture, "integer/")
    #expect(names.count == 45)
    func check<S: IntegerScalar>(_ name: String, _ type: S.Type) throws {
      let inputs = try Self.inputs(fixture, "integer/\(name)").map { try Tensor<S>($0) }
      let expected: Tensor<S> = try fixture.tensor("integer/\(name).output")
      let operation = String(name.prefix { $0 != " " })
      let (a, b) = (inputs[0], inputs[1])
      #expect(try #require(Self.integers(operation, a, b)) == expected, "\(name)")
      // The other way round, by columns, and a repeated row against a column.
      let reversed = Self.integers(operation, a.reversed(axis: 0), b.reversed(axis: 0))
      #expect(reversed == expected.reversed(axis: 0), "\(name), reversed")
      func columns(_ x: Tensor<S>) -> Tensor<S> { x.reshaped(to: [6, 10]).transposed().contiguous().transposed() }
      #expect(Self.integers(operation, columns(a), columns(b)) == expected.reshaped(to: [6, 10]), "\(name), columns")
      if operation == "not" { return }
      let (row, column) = (a.reshaped(to: [1, 60]), b.reshaped(to: [60, 1]))
      let table = try #require(Self.integers(operation, row, column))
      for index in [0, 1, 17, 31, 59] { #expect(table[index, index] == expected[index], "\(name), \(index)") }
      #expect(Self.integers(operation, a[0..<0], b[0..<0])?.shape == [0])
      #expect(Self.integers(operation, a[7], b[7]) == expected[7], "\(name), a scalar")
    }
    for name in names {
      if name.hasSuffix("int32") {
        try check(name, Int32.self)
      } else if name.hasSuffix("uint8") {
        try check(name, UInt8.self)
      } else {
        try check(name, Int64.self)
      }
    }
  }

  @Test func `shifts are Swift's for every number of bits`() {
    func check<S: IntegerScalar>(_ numbers: [S], _ bits: [S]) {
      for number in numbers {
        let (x, shifts) = (Tensor(number), Tensor(bits))
        #expect(
          (x << shifts).scalars == bits.map { number << $0 } && (x >> shifts).scalars == bits.map { number >> $0 })
        #expect((number << shifts) == x.shiftedLeft(by: shifts) && (number >> shifts) == x.shiftedRight(by: shifts))
      }
    }
    check([1, -1, 12_345, .min, .max], [0, 1, 31, 32, 33, -1, -31, -32, -33, .min, .max] as [Int32])
    check([1, -1, 12_345, .min, .max], [0, 1, 63, 64, 65, -1, -63, -64, -65, .min, .max] as [Int64])
    check([1, 77, .max], [0, 1, 7, 8, 9, .max] as [UInt8])
  }

  @Test func `operators take numbers, and have forms in place`() {
    var x: Tensor<Int64> = [5, 12, -1]
    #expect((x & 6).scalars == [4, 4, 6] && (6 | x).scalars == [7, 14, -1] && (x ^ 1).scalars == [4, 13, -2])
    #expect((1 << Tensor<Int32>([0, 3])).scalars == [1, 8] && (x >> 1).scalars == [2, 6, -1])
    #expect(x.bitwiseAnd(x) == x && x.bitwiseOr(x) == x && x.bitwiseXor(x) == x - x && x.bitwiseNot() == ~x)
    x &= 7
    x |= [8, 0, 0]
    x ^= 1
    x <<= 2
    x >>= [1, 1, 0]
    #expect(x.scalars == [24, 10, 24])
    x &= [8, 8, 8]
    x |= 1
    x ^= [1, 1, 1]
    x <<= [1, 0, 0]
    x >>= 2
    #expect(x.scalars == [4, 2, 2])
    #expect(
      x.power(3).scalars == [64, 8, 8] && x.floorDivide(3).scalars == [1, 0, 0] && x.fmod(3).scalars == [1, 2, 2])
  }

  // MARK: Activations

  private static func activation(_ name: String, _ x: [Tensor<Double>]) -> Tensor<Double>? {
    switch name {
    case "softsign": x[0].softsign()
    case "tanhshrink": x[0].tanhshrink()
    case "relu6": x[0].relu6()
    case "hardTanh": x[0].hardTanh()
    case "hardTanh -0.5 2.5": x[0].hardTanh(min: -0.5, max: 2.5)
    case "hardSigmoid": x[0].hardSigmoid()
    case "hardSwish": x[0].hardSwish()
    case "celu": x[0].celu()
    case "celu 1.5": x[0].celu(alpha: 1.5)
    case "softshrink": x[0].softshrink()
    case "softshrink 1": x[0].softshrink(lambda: 1)
    case "hardshrink": x[0].hardshrink()
    case "hardshrink 1": x[0].hardshrink(lambda: 1)
    case "threshold": x[0].threshold(1, value: -7)
    case "logSigmoid": x[0].logSigmoid()
    case "selu": x[0].selu()
    case "elu 0.5": x[0].elu(alpha: 0.5)
    case "mish": x[0].mish()
    case "gelu": x[0].gelu()
    case "gelu tanh": x[0].gelu(approximate: true)
    case "silu": x[0].silu()
    case "leakyRelu": x[0].leakyRelu()
    case "prelu", "prelu one": x[0].prelu(weight: x[1])
    case "glu 1": x[0].glu(axis: 1)
    case "glu 0": x[0].glu(axis: 0)
    default: nil
    }
  }

  @Test func `activations and their gradients are PyTorch's, at kinks, infinities and NaN too`() throws {
    let fixture = try Fixture("elementwise")
    let names = Self.names(fixture, "torch/")
    #expect(names.count == 26)
    func isNear(_ a: Double, _ b: Double) -> Bool {
      a == b || (a.isNaN && b.isNaN) || abs(a - b) <= 2e-7 * abs(b) + 1e-12
    }
    for name in names {
      let x = try Self.inputs(fixture, "torch/\(name)").map { try Tensor<Double>($0) }
      let expected: Tensor<Double> = try fixture.tensor("torch/\(name).output")
      let got = try #require(Self.activation(name, x), "no activation \(name)")
      #expect(got.shape == expected.shape)
      for (index, (value, wanted)) in zip(got.scalars, expected.scalars).enumerated() {
        #expect(isNear(value, wanted), "\(name), element \(index): \(value), not \(wanted)")
      }
      let gradients = gradient(at: x) { Self.activation(name, $0)!.sum() }
      for (index, slope) in gradients.enumerated() {
        let wanted: Tensor<Double> = try fixture.tensor("torch/\(name).gradient\(index)")
        for (place, (value, wanted)) in zip(slope.scalars, wanted.scalars).enumerated() {
          #expect(isNear(value, wanted), "\(name), gradient \(index) at \(place): \(value), not \(wanted)")
        }
      }
    }
  }
}
