import MartletCore
import Testing

@testable import MartletAccountability

@Suite struct HullProgramTests {
  @Test("Two models are mixed as much as a constraint needs") func two() {
    // A model without error violates by 1, one with the error 0.5 not at all: a third of a violation is allowed.
    let program = HullProgram(errors: [0, 0.5], excesses: [[1 - 1.0 / 3, -1], [-1.0 / 3, -1]], penalty: 100)
    #expect(isNear(program.probabilities[0], 1.0 / 3) && isNear(program.probabilities[1], 2.0 / 3))
    // One less of the bound costs half an error, and the other constraint nothing.
    #expect(isNear(program.multipliers[0], 0.5) && program.multipliers[1] == 0)
  }

  @Test("Where no mixture keeps the bounds, the excess is paid for") func infeasible() {
    let program = HullProgram(errors: [0.1, 0.2], excesses: [[0.5], [0.4]], penalty: 2)
    #expect(program.probabilities == [0, 1] || isNear(program.probabilities[1], 1))
    #expect(isNear(program.multipliers[0], 2))
    // A cheaper excess than error: the first stays.
    let cheap = HullProgram(errors: [0.1, 0.2], excesses: [[0.5], [0.4]], penalty: 0.5)
    #expect(isNear(cheap.probabilities[0], 1) && isNear(cheap.multipliers[0], 0.5))
  }

  @Test("Nothing is better than its mixture: the multipliers prove it", arguments: 0..<40) func duality(seed: UInt64) {
    var generator = RandomGenerator(seed: seed)
    let (models, constraints) = (1 + Int(seed % 9), 1 + Int(seed / 4 % 6))
    let errors = Tensor<Double>.randomUniform([models], using: &generator).scalars
    var excesses = (Tensor<Double>.randomUniform([models, constraints], using: &generator) - 0.7).scalars2D
    // Equal models and equal constraints, which make ties.
    if seed % 3 == 0 { excesses[models - 1] = excesses[0] }
    if seed % 5 == 0 { excesses = excesses.map { $0 + [$0[0]] } }
    let penalty = seed % 2 == 0 ? 100.0 : 0.5
    let program = HullProgram(errors: errors, excesses: excesses, penalty: penalty)
    #expect(program.probabilities.allSatisfy { $0 >= 0 } && isNear(program.probabilities.reduce(0, +), 1, 1e-9))
    #expect(program.multipliers.allSatisfy { $0 >= 0 } && program.multipliers.reduce(0, +) <= penalty + 1e-9)
    // What the mixture costs, and the least that any model costs at these multipliers, are the same.
    let mixed = excesses[0].indices.map { place in
      zip(excesses, program.probabilities).reduce(0) { $0 + $1.0[place] * $1.1 }
    }
    let cost = dot(errors, program.probabilities) + penalty * max(mixed.max()!, 0)
    let least = zip(errors, excesses).map { $0 + dot($1, program.multipliers) }.min()!
    #expect(isNear(cost, least, 1e-8))
  }
}
