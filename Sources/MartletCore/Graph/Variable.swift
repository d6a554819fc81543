/// A tensor that can be changed and differentiated at: what a parameter of a model is.
public final class Variable {
  // Read at every use of a parameter, and changed by nothing that reads it meanwhile: without the run-time check of that.
  @exclusivity(unchecked) private var stored: AnyTensor?

  /// Whether gradients at a model are taken at this variable and optimisers change it.
  @exclusivity(unchecked) public var isTrainable: Bool

  /// What to say when the value is read before there is one.
  package var missingValueMessage = "this parameter has no value yet"

  /// A variable with a value, or without one yet: reading it then traps.
  public init(_ value: AnyTensor?, isTrainable: Bool = true) {
    stored = value
    self.isTrainable = isTrainable
  }

  /// `isTrainable`, for other modules: what they read themselves is checked for overlapping access.
  package var trains: Bool { isTrainable }

  /// Whether there is a value: a layer that infers its input size has none before it is built.
  public var isInitialized: Bool { stored != nil }

  /// The value, outside any graph. Setting it keeps nothing of the old one.
  public var value: AnyTensor {
    get {
      guard let stored else { fatalError(missingValueMessage) }
      return stored
    }
    set { stored = newValue.detached() }
  }

  /// The value as an expression sees it: recorded where a gradient is being taken at this variable.
  @inline(__always)
  package var current: AnyTensor {
    var result = value
    if let session = GraphSession.current { result.node = session.node(of: self) }
    return result
  }

  /// The value's memory, to be changed in place: contiguous, and copied first where something else sees it.
  package func uniqueBody() -> TensorBody {
    if stored == nil { fatalError(missingValueMessage) }
    stored!.makeUnique()
    return stored!.body
  }
}
