import MartletEnergy
import Testing

@Suite struct CarbonIntensityTests {
  @Test(arguments: [
    ("FRA", 56.039), ("SWE", 40.695), ("GBR", 237.589), ("USA", 369.473), ("DEU", 380.95), ("TUR", 464.586),
    ("CHN", 582.317), ("POL", 661.926), ("IND", 713.441), ("SE1", 25.9),
  ]) func `life-cycle figures are those of Our World in Data`(_ place: String, _ grams: Double) throws {
    let intensity = try CarbonIntensity.of(place)
    #expect(intensity.gramsPerKilowattHour == grams)
    #expect(intensity.scope == .lifeCycle && intensity.range.contains(grams))
    #expect(intensity.year! >= 2022)
  }

  @Test func `combustion figures of regions are those of CodeCarbon`() throws {
    // In kilograms, as the specification's.
    let california = try CarbonIntensity.of("US-CA", scope: .combustion).gramsPerKilowattHour / 1000
    let quebec = try CarbonIntensity.of("CA-QC", scope: .combustion).gramsPerKilowattHour / 1000
    #expect(isClose(california, 0.17906420631253, relative: 1e-13))
    #expect(abs(quebec - 0.003937355) < 5e-10)
  }

  /// CodeCarbon compares France's life cycle (56.0) with Quebec's combustion alone (3.94).
  @Test func `figures of different scopes are never mixed`() throws {
    let france = try CarbonIntensity.of("FRA")
    let burnt = try CarbonIntensity.of("CA-QC", scope: .combustion)
    let whole = try CarbonIntensity.of("CA-QC")
    #expect(throws: EnergyError.self) { try france.ratio(to: burnt) }
    #expect(whole.gramsPerKilowattHour > 6 * burnt.gramsPerKilowattHour)
    #expect(isClose(try france.ratio(to: whole), 56.039 / whole.gramsPerKilowattHour))
    #expect(
      throws: EnergyError.scope(
        "CarbonIntensity: expected a lifeCycle figure of US-CA, got one of combustion alone, with which it must not be mixed; "
          + "ask for scope: .combustion, or take the country's")
    ) { try CarbonIntensity.of("US-CA") }
    #expect(throws: EnergyError.self) { try CarbonIntensity.of("FRA", scope: .combustion) }
  }

  @Test func `factors of sources and the world's mean`() {
    let expected = [
      "coal": 995.0, "petroleum": 816, "gas": 743, "fossil": 635, "biomass": 230, "waste": 230, "solar": 48,
      "geothermal": 38, "nuclear": 29, "wind": 26, "hydro": 26,
    ]
    #expect(CarbonIntensity.bySource == expected)
    #expect(CarbonIntensity.world.gramsPerKilowattHour == 475)
  }

  @Test(arguments: ["", "FR", "fra", "XXX", "US-ZZ", "US-", "Zürich", ","])
  func `unknown places are refused`(_ place: String) {
    #expect(throws: EnergyError.self) { try CarbonIntensity.of(place) }
  }

  @Test func `all places are there, each with its figure`() throws {
    let places = CarbonIntensity.places
    #expect(places.count { $0.count == 3 && Int($0.suffix(1)) == nil } == 213)
    #expect(places.count { $0.hasPrefix("US-") } == 51)
    #expect(places.count { $0.hasPrefix("CA-") } == 13)
    for place in places {
      let scope: CarbonIntensity.Scope = place.hasPrefix("US-") ? .combustion : .lifeCycle
      #expect((0..<1400).contains(try CarbonIntensity.of(place, scope: scope).gramsPerKilowattHour), "\(place)")
    }
  }

  /// CodeCarbon's worked example says 731.59 kg for a kilowatt-hour, a thousand times too much; ML CO2 Impact rounds to
  /// two decimals between products and leaves the PUE out.
  @Test func `grams and kilograms are told apart and nothing is rounded in between`() throws {
    let mixed = try CarbonIntensity(gramsPerKilowattHour: 731.59)
    #expect(isClose(mixed.carbon(of: try Energy(kilowattHours: 1)).kilograms, 0.73159))
    // 4.4 W for an hour are 0.0044 kWh, which two decimals make 0.00.
    #expect(isClose(mixed.carbon(of: try Power(watts: 4.4).energy(over: 3600)).grams, 3.218996))
  }

  @Test func `a market claim is told beside the grid's figure and changes it nowhere`() throws {
    let grid = try CarbonIntensity.of("POL")
    let energy = try Energy(kilowattHours: 10)
    let claim = try MarketClaim(share: 0.75, gramsPerKilowattHour: 20, source: "certificates")
    #expect(isClose(claim.carbon(of: energy, otherwise: grid).grams, 7.5 * 20 + 2.5 * 661.926))
    var accounting = EnergyAccounting(carbonIntensity: grid)
    accounting.marketClaim = claim
    #expect(accounting.carbonIntensity.carbon(of: energy).grams == grid.carbon(of: energy).grams)
    #expect(throws: EnergyError.self) { try MarketClaim(share: 1.5, source: "x") }
    #expect(throws: EnergyError.self) { try MarketClaim(share: .nan, source: "x") }
  }
}

@Suite struct SoftwareCarbonIntensityTests {
  @Test func `the specification's embodied share of an hour of four years`() throws {
    let share = try EmbodiedShare(of: Carbon(kilograms: 1000), hours: 1, ofYears: 4)
    #expect(isClose(share.carbon.grams, 1e6 / 35040))
    #expect(abs(share.carbon.grams - 28) < 0.6)
  }

  /// The case study prints 26.178 g, which is not the sum of its own parts.
  @Test func `the case study's numbers are computed, not copied`() throws {
    let share = try EmbodiedShare(of: Carbon(kilograms: 1205.52), hours: 1, ofYears: 4, reserved: 2, of: 16)
    #expect(abs(share.carbon.kilograms - 0.0043005) < 5e-8)
    let intensity = try SoftwareCarbonIntensity(
      energy: Energy(kilowattHours: 0.02394), by: CarbonIntensity(gramsPerKilowattHour: 951), embodied: share.carbon,
      units: 1, of: "hour")
    #expect(abs(intensity.operational.grams - 22.767) < 5e-4)
    #expect(abs(intensity.perUnit.grams - (22.767 + 4.3005)) < 1e-3)
    let tenth = try SoftwareCarbonIntensity(
      energy: Energy(kilowattHours: 0.02394), by: CarbonIntensity(gramsPerKilowattHour: 951), embodied: share.carbon,
      units: 10, of: "request")
    #expect(isClose(tenth.perUnit.grams * 10, intensity.perUnit.grams))
  }

  @Test func `shares that are none are refused`() throws {
    let total = try Carbon(kilograms: 1000)
    #expect(throws: EnergyError.self) { try EmbodiedShare(of: total, hours: 1, ofYears: 0) }
    #expect(throws: EnergyError.self) { try EmbodiedShare(of: total, hours: -1, ofYears: 4) }
    #expect(throws: EnergyError.self) { try EmbodiedShare(of: total, hours: 1, ofYears: 4, reserved: 3, of: 2) }
    #expect(throws: EnergyError.self) {
      try SoftwareCarbonIntensity(energy: .zero, by: .world, embodied: total, units: 0, of: "run")
    }
  }

  /// Runtime × cores × watts × use × PUE × repetitions, as Green Algorithms has it.
  @Test func `the Green Algorithms formula comes about from the quantities`() throws {
    let cores = try Power(watts: 12 * 8.5).scaled(by: 0.75)
    let energy = try cores.energy(over: 3600).scaled(by: 1.67).scaled(by: 3)
    #expect(isClose(energy.wattHours, 12 * 8.5 * 0.75 * 1.67 * 3))
  }
}
