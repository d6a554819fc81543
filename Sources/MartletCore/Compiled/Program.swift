/// What a function did when it ran, as work on numbered values that can be done again with other inputs.
///
/// Values lie in numbered buffers. A view is another value in the buffer of what it is a view of; no entry makes it.
struct Program {
  /// Where a buffer's memory comes from.
  enum Source {
    /// The function's argument of this number.
    case input(Int)
    /// A variable that the function reads, such as a model's parameter, by its number.
    case variable(Int)
    /// A tensor that the function holds or makes from numbers; it is the same at every call.
    case constant(TensorBody)
    /// An entry makes it.
    case made
  }

  struct Value {
    let buffer: Int
    let scalarType: ScalarType
    /// The layout, whose offset counts from the buffer's first element.
    let layout: Layout

    var spec: TensorSpec { TensorSpec(scalarType, layout.shape) }

    /// The value as a tensor, where its buffer begins at the first element of `body`.
    func tensor(in body: TensorBody) -> AnyTensor {
      var layout = layout
      layout.offset += body.layout.offset
      return AnyTensor(layout == body.layout ? body : body.view(layout))
    }
  }

  enum Action {
    case operation(any Primitive)
    /// What writes into a value that exists.
    case effect(any Effect)
    /// Random numbers of the generator in scope.
    case draw(LiveDraw)
    /// Work that the host does anew at every call.
    case host(HostWork)
    /// Gives a variable a new value.
    case store(variable: Int)

    var name: String {
      switch self {
      case .operation(let primitive): primitive.name
      case .effect(let effect): effect.name
      case .draw(let draw): draw.effect.name
      case .host(let work): work.name
      case .store: "store"
      }
    }
  }

  struct Entry {
    var action: Action
    var reads: [Int]
    var writes: [Int]
    let layerPath: String
    /// The name of the operation whose derivative it belongs to, nil outside of passes.
    let derivativeOf: String?
  }

  var buffers: [Source] = []
  var values: [Value] = []
  var entries: [Entry] = []
  /// The variables that are read or stored, and the value that each had; nil for one that is only stored.
  var variables: [ProgramVariable] = []
  var outputs: [Int] = []

  mutating func addBuffer(_ source: Source) -> Int {
    buffers.append(source)
    return buffers.count - 1
  }

  /// Adds a value that fills a buffer as the elements of a body do, from the first on.
  mutating func addValue(_ buffer: Int, filledBy body: TensorBody) -> Int {
    var layout = body.layout
    layout.offset = 0
    return addValue(buffer, body.scalarType, layout)
  }

  mutating func addValue(_ buffer: Int, _ scalarType: ScalarType, _ layout: Layout) -> Int {
    values.append(Value(buffer: buffer, scalarType: scalarType, layout: layout))
    return values.count - 1
  }

  func source(of value: Int) -> Source { buffers[values[value].buffer] }

  func constant(_ value: Int) -> TensorBody? {
    if case .constant(let body) = source(of: value) { body } else { nil }
  }

  /// The value of a constant as a tensor.
  func tensor(_ value: Int) -> AnyTensor? {
    constant(value).map { values[value].tensor(in: $0) }
  }
}

/// A variable that a program uses.
struct ProgramVariable {
  let variable: Variable
  /// The value's number where it is read.
  var value: Int?
  /// Whether gradients were taken at it when the program was made.
  let isTrainable: Bool
}

/// Work that a compiled function's host does anew at every call.
struct HostWork {
  enum Kind {
    /// It may do anything: it is given its operands and returns tensors.
    case anything(([AnyTensor]) -> [AnyTensor])
    /// It changes the variables of these numbers and nothing else, and keeps none of its operands: it is prepared once for
    /// operands whose elements change from call to call.
    case changes([Int], prepare: ([AnyTensor]) -> () -> Void)
  }

  let name: String
  let kind: Kind

  /// The numbers of the variables that it changes, where it does nothing else and keeps none of its operands.
  var changes: [Int]? { if case .changes(let numbers, _) = kind { numbers } else { nil } }
}

/// A random draw that takes its numbers from the generator in scope each time it is performed.
struct LiveDraw {
  let effect: any RandomEffect
  /// How many blocks after the generator's place the numbers begin.
  let offset: UInt64
  /// By how many blocks the generator moves on afterwards.
  var advance: UInt64

  /// The effect with the generator's numbers.
  func effect(from generator: inout RandomGenerator) -> any RandomEffect {
    var own = generator
    own.advance(by: offset)
    generator.advance(by: advance)
    return effect.redrawn(from: own)
  }
}

/// An effect that draws random numbers, which it holds the origin of.
protocol RandomEffect: Effect {
  /// The same draw from another generator's place.
  func redrawn(from generator: RandomGenerator) -> Self
  /// Whether it draws what it would from that place.
  func isDrawn(from generator: RandomGenerator) -> Bool
}

extension RandomDraw: RandomEffect {
  func redrawn(from generator: RandomGenerator) -> RandomDraw {
    RandomDraw(
      distribution: distribution, key: generator.key, stream: generator.stream, counter: generator.counter)
  }
  func isDrawn(from generator: RandomGenerator) -> Bool {
    (key, stream, counter) == (generator.key, generator.stream, generator.counter)
  }
}

extension PermutationDraw: RandomEffect {
  func redrawn(from generator: RandomGenerator) -> PermutationDraw {
    PermutationDraw(key: generator.key, stream: generator.stream, counter: generator.counter)
  }
  func isDrawn(from generator: RandomGenerator) -> Bool {
    (key, stream, counter) == (generator.key, generator.stream, generator.counter)
  }
}

/// A draw whose key is a number that the generator gave.
protocol KeyedDraw: RandomEffect {
  var key: UInt64 { get }
  func withKey(_ key: UInt64) -> Self
}

extension KeyedDraw {
  func redrawn(from generator: RandomGenerator) -> Self {
    var generator = generator
    return withKey(generator.next())
  }
  func isDrawn(from generator: RandomGenerator) -> Bool {
    var generator = generator
    return key == generator.next()
  }
}

extension SampleDraw: KeyedDraw {
  func withKey(_ key: UInt64) -> SampleDraw { SampleDraw(distribution: distribution, key: key) }
}

extension IntegerDraw: KeyedDraw {
  func withKey(_ key: UInt64) -> IntegerDraw { IntegerDraw(key: key) }
}

extension WeightedDraw: KeyedDraw {
  func withKey(_ key: UInt64) -> WeightedDraw { WeightedDraw(kind: kind, key: key) }
}
