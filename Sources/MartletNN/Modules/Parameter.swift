import MartletCore

/// What reflection recognises as a parameter or buffer.
package protocol ReflectedVariable {
  var variable: Variable { get }
  var reflectedKind: ModuleStructure.Kind { get }
}

/// A tensor of a module that is trained and saved.
///
/// ```swift
/// final class Scale: Layer {
///   @Parameter var factor: Tensor<Float>
///   init(_ count: Int) { factor = .ones([count]) }
///   func forward(_ x: Tensor<Float>) -> Tensor<Float> { x * factor }
/// }
/// ```
/// The projected value is the variable behind it: `scale.$factor.isTrainable = false` freezes it. Copies of the wrapper
/// share the variable; to share a parameter between two modules, give both the same one: `_weight = other._weight`.
@propertyWrapper
public struct Parameter<Scalar: FloatingScalar> {
  /// The variable that stores the tensor.
  public let variable: Variable
  private let presence = ParameterList.Presence()

  /// A parameter that starts with this value.
  public init(wrappedValue: Tensor<Scalar>) {
    self.init(Variable(wrappedValue.detached().erased))
  }

  /// A parameter without a value yet, for layers that learn their sizes later; reading it traps with `message`.
  ///
  /// `_weight = Parameter(deferred: "…")`, then `weight = …` when the size is known.
  public init(deferred message: String) {
    let variable = Variable(nil)
    variable.missingValueMessage = message
    self.init(variable)
  }

  private init(_ variable: Variable) {
    self.variable = variable
  }

  /// The tensor. A gradient at the model is taken at it.
  public var wrappedValue: Tensor<Scalar> {
    get {
      Tensor(unchecked: variable.current)
    }
    nonmutating set { variable.value = newValue.erased }
  }

  /// The variable behind the parameter.
  public var projectedValue: Variable { variable }
}

extension Parameter: ReflectedVariable {
  package var reflectedKind: ModuleStructure.Kind { .parameter }
}

/// A tensor of a module that is saved but not trained, such as a running mean.
///
/// A value that is assigned to it is a constant in every gradient.
@propertyWrapper
public struct Buffer<Scalar: TensorScalar> {
  /// The variable that stores the tensor.
  public let variable: Variable
  private let presence = ParameterList.Presence()

  /// A buffer that starts with this value.
  public init(wrappedValue: Tensor<Scalar>) {
    variable = Variable(wrappedValue.erased.detached(), isTrainable: false)
  }

  /// A buffer without a value yet, for layers that learn their sizes later; reading it traps with `message`.
  public init(deferred message: String) {
    variable = Variable(nil, isTrainable: false)
    variable.missingValueMessage = message
  }

  /// The tensor.
  public var wrappedValue: Tensor<Scalar> {
    get { Tensor(unchecked: variable.value) }
    nonmutating set { variable.value = newValue.erased }
  }

  /// The variable behind the buffer.
  public var projectedValue: Variable { variable }
}

extension Buffer: ReflectedVariable {
  package var reflectedKind: ModuleStructure.Kind { .buffer }
}
