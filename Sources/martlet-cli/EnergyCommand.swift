import ArgumentParser
import Foundation
import MartletEnergy

struct EnergyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "energy", abstract: "Says what this machine can tell of the energy that training takes.",
    discussion: """
      Shows the energy counters, the processor's power, what control groups allow, and the power of now, each with whether \
      it is measured, modelled or declared, and what to do to know more. Takes a third of a second.
      """)

  @Flag(help: "Write JSON: the findings, then the advice.")
  var json = false

  @Option(help: "Where the electricity comes from: FRA, US-CA, CA-QC, SE3 …")
  var place: String?

  @Option(help: "The power of all processors under full load, in watts.")
  var watts: Double?

  @Option(help: "What the building uses for each joule of the machines.")
  var pue: Double?

  func run() throws {
    var accounting = EnergyAccounting()
    if let place {
      // States of the USA have figures of combustion alone.
      let scope: CarbonIntensity.Scope = place.hasPrefix("US-") ? .combustion : .lifeCycle
      accounting.carbonIntensity = try .of(place, scope: scope)
    }
    if let watts { accounting.fullPower = try Power(watts: watts) }
    if let pue { try accounting.setPowerUsageEffectiveness(pue) }
    let reader = EnergyReader(accounting)
    Thread.sleep(forTimeInterval: 0.3)
    let report = EnergyReport(reader.machine, accounting, use: reader.advance())
    print(json ? report.json : report.text)
  }
}
