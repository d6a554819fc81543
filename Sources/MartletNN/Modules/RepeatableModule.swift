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
public protocol RepeatableModule: Module {}

extension Module {
  /// Whether this module and all within it are repeatable; throws for a module that cannot be walked.
  package func isRepeatable() throws(ModuleError) -> Bool {
    try ModuleStructure.read(self).modules.allSatisfy { $0.module is any RepeatableModule }
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
extension Parallel: RepeatableModule {}
extension Reshape: RepeatableModule {}
extension Residual: RepeatableModule {}
extension ScaleAndShift: RepeatableModule {}
extension Sequential: RepeatableModule {}
extension TrainingNoise: RepeatableModule {}
