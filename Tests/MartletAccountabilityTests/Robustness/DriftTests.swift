import Foundation
import MartletAccountability
import MartletCore
import MartletData
import MartletNN
import MartletTraining
import TestSupport
import Testing

/// Two-sample tests against SciPy's.
@Suite struct DriftTestTests {
  private struct Cases: Decodable {
    struct Samples: Decodable { let a: [Double], b: [Double], statistic: Double, p: Double }
    struct Limit: Decodable { let lambda: Double, p: Double }
    struct Counts: Decodable { let a: [Int], b: [Int], statistic: Double, p: Double }
    struct Index: Decodable { let a: [Int], b: [Int], index: Double }
    let smirnov: [Samples], limit: [Limit], chiSquared: [Counts], index: [Index]
  }

  private let cases: Cases

  init() throws {
    let file = URL(fileURLWithPath: Fixture.path("robustness", type: "json"))
    cases = try JSONDecoder().decode(Cases.self, from: Data(contentsOf: file))
  }

  private func isNear(_ a: Double, _ b: Double, _ tolerance: Double = 1e-10) -> Bool {
    abs(a - b) <= tolerance * max(abs(a), abs(b))
  }

  @Test func `the Kolmogorov-Smirnov test is SciPy's, with ties and to the far end`() throws {
    for one in cases.smirnov {
      let found = try DriftTest.kolmogorovSmirnov(one.a, one.b)
      #expect(isNear(found.statistic, one.statistic) && isNear(found.pValue, one.p), "\(one.a.count), \(one.b.count)")
      let other = try DriftTest.kolmogorovSmirnov(one.b + [.nan], one.a)
      #expect(other.statistic == found.statistic && isNear(other.pValue, found.pValue))
    }
    for one in cases.limit {
      let found = DriftTest.kolmogorovProbability(one.lambda)
      #expect(abs(found - one.p) <= 1e-12 + 1e-10 * one.p, "\(one.lambda)")
    }
  }

  @Test func `the exact probability meets the limit where samples become large`() {
    let (exact, limit) = (
      DriftTest.smirnovProbability(0.06, 1000, 1000), DriftTest.smirnovProbability(0.06, 1000, 1001)
    )
    #expect(abs(exact - limit) < 0.003 && exact != limit)
  }

  @Test func `chi-squared and the stability index are those of the fixtures`() throws {
    for one in cases.chiSquared {
      let found = try DriftTest.chiSquared(one.a, one.b)
      #expect(isNear(found.statistic, one.statistic) && isNear(found.pValue, one.p), "\(one.a)")
    }
    for one in cases.index {
      let found = try DriftTest.populationStabilityIndex(expected: one.a, actual: one.b)
      #expect(abs(found - one.index) <= 1e-12 * max(1, one.index), "\(one.a)")
    }
    #expect(try DriftTest.chiSquared([5, 0], [9, 0]) == DriftTest.chiSquared([1], [1]))
  }

  @Test func `what cannot be compared throws`() {
    func fails(_ body: () throws(RobustnessError) -> Void) -> Bool {
      do throws(RobustnessError) { try body() } catch { return true }
      return false
    }
    #expect(fails { () throws(RobustnessError) in _ = try DriftTest.kolmogorovSmirnov([.nan], [1]) })
    #expect(fails { () throws(RobustnessError) in _ = try DriftTest.chiSquared([1], [1, 2]) })
    #expect(fails { () throws(RobustnessError) in _ = try DriftTest.chiSquared([0], [1]) })
    #expect(fails { () throws(RobustnessError) in _ = try DriftTest.chiSquared([-1, 2], [1, 2]) })
    #expect(
      fails { () throws(RobustnessError) in
        _ = try DriftTest.populationStabilityIndex(expected: [1], actual: [1], floor: 0)
      })
  }
}

@Suite struct DriftReportTests {
  /// Rows with a number that is spread, one of few values, a text, and holes in each.
  private func rows(
    _ count: Int, seed: UInt64, shift: Double = 0, missing: Double = 0.02, jobs: [String] = ["a", "b", "c"]
  ) throws -> Table {
    var generator = RandomGenerator(seed: seed)
    func isMissing() -> Bool { Double.random(in: 0..<1, using: &generator) < missing }
    let spread = Tensor<Double>.randomNormal([count], using: &generator).scalars
    return try Table(columns: [
      ("pay", .numbers(spread.map { isMissing() ? .nan : $0 + shift })),
      (
        "children",
        .numbers((0..<count).map { _ in isMissing() ? .nan : Double(Int.random(in: 0...4, using: &generator)) })
      ),
      ("job", .texts((0..<count).map { _ in isMissing() ? nil : jobs.randomElement(using: &generator)! })),
    ])
  }

  private func column(_ report: DriftReport, _ name: String) throws -> DriftReport.Column {
    try #require(report.columns.first { $0.name == name })
  }

  @Test func `rows of the same distribution are stable, and the index is what chance gives`() throws {
    let profile = try DataProfile(of: rows(2000, seed: 1))
    for seed: UInt64 in 2...6 {
      let report = try DriftReport(profile, rows(500, seed: seed))
      #expect(report.level == .stable && report.drifted.isEmpty)
      for column in report.columns {
        #expect(column.stabilityIndex! < 5 * column.indexByChance!)
        #expect(column.test!.pValue > 0.001)
      }
    }
    let same = try DriftReport(profile, rows(2000, seed: 1))
    #expect(same.columns.allSatisfy { $0.stabilityIndex == 0 && $0.test!.pValue == 1 && $0.newShare == 0 })
  }

  @Test func `each kind of change is found, and said`() throws {
    let profile = try DataProfile(of: rows(2000, seed: 1))
    let moved = try DriftReport(profile, rows(800, seed: 2, shift: 1))
    #expect(try column(moved, "pay").level == .major && moved.level == .major && moved.drifted.count == 1)
    #expect(try column(moved, "pay").reasons.first?.contains("from 0.25 on") == true)
    let slightly = try DriftReport(profile, rows(800, seed: 2, shift: 0.4))
    #expect(try column(slightly, "pay").level == .moderate)
    let holes = try DriftReport(profile, rows(800, seed: 2, missing: 0.2))
    #expect(holes.columns.allSatisfy { $0.level == .moderate && $0.reasons[0].hasPrefix("missing: ") })
    let jobs = try DriftReport(profile, rows(800, seed: 2, jobs: ["a", "b", "c", "d"]))
    let job = try column(jobs, "job")
    #expect(job.level == .major && abs(job.newShare! - 0.25) < 0.05 && job.test!.pValue < 1e-10)
    let emptied = try rows(800, seed: 2).dropping(["job"])
    var without = emptied
    try without.append("job", .texts([String?](repeating: nil, count: 800)))
    let lost = try column(DriftReport(profile, without), "job")
    #expect(lost.level == .major && lost.reasons == ["no values"] && lost.stabilityIndex == nil && lost.test == nil)
    let far = try DriftReport(profile, rows(800, seed: 2, shift: 50))
    #expect(try column(far, "pay").newShare == 1)
  }

  @Test func `few rows are not called drift for an index that chance explains`() throws {
    let profile = try DataProfile(of: rows(2000, seed: 1))
    var indices = [Double]()
    for seed: UInt64 in 10..<20 {
      let report = try DriftReport(profile, rows(25, seed: seed, missing: 0.02))
      indices.append(try column(report, "pay").stabilityIndex!)
      #expect(try column(report, "pay").level < .major)
    }
    // The customary threshold alone would have called most of them drift.
    #expect(indices.count { $0 > 0.25 } > 5)
  }

  @Test func `a constant column that changes is seen`() throws {
    func constant(_ value: Double) throws -> Table {
      try Table(columns: [("v", .numbers([Double](repeating: value, count: 50)))])
    }
    let report = try DriftReport(DataProfile(of: constant(3)), constant(4))
    #expect(report.level == .major && report.columns[0].newShare == 1)
    #expect(try DriftReport(DataProfile(of: constant(3)), constant(3)).level == .stable)
  }

  @Test func `predictions are compared too`() throws {
    let (before, now) = (try rows(400, seed: 1), try rows(300, seed: 2))
    func probabilities(_ count: Int, _ power: Float) -> Tensor<Float> {
      let positive = (0..<count).map { pow((Float($0) + 0.5) / Float(count), power) }
      return Tensor<Float>(positive.map { [1 - $0, $0] })
    }
    let profile = try DataProfile(of: before, probabilities: probabilities(400, 1), classes: ["low", "high"])
    #expect(profile.columns.suffix(2).map(\.name) == ["probability of high", "predicted class"])
    let same = try DriftReport(profile, now, probabilities: probabilities(300, 1), classes: ["low", "high"])
    #expect(same.level == .stable)
    let moved = try DriftReport(profile, now, probabilities: probabilities(300, 4), classes: ["low", "high"])
    #expect(moved.drifted.map(\.name) == ["probability of high", "predicted class"])
    #expect(moved.drifted.allSatisfy { $0.isPrediction && $0.level == .major })
    // Of one output, the same.
    let one = try DataProfile(of: before, probabilities: probabilities(400, 1)[.all, 1], classes: ["low", "high"])
    #expect(one == profile)
    #expect(throws: RobustnessError.self) { try DriftReport(profile, now) }
    #expect(throws: RobustnessError.self) {
      try DriftReport(DataProfile(of: before), now, probabilities: probabilities(300, 1))
    }
    #expect(throws: RobustnessError.self) { try DataProfile(of: before, probabilities: probabilities(300, 1)) }
    #expect(throws: RobustnessError.self) { try DataProfile(of: before, probabilities: probabilities(400, 1) * 2) }
  }

  @Test func `a profile of many numbers keeps few, and its statistic is near that of all`() throws {
    let (before, now) = (try rows(20_000, seed: 1, missing: 0), try rows(3000, seed: 2, shift: 0.1, missing: 0))
    let exact = try DriftTest.kolmogorovSmirnov(before.numbers("pay"), now.numbers("pay"))
    let profile = try DataProfile(of: before)
    let found = try #require(column(DriftReport(profile, now), "pay").test)
    #expect(found.statistic <= exact.statistic && found.statistic > exact.statistic - 0.0015)
    #expect(profile.json.utf8.count < 60_000)
  }

  @Test func `a profile is the same after JSON, Codable and a model's file`() throws {
    let profile = try DataProfile(
      of: rows(300, seed: 1), probabilities: Tensor<Float>((0..<300).map { Float($0) / 300 }))
    #expect(try DataProfile(json: profile.json) == profile)
    #expect(try JSONDecoder().decode(DataProfile.self, from: JSONEncoder().encode(profile)) == profile)
    _ = try JSONSerialization.jsonObject(with: Data(profile.json.utf8))
    var contents = ModelContents(metadata: ["author": "none"])
    contents.add(profile)
    let folder = TemporaryDirectory()
    let model = Sequential(inputShape: [2]) { Dense(1) }
    try model.save(to: folder.file("model.safetensors"), contents)
    let read = try ModelContents(from: folder.file("model.safetensors"))
    #expect(try read.part(DataProfile.self) == profile && read.metadata["author"] == "none")
    #expect(try ModelContents().part(DataProfile.self) == nil)
  }

  @Test func `a damaged profile throws, and never stops the program`() throws {
    let json = try DataProfile(of: rows(40, seed: 1)).json
    #expect(throws: RobustnessError.self) {
      try DataProfile(json: json.replacingOccurrences(of: "\"rowCount\":40", with: "\"rowCount\":41"))
    }
    #expect(throws: RobustnessError.self) { try DataProfile(json: "{\"columns\":[]}") }
    #expect(throws: RobustnessError.self) { try DataProfile(json: json.replacingOccurrences(of: "job", with: "pay")) }
    let bytes = Array(json.utf8)
    let now = try rows(30, seed: 2)
    for place in stride(from: 0, to: bytes.count, by: 7) {
      var changed = bytes
      changed[place] = changed[place] == UInt8(ascii: "9") ? UInt8(ascii: "-") : UInt8(ascii: "9")
      for text in [changed, Array(bytes[..<place])] {
        // What can still be read can be compared with.
        if let profile = try? DataProfile(json: String(decoding: text, as: UTF8.self)) {
          _ = try? DriftReport(profile, now)
        }
      }
    }
    let data = try JSONEncoder().encode(DataProfile(of: rows(40, seed: 1)))
    let broken = String(decoding: data, as: UTF8.self).replacingOccurrences(
      of: "\"rowCount\":40", with: "\"rowCount\":4")
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(DataProfile.self, from: Data(broken.utf8)) }
  }

  @Test func `the report is text, Markdown and JSON, with its thresholds and their sources`() throws {
    let profile = try DataProfile(of: rows(2000, seed: 1))
    let report = try DriftReport(profile, rows(800, seed: 2, shift: 1))
    let lines = report.description.split(separator: "\n")
    #expect(lines[1].hasPrefix("pay ") && lines[1].contains("major (index "))
    #expect(report.description.contains("moderate from 0.1, major from 0.25 on (Siddiqi 2006)"))
    #expect(report.markdown.hasPrefix("| column | index |") && report.markdown.contains("| pay |"))
    let decoded = try JSONDecoder().decode(DriftReport.self, from: JSONEncoder().encode(report))
    #expect(decoded == report)
    #expect(try JSONDecoder().decode(DriftReport.self, from: Data(report.json.utf8)) == report)
  }

  @Test func `tables that do not fit throw`() throws {
    let table = try rows(50, seed: 1)
    let profile = try DataProfile(of: table, columns: ["pay", "job"])
    #expect(profile.columns.map(\.name) == ["pay", "job"] && profile.columns.map(\.isNumeric) == [true, false])
    func error(_ body: () throws -> Void) -> RobustnessError? {
      do { try body() } catch { return error as? RobustnessError }
      return nil
    }
    #expect(
      error { _ = try DriftReport(profile, table.dropping(["job"])) }
        == .unknown("expected a column \"job\" as in training, got none"))
    let texts = try Table(columns: [("pay", .texts(["much"])), ("job", .texts(["a"]))])
    #expect(
      error { _ = try DriftReport(profile, texts) }
        == .invalid("column \"pay\": expected numbers as in training, got texts"))
    #expect(error { _ = try DriftReport(profile, table.rows([])) } == .empty("expected rows to compare, got none"))
    #expect(error { _ = try DriftReport(profile, table, thresholds: DriftThresholds(moderate: 0.3)) } != nil)
    #expect(error { _ = try DataProfile(of: table, columns: ["name"]) } != nil)
    #expect(error { _ = try DataProfile(of: table, bins: 1) } != nil)
    #expect(error { _ = try DataProfile(of: table.rows([])) } != nil)
    let endless = try Table(columns: [("v", .numbers([1, .infinity]))])
    #expect(error { _ = try DataProfile(of: endless) } == .invalid("column \"v\": expected finite numbers, got inf"))
  }
}
