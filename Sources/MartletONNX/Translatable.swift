import MartletCore

/// An operand or a result of a traced operation: its name in the graph, and what it is.
struct TracedValue {
  let name: String
  let type: ScalarType
  let dims: [RowDim]
}

/// A traced operation whose operands have names in the graph.
struct TracedStep {
  let operands: [TracedValue]
  /// The results, which have no names yet.
  let results: [TracedValue]

  subscript(index: Int) -> String { operands[index].name }
  var type: ScalarType { operands[0].type }
  var dims: [RowDim] { operands[0].dims }
}

/// Why an operation has no translation.
struct Untranslatable: Error {
  let reason: String
  init(_ reason: String = "ONNX has no such operator") { self.reason = reason }
}

/// A primitive that can be written as ONNX operators.
protocol TranslatablePrimitive: Primitive {
  /// Writes the operators; returns the names of the results.
  func translate(_ step: TracedStep, _ write: GraphWriter) throws(Untranslatable) -> [String]

  /// Whether another one, applied to another number of rows, does the same but for shapes, which the values tell.
  func differsInShapesAlone(from other: Self) -> Bool
}

extension TranslatablePrimitive {
  func differsInShapesAlone(from other: Self) -> Bool { self == other }
}

extension Primitive {
  /// Whether both do the same, apart from the number of rows.
  func isSameForOtherRows(as other: any Primitive) -> Bool {
    guard let primitive = self as? any TranslatablePrimitive else { return isEqual(to: other) }
    return primitive.isSame(other)
  }
}

extension TranslatablePrimitive {
  fileprivate func isSame(_ other: any Primitive) -> Bool {
    (other as? Self).map { differsInShapesAlone(from: $0) } ?? false
  }
}
