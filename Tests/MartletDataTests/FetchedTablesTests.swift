import Foundation
import MartletData
import MartletText
import TestSupport
import Testing

/// The tables that `Scripts/bootstrap --datasets` fetches: small files of their forms, and the whole ones where they are.
@Suite struct FetchedTablesTests {
  private static let adultTrain = """
    39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, 2174, 0, 40, ?, <=50K
    50, ?, 83311, HS-grad, 9, Married-civ-spouse, ?, Husband, Black, Female, 0, 0, 13, United-States, >50K


    """
  private static let adultTest = """
    |1x3 Cross validator
    25, Private, 226802, 11th, 7, Never-married, Sales, Own-child, Black, Male, 0, 0, 40, United-States, <=50K.
    44, Private, 160323, Masters, 14, Divorced, Sales, Unmarried, White, Female, 7688, 0, 40, ?, >50K.

    """

  private func adult(_ train: String = adultTrain, _ test: String = adultTest) throws -> (train: Table, test: Table) {
    let directory = TemporaryDirectory()
    directory.write(Array(train.utf8), to: "adult.data")
    directory.write(Array(test.utf8), to: "adult.test")
    return try Datasets.adult(directory: directory.path)
  }

  @Test func `Adult's missing values are missing, and both files name incomes alike`() throws {
    let (train, test) = try adult()
    #expect(train.columns == test.columns && train.columns.count == 15 && train.columns.last == "income")
    #expect(train.rowCount == 2 && test.rowCount == 2)
    #expect(try train.texts("workclass") == ["State-gov", nil])
    #expect(try train.texts("native-country") == [nil, "United-States"])
    #expect(try test.numbers("capital-gain") == [0, 7688])
    #expect(try train.texts("income") == ["<=50K", ">50K"])
    #expect(try test.texts("income") == ["<=50K", ">50K"])
  }

  @Test func `files of another form throw`() throws {
    func reason(_ train: String, _ test: String = FetchedTablesTests.adultTest) -> String {
      do {
        _ = try adult(train, test)
        return "it was read"
      } catch {
        return "\(error)"
      }
    }
    let rows = Self.adultTrain
    #expect(reason(rows.replacingOccurrences(of: ">50K", with: ">60K")).contains("got \">60K\" in row 1"))
    #expect(reason(rows.replacingOccurrences(of: ", Male", with: "")).contains("fields"))
    #expect(reason(rows.replacingOccurrences(of: "39,", with: "old,")).contains("expected numbers, got text \"old\""))
    #expect(
      reason(rows.replacingOccurrences(of: ", White", with: "").replacingOccurrences(of: ", Black", with: ""))
        .contains("expected 15 columns, got 14"))
    #expect(reason(rows.replacingOccurrences(of: ">50K", with: "?")).contains("got none in row 1"))
    #expect(reason("").contains("adult.data"))
  }

  @Test func `what is missing says how to get it`() throws {
    let directory = TemporaryDirectory()
    func error(_ read: (String) throws -> Void) -> FormatError? {
      #expect(throws: FormatError.self) { try read(directory.path) }
    }
    let errors = [
      error { _ = try Datasets.adult(directory: $0) }, error { _ = try Datasets.compas(directory: $0) },
      error { _ = try Datasets.germanCredit(directory: $0) },
    ]
    for error in errors {
      #expect(error?.kind == .missing)
      #expect(error?.reason.contains("Scripts/bootstrap --datasets") == true)
      #expect(error?.source.hasPrefix(directory.path) == true)
    }
  }

  /// A file of COMPAS's 53 columns, of which those that are read are given.
  private func compas(_ rows: [[Int: String]], header: [Int: String] = [:]) throws -> TemporaryDirectory {
    let names: [Int: String] = [
      6: "sex", 8: "age", 9: "age_cat", 10: "race", 11: "juv_fel_count", 12: "decile_score", 13: "juv_misd_count",
      14: "juv_other_count", 15: "priors_count", 16: "days_b_screening_arrest", 23: "c_charge_degree", 25: "is_recid",
      40: "decile_score", 41: "score_text", 44: "v_decile_score", 45: "v_score_text", 49: "priors_count",
      53: "two_year_recid",
    ]
    let usual: [Int: String] = [
      6: "Male", 8: "34", 9: "25 - 45", 10: "Other", 11: "0", 12: "3", 13: "0", 14: "0", 15: "2", 16: "-1", 23: "F",
      25: "1", 40: "3", 41: "Low", 44: "1", 45: "Low", 49: "2", 53: "1",
    ]
    func line(_ fields: [Int: String], else text: String) -> String {
      (1...53).map { fields[$0] ?? "\(text)\($0)" }.joined(separator: ",") + "\n"
    }
    let directory = TemporaryDirectory()
    let lines =
      line(names.merging(header) { $1 }, else: "other")
      + rows.map { line(usual.merging($0) { $1 }, else: "x") }.joined()
    directory.write(Array(lines.utf8), to: "compas-scores-two-years.csv")
    return directory
  }

  @Test func `COMPAS is read by place, as its header has names twice, and filtered as ProPublica did`() throws {
    let files = try compas([
      [:], [16: ""], [16: "31"], [16: "-30", 6: "Female"], [25: "-1"], [23: "O"], [41: "N/A"], [41: "High", 40: "9"],
    ])
    let all = try Datasets.compas(directory: files.path)
    #expect(all.rowCount == 8 && all.columns.count == 16)
    #expect(
      try all.numbers("days_b_screening_arrest").map(\.isNaN) == [false, true] + Array(repeating: false, count: 6))
    #expect(try all.texts("score_text") == ["Low", "Low", "Low", "Low", "Low", "Low", nil, "High"])
    let kept = try Datasets.compas(directory: files.path, filtered: true)
    #expect(try kept.texts("sex") == ["Male", "Female", "Male"])
    #expect(try kept.numbers("decile_score") == [3, 3, 9])
  }

  @Test func `COMPAS with other columns throws`() throws {
    let named = try compas([[:]], header: [10: "colour"])
    #expect(throws: FormatError.self) { try Datasets.compas(directory: named.path) }
    let words = try compas([[8: "old"]])
    let error = #expect(throws: FormatError.self) { try Datasets.compas(directory: words.path) }
    #expect(error?.reason == "expected numbers in column \"age\", got \"old\" in row 0")
  }

  @Test func `German credit has sexes and words for its classes`() throws {
    let directory = TemporaryDirectory()
    let lines = """
      A11 6 A34 A43 1169 A65 A75 4 A93 A101 4 A121 67 A143 A152 2 A173 1 A192 A201 1
      A12 48 A32 A43 5951 A61 A73 2 A92 A101 2 A121 22 A143 A152 1 A173 1 A191 A201 2

      """
    directory.write(Array(lines.utf8), to: "german.data")
    let table = try Datasets.germanCredit(directory: directory.path)
    #expect(try table.texts("sex") == ["male", "female"])
    #expect(try table.texts("credit") == ["good", "bad"])
    #expect(try table.numbers("age") == [67, 22])
    directory.write(Array(lines.replacingOccurrences(of: "A93", with: "A96").utf8), to: "german.data")
    #expect(throws: FormatError.self) { try Datasets.germanCredit(directory: directory.path) }
  }

  private static let isFetched = (try? Datasets.germanCredit()) != nil

  // The counts are those of the data set's description. The larger ones take too long in a debug build: the examples
  // `income` and `recidivism` print what they read, and the continuous integration holds it.
  @Test(.enabled(if: isFetched)) func `reads the whole of German credit`() throws {
    let german = try Datasets.germanCredit()
    #expect(german.rowCount == 1000 && german.columns.count == 22)
    #expect(try german.texts("credit").filter { $0 == "good" }.count == 700)
    #expect(try german.texts("sex").filter { $0 == "female" }.count == 310)
  }
}
