import MartletFormats
import MartletNN
import MartletText

extension Module {
  /// Writes the parameters and buffers to a safetensors file, whole or not at all.
  ///
  /// Names and layout are PyTorch's, so that `load_state_dict(safetensors.torch.load_file(path))` accepts the file. A
  /// shared parameter is written under each of its paths. `Safetensors.write(_:metadata:to:)` says what happens to
  /// links and existing files, and what is left when the program is killed while it writes.
  ///
  /// `contents` are saved with the model: what makes its features of raw values, the names of its classes, and
  /// what calibrates its outputs.
  ///
  /// Throws when a parameter has not been built, when the structure cannot be read, and when the file cannot be
  /// written.
  public func save(to path: String, _ contents: ModelContents = ModelContents()) throws(ModuleError) {
    let state = try namedTensors()
    do throws(FormatError) {
      try Safetensors.write(state, metadata: contents.texts(for: path), to: path)
    } catch {
      throw .file(error)
    }
  }

  /// Reads parameters and buffers from a safetensors file, written by `save(to:_:)` or by PyTorch, and returns what else
  /// the file holds.
  ///
  /// Floating-point numbers are converted to the model's scalar types; integers are not. A shared parameter need be in
  /// the file under only one of its paths.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - memoryLimit: The largest number of bytes of memory that reading may take: see
  ///     `Safetensors.read(from:memoryLimit:)`.
  ///   - allowsNonFinite: Whether parameters may be NaN or infinite, and buffers NaN. A model with such parameters
  ///     mostly returns NaN for every input, because its training failed before it was saved. Buffers may be infinite
  ///     in any case, as masks are.
  ///
  /// Names are equal only if they have the same Unicode scalars. Throws when the file cannot be read, and when tensors
  /// are missing, not in the model, of another shape or scalar type, or not finite. The error names all of them, and
  /// the model is unchanged.
  @discardableResult
  public func load(
    from path: String, memoryLimit: Int? = nil, allowsNonFinite: Bool = false
  ) throws(ModuleError) -> ModelContents {
    let tensors: Safetensors.Tensors
    let contents: ModelContents
    do throws(FormatError) {
      let file = try Safetensors.read(from: path, memoryLimit: memoryLimit)
      tensors = file.tensors
      contents = try ModelContents(file.metadata, of: path)
    } catch {
      throw .file(error)
    }
    try load(tensors, source: path, allowsNonFinite: allowsNonFinite)
    return contents
  }
}
