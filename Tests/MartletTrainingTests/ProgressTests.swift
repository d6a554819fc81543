import Foundation
import MartletCore
import MartletNN
import MartletTraining
import Synchronization
import Testing

@Suite struct ProgressTests {
  private func progress(_ step: Int, seconds: Double = 0.0576, steps: Int = 47) -> ProgressBar {
    ProgressBar(
      epoch: 3, epochs: 10, step: step, steps: steps, trainingSeconds: seconds, seconds: seconds,
      values: [("loss", 0.12344), ("accuracy", 0.95312)])
  }

  @Test func `a bar in full width`() {
    #expect(
      progress(18).bar(width: 120)
        == "Epoch  3/10  [=======>............] 18/47  ETA 00:00  3.2 ms/step  loss 0.1234  accuracy 0.9531")
    #expect(
      progress(47, seconds: 0.15).bar(width: 120)
        == "Epoch  3/10  [====================] 47/47  150 ms  3.2 ms/step  loss 0.1234  accuracy 0.9531")
    #expect(progress(9, seconds: 90).bar(width: 120).contains("ETA 06:20  10.0 s/step"))
    #expect(progress(1, seconds: 120).bar(width: 120).contains("ETA 1:32:00  2:00/step"))
    #expect(progress(0, seconds: 0).bar(width: 120).contains("ETA --:--"))
  }

  @Test(arguments: Array(1...140))
  func `a bar fits its width`(width: Int) {
    for step in [0, 1, 46, 47] {
      let line = progress(step).bar(width: width)
      #expect(line.count <= width)
      if width >= 20 { #expect(line.hasPrefix("Epoch  3/10")) }
    }
  }

  @Test func `a finished bar keeps its values`() {
    #expect(
      progress(47).wholeBar(width: 40) == """
        Epoch  3/10  47/47  57.6 ms  1.2 ms/step
          loss 0.1234  accuracy 0.9531
        """)
    for width in 1...120 {
      // Only what is longer by itself is longer than the width.
      let lines = progress(47).wholeBar(width: width).split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= max(width, 17) }, "\(width)")
      let words = lines.joined(separator: " ").split(separator: " ").filter { !$0.hasPrefix("[") }
      #expect(words.joined(separator: " ") == "Epoch 3/10 47/47 57.6 ms 1.2 ms/step loss 0.1234 accuracy 0.9531")
    }
    #expect(progress(47).wholeBar(width: 120) == progress(47).bar(width: 120))
  }

  @Test func `a line for an epoch`() {
    #expect(
      progress(47, seconds: 0.15).line == "Epoch  3/10  47 steps  150 ms  3.2 ms/step  loss 0.1234  accuracy 0.9531")
    #expect(progress(1, seconds: 0.00002, steps: 1).line.contains("1 step  20 µs  20 µs/step"))
    #expect(progress(47, seconds: 3700).line.contains("1:01:40"))
  }

  @Test(
    arguments: [
      (0, "0.0000"), (0.5, "0.5000"), (-0.5, "-0.5000"), (123.45678, "123.4568"), (0.00012345, "1.235e-04"),
      (99999.99999, "100000.0000"), (1_234_567, "1.235e+06"), (9.9999e-5, "1.000e-04"), (-1e-12, "-1.000e-12"),
      (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"), (1e300, "1.000e+300"),
    ] as [(Double, String)])
  func metrics(_ value: Double, _ text: String) {
    let line = ProgressBar(
      epoch: 1, epochs: 1, step: 1, steps: 1, trainingSeconds: 1, seconds: 1, values: [("loss", value)]
    ).line
    #expect(line.hasSuffix("  loss \(text)"), "\(line)")
  }

  @Test(arguments: [(3, [3, 6, 7]), (7, [7]), (20, [7])])
  func `only every n-th epoch and the last are shown`(every: Int, shown: [Int]) throws {
    let (x, y) = blobs()
    let lines = Mutex<[String]>([])
    try Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy).fit(
      x, y, epochs: 7, progress: .lines(to: { text in lines.withLock { $0.append(text) } }).every(every))
    #expect(lines.withLock { $0.dropFirst().map { String($0.prefix(9)) } } == shown.map { "Epoch \($0)/7" })
  }

  @Test func `output is ASCII where the locale is, and a width is that of the terminal`() async {
    let output = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      setenv("LC_ALL", "POSIX", 1)
      setenv("COLUMNS", "30", 1)
      let (x, y) = blobs()
      let note = Hook(onEpochEnd: { $0.log("π µs") })
      try Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy).fit(
        x, y, epochs: 2, progress: .bar, callbacks: [note])
    }
    let text = String(decoding: output?.standardOutputContent ?? [], as: UTF8.self)
    #expect(text.unicodeScalars.allSatisfy(\.isASCII) && text.contains("? us") && text.contains("Epoch 2/2"))
    let lines = text.replacing("\u{1B}[K", with: "").split(whereSeparator: \.isNewline)
    #expect(lines.allSatisfy { $0.count <= 30 }, "\(lines)")
    let unicode = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      setenv("LC_ALL", "C.UTF-8", 1)
      let (x, y) = blobs()
      try Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy).fit(
        x, y, progress: .lines, callbacks: [Hook(onEpochEnd: { $0.log("π µs") })])
    }
    let unicodeText = String(decoding: unicode?.standardOutputContent ?? [], as: UTF8.self)
    #expect(unicodeText.contains("π µs"))
  }

  @Test func `the first line says how many threads there are and what limits them`() throws {
    let (x, y) = blobs()
    let lines = Mutex<[String]>([])
    let count = Threads.standard + 1
    try withThreads(count) {
      _ = try Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy).fit(
        x, y, progress: .lines(to: { text in lines.withLock { $0.append(text) } }))
    }
    let parts = lines.withLock { $0[0] }.split(separator: " ").map(String.init)
    #expect(parts.prefix(4) == ["Fitting", "on", "\(count)", "of"], "\(parts)")
    #expect(parts.count == 7 && Int(parts[4]) != nil && parts.last == "(withThreads)\n", "\(parts)")
  }

  /// What a fit of two epochs says on the standard output that is there.
  private static func fit() throws {
    let (x, y) = blobs()
    try Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy).fit(x, y, epochs: 2)
    fflush(nil)
  }

  @Test func `what is no terminal gets whole lines`() async {
    let output = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      setenv("TERM", "xterm", 1)
      try ProgressTests.fit()
    }
    let text = String(decoding: output?.standardOutputContent ?? [], as: UTF8.self)
    #expect(text.contains("Fitting on") && text.contains("Epoch 2/2  3 steps"), "\(text)")
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 32 }, "\(text)")
  }

  #if os(Linux)
    @Test func `a terminal gets a line that fits it, and a dumb one whole lines`() async {
      await #expect(processExitsWith: .success) {
        var (terminal, line): (Int32, Int32) = (0, 0)
        var size = winsize(ws_row: 20, ws_col: 34, ws_xpixel: 0, ws_ypixel: 0)
        if openpty(&terminal, &line, nil, nil, &size) != 0 { fatalError("no terminal to write to: \(errno)") }
        dup2(line, STDOUT_FILENO)
        func shown(on kind: String) throws -> String {
          setenv("TERM", kind, 1)
          unsetenv("COLUMNS")
          try ProgressTests.fit()
          print("that is all")
          fflush(nil)
          // A terminal passes on what it gets after a while, and makes two characters of a new line.
          var (text, bytes, part) = ("", [UInt8](), [UInt8](repeating: 0, count: 4096))
          while !text.contains("that is all\n") {
            let count = read(terminal, &part, part.count)
            if count <= 0 { fatalError("the terminal has ended: \(text.debugDescription)") }
            bytes += part.prefix(count)
            text = String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
          }
          return text
        }
        let drawn = try shown(on: "xterm")
        if !drawn.contains("\rEpoch 2/2") { fatalError("no line is drawn again: \(drawn.debugDescription)") }
        let lines = drawn.replacing("\u{1B}[K", with: "").split { $0 == "\n" || $0 == "\r" }
        let epochs = lines.filter { !$0.hasPrefix("Fitting") }
        if !epochs.allSatisfy({ $0.count < 34 }) { fatalError("longer than 34 columns: \(lines)") }
        let plain = try shown(on: "dumb")
        if !plain.contains("Epoch 2/2  3 steps") || plain.contains("\r") || plain.contains("\u{1B}") {
          fatalError("not whole lines: \(plain.debugDescription)")
        }
      }
    }
  #endif

  @Test func `a fit writes a line per epoch and no control characters`() throws {
    let (x, y) = blobs()
    let lines = Mutex("")
    try Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy]).fit(
      x, y, epochs: 12, batchSize: 30, validationSplit: 1.0 / 3, seed: 1,
      progress: .lines(to: { text in lines.withLock { $0 += text } }))
    let text = lines.withLock { $0 }
    #expect(text.hasSuffix("\n"))
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 32 })
    let found = text.split(separator: "\n")
    #expect(found.count == 13)
    #expect(found[0] == "Fitting on \(Threads.account)")
    #expect(found[1].hasPrefix("Epoch  1/12  2 steps  "))
    for line in found.dropFirst() {
      let columns = line.split(separator: " ").map(String.init)
      #expect(columns.contains { $0.hasSuffix("/step") })
      for name in ["loss", "accuracy", "val_loss", "val_accuracy"] {
        let index = try #require(columns.firstIndex(of: name))
        #expect(Double(columns[index + 1]) != nil)
      }
    }
  }
}
