import MartletEnergy
import Testing

@Suite struct QuantityTests {
  @Test func `units are converted exactly`() throws {
    #expect(try Energy(wattHours: 1).joules == 3600)
    #expect(try Energy(kilowattHours: 2).wattHours == 2000)
    #expect(try Energy(joules: 3.6e6).kilowattHours == 1)
    #expect(try Carbon(kilograms: 1.5).grams == 1500)
    #expect(try Carbon(grams: 250).kilograms == 0.25)
    #expect(try Power(watts: 50).energy(over: 72).wattHours == 1)
  }

  @Test func `sums and products keep intervals and the least certain provenance`() throws {
    let sum = try Energy(joules: 10, within: 8...12, .measured) + Energy(joules: 5, within: 4...7, .modelled)
    #expect(sum.joules == 15 && sum.joulesRange == 12...19 && sum.provenance == .modelled)
    let scaled = try sum.scaled(by: 2, within: 1...3)
    #expect(scaled.joules == 30 && scaled.joulesRange == 12...57 && scaled.provenance == .declared)
    #expect(Energy.zero + sum == sum)
  }

  @Test(arguments: [-1.0, .nan, .infinity, -.infinity]) func `amounts that are none are refused`(_ bad: Double) throws {
    #expect(throws: EnergyError.self) { try Energy(joules: bad) }
    #expect(throws: EnergyError.self) { try Energy(wattHours: bad) }
    #expect(throws: EnergyError.self) { try Carbon(grams: bad) }
    #expect(throws: EnergyError.self) { try Power(watts: bad) }
    #expect(throws: EnergyError.self) { try Power(watts: 1).energy(over: bad) }
    #expect(throws: EnergyError.self) { try Energy(joules: 1).scaled(by: bad) }
    #expect(throws: EnergyError.self) { try CarbonIntensity(gramsPerKilowattHour: bad) }
    #expect(throws: EnergyError.self) {
      var a = EnergyAccounting()
      try a.setPowerUsageEffectiveness(bad)
    }
    #expect(throws: EnergyError.self) {
      var a = EnergyAccounting()
      try a.setIdleShare(bad)
    }
  }

  @Test func `an interval that does not hold the amount is refused`() {
    #expect(throws: EnergyError.invalid("J: expected an interval of amounts of at least 0 around 3.0, got 4.0...5.0")) {
      try Energy(joules: 3, within: 4...5)
    }
    #expect(throws: EnergyError.self) { try Energy(joules: 3, within: -1...5) }
  }

  @Test func `amounts are shown in fitting units with their interval`() throws {
    #expect(
      try Energy(wattHours: 0.42, within: 0.3...0.6, .modelled).description == "420 mWh (300 mWh … 600 mWh, modelled)")
    #expect(try Energy(wattHours: 1234).description == "1.23 kWh (declared)")
    #expect(try Carbon(grams: 0.024).description == "24 mg (declared)")
    #expect(Energy.zero.description == "0 Wh (measured)")
  }
}
