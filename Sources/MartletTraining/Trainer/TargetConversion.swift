import MartletCore
import MartletData

/// A tensor type that tensors of other scalar types can be converted to.
private protocol ConvertedTensor: Batchable {
  static var type: ScalarType { get }
  init(unchecked tensor: AnyTensor)
}

extension Tensor: ConvertedTensor {
  fileprivate static var type: ScalarType { Scalar.scalarType }
}

extension Batchable {
  /// These targets as the type that the loss takes: integers of any type as labels, numbers of any type as floats.
  ///
  /// Throws when a number would have to become a label and is not a whole one or too large for the type, and when the
  /// types cannot be converted at all.
  func converted<Target: Batchable>(to _: Target.Type, for consumer: String) throws(TrainingError) -> Target {
    if let same = self as? Target { return same }
    let given = tensors
    guard given.count == 1, let type = Target.self as? any ConvertedTensor.Type else {
      throw .targets("\(consumer): expected targets of type \(Target.self), got \(Self.self)")
    }
    return type.init(unchecked: try given[0].convertedExactly(to: type.type, for: consumer)) as! Target
  }
}

extension AnyTensor {
  fileprivate func convertedExactly(to type: ScalarType, for consumer: String) throws(TrainingError) -> AnyTensor {
    if type.isInteger && (scalarType.isFloatingPoint || scalarType.size > type.size) {
      let bits = type.size * 8
      let half = Double(sign: .plus, exponent: bits - 1, significand: 1)
      let range = type == .uint8 ? 0...(2 * half - 1) : -half...half.nextDown
      let expectation = "\(consumer): expected whole numbers that are \(type) as targets"
      if let bad = BadNumber(in: self, expectation, where: { !range.contains($0) || $0 != $0.rounded() }) {
        throw .number(bad)
      }
    }
    return converted(to: type)
  }
}
