import MartletFormats
import MartletPlatform
import MartletText

extension Datasets {
  /// Adult, also called Census Income: 48,842 persons of the United States census of 1994 by 14 columns, and whether they
  /// earned more than 50,000 dollars, the column `income` with `<=50K` and `>50K`. 32,561 rows are to train with and
  /// 16,281 to test.
  ///
  /// ```swift
  /// let (train, test) = try Datasets.adult()
  /// let labels = try LabelEncoder(fittedTo: train, "income")
  /// let sex = try Groups(test, columns: ["sex"])
  /// ```
  /// The columns have the names of the data set's description, such as `hours-per-week`. `fnlwgt` is how many people of
  /// the country a row stands for, and no feature. What the files write as `?` is missing; the full stop after the test's
  /// incomes is left out.
  ///
  /// Source: B. Becker and R. Kohavi (1996), UCI Machine Learning Repository, <https://doi.org/10.24432/C5XW20>, licence
  /// CC BY 4.0.
  ///
  /// - Parameter directory: The folder with `adult.data` and `adult.test`. Without it, `adult` in the environment's
  ///   `MARTLET_DATASETS`, else in `$XDG_DATA_HOME/martlet/datasets` or `~/.local/share/martlet/datasets`, where
  ///   `Scripts/bootstrap --datasets` puts them.
  ///
  /// Throws when a file is missing or damaged, and when its columns are others.
  public static func adult(directory: String? = nil) throws(FormatError) -> (train: Table, test: Table) {
    func part(_ name: String, skippedLines: Int) throws(FormatError) -> Table {
      let path = try fetchedFile(name, directory, folder: "adult", function: "adult")
      let table = try namedColumns(path, adultColumns, separator: ",", skippedLines: skippedLines)
      let income = try texts(table, "income", path).map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
      if let row = income.firstIndex(where: { $0 != "<=50K" && $0 != ">50K" }) {
        throw mismatch(path, "expected an income of <=50K or >50K, got \(shown(income[row])) in row \(row)")
      }
      return try replacing("income", in: table, by: .texts(income), path)
    }
    // The first line of the test says something about cross-validation.
    return (try part("adult.data", skippedLines: 0), try part("adult.test", skippedLines: 1))
  }

  /// COMPAS: 7,214 accused of Broward County, Florida, in 2013 and 2014, with the scores that a program gave them for the
  /// risk of another crime, and whether they were accused of one within two years, the column `two_year_recid`.
  ///
  /// ```swift
  /// let compas = try Datasets.compas()
  /// let decisions = try compas.texts("score_text").map { $0 == "Low" ? 0 : 1 }
  /// ```
  /// The columns are age, sex, race, former offences (`priors_count`, `juv_fel_count`, `juv_misd_count`,
  /// `juv_other_count`), the charge (`c_charge_degree`, F for a felony and M for a misdemeanour), the days from the
  /// screening to the arrest (`days_b_screening_arrest`), the scores (`decile_score`, `score_text`, and for violent crimes
  /// `v_decile_score`, `v_score_text`), `is_recid` and `two_year_recid`. The file's names and dates of birth of people are
  /// left out, as are dates of prison and of cases.
  ///
  /// Source: J. Larson, S. Mattu, L. Kirchner and J. Angwin, How we analyzed the COMPAS recidivism algorithm (ProPublica,
  /// 2016), <https://github.com/propublica/compas-analysis>.
  ///
  /// - Parameters:
  ///   - directory: The folder with `compas-scores-two-years.csv`; without it, `compas` where ``adult(directory:)`` looks.
  ///   - filtered: Whether to keep only the 6,172 rows of ProPublica's analysis: screened within 30 days of the arrest, and
  ///     with a known case, a charge that can lead to jail, and a score.
  ///
  /// Throws when the file is missing or damaged, and when its columns are others.
  public static func compas(directory: String? = nil, filtered: Bool = false) throws(FormatError) -> Table {
    let path = try fetchedFile("compas-scores-two-years.csv", directory, folder: "compas", function: "compas")
    // Two names are in the header twice, so the columns are read by number, with their names as the first row.
    let numbers = compasColumns.map { "column \($0.number)" }
    let raw = Table(
      try CSV.read(
        from: path, CSV.Options(header: .absent, missing: .nan, labels: .automatic, columns: .only(numbers))))
    var columns: [(name: String, column: Table.Column)] = []
    for (number, name, isNumber) in compasColumns {
      guard case .texts(let texts)? = raw["column \(number)"], texts.first == name else {
        throw mismatch(path, "expected \(shown(name)) as the name of column \(number)")
      }
      let values = Array(texts.dropFirst())
      if isNumber {
        let read = values.map { $0.map(Double.init) ?? .nan }
        guard let row = read.firstIndex(of: nil) else {
          columns.append((name, .numbers(read.map { $0! })))
          continue
        }
        throw mismatch(path, "expected numbers in column \(shown(name)), got \(shown(values[row]!)) in row \(row)")
      }
      columns.append((name, .texts(values)))
    }
    let table = try asFormatError(path) { () throws(TableError) in try Table(columns: columns) }
    guard filtered else { return table }
    return table.filter { row in
      guard case .number(let days)? = row["days_b_screening_arrest"], case .number(let known)? = row["is_recid"] else {
        return false
      }
      return abs(days) <= 30 && known != -1 && row["c_charge_degree"] != "O" && row["score_text"] != .missing
    }
  }

  /// German credit: 1,000 applicants by 20 columns, and whether the credit went well, the column `credit` with `good` (700
  /// rows) and `bad` (300).
  ///
  /// Columns of categories have the codes of the data set's description, such as `A11`. `personal-status` holds sex and
  /// family together; `sex` is what it says of sex, as a column of its own before `credit`.
  ///
  /// Source: H. Hofmann (1994), UCI Machine Learning Repository, <https://doi.org/10.24432/C5NC77>, licence CC BY 4.0.
  ///
  /// - Parameter directory: The folder with `german.data`; without it, `german` where ``adult(directory:)`` looks.
  ///
  /// Throws when the file is missing or damaged, and when its columns are others.
  public static func germanCredit(directory: String? = nil) throws(FormatError) -> Table {
    let path = try fetchedFile("german.data", directory, folder: "german", function: "germanCredit")
    let table = try namedColumns(path, germanColumns, separator: " ", skippedLines: 0)
    var sexes: [String?] = []
    for (row, code) in try texts(table, "personal-status", path).enumerated() {
      switch code {
      case "A91", "A93", "A94": sexes.append("male")
      case "A92", "A95": sexes.append("female")
      default: throw mismatch(path, "expected a personal status of A91 to A95, got \(shown(code)) in row \(row)")
      }
    }
    guard case .numbers(let credits)? = table["credit"] else {
      throw mismatch(path, "expected numbers in column \"credit\"")
    }
    if let row = credits.firstIndex(where: { $0 != 1 && $0 != 2 }) {
      throw mismatch(path, "expected a credit of 1 or 2, got \(credits[row]) in row \(row)")
    }
    return try asFormatError(path) { () throws(TableError) in
      var result = try table.dropping(["credit"])
      try result.append("sex", .texts(sexes))
      try result.append("credit", .texts(credits.map { $0 == 1 ? "good" : "bad" }))
      return result
    }
  }

  // MARK: Finding and reading them

  /// The path of a file that `Scripts/bootstrap --datasets` fetches; throws when it cannot be read.
  private static func fetchedFile(
    _ name: String, _ directory: String?, folder: String, function: String
  ) throws(FormatError) -> String {
    let path = (directory ?? "\(fetchedDirectory)/\(folder)") + "/" + name
    if access(path, R_OK) != 0 {
      throw .cannotOpen(
        path,
        remedy: ". `Scripts/bootstrap --datasets` fetches it; where it is elsewhere, name its directory: "
          + "Datasets.\(function)(directory:) or MARTLET_DATASETS")
    }
    return path
  }

  private static var fetchedDirectory: String {
    func variable(_ name: String) -> String? {
      guard let value = getenv(name), value.pointee != 0 else { return nil }
      return String(cString: value)
    }
    if let directory = variable("MARTLET_DATASETS") { return directory }
    let data = variable("XDG_DATA_HOME") ?? (variable("HOME") ?? "") + "/.local/share"
    return data + "/martlet/datasets"
  }

  /// The table of a file without a header, its columns given names and types; throws when they are not these.
  private static func namedColumns(
    _ path: String, _ expected: [(name: String, isNumber: Bool)], separator: Character, skippedLines: Int
  ) throws(FormatError) -> Table {
    let raw = Table(
      try CSV.read(
        from: path,
        CSV.Options(
          separator: separator, header: .absent, missing: .nan, labels: .automatic, skippedLines: skippedLines)))
    if raw.columns.count != expected.count {
      throw mismatch(path, "expected \(expected.count) columns, got \(raw.columns.count)")
    }
    return try asFormatError(path) { () throws(TableError) in
      var columns: [(name: String, column: Table.Column)] = []
      for (place, (name, isNumber)) in expected.enumerated() {
        let held = raw.columns[place]
        columns.append((name, isNumber ? .numbers(try raw.numbers(held)) : .texts(try raw.texts(held))))
      }
      return try Table(columns: columns)
    }
  }

  private static func texts(_ table: Table, _ name: String, _ path: String) throws(FormatError) -> [String] {
    guard case .texts(let texts)? = table[name] else { throw mismatch(path, "expected texts in column \(shown(name))") }
    if let row = texts.firstIndex(of: nil) {
      throw mismatch(path, "expected a text in column \(shown(name)), got none in row \(row)")
    }
    return texts.map { $0! }
  }

  /// The table with a column that takes the place of its last.
  private static func replacing(
    _ name: String, in table: Table, by column: Table.Column, _ path: String
  ) throws(FormatError) -> Table {
    try asFormatError(path) { () throws(TableError) in
      var result = try table.dropping([name])
      try result.append(name, column)
      return result
    }
  }

  private static func asFormatError<Value>(
    _ path: String, _ body: () throws(TableError) -> Value
  ) throws(FormatError) -> Value {
    do throws(TableError) { return try body() } catch { throw mismatch(path, "\(error)") }
  }

  private static func mismatch(_ path: String, _ reason: String) -> FormatError {
    FormatError(.mismatch, source: path, reason: reason)
  }

  private static let adultColumns: [(name: String, isNumber: Bool)] = [
    ("age", true), ("workclass", false), ("fnlwgt", true), ("education", false), ("education-num", true),
    ("marital-status", false), ("occupation", false), ("relationship", false), ("race", false), ("sex", false),
    ("capital-gain", true), ("capital-loss", true), ("hours-per-week", true), ("native-country", false),
    ("income", false),
  ]

  private static let compasColumns: [(number: Int, name: String, isNumber: Bool)] = [
    (6, "sex", false), (8, "age", true), (9, "age_cat", false), (10, "race", false), (11, "juv_fel_count", true),
    (13, "juv_misd_count", true), (14, "juv_other_count", true), (15, "priors_count", true),
    (16, "days_b_screening_arrest", true), (23, "c_charge_degree", false), (25, "is_recid", true),
    (40, "decile_score", true), (41, "score_text", false), (44, "v_decile_score", true), (45, "v_score_text", false),
    (53, "two_year_recid", true),
  ]

  private static let germanColumns: [(name: String, isNumber: Bool)] = [
    ("checking-account", false), ("duration", true), ("credit-history", false), ("purpose", false),
    ("credit-amount", true), ("savings", false), ("employment", false), ("installment-rate", true),
    ("personal-status", false), ("other-debtors", false), ("residence-since", true), ("property", false), ("age", true),
    ("other-installments", false), ("housing", false), ("credits", true), ("job", false), ("dependents", true),
    ("telephone", false), ("foreign-worker", false), ("credit", true),
  ]
}
