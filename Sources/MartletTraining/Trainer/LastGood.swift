import MartletCore
import MartletNN

/// A model's parameters and buffers as they were when its loss was last seen to be finite, to put back when it no longer is.
///
/// Taking it copies nothing: the next optimiser step writes to new memory instead, once every `interval` steps, which
/// costs well under a hundredth of training.
struct LastGood {
  /// Steps from one to the next: at most so many are lost.
  static let interval = 32

  private let variables: [Variable]
  private var values: [AnyTensor]

  init(_ model: some Module) {
    variables = (model.parameters() + model.buffers()).map(\.variable)
    values = variables.map(\.value)
  }

  mutating func take() {
    for index in variables.indices { values[index] = variables[index].value }
  }

  func restore() {
    for (variable, value) in zip(variables, values) { variable.value = value }
  }

  /// Whether all floating-point values are finite as they are now.
  var isFiniteNow: Bool {
    variables.allSatisfy { variable in
      let value = variable.value
      switch value.scalarType {
      case .float32:
        return value.withUnsafeBytes { bytes in
          // An exponent of all ones is an infinity or NaN; without a branch the loop is vectorised.
          bytes.assumingMemoryBound(to: UInt32.self).reduce(0) { max($0, $1 & 0x7F80_0000) } != 0x7F80_0000
        }
      case .float64:
        return value.withUnsafeBytes { bytes in
          bytes.assumingMemoryBound(to: Double.self).allSatisfy(\.isFinite)
        }
      default:
        return true
      }
    }
  }
}
