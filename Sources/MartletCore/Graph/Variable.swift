/// A tensor that can change and that gradients can be taken at: what a parameter or buffer of a model stores.
public final class Variable {
  // Without the run-time check for overlapping accesses: it is read at every use of a parameter, and no read overlaps a
  // write.
  @exclusivity(unchecked) private(set) var stored: AnyTensor?

  /// Whether a model's gradient is taken at this variable and optimisers change it.
  @exclusivity(unchecked) public var isTrainable: Bool

  /// The message of the trap when the value is read before there is one.
  package var missingValueMessage = "this parameter has no value yet"

  /// Creates a variable, with a value or without one yet: reading it before it is set traps.
  public init(_ value: AnyTensor?, isTrainable: Bool = true) {
    stored = value
    self.isTrainable = isTrainable
  }

  /// `isTrainable`, for other modules: what they read themselves is checked for overlapping access.
  package var trains: Bool { isTrainable }

  /// Whether there is a value: a layer that infers its input size has none before it is built.
  public var isInitialized: Bool { stored != nil }

  /// The value, a constant for every gradient; traps when there is none yet. A new value may have another shape and
  /// type.
  public var value: AnyTensor {
    get {
      if let scope = VariableScope.current, let value = scope.value(of: self) { return value }
      guard let stored else { fatalError(missingValueMessage) }
      return stored
    }
    set {
      let value = newValue.detached()
      VariableScope.current?.willChange(self, to: value)
      stored = value
    }
  }

  /// The value for use in an expression: recorded while a gradient is being taken at this variable.
  @inline(__always)
  package var current: AnyTensor {
    var result = value
    if let session = GraphSession.current { result.node = session.node(of: self) }
    return result
  }

  /// The address of the value's first element, where there is a value with this scalar type, shape and strides.
  func address(of scalarType: ScalarType, _ layout: Layout) -> UnsafeMutableRawPointer? {
    if stored == nil { return nil }
    let body = value.body
    return body.lies(as: layout, scalarType) ? body.pointer : nil
  }

  /// The address of the first element of the value, which is made contiguous and unique first: it may be written there.
  /// Nil unless the value has this body's scalar type and shape; traps when there is no value yet.
  package func uniqueAddress(like body: TensorBody) -> UnsafeMutableRawPointer? {
    VariableScope.current?.willChange(self, to: nil)
    if stored == nil { fatalError(missingValueMessage) }
    stored!.makeUnique()
    let own = stored!.body
    return own.scalarType == body.scalarType && own.shape == body.shape ? own.pointer : nil
  }
}
