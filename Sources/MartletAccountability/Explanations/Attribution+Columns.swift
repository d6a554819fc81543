import MartletCore
import MartletData

extension Attribution {
  /// The attributions of a table's columns, `[rows, columns]`: those of the features that a preprocessor has made of each
  /// column, added up.
  ///
  /// Sums of complete attributions are complete, of the same outputs. Throws when there are other features than the
  /// preprocessor's.
  public func byColumn(of preprocessor: Preprocessor) throws(ExplanationError) -> Attribution {
    let columns = preprocessor.columns
    let counts = columns.map(\.featureNames.count)
    let width = counts.reduce(0, +)
    if width != featureNames.count {
      throw .shapes("expected attributions of the preprocessor's \(width) features, got \(featureNames.count)")
    }
    let features = values.reshaped(to: [rowCount, width]).scalars
    var sums: [Scalar] = []
    for row in 0..<rowCount {
      var place = row * width
      for count in counts {
        sums.append(Scalar(features[place..<place + count].reduce(0.0) { $0 + $1.doubleValue }))
        place += count
      }
    }
    return Attribution(
      "\(method), by column", target, Tensor(shape: [rowCount, columns.count], scalars: sums),
      preprocessor.columnNames, .unscaled, completeness: completeness)
  }
}
