import MartletFormats
import MartletNN
import MartletText

extension Module {
  /// Writes the parameters and buffers to a safetensors file, whole or not at all.
  ///
  /// Names and layout are PyTorch's, so that `load_state_dict(safetensors.torch.load_file(path))` takes the file. A shared
  /// parameter is written under each of its paths. The program may be killed meanwhile, and links and old files are
  /// treated, as with `Safetensors.write(_:metadata:to:)`.
  ///
  /// Throws when a parameter has not been built, when the structure cannot be read, and when the file cannot be written.
  public func save(to path: String) throws(ModuleError) {
    let state = try namedTensors()
    do throws(FormatError) {
      try Safetensors.write(state, metadata: ["format": "pt"], to: path)
    } catch {
      throw .file(error)
    }
  }

  /// Reads parameters and buffers from a safetensors file, written by `save(to:)` or by PyTorch.
  ///
  /// Floating-point types are converted to the model's; integers are not. Of a shared parameter's names one suffices.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - memoryLimit: The most bytes of memory that reading may take: see `Safetensors.read(from:memoryLimit:)`.
  ///   - allowsNonFinite: Whether parameters may be NaN or infinite, and buffers NaN. A model with such weights answers
  ///     NaN to everything: mostly its training went wrong before it was saved. Buffers may be infinite in any case, as
  ///     masks are.
  ///
  /// Names are the same only if they are written with the same Unicode scalars. Throws when the file cannot be read, and
  /// when anything is missing, not in the model, of another shape or type, or not finite, naming all of it. Then the model
  /// is as it was.
  public func load(from path: String, memoryLimit: Int? = nil, allowsNonFinite: Bool = false) throws(ModuleError) {
    let tensors: Safetensors.Tensors
    do throws(FormatError) {
      tensors = try Safetensors.read(from: path, memoryLimit: memoryLimit).tensors
    } catch {
      throw .file(error)
    }
    try load(tensors, source: path, allowsNonFinite: allowsNonFinite)
  }
}
