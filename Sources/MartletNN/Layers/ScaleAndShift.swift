import MartletCore

/// What the normalising layers share: a `weight` that scales what was normalised, a `bias` that is added, and the
/// number that keeps divisors from 0.
///
/// Both parameters are named and laid out as PyTorch's, and begin as 1 and 0. A layer without a stated size learns it
/// from the `Sequential(inputShape:)` that it is in.
public class ScaleAndShift: ModuleContainer {
  let weightStorage: Parameter<Float>?
  let biasStorage: Parameter<Float>?
  /// The number that is added to what is divided by.
  public let epsilon: Double
  /// The shape of the parameters, that of the axes which are normalised or of the channels; nil before it is known.
  public private(set) var shape: Shape?
  /// Whether `shape` is that of an example's first axis, the channels, or that of its last axes.
  private let isByChannel: Bool
  private let usage: String

  init(_ shape: Shape?, epsilon: Double, isScaled: Bool, isShifted: Bool, isByChannel: Bool, usage: String) {
    if let shape, shape.rank == 0 || shape.contains(where: { $0 < 1 }) {
      fatalError("\(Self.self): expected at least one axis, of positive length, got \(shape)")
    }
    if !(epsilon >= 0) { fatalError("\(Self.self): expected an epsilon of at least 0, got \(epsilon)") }
    let message =
      "\(Self.self)() has no parameters yet, because the size of its input is unknown: put it in "
      + "Sequential(inputShape:), or state the size with \(usage)"
    weightStorage = isScaled ? Parameter(deferred: message) : nil
    biasStorage = isShifted ? Parameter(deferred: message) : nil
    self.epsilon = epsilon
    self.isByChannel = isByChannel
    self.usage = usage
    if let shape { create(shape) }
  }

  /// The scale, of `shape`; nil for a layer without one. Setting it traps on such a layer, or if the new value is nil.
  public var weight: Tensor<Float>? {
    get { weightStorage?.wrappedValue }
    set { set(weightStorage, newValue) }
  }

  /// What is added, of `shape`; nil for a layer without it. Setting it traps on such a layer, or if the new value is
  /// nil.
  public var bias: Tensor<Float>? {
    get { biasStorage?.wrappedValue }
    set { set(biasStorage, newValue) }
  }

  private func set(_ storage: Parameter<Float>?, _ value: Tensor<Float>?) {
    guard let storage, let value else { fatalError("\(Self.self): a parameter cannot be added or taken away") }
    storage.wrappedValue = value
  }

  package var namedChildren: [(name: String, child: Any)] {
    [("weight", weightStorage as Any), ("bias", biasStorage as Any)]
  }

  /// Creates the parameters for an input of this shape; does nothing when they exist. Throws when the shape is needed
  /// and unknown, or has no features.
  public func build(for inputShape: Shape?) throws(ModuleError) {
    if shape != nil { return }
    let inputShape = try knownShape(inputShape, of: "\(Self.self)()", remedy: usage)
    guard let size = isByChannel ? inputShape.first : inputShape.last, size > 0 else {
      throw .layer(
        path: "", reason: "\(Self.self)() needs an input of at least one feature, not of shape \(inputShape)")
    }
    create([size])
  }

  /// The input's shape; throws when it has not the size of the layer where the layer normalises.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    guard let inputShape, let shape else { return inputShape }
    let own = isByChannel ? inputShape.prefix(1) : inputShape.suffix(shape.rank)
    if !own.elementsEqual(shape) {
      let form = isByChannel ? "[\(shape[0]), …]" : "[…, \(shape.map(String.init).joined(separator: ", "))]"
      throw .layer(path: "", reason: "\(Self.self) takes inputs of shape \(form), not \(inputShape)")
    }
    return inputShape
  }

  func create(_ shape: Shape) {
    self.shape = shape
    weightStorage?.wrappedValue = .ones(shape)
    biasStorage?.wrappedValue = .zeros(shape)
  }

  /// Traps unless a batch has the channels along its second axis.
  func requireChannels(_ x: Tensor<Float>) {
    if x.rank >= 2, shape.map({ $0[0] == x.shape[1] }) ?? true { return }
    let count = shape.map { "\($0[0])" } ?? "channels"
    trap(TensorError("\(Self.self)", expected: "[batch, \(count), …]", got: "\(x.shape)"))
  }

  /// Traps unless a batch ends in the axes that are normalised.
  func requireEnd(_ x: Tensor<Float>) {
    if x.rank > 0, shape.map({ x.shape.suffix($0.rank).elementsEqual($0) }) ?? true { return }
    let end = shape.map { $0.map(String.init).joined(separator: ", ") } ?? "features"
    trap(TensorError("\(Self.self)", expected: "[…, \(end)]", got: "\(x.shape)"))
  }

  /// A row of numbers, one for each channel, so that it broadcasts to a batch of this rank.
  func perChannel(_ row: Tensor<Float>, _ rank: Int) -> Tensor<Float> {
    rank == 2 ? row : row.reshaped(to: [row.count] + Array(repeating: 1, count: rank - 2))
  }
}
