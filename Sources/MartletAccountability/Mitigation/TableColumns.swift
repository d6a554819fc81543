import MartletData
import MartletText

/// The numbers of a column; throws when there is no such column, when it has texts, and when one is missing or infinite.
func finiteNumbers(_ name: String, in table: Table) throws(FairnessError) -> [Double] {
  guard case .numbers(let numbers) = try knownColumn(name, in: table) else {
    throw .invalid("expected numbers in column \(shown(name)), got texts; encode them first, or name the features")
  }
  if let row = numbers.firstIndex(where: { !$0.isFinite }) {
    throw .invalid(
      "expected finite numbers in column \(shown(name)), got \(numbers[row]) in row \(row); impute missing values first"
    )
  }
  return numbers
}

/// A column; throws when there is none of that name.
func knownColumn(_ name: String, in table: Table) throws(FairnessError) -> Table.Column {
  guard let column = table[name] else {
    throw .unknown(
      "expected one of the columns \(table.columns.map(shown).joined(separator: ", ")), got \(shown(name))")
  }
  return column
}
