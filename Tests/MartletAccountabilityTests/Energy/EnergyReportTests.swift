import Foundation
import MartletPlatform
import Testing

@testable import MartletEnergy

@Suite(.enabled(if: mk_has_system_files())) struct EnergyReportTests {
  private let system = FakeSystem()

  private func report(_ accounting: EnergyAccounting = EnergyAccounting(), use: EnergyUse? = nil) -> EnergyReport {
    EnergyReport(EnergyMachine(root: system.root), accounting, use: use)
  }

  private func known(_ name: String, _ report: EnergyReport) -> Provenance? {
    report.findings.first { $0.name == name }?.provenance
  }

  @Test func `a machine with counters has them measured, and little to advise`() throws {
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 128)
    system.domain("intel-rapl:0", "package-0", "1")
    var accounting = EnergyAccounting(carbonIntensity: try .of("FRA"))
    try accounting.setPowerUsageEffectiveness(1.2)
    let report = report(accounting)
    #expect(known("counters", report) == .measured)
    #expect(known("full power", report) == .modelled)
    #expect(known("electricity", report) == .declared)
    #expect(report.advice == [])
    #expect(report.text.contains("280 W (196 to 364), AMD EPYC 7763: 280 W for 128 threads"))
  }

  @Test func `a virtual machine of an unknown kind is declared, and told what would help`() throws {
    system.processor("AMD EPYC", threads: 2, flags: "hypervisor")
    system.quota("50000 100000")
    let report = report(use: system.use(own: 5, busy: 5))
    #expect(known("counters", report) == nil)
    #expect(known("full power", report) == .declared)
    #expect(known("this process now", report) == .declared)
    #expect(report.advice.count == 4)
    #expect(report.text.contains("0.5 of 2 processors, by a quota of 0.5"))
    let declared = EnergyAccounting()
    var watts = declared
    watts.fullPower = try Power(watts: 30)
    #expect(self.report(watts).advice.count == 3)
  }

  @Test func `garbage is told with its path, and JSON is JSON`() throws {
    system.processor("a \"b\" \\ c", threads: 1)
    system.domain("intel-rapl:0", "package-0", "no \"number\"")
    let report = report()
    #expect(report.advice[0].contains("intel-rapl:0/energy_uj"))
    let object = try JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any]
    let findings = object?["findings"] as? [String: [String: Any]]
    #expect(findings?["processor"]?["value"] as? String == "a \"b\" \\ c, 1 thread, 1 socket")
    #expect(findings?["counters"]?["known"] is NSNull)
    #expect((object?["advice"] as? [String])?.count == report.advice.count)
  }

  @Test func `counters that this user may not read have advice`() {
    let state = PowercapCounters.State.denied("/sys/class/powercap/intel-rapl:0/energy_uj")
    let machine = EnergyMachine(root: system.root, counters: state)
    let report = EnergyReport(machine, EnergyAccounting())
    #expect(report.advice[0].contains("sudo chmod a+r /sys/class/powercap/intel-rapl:0/energy_uj"))
    #expect(report.text.contains("denied: "))
  }
}
