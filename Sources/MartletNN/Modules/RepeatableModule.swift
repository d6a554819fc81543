/// A module that does the same at every call with inputs of the same shape: the same operations, whatever the elements and
/// however often it was called.
///
/// A trainer repeats its step from a plan by itself where all modules of the model are repeatable, as those of the
/// library are, and the loss is one of the library's: see `compiled(_:)`. A module of your own is so if you say it:
///
/// ```swift
/// extension Highway: RepeatableModule {}
/// ```
/// Not repeatable is what counts its calls, draws from Swift's own random numbers, or takes another branch by a number
/// that the program changes. What looks at elements, or draws from a generator of its own, is found out by itself.
public protocol RepeatableModule: Module {
  /// Whether this very module is repeatable, as when it depends on how it was made; true by default.
  var isRepeatable: Bool { get }
}

extension RepeatableModule {
  /// True.
  public var isRepeatable: Bool { true }
}

extension ModuleStructure {
  /// Whether all modules are repeatable.
  package var isRepeatable: Bool {
    modules.allSatisfy { ($0.module as? any RepeatableModule)?.isRepeatable == true }
  }

  /// Whether another walk found the same modules, parameters and buffers.
  package func holdsSame(as other: ModuleStructure?) -> Bool {
    guard let other else { return false }
    return modules.elementsEqual(other.modules) { $0.module === $1.module }
      && entries.elementsEqual(other.entries) { $0.variable === $1.variable }
  }
}

extension Activation: RepeatableModule {}
extension Bilinear: RepeatableModule {}
extension Chain: RepeatableModule {}
extension Dense: RepeatableModule {}
extension Embedding: RepeatableModule {}
extension EmbeddingBag: RepeatableModule {}
extension Flatten: RepeatableModule {}
extension GLU: RepeatableModule {}
extension PReLU: RepeatableModule {}
extension Reshape: RepeatableModule {}
extension Residual: RepeatableModule {}
extension ScaleAndShift: RepeatableModule {}
extension Sequential: RepeatableModule {}
extension TrainingNoise: RepeatableModule {}
