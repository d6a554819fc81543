import MartletCore

/// A part of a model: a class whose stored properties hold parameters, buffers and other modules.
///
/// ```swift
/// final class Encoder: Module {
///   @Parameter var scale: Tensor<Float>
///   let layers: [Dense]
///   …
/// }
/// ```
/// Parameters and buffers are found by reflection, with paths as PyTorch's `state_dict` names them: `scale`,
/// `layers.0.weight`. A stored property may be a `@Parameter`, a `@Buffer`, a `Module`, or an optional, an array, a
/// dictionary with `String` keys, a tuple, a struct or an enum that holds these. A plain `Tensor` is not a parameter.
/// A parameter that is reached on several paths is shared: it is trained once, and saved under every path.
///
/// Parameters come in one order everywhere, in `parameters()`, summaries, gradients and optimisers' states: that in which
/// the stored properties are declared, as PyTorch and Keras print them, those of a superclass first; arrays by index,
/// dictionaries by key, with numbers in keys taken as numbers (`"2"` before `"10"`). A shared one stands and counts where
/// it is reached first. Files and states are read by path, so that a change of the order does not change what they mean.
///
/// What cannot be given a path (a module in a `Set`, or in an object that is not a module) stops the program at the
/// first use, or throws if the use can throw; closures cannot be searched. A reference back to a module that contains
/// this one is not followed.
///
/// The structure is read when it is first needed, and again after a parameter or buffer has been created or destroyed,
/// so layers can be added, replaced and removed. After moving modules *that exist already* into a model in training,
/// call `refreshStructure()`.
public protocol Module: AnyObject {}

/// A module that names its children itself, as `Sequential` does.
package protocol ModuleContainer: Module {
  var namedChildren: [(name: String, child: Any)] { get }
}

extension Module {
  /// The parameters with their paths, including frozen ones, each once, in the order that `Module` states.
  public func parameters() -> [(path: String, variable: Variable)] {
    structure.variables(.parameter)
  }

  /// The buffers with their paths, each once.
  public func buffers() -> [(path: String, variable: Variable)] {
    structure.variables(.buffer)
  }

  /// The modules within this one with their paths, outer before inner, beginning with this one under the path `""`.
  public func modules() -> [(path: String, module: any Module)] { structure.modules }

  /// The number of scalars in the parameters. Shared ones count once, and those that are not built yet count as 0.
  public var parameterCount: Int {
    parameters().reduce(0) { $0 + ($1.variable.isInitialized ? $1.variable.value.count : 0) }
  }

  /// The number of scalars in the parameters that are not frozen.
  public var trainableParameterCount: Int {
    parameters().reduce(0) {
      $0 + ($1.variable.isInitialized && $1.variable.isTrainable ? $1.variable.value.count : 0)
    }
  }

  /// Reads the structure again: needed after existing modules were moved into a model that has been trained before.
  public func refreshStructure() {
    _ = structure
  }

  /// The structure as it is now; traps when it cannot be read.
  package var structure: ModuleStructure {
    do {
      return try ModuleStructure.read(self)
    } catch {
      trap(TensorError("\(type(of: self))", error.description))
    }
  }
}
