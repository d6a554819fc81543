import MartletCore
import MartletData
import MartletNN
import MartletTraining
import Testing

@testable import MartletAccountability

@Suite struct MembershipInferenceTests {
  @Test func `area, advantage and rates of few losses are what counting gives`() throws {
    let test = try MembershipInference(members: [0.1, 0.2, 0.4, 0.9], others: [0.3, 0.4, 0.5, 1.0, 1.1])
    // Pairs in which the member has the smaller loss: 5, 5, 3.5 and 2 of 5 each.
    #expect(abs(test.areaUnderCurve - 15.5 / 20) < 1e-15)
    // Up to 0.2 half of the members and no other; up to 0.9 all members and three others; up to 0.4, 3/4 and 2/5.
    #expect(abs(test.advantage - 0.5) < 1e-15)
    #expect(try test.truePositiveRate(atFalsePositiveRate: 0) == 0.5)
    #expect(try test.truePositiveRate(atFalsePositiveRate: 0.2) == 0.5)
    #expect(try test.truePositiveRate(atFalsePositiveRate: 0.4) == 0.75)
    #expect(try test.truePositiveRate(atFalsePositiveRate: 0.6) == 1)
    #expect(try test.truePositiveRate(atFalsePositiveRate: 1) == 1)
    #expect(test.interval.lower < test.areaUnderCurve && test.areaUnderCurve < test.interval.upper)
  }

  @Test func `DeLong's variance is that of its definition`() throws {
    let (members, others) = ([0.1, 0.5, 0.7], [0.2, 0.6, 0.8, 0.9])
    let test = try MembershipInference(members: members, others: others, confidence: 0.9)
    let ofMembers = members.map { m in others.reduce(0.0) { $0 + ($1 > m ? 1 : 0) } / 4 }
    let ofOthers = others.map { o in members.reduce(0.0) { $0 + (o > $1 ? 1 : 0) } / 3 }
    let area = ofMembers.reduce(0, +) / 3
    let variance =
      ofMembers.reduce(0) { $0 + ($1 - area) * ($1 - area) } / 2 / 3
      + ofOthers.reduce(0) { $0 + ($1 - area) * ($1 - area) } / 3 / 4
    #expect(abs(test.areaUnderCurve - area) < 1e-15)
    #expect(abs(test.interval.lower - (area - 1.6448536269514722 * variance.squareRoot())) < 1e-12)
  }

  @Test func `losses of one distribution are guessing, within the interval`() throws {
    let losses = withRandomSeed(1) { Tensor<Double>.randomNormal([2, 400]) }
    let test = try MembershipInference(members: losses[0].scalars, others: losses[1].scalars)
    #expect(test.interval.lower < 0.5 && 0.5 < test.interval.upper)
  }

  @Test func `references take away what is hard by itself`() throws {
    let hardness = withRandomSeed(1) { Tensor<Double>.randomNormal([2, 200], standardDeviation: 5) }
    let members = (hardness[0] - 1).scalars
    let plain = try MembershipInference(members: members, others: hardness[1].scalars)
    let calibrated = try MembershipInference(
      members: members, others: hardness[1].scalars, references: (hardness[0].scalars, hardness[1].scalars))
    #expect(plain.areaUnderCurve < 0.65 && calibrated.areaUnderCurve == 1)
  }

  @Test func `a model that has learnt its rows by heart gives them away, and a private one does not`() throws {
    let x = withRandomSeed(1) { Tensor<Float>.randomNormal([80, 8]) }
    let y = withRandomSeed(2) { Tensor<Int32>.randomInteger([80], in: 0..<2) }
    let data = try Dataset(x, y)
    func attack(_ callbacks: [any Callback]) throws -> MembershipInference {
      let model = withRandomSeed(3) {
        Sequential(inputShape: [8]) {
          Dense(64, activation: .relu)
          Dense(2)
        }
      }
      let trainer = Trainer(model, optimizer: Adam(learningRate: 0.02), loss: .crossEntropy)
      try trainer.fit(data[0..<40], epochs: 60, batchSize: 20, seed: 1, progress: .none, callbacks: callbacks)
      let test = try trainer.membershipInference(members: data[0..<40], others: data[40..<80])
      // The mean of the rows' losses is the loss.
      let losses = try trainer.lossesOfRows(data[0..<40], batchSize: 7)
      #expect(try abs(losses.reduce(0, +) / 40 - trainer.evaluate(data[0..<40]).loss) < 1e-5)
      return test
    }
    let plain = try attack([])
    let hidden = try attack([try PrivateTraining(.multiplier(30), delta: 1e-2, randomness: .seed(4))])
    #expect(plain.interval.lower > 0.65)
    #expect(hidden.areaUnderCurve < plain.areaUnderCurve - 0.15)
    #expect(plain.description.contains("40 members and 40 others"))
  }

  @Test func `bad input is refused`() throws {
    #expect(throws: PrivacyError.self) { try MembershipInference(members: [1], others: [1, 2]) }
    #expect(throws: PrivacyError.self) { try MembershipInference(members: [1, .nan], others: [1, 2]) }
    #expect(throws: PrivacyError.self) { try MembershipInference(members: [1, 2], others: [1, 2], confidence: 1) }
    #expect(throws: PrivacyError.self) {
      try MembershipInference(members: [1, 2], others: [1, 2], references: ([1], [1, 2]))
    }
    let test = try MembershipInference(members: [1, 2], others: [1, 2])
    #expect(throws: PrivacyError.self) { try test.truePositiveRate(atFalsePositiveRate: -0.1) }
  }
}
