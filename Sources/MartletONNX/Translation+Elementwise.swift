import MartletCore

// Elementwise operations. Where ONNX has no operator of the name, the formula is written in a form that is as accurate
// near zero.

extension Unary: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    let x = step[0]
    func number(_ value: Double) -> String { write.number(value, step.type) }
    if let name = Self.operators[operation] { return [write(name, x)] }
    switch operation {
    case .square: return [write("Mul", x, x)]
    case .rsqrt: return [write("Reciprocal", write("Sqrt", x))]
    case .cbrt: return [write("Mul", write("Sign", x), write("Pow", write("Abs", x), number(1 / 3)))]
    case .expm1: return [write.expm1(x, step.type)]
    case .exp2: return [write("Pow", number(2), x)]
    case .log1p: return [write.log1p(x, step.type)]
    case .log2: return [write("Mul", write("Log", x), number(1.442_695_040_888_963_4))]
    case .log10: return [write("Mul", write("Log", x), number(0.434_294_481_903_251_8))]
    case .erfc: return [write("Sub", number(1), write("Erf", x))]
    case .sinc:
      let angle = write("Mul", x, number(.pi))
      let isZero = write("Equal", x, number(0))
      return [write("Where", isZero, number(1), write("Div", write("Sin", angle), angle))]
    case .logit: return [write("Log", write("Div", x, write("Sub", number(1), x)))]
    case .trunc, .frac:
      let whole = write("Where", write("Less", x, number(0)), write("Ceil", x), write("Floor", x))
      return [operation == .trunc ? whole : write("Sub", x, whole)]
    case .logSigmoid: return [write("Neg", write("Softplus", write("Neg", x)))]
    case .gelu:
      let bell = write("Erf", write("Mul", x, number(0.707_106_781_186_547_5)))
      return [write("Mul", write("Mul", x, number(0.5)), write("Add", bell, number(1)))]
    case .geluTanh:
      let cubic = write("Add", write("Mul", write("Mul", x, x), number(0.044_715)), number(1))
      let inner = write("Mul", write("Mul", x, cubic), number(0.797_884_560_802_865_4))
      return [write("Mul", write("Mul", x, number(0.5)), write("Add", write("Tanh", inner), number(1)))]
    case .silu: return [write("Mul", x, write("Sigmoid", x))]
    case .mish: return [write("Mul", x, write("Tanh", write("Softplus", x)))]
    case .relu6: return [write("Min", write("Relu", x), number(6))]
    case .hardSigmoid:
      return [write("HardSigmoid", x, with: [.init("alpha", .float(1 / 6)), .init("beta", .float(0.5))])]
    case .tanhshrink: return [write("Sub", x, write("Tanh", x))]
    default: throw Untranslatable()
    }
  }

  /// The operations that ONNX has under some name.
  private static let operators: [UnaryOperation: String] = [
    .negate: "Neg", .abs: "Abs", .sign: "Sign", .reciprocal: "Reciprocal", .sqrt: "Sqrt", .exp: "Exp", .log: "Log",
    .sin: "Sin", .cos: "Cos", .tan: "Tan", .asin: "Asin", .acos: "Acos", .atan: "Atan", .sinh: "Sinh", .cosh: "Cosh",
    .tanh: "Tanh", .asinh: "Asinh", .acosh: "Acosh", .atanh: "Atanh", .erf: "Erf", .floor: "Floor", .ceil: "Ceil",
    .round: "Round", .relu: "Relu", .sigmoid: "Sigmoid", .softplus: "Softplus", .selu: "Selu", .hardSwish: "HardSwish",
    .softsign: "Softsign",
  ]
}

extension GraphWriter {
  /// exp(x) − 1 = tanh(x / 2) (exp(x) + 1).
  fileprivate func expm1(_ x: String, _ type: ScalarType) -> String {
    let half = self("Tanh", self("Mul", x, number(0.5, type)))
    return self("Mul", half, self("Add", self("Exp", x), number(1, type)))
  }

  /// log(1 + x), where u = 1 + x is rounded: x log(u) / (u − 1), and x where u is 1 (Higham, "Accuracy and Stability of
  /// Numerical Algorithms", 2002, problem 1.5).
  func log1p(_ x: String, _ type: ScalarType) -> String {
    let one = number(1, type)
    let u = self("Add", x, one)
    let ratio = self("Div", self("Mul", x, self("Log", u)), self("Sub", u, one))
    return self("Where", self("Equal", u, one), x, ratio)
  }
}

extension Binary: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    let (a, b) = (step[0], step[1])
    let isFloating = step.type.isFloatingPoint
    func number(_ value: Double) -> String { write.number(value, step.type) }
    if let name = Self.operators[operation] { return [write(name, a, b)] }
    switch operation {
    case .remainder:
      if !isFloating { return [write("Mod", a, b)] }
      return [write("Sub", a, write("Mul", b, write("Floor", write("Div", a, b))))]
    case .fmod: return [write("Mod", a, b, with: [.init("fmod", .integer(1))])]
    case .floorDivide where isFloating: return [write("Floor", write("Div", a, b))]
    case .hypot: return [write("Sqrt", write("Add", write("Mul", a, a), write("Mul", b, b)))]
    case .logAddExp: return [write("Add", a, write("Softplus", write("Sub", b, a)))]
    case .leakyRelu: return [write("Where", write("Greater", a, number(0)), a, write("Mul", a, b))]
    case .elu:
      let negative = write("Mul", b, write.expm1(write("Min", a, number(0)), step.type))
      return [write("Where", write("Greater", a, number(0)), a, negative)]
    case .celu:
      let negative = write("Mul", b, write.expm1(write("Div", write("Min", a, number(0)), b), step.type))
      return [write("Where", write("Greater", a, number(0)), a, negative)]
    case .softshrink:
      let shrunk = write("Sub", write("Abs", a), b)
      return [write("Mul", write("Sign", a), write("Max", shrunk, number(0)))]
    case .hardshrink:
      return [write("Where", write("Greater", write("Abs", a), b), a, number(0))]
    case .and, .or, .xor:
      if step.type != .bool {
        throw Untranslatable("ONNX's operator set \(ONNXGraph.operatorSet) has it of Bool alone")
      }
      return [write(operation == .and ? "And" : operation == .or ? "Or" : "Xor", a, b)]
    default: throw Untranslatable()
    }
  }

  private static let operators: [BinaryOperation: String] = [
    .add: "Add", .subtract: "Sub", .multiply: "Mul", .divide: "Div", .minimum: "Min", .maximum: "Max",
    .clampBelow: "Max", .clampAbove: "Min", .power: "Pow",
  ]
}

extension Compare: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    let (a, b) = (step[0], step[1])
    return switch comparison {
    case .equal: [write("Equal", a, b)]
    case .notEqual: [write("Not", write("Equal", a, b))]
    case .less: [write("Less", a, b)]
    case .lessEqual: [write("LessOrEqual", a, b)]
    case .greater: [write("Greater", a, b)]
    case .greaterEqual: [write("GreaterOrEqual", a, b)]
    }
  }
}

extension Test: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    let x = step[0]
    switch test {
    case .isNaN: return [write("IsNaN", x)]
    case .isInfinite: return [write("IsInf", x)]
    case .isFinite: return [write("Not", write("Or", write("IsNaN", x), write("IsInf", x)))]
    case .not: return [write("Not", x)]
    case .signBit: throw Untranslatable()
    }
  }
}

extension Select: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    [write("Where", step[0], step[1], step[2])]
  }
}

extension Convert: TranslatablePrimitive {
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String] {
    [write.cast(step[0], to: .init(target))]
  }
}
