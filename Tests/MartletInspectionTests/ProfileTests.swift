import Foundation
import MartletCore
import MartletInspection
import MartletNN
import MartletText
import TestSupport
import Testing

/// Where the time goes: what is counted, and how it is written. How long anything takes is not looked at.
@Suite struct ProfileTests {
  private let x = Tensor<Float>.ones([8, 3])

  /// One linear layer, a loss, and the gradients of both parameters.
  private func step() {
    let (weight, bias) = (Tensor<Float>.ones([5, 3]), Tensor<Float>.ones([5]))
    _ = gradient(at: weight, bias) { weight, bias in linear(x, weight: weight, bias: bias).squared().sum() }
  }

  @Test func `forward and backward are counted, one by one`() throws {
    let (result, profile) = profile {
      step()
      return 7
    }
    #expect(result == 7)
    #expect(
      profile.events.filter { $0.operation.derivativeOf == nil }.map(\.operation.name) == ["linear", "square", "sum"])
    let derivatives = Dictionary(
      grouping: profile.events.filter { $0.operation.derivativeOf != nil }, by: { $0.operation.derivativeOf! }
    ).mapValues { $0.map(\.operation.name) }
    #expect(derivatives["sum"] == ["reshape", "broadcast"])
    #expect(derivatives["square"] == ["multiply", "multiply"])
    #expect(derivatives["linear"] == ["permute", "matmul", "sum"])
    #expect(derivatives.count == 3)
    // The same figures as the graph's.
    let graph = graph { step() }.graph
    #expect(profile.rows.reduce(0) { $0 + $1.flops } == graph.flops)
    #expect(profile.rows.reduce(0) { $0 + $1.bytes } == graph.bytes)
    let product = try #require(profile.events.first { $0.operation.name == "matmul" }).operation
    #expect(product.operandShapes == [[5, 8], [8, 3]] && product.resultShape == [5, 3])
    #expect(product.flops == 2 * 5 * 8 * 3)
  }

  @Test func `the times add up to the whole`() {
    let profile = profile { for _ in 0..<20 { step() } }.profile
    #expect(profile.events.count == 20 * 10)
    #expect(profile.outsideNanoseconds > 0 && profile.profilerNanoseconds > 0)
    let own = profile.events.reduce(0) { $0 + $1.ownNanoseconds }
    #expect(own + profile.outsideNanoseconds + profile.profilerNanoseconds == profile.nanoseconds)
    var end = 0
    for event in profile.events {
      #expect(event.start >= end && event.nanoseconds >= event.ownNanoseconds)
      end = event.start + event.nanoseconds
    }
    #expect(end <= profile.nanoseconds)
    for grouping in Profile.Grouping.allCases {
      let rows = profile.rows(by: grouping)
      #expect(rows.reduce(0) { $0 + $1.calls } == 200, "\(grouping)")
      #expect(abs(rows.reduce(0) { $0 + $1.seconds } - Double(own) * 1e-9) < 1e-12, "\(grouping)")
      #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.seconds >= $1.seconds }, "\(grouping)")
    }
  }

  @Test func `what is applied within an operation is taken from its time`() throws {
    struct Nesting: Effect {
      let name: String
      let price: Cost
      let body: @Sendable () -> Void

      func run(reading: [TensorBody], writing: [TensorBody]) { body() }
      func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost { price }
    }
    let x = x
    let inner = Nesting(name: "inner", price: Cost(flops: 3, bytes: 4)) { _ = x.exp() }
    let outer = Nesting(name: "outer", price: Cost(flops: 1, bytes: 2)) {
      _ = x + 1
      perform(inner, writing: [])
    }
    let profile = profile { perform(outer, writing: []) }.profile
    #expect(profile.events.map(\.operation.name) == ["add", "exp", "inner", "outer"])
    let (add, exp, within, whole) = (profile.events[0], profile.events[1], profile.events[2], profile.events[3])
    #expect(within.start <= exp.start && within.ownNanoseconds < within.nanoseconds - exp.nanoseconds)
    #expect(whole.ownNanoseconds < whole.nanoseconds - add.nanoseconds - within.nanoseconds)
    #expect(whole.ownNanoseconds >= 0 && within.ownNanoseconds >= 0 && profile.outsideNanoseconds >= 0)
    #expect(whole.operation.flops == 1 && within.operation.bytes == 4)
  }

  @Test func `a training step shows its parts, layer by layer`() throws {
    let model = withRandomSeed(1) {
      Sequential(inputShape: [3]) {
        Dense(4, activation: .relu)
        Dropout(0.5)
        Dense(2)
      }
    }
    let count = 3 * 4 + 4 + 4 * 2 + 2
    func row(_ name: String, _ profile: Profile) throws -> Profile.Row {
      try #require(profile.rows.first { $0.name == name }, "\(profile)")
    }
    for (optimizer, name, flops, accesses) in [
      (Adam(), "Adam", 13, 7), (AdamW(amsgrad: true), "AdamW", 13, 9), (SGD(), "SGD", 2, 3),
      (SGD(momentum: 0.9), "SGD", 4, 5),
    ] as [(any Optimizer, String, Int, Int)] {
      let profile = profile {
        let gradients = withMode(.training) { gradient(at: model) { $0(x).squared().sum() } }
        optimizer.update(model, along: gradients)
      }.profile
      let step = try row(name, profile)
      #expect(step.calls == 1 && step.flops == flops * count && step.bytes == 4 * accesses * count)
      #expect(try row("random", profile).bytes == 8 * 4)
      #expect(try row("linear", profile).calls == 2)
      #expect(try row("matmul ∂linear", profile).calls == 3)
      let layers = profile.rows(by: .layer)
      #expect(Set(layers.map(\.name)) == ["0", "1", "2", ""])
      #expect(layers.first { $0.name == "2" }!.calls == profile.events.count { $0.operation.layerPath == "2" })
    }
  }

  @Test func `gradients that are added in place are seen`() throws {
    let profile = profile { gradient(at: x) { x in (x.exp() + x.sin() + x.cos()).sum() } }.profile
    let sum = try #require(profile.rows.first { $0.name == "accumulate" })
    #expect(sum.calls == 2 && sum.flops == 2 * 24 && sum.bytes == 2 * 3 * 24 * 4)
  }

  @Test func `nothing is seen outside, and profiles nest`() {
    _ = x + 1
    var inner: Profile?
    let outer = profile {
      _ = x.exp()
      inner = profile { x.tanh() }.profile
      _ = x.sin()
    }.profile
    _ = x - 1
    #expect(outer.events.map(\.operation.name) == ["exp", "tanh", "sin"])
    #expect(inner?.events.map(\.operation.name) == ["tanh"])
    #expect(inner!.nanoseconds < outer.nanoseconds)
    #expect(profile {}.profile.rows.isEmpty)
    // An error passes, and ends the profile.
    #expect(throws: CancellationError.self) { try profile { throw CancellationError() } }
    #expect(profile { x * 2 }.profile.events.count == 1)
  }

  @Test func `each thread has its own`() {
    DispatchQueue.concurrentPerform(iterations: 8) { index in
      let profile = profile { for _ in 0...index { _ = (x + Float(index)).relu() } }.profile
      #expect(profile.rows.map(\.calls) == [index + 1, index + 1])
      #expect(Set(profile.rows.map(\.name)) == ["add", "relu"])
    }
    // What another thread does meanwhile is not counted.
    let mine = profile {
      _ = x + 1
      let other = Thread { _ = Tensor<Float>.ones([2]).exp() }
      other.start()
      while !other.isFinished { usleep(100) }
    }.profile
    #expect(mine.events.map(\.operation.name) == ["add"])
  }

  // MARK: Text

  @Test func `the table has every row, and what is outside them`() throws {
    let profile = profile {
      step()
      _ = withinLayer("head") { x.exp() }
    }.profile
    let lines = "\(profile)".split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines[0] == ["operation", "calls", "ms", "share", "GFLOP/s", "GB/s"])
    #expect(lines.count == 1 + profile.rows.count + 3)
    for (line, row) in zip(lines.dropFirst(), profile.rows) {
      let words = row.name.split(separator: " ").map(String.init) + ["\(row.calls)"]
      #expect(Array(line.prefix(words.count)) == words)
    }
    #expect(lines[lines.count - 3].prefix(2) == ["outside", "operations"])
    #expect(lines[lines.count - 2].prefix(3) == ["the", "profiler", "itself"])
    #expect(lines.last!.prefix(2) == ["total", "11"] && lines.last![3...4] == ["100.0", "%"])
    // A view moves nothing.
    #expect(try #require(lines.first { $0.starts(with: ["permute"]) }).suffix(2) == ["–", "–"])
    let widths = Set("\(profile)".split(separator: "\n").map(\.count))
    #expect(widths.count == 1, "the columns are aligned")
    #expect(profile.table(by: .layer).contains("\nhead "))
    #expect(profile.table(by: .shapes).contains("matmul ∂linear [5, 8] [8, 3] → [5, 3]"))
  }

  // MARK: Trace

  @Test func `the trace holds every event`() throws {
    let directory = TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    let path = directory.file("profile.json")
    let layer = "a \"layer\"\\\n\u{1}π"
    let profile = profile {
      // More than the writer takes at a time.
      for _ in 0..<100 { step() }
      _ = withinLayer(layer) { x.exp() }
    }.profile
    try profile.writeChromeTrace(to: path)
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(data.count > 1 << 16)
    let trace = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let all = try #require(trace["traceEvents"] as? [[String: Any]])
    #expect(all.count { $0["ph"] as? String == "M" } == 1)
    let complete = all.filter { $0["ph"] as? String == "X" }
    #expect(complete.count == all.count - 1 && complete.count == 1 + profile.events.count)
    for event in complete {
      #expect(event["pid"] as? Int == Int(getpid()) && event["tid"] as? Int == profile.threadIdentifier)
    }
    let whole = complete[0]
    #expect(whole["name"] as? String == "profile")
    let start = try #require(whole["ts"] as? Double)
    #expect(abs(try #require(whole["dur"] as? Double) * 1000 - Double(profile.nanoseconds)) < 0.01)
    for (written, event) in zip(complete.dropFirst(), profile.events) {
      let operation = event.operation
      #expect(written["name"] as? String == operation.name)
      #expect(written["cat"] as? String == (operation.derivativeOf == nil ? "forward" : "derivative"))
      #expect(abs(try #require(written["ts"] as? Double) - start - Double(event.start) * 1e-3) < 0.01)
      #expect(abs(try #require(written["dur"] as? Double) * 1000 - Double(event.nanoseconds)) < 0.01)
      let arguments = try #require(written["args"] as? [String: Any])
      #expect(arguments["flops"] as? Int == operation.flops && arguments["bytes"] as? Int == operation.bytes)
      #expect(arguments["result"] as? String == "\(operation.resultShape!)")
      #expect(arguments["derivative of"] as? String == operation.derivativeOf)
    }
    let last = try #require(complete.last?["args"] as? [String: Any])
    #expect(last["layer"] as? String == layer)
    #expect(last["operands"] as? String == "[8, 3]")
  }

  @Test func `a trace that cannot be written is an error`() throws {
    let profile = profile { x + 1 }.profile
    #expect(throws: FormatError.self) { try profile.writeChromeTrace(to: "/nonexistent/trace.json") }
    let directory = TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    do {
      try profile.writeChromeTrace(to: directory.path)
      Issue.record("a directory was written")
    } catch {
      #expect("\(error)".contains("got a directory"))
    }
  }
}
