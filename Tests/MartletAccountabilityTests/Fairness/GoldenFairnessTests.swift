import MartletAccountability
import MartletCore
import MartletMetrics
import Testing

/// The published figures on Adult and COMPAS.
@Suite struct GoldenFairnessTests {
  let adult: AdultFixture

  init() throws { adult = try AdultFixture() }

  @Test(
    "Differences and ratios on Adult are Fairlearn's, by sex, by race and crossed",
    arguments: ["sex", "race", "sex x race"])
  func fairlearn(name: String) throws {
    let figures = try #require(adult.figures.gaps[name])
    let groups = try name == "sex" ? adult.sex : name == "race" ? adult.race : adult.sex.crossed(with: adult.race)
    let counts = try adult.counts(groups)
    let measures: [GroupMeasure] = [.accuracy, .selectionRate, .truePositiveRate, .falsePositiveRate]
    for measure in measures {
      let values = counts.values(measure)
      #expect(isNear(values.difference(), figures.difference[measure.name]!), "\(measure.name)")
      #expect(isNear(values.difference(.toOverall), figures.toOverall[measure.name]!), "\(measure.name)")
      #expect(isNear(values.ratio(), figures.ratio[measure.name]!), "\(measure.name)")
      #expect(isNear(values.ratio(.toOverall), figures.ratioToOverall[measure.name]!), "\(measure.name)")
    }
    let gaps: [(FairnessGap, Double)] = [
      (.demographicParityDifference, figures.demographicParityDifference),
      (.demographicParityRatio, figures.demographicParityRatio),
      (.equalizedOddsDifference, figures.equalizedOddsDifference),
      (.equalizedOddsRatio, figures.equalizedOddsRatio),
      (.equalOpportunityDifference, figures.equalOpportunityDifference),
      (.equalOpportunityRatio, figures.equalOpportunityRatio),
      (.meanEqualizedOddsDifference, figures.meanEqualizedOddsDifference),
      (.meanEqualizedOddsRatio, figures.meanEqualizedOddsRatio),
    ]
    for (gap, expected) in gaps { #expect(isNear(try counts.value(of: gap), expected), "\(gap.name)") }
  }

  @Test("The fixed model's figures by sex and race are those published with it") func fixedModel() throws {
    let sex = try adult.counts(adult.sex)
    let race = try adult.counts(adult.race)
    #expect(isNear(sex.values(.accuracy).overall, 0.8127264910017812))
    #expect(isNear(try sex.value(of: .demographicParityDifference), 0.07739555911581826))
    #expect(isNear(try sex.value(of: .demographicParityRatio), 0.5158319285727038))
    #expect(isNear(try sex.value(of: .equalizedOddsDifference), 0.015310852419348951))
    #expect(isNear(try sex.value(of: .equalizedOddsRatio), 0.7517617872137965))
    #expect(isNear(try sex.value(of: .equalOpportunityDifference), 0.011161662432848884))
    #expect(isNear(try sex.value(of: .equalOpportunityRatio), 0.9713162013564672))
    #expect(isNear(sex.values(.accuracy).difference(.toOverall), 0.07825303307126807))
    #expect(isNear(sex.values(.selectionRate).difference(.toOverall), 0.05162556182039103))
    #expect(isNear(sex.values(.truePositiveRate).difference(.toOverall), 0.009449394924949561))
    #expect(isNear(sex.values(.falsePositiveRate).difference(.toOverall), 0.00936258317625488))
    #expect(isNear(try race.value(of: .demographicParityDifference), 0.11843553459119498))
    #expect(isNear(try race.value(of: .demographicParityRatio), 0.29815979501514095))
    #expect(isNear(try race.value(of: .equalizedOddsDifference), 0.2781954887218045))
    #expect(isNear(try race.value(of: .equalizedOddsRatio), 0.3620689655172414))
    #expect(isNear(sex.values(.theilIndex).overall, 0.1734656187594552))
    #expect(isNear(sex.values(.generalizedEntropy(alpha: 2)).overall, 0.10968247024076326))
  }

  @Test("The three meanings of equalised odds difference are told apart") func oddsMeanings() throws {
    let counts = try adult.counts(adult.sex)
    let pair = FairnessGap.Pair("sex", unprivileged: ["Female"], privileged: ["Male"])
    #expect(isNear(try counts.value(of: .averageOddsDifference(pair)), -0.013236257426098907))
    #expect(isNear(try counts.value(of: .averageAbsoluteOddsDifference(pair)), 0.013236257426098907))
    #expect(isNear(try counts.value(of: .equalizedOddsDifference), 0.015310852419348951))
    // Gaps of different sign cancel each other in the signed mean alone.
    let crossed = try groupCounts(["a": [8, 2, 2, 8], "b": [6, 4, 4, 6]])
    let both = FairnessGap.Pair("group", unprivileged: ["b"], privileged: ["a"])
    #expect(isNear(try crossed.value(of: .averageOddsDifference(both)), 0))
    #expect(isNear(try crossed.value(of: .averageAbsoluteOddsDifference(both)), 0.2))
    #expect(isNear(try crossed.value(of: .meanEqualizedOddsDifference), 0.2))
    #expect(isNear(try crossed.value(of: .signedEqualOpportunityDifference(both)), -0.2))
  }

  @Test("Labels of all rows of Adult have the published parity difference and disparate impact") func adultLabels()
    throws
  {
    let rows = adult.figures.adult
    // The labels themselves as decisions: positives are then true positives.
    let counts = try groupCounts([
      "Female": [rows["Female"]![2], 0, 0, rows["Female"]![3]], "Male": [rows["Male"]![2], 0, 0, rows["Male"]![3]],
    ])
    let pair = FairnessGap.Pair("group", unprivileged: ["Female"], privileged: ["Male"])
    #expect(counts.cells.map(\.rowCount) == [16_192, 32_650])
    #expect(isNear(try counts.values(.baseRate).value(of: ["Female"]), 0.10925148221343874))
    #expect(isNear(try counts.values(.baseRate).value(of: ["Male"]), 0.3037672281776417))
    #expect(isNear(try counts.value(of: .statisticalParityDifference(pair)), -0.19451574596420296))
    #expect(isNear(try counts.value(of: .disparateImpact(pair)), 0.3596552625800337))
  }

  @Test("Rows of Adult without unknown values have the published figures, and AIF360's differential fairness")
  func adultKnown() throws {
    func ofLabels(_ rows: [String: [Int]]) throws -> GroupCounts {
      try groupCounts(rows.mapValues { [$0[2], 0, 0, $0[3]] })
    }
    let counts = try ofLabels(adult.figures.adultKnown)
    let pair = FairnessGap.Pair("group", unprivileged: ["Female"], privileged: ["Male"])
    #expect(counts.overall.rowCount == 45_222)
    #expect(isNear(try counts.value(of: .statisticalParityDifference(pair)), -0.198901432678815))
    #expect(isNear(try counts.value(of: .disparateImpact(pair)), 0.3634695423643793))
    let crossed = try ofLabels(adult.figures.adultKnownCrossed)
    #expect(crossed.overall.rowCount == 45_222)
    #expect(isNear(try crossed.value(of: .differentialFairness()), 1.7547611985549287, 1e-14))
    // Without smoothing, a group without positive decisions is infinitely far.
    let none = try groupCounts(["a": [5, 0, 0, 5], "b": [0, 0, 0, 10]])
    #expect(try none.value(of: .differentialFairness(concentration: 0)) == .infinity)
    // (5 + 1)/(10 + 2) and (0 + 1)/(10 + 2).
    #expect(isNear(try none.value(of: .differentialFairness(concentration: 2)), (6 as Double).logarithm))
    #expect(throws: FairnessError.self) { try none.value(of: .differentialFairness(concentration: -1)) }
    #expect(throws: FairnessError.self) { try none.value(of: .differentialFairness(concentration: .nan)) }
  }

  @Test("COMPAS has ProPublica's four rates, and Fairlearn's of each race in all rows and in those that are kept")
  func compas() throws {
    let figures = adult.figures
    let all = try groupCounts(figures.compas)
    func check(_ measure: GroupMeasure, _ black: Double, _ white: Double) throws {
      #expect(isNear(try all.values(measure).value(of: ["African-American"]), black, 5e-5))
      #expect(isNear(try all.values(measure).value(of: ["Caucasian"]), white, 5e-5))
    }
    try check(.falsePositiveRate, 0.4485, 0.2345)
    try check(.falseNegativeRate, 0.2799, 0.4772)
    try check(.positivePredictiveValue, 0.6297, 0.5913)
    #expect(isNear(all.values(.accuracy).overall, 0.6537288605489326))
    let sets = [
      (all, figures.compasRates, 7214), (try groupCounts(figures.compasFiltered), figures.compasFilteredRates, 6172),
    ]
    for (counts, rates, rows) in sets {
      #expect(counts.overall.rowCount == rows && counts.cells.count == 6)
      let measures: [GroupMeasure] = [
        .truePositiveRate, .falsePositiveRate, .falseNegativeRate, .selectionRate, .positivePredictiveValue, .accuracy,
      ]
      for measure in measures {
        let values = counts.values(measure)
        #expect(isNear(values.overall, rates["overall"]![measure.name]!), "\(measure.name)")
        for (race, known) in rates where race != "overall" {
          #expect(isNear(try values.value(of: [race]), known[measure.name]!), "\(measure.name) of \(race)")
        }
      }
    }
  }

  @Test("The fixed model's area under the curve is scikit-learn's") func areaUnderCurve() throws {
    let curve = try ROCCurve(scores: adult.probabilities, labels: adult.labels)
    #expect(isNear(curve.area, 0.8251974228546947) && isNear(curve.area, adult.figures.areaUnderCurve))
  }

  @Test("Calibration has the published errors in both conventions, and by sex what all rows together hide")
  func calibration() throws {
    let ten = try adult.counts(adult.sex)
    let fifteen = try GroupCounts(
      labels: adult.labels, probabilities: adult.probabilities, groups: adult.sex, bins: 15)
    func overall(_ counts: GroupCounts, _ measure: GroupMeasure) -> Double { counts.values(measure).overall }
    #expect(isNear(overall(ten, .expectedCalibrationError(.positiveClass)), 0.020444895387976385))
    #expect(isNear(overall(ten, .maximumCalibrationError(.positiveClass)), 0.11316841766423391))
    #expect(isNear(overall(ten, .expectedCalibrationError(.topLabel)), 0.01985784485862449))
    #expect(isNear(overall(ten, .maximumCalibrationError(.topLabel)), 0.028911511831491654))
    #expect(isNear(overall(fifteen, .expectedCalibrationError(.positiveClass)), 0.016637261104019495))
    #expect(isNear(overall(fifteen, .maximumCalibrationError(.positiveClass)), 0.0988928905215003))
    #expect(isNear(overall(fifteen, .expectedCalibrationError(.topLabel)), 0.015946747216875383))
    #expect(isNear(overall(fifteen, .maximumCalibrationError(.topLabel)), 0.037320842078387484))
    #expect(isNear(overall(ten, .brierScore), 0.13087799675790437))
    #expect(isNear(overall(ten, .logLoss), 0.4081764305464148))
    let bySex = ten.values(.expectedCalibrationError(.positiveClass))
    #expect(isNear(try bySex.value(of: ["Female"]), 0.0852, 5e-5))
    #expect(isNear(try bySex.value(of: ["Male"]), 0.0454, 5e-5))
  }

  @Test("The gap by race is said to rest on the 19 positive rows of a group") func smallGroups() throws {
    let small = try adult.counts(adult.race).smallGroups()
    #expect(small.contains { $0.name == "Amer-Indian-Eskimo" && $0.positiveRowCount == 19 })
    #expect(!small.contains { $0.name == "White" })
  }

  @Test("The generalised entropy for α = 0 is its documented formula, without the division by the mean")
  func entropyOfZero() throws {
    // Benefits 2, 1, 1, 1: the mean is 1.25.
    let counts = try groupCounts(["a": [2, 1, 0, 1]])
    let expected = -((2 / 1.25 as Double).logarithm + 3 * (1 / 1.25 as Double).logarithm) / 4
    #expect(isNear(counts.values(.generalizedEntropy(alpha: 0)).overall, expected))
    #expect(
      try groupCounts(["a": [1, 0, 1, 1]]).values(.generalizedEntropy(alpha: 0)).overall
        == .infinity)
  }
}

extension Double {
  /// log by its series around 1, independent of the C library: 2 artanh((x - 1)/(x + 1)).
  fileprivate var logarithm: Double {
    let ratio = (self - 1) / (self + 1)
    return 2
      * stride(from: 1, to: 200, by: 2).reduce(0) { sum, power in
        sum + (0..<power).reduce(1) { product, _ in product * ratio } / Double(power)
      }
  }
}
