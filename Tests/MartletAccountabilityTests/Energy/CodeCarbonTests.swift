import Foundation
import MartletText
import TestSupport
import Testing

@testable import MartletEnergy

@Suite struct CodeCarbonTests {
  private let columns = """
    timestamp,project_name,run_id,experiment_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,gpu_energy,ram_energy,energy_consumed,water_consumed,country_name,country_iso_code,region,cloud_provider,cloud_region,os,python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,longitude,latitude,ram_total_size,tracking_mode,cpu_utilization_percent,gpu_utilization_percent,ram_utilization_percent,ram_used_gb,on_cloud,pue,wue
    """

  private func record() throws -> CodeCarbonRecord {
    var use = EnergyUse()
    use.seconds = 100
    use.processorSeconds = 50
    use.processor = try Energy(joules: 3600)
    use.memory = try Energy(joules: 400)
    let system = FakeSystem()
    system.processor("Model \"A\", B", threads: 4)
    var record = CodeCarbonRecord(
      use, by: EnergyAccounting(carbonIntensity: try .of("CA-QC")), of: EnergyMachine(root: system.root))
    record.projectName = "a,b"
    record.timestamp = "2026-11-27T22:40:00"
    return record
  }

  @Test func `the header is CodeCarbon's, byte for byte`() {
    #expect(CodeCarbonRecord.header == columns)
    #expect(CodeCarbonRecord.header.split(separator: ",").count == 38)
  }

  @Test func `a line has CodeCarbon's units in its columns`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("emissions.csv")
    try record().append(to: path)
    try record().append(to: path)
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    #expect(lines.count == 3 && lines[0] == columns && lines[1] == lines[2])
    #expect(lines[1].contains("\"a,b\"") && lines[1].contains("\"Model \"\"A\"\", B\""))
    let plain = lines[1].replacing("\"a,b\"", with: "x").replacing("\"Model \"\"A\"\", B\"", with: "y")
    let fields = plain.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let names = columns.split(separator: ",").map(String.init)
    #expect(fields.count == names.count)
    let values = Dictionary(uniqueKeysWithValues: zip(names, fields))
    let intensity = try CarbonIntensity.of("CA-QC").gramsPerKilowattHour
    #expect(values["duration"] == "100.0")
    #expect(isClose(Double(values["emissions"]!)!, 4000 / 3.6e6 * intensity / 1000))
    #expect(isClose(Double(values["emissions_rate"]!)!, 4000 / 3.6e6 * intensity / 1000 / 100))
    #expect(values["cpu_power"] == "36.0" && values["ram_power"] == "4.0")
    #expect(values["cpu_energy"] == "0.001")
    #expect(isClose(Double(values["energy_consumed"]!)!, 4000 / 3.6e6))
    #expect(values["country_iso_code"] == "CAN" && values["region"] == "QC")
    #expect(values["cpu_count"] == "4" && values["ram_total_size"] == "16.0")
    #expect(values["cpu_utilization_percent"] == "12.5" && values["tracking_mode"] == "process")
    #expect(values["pue"] == "1.0" && values["wue"] == "0.0")
  }

  @Test func `another file is not written to`() throws {
    let directory = TemporaryDirectory()
    directory.write(Array("epoch,loss\n1,2\n".utf8), to: "log.csv")
    #expect(throws: FormatError.self) { try record().append(to: directory.file("log.csv")) }
    #expect(try String(contentsOfFile: directory.file("log.csv"), encoding: .utf8) == "epoch,loss\n1,2\n")
    #expect(throws: FormatError.self) { try record().append(to: directory.file("no/such/folder.csv")) }
  }
}
