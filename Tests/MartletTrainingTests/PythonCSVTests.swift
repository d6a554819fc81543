import Foundation
import MartletCore
import MartletData
import MartletNN
import MartletTraining
import TestSupport
import Testing

/// The files that Python's own `csv` module has to read: the same names, rows and values.
@Suite struct PythonCSVTests {
  /// Where Python is; nil where there is none.
  private static let python = ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// The rows of a CSV file as Python reads them.
  private func rows(_ path: String) throws -> [[String]] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.python!)
    process.arguments = [
      "-c",
      "import csv, json, sys\nwith open(sys.argv[1], newline='', encoding='utf-8') as f: print(json.dumps(list(csv.reader(f))))",
      path,
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return try JSONDecoder().decode([[String]].self, from: text)
  }

  private static let names = ["plain", "with, comma", "say \"this\"", "two\nlines", "größe µ 長さ", " blanks ", "\r\n"]

  @Test(.enabled(if: python != nil, "there is no python3 to read with"))
  func `a fit's log and its history`() throws {
    let folder = TemporaryDirectory()
    let (x, y) = (Tensor<Float>.randomNormal([20, 3]), Tensor<Float>.randomNormal([20, 1]))
    let trainer = Trainer(Sequential(inputShape: [3]) { Dense(1) }, optimizer: SGD(), targets: Tensor<Float>.self) {
      model, batch in
      let loss = meanSquaredError(predicted: model(batch.x), expected: batch.y)
      return Dictionary(uniqueKeysWithValues: Self.names.map { ($0, loss) })
    }
    let history = try trainer.fit(
      x, y, epochs: 3, batchSize: 5, seed: 1, progress: .none, callbacks: [CSVLog(to: folder.file("log.csv"))])
    try history.saveCSV(to: folder.file("history.csv"))
    for file in ["log.csv", "history.csv"] {
      let rows = try rows(folder.file(file))
      #expect(rows.count == 4)
      #expect(rows.allSatisfy { $0.count == rows[0].count })
      for name in history.names {
        let column = try #require(rows[0].firstIndex(of: name), "\(file): \(name.debugDescription)")
        #expect(rows.dropFirst().map { Double($0[column]) } == history[name].map(Optional.some))
      }
    }
  }

  @Test(.enabled(if: python != nil, "there is no python3 to read with"))
  func `a table`() throws {
    let folder = TemporaryDirectory()
    var table = try Table([:])
    for name in Self.names { try table.append(name, .texts(Self.names)) }
    try table.append("numbers", .numbers((0..<7).map { $0 == 3 ? .nan : Double($0) / 7 }))
    try table.save(csv: folder.file("table.csv"))
    let rows = try rows(folder.file("table.csv"))
    #expect(rows[0] == Self.names + ["numbers"])
    for (index, row) in rows.dropFirst().enumerated() {
      #expect(row.dropLast() == Array(repeating: Self.names[index], count: 7)[...])
      #expect(index == 3 ? row.last == "" : Double(row.last!) == Double(index) / 7)
    }
  }
}
