import MartletCore
import MartletFormats
import MartletNN
import MartletPlatform
import MartletText

extension ModelCard {
  /// The SHA-256 of named tensors, in 64 hexadecimal digits: that of a text with a line for each in the order of the
  /// names, the name as JSON has it, the scalar type, the shape, and the hash of its bytes.
  ///
  /// It depends on the values alone: a model and its file have the same.
  /// - Complexity: O(bytes)
  public static func weightsSHA256(of tensors: [(name: String, tensor: AnyTensor)]) -> String {
    var text = ""
    for (name, tensor) in tensors.sorted(by: { ExactName($0.name) < ExactName($1.name) }) {
      var hash = SHA256()
      tensor.withUnsafeBytes { hash.add($0) }
      text += "\(jsonString(name)) \(tensor.scalarType) \(tensor.shape) \(hash.hexadecimal)\n"
    }
    return SHA256.of(text)
  }
}

extension ModelCard.Architecture {
  /// What a model is made of; throws when its structure cannot be read or a parameter is not built.
  public init(of model: any Module) throws(ModuleError) {
    let tensors = try model.namedTensors()
    let parameters = model.parameters()
    type = "\(Swift.type(of: model))"
    outline = "\(model)"
    parameterCount = parameters.reduce(0) { $0 + $1.variable.value.count }
    trainableCount = parameters.reduce(0) { $0 + ($1.variable.isTrainable ? $1.variable.value.count : 0) }
    storedValueCount = tensors.reduce(0) { $0 + $1.tensor.count }
    weightsSHA256 = ModelCard.weightsSHA256(of: tensors)
  }
}
