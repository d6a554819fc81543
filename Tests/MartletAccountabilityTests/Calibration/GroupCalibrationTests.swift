import MartletAccountability
import MartletCore
import MartletTraining
import Testing

@Suite struct GroupCalibrationTests {
  @Test("Calibrated over all rows, Adult's rows stay wrong by sex; calibrated for each sex, they are not") func bySex()
    throws
  {
    let adult = try AdultFixture()
    let rows = Int32(adult.sex.rowCount)
    let fitted = Tensor<Int32>(Array(stride(from: 0, to: rows, by: 2)))
    let rest = Array(stride(from: 1, to: rows, by: 2))
    let places = Tensor<Int32>(rest)
    func errors(_ probabilities: Tensor<Double>) throws -> (overall: Double, bySex: [Double]) {
      let names = adult.sex.levels.levels[0]
      let groups = try Groups("sex", labels: rest.map { names[Int(adult.sex.indices[Int($0)])] })
      let values = try GroupCounts(labels: adult.labels.take(places), probabilities: probabilities, groups: groups)
        .values(.expectedCalibrationError(.positiveClass))
      return (values.overall, values.values)
    }
    let before = try errors(adult.probabilities.take(places))
    let all = try Calibrator(
      .isotonic, outputs: adult.probabilities.take(fitted), labels: adult.labels.take(fitted), from: .probabilities)
    let pooled = try errors(all.probabilities(of: adult.probabilities.take(places)))
    // The errors of scikit-learn's isotonic regression of the same rows.
    #expect(isNear(before.overall, 0.023473448347622744))
    #expect(isNear(pooled.overall, 0.008199716466024255, 1e-9))
    #expect(isNear(pooled.bySex[0], 0.08056335041081499, 1e-9) && isNear(pooled.bySex[1], 0.04314799957975897, 1e-9))

    var each = [Double](repeating: 0, count: rest.count)
    for group in 0..<2 {
      func members(_ rows: [Int32]) -> [Int32] { rows.filter { adult.sex.indices[Int($0)] == Int32(group) } }
      let own = Tensor<Int32>(members(fitted.scalars))
      let calibrator = try Calibrator(
        .isotonic, outputs: adult.probabilities.take(own), labels: adult.labels.take(own), from: .probabilities)
      let held = rest.indices.filter { adult.sex.indices[Int(rest[$0])] == Int32(group) }
      let found = try calibrator.probabilities(of: adult.probabilities.take(Tensor<Int32>(held.map { rest[$0] })))
      for (place, probability) in zip(held, found.scalars) { each[place] = probability }
    }
    let bySex = try errors(Tensor<Double>(each))
    #expect(isNear(bySex.bySex[0], 0.014452867602469057, 1e-9) && isNear(bySex.bySex[1], 0.01606595179650064, 1e-9))
  }
}
