import Foundation
import MartletAccountability
import MartletCore
import MartletData
import MartletTraining
import Testing

@Suite struct DisparateImpactRemoverTests {
  private let adult: MitigationFixture
  private let table: Table

  init() throws {
    adult = try MitigationFixture()
    table = try Table(
      columns: [
        ("age", .numbers(adult.columns["age"]!)), ("hours-per-week", .numbers(adult.columns["hours-per-week"]!)),
      ])
  }

  /// The largest distance of the groups' shares of numbers up to a limit.
  private func distance(_ table: Table) throws -> Double {
    let numbers = try table.numbers("age")
    return stride(from: 20.0, to: 80, by: 5).map { limit in
      let shares = (0..<2).map { group -> Double in
        let rows = numbers.indices.filter { adult.sex.indices[$0] == group }
        return Double(rows.filter { numbers[$0] <= limit + 0.5 }.count) / Double(rows.count)
      }
      return abs(shares[0] - shares[1])
    }.max()!
  }

  @Test("The groups' numbers have one distribution, and keep their order within each") func repaired() throws {
    let remover = try DisparateImpactRemover(fittedTo: table, groups: adult.sex, features: ["age"])
    let fair = try remover.transform(table, groups: adult.sex)
    let (before, after) = (try distance(table), try distance(fair))
    #expect(before > 0.05 && after < before / 2, "\(before) \(after)")
    #expect(try fair.numbers("hours-per-week") == table.numbers("hours-per-week"))
    let (ages, repaired) = (try table.numbers("age"), try fair.numbers("age"))
    for group in 0..<2 {
      let rows = ages.indices.filter { adult.sex.indices[$0] == group }.sorted { ages[$0] < ages[$1] }
      #expect(zip(rows, rows.dropFirst()).allSatisfy { repaired[$0] <= repaired[$1] + 1e-9 })
    }
  }

  @Test("A repair in part goes so much of the way, and none changes nothing") func partial() throws {
    func numbers(_ repair: Double) throws -> [Double] {
      try DisparateImpactRemover(fittedTo: table, groups: adult.sex, features: ["age"], repair: repair)
        .transform(table, groups: adult.sex).numbers("age")
    }
    let (none, half, whole) = (try numbers(0), try numbers(0.5), try numbers(1))
    #expect(none == adult.columns["age"]!)
    for (row, number) in half.enumerated() { #expect(isNear(number, (none[row] + whole[row]) / 2, 1e-9)) }
  }

  @Test("Quantiles and medians are those of a small example by hand") func byHand() throws {
    let small = try Table(["x": [0, 10, 20, 100, 200, 300]])
    let groups = try Groups("g", labels: ["a", "a", "a", "b", "b", "b"])
    let remover = try DisparateImpactRemover(fittedTo: small, groups: groups, features: ["x"], quantileCount: 3)
    #expect(remover.quantiles == [[[0, 10, 20], [100, 200, 300]]] && remover.targets == [[50, 105, 160]])
    #expect(try remover.transform(small, groups: groups).numbers("x") == [50, 105, 160, 50, 105, 160])
    // Between quantiles, and beyond the ends.
    let other = try Table(["x": [5, -7, 99, 250]])
    let fair = try remover.transform(other, groups: Groups("g", labels: ["a", "a", "a", "b"]))
    #expect(try fair.numbers("x") == [77.5, 50, 160, 132.5])
  }

  @Test("It is saved in a model's file, and damaged JSON throws") func saved() throws {
    let remover = try DisparateImpactRemover(
      fittedTo: table, groups: adult.sex, features: ["age"], repair: 0.75, quantileCount: 5)
    var contents = ModelContents()
    contents.add(remover)
    #expect(try contents.part(DisparateImpactRemover.self) == remover)
    #expect(try JSONDecoder().decode(DisparateImpactRemover.self, from: Data(remover.json.utf8)) == remover)
    let encoded = String(decoding: try JSONEncoder().encode(remover), as: UTF8.self)
    #expect(try DisparateImpactRemover(json: encoded) == remover)
    for length in 0..<remover.json.utf8.count {
      #expect(throws: FairnessError.self) { try DisparateImpactRemover(json: String(remover.json.prefix(length))) }
    }
    for (text, other) in [
      ("\"repair\":0.75", "\"repair\":7"), ("[\"age\"]", "[]"), ("\"Female\",", ""),
      ("\"targets\":[[", "\"targets\":[[1.0,"),
    ] {
      let damaged = remover.json.replacingOccurrences(of: text, with: other)
      #expect(damaged != remover.json, "\(text)")
      #expect(throws: FairnessError.self, "\(text)") { try DisparateImpactRemover(json: damaged) }
    }
    // What is wrong, and where.
    let youngest = Int(remover.quantiles[0][0][0])
    for (text, other, message) in [
      ("\"repair\"", "\"repairs\"", "expected a member \"repair\", got none"),
      ("\"repair\":0.75", "\"repair\":null", "repair: expected a number, got null"),
      ("\"features\":[\"age\"]", "\"features\":\"age\"", "features: expected a list, got a text"),
      ("\"quantiles\":[[[", "\"quantiles\":[[[{},", "quantiles[0][0][0]: expected a number, got an object"),
      ("\"quantiles\":[[[\(youngest)", "\"quantiles\":[[[\"-inf\"", "parts that do not fit each other"),
      ("\"targets\":[[", "\"targets\":[[],[", "parts that do not fit each other"),
    ] {
      let damaged = remover.json.replacing(text, with: other)
      #expect(damaged != remover.json, "\(text)")
      #expect(throws: FairnessError.invalid("expected the JSON of a disparate impact remover, got \(message)")) {
        try DisparateImpactRemover(json: damaged)
      }
    }
  }

  @Test("Columns, groups and options that cannot be used throw") func badInput() throws {
    let small = try Table(["x": [1, 2, nil], "y": [1, 2, 3], "z": ["a", "b", "c"]])
    let groups = try Groups("g", labels: ["a", "a", "b"])
    func error(_ features: [String], repair: Double = 1, count: Int = 5, _ groups: Groups) -> FairnessError? {
      do throws(FairnessError) {
        _ = try DisparateImpactRemover(
          fittedTo: small, groups: groups, features: features, repair: repair, quantileCount: count)
        return nil
      } catch { return error }
    }
    #expect(error(["y"], groups) == nil)
    #expect(error([], groups) == .empty("expected at least one feature, got none"))
    #expect(error(["x"], groups) != nil && error(["z"], groups) != nil && error(["q"], groups) != nil)
    #expect(error(["y", "y"], groups) == .invalid("expected different columns, got \"y\" twice"))
    #expect(error(["y"], repair: 2, groups) != nil && error(["y"], count: 1, groups) != nil)
    #expect(
      error(["y"], try Groups("g", labels: ["a"])) == .shapes("expected groups of 3 rows as the table has, got 1"))
    let remover = try DisparateImpactRemover(fittedTo: small, groups: groups, features: ["y"])
    #expect(throws: FairnessError.unknown("expected a group that there were rows of, got \"c\" in row 0")) {
      try remover.transform(Table(["y": [1]]), groups: Groups("g", labels: ["c"]))
    }
  }
}
