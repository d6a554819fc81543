import MartletCore

extension Layer {
  /// Throws unless all indices are in a range; for `validate(_:)`.
  ///
  /// The error names the layer by its path, and the first index that is not in the range with its place: `layer films:
  /// expected indices in 0..<30, got 31 in row 4`.
  ///
  /// - Parameters:
  ///   - indices: Indices of any shape; the first axis counts the rows.
  ///   - range: The indices that the layer takes.
  public func checkIndices<Scalar: IntegerScalar>(
    _ indices: Tensor<Scalar>, in range: Range<Int>
  ) throws(ModuleError) {
    let bad = indices.withUnsafeScalars { scalars in
      scalars.firstIndex { !range.contains(Int($0)) }.map { (index: $0, value: scalars[$0]) }
    }
    guard let bad else { return }
    var place = ""
    if indices.rank > 0 {
      let position = indices.shape.indices(at: bad.index)
      place = " in row \(position[0])"
      if position.count == 2 { place += ", column \(position[1])" }
      if position.count > 2 { place += " at \(Array(position.dropFirst()))" }
    }
    let path = LayerPath.within(self, named: modulePath) { LayerPath.current }
    throw .layer(path: path, reason: "expected indices in \(range), got \(bad.value)\(place)")
  }
}
