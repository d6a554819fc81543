/// A log of everything that passed the door while some code ran, in order: operations with their operands and results,
/// and effects with what they read and wrote. The work can be repeated from the log alone, without the code.
///
/// Values are numbered. An operation's result is a new value; an effect changes values that exist. A value that no
/// entry has made is an input, whose elements are kept as they were at first.
package struct DoorLog: Sendable {
  /// One operation or effect.
  package struct Entry: Sendable {
    package let action: DoorAction
    /// The path of the layer that it belongs to; empty outside layers.
    package let layerPath: String
    /// The name of the operation whose derivative it belongs to, nil outside of passes.
    package let derivativeOf: String?
    package let reads: [Int]
    package let writes: [Int]

    package var name: String { action.name }
  }

  /// A tensor that was read or written.
  package struct Value: Sendable {
    package let spec: TensorSpec
    /// The elements of an input, in row-major order, as they were at first; nil for a value that an entry has made.
    package let input: AnyTensor?
  }

  package let entries: [Entry]
  package let values: [Value]

  /// Runs `body` and returns its result with a log of what passed the door on this thread.
  package static func recording<R>(_ body: () throws -> R) rethrows -> (result: R, log: DoorLog) {
    let recorder = Recorder()
    let result = try Observation.with(recorder, body)
    return (result, DoorLog(entries: recorder.entries, values: recorder.values))
  }

  /// Repeats all entries, in order, on new memory, and returns the values afterwards, by number. With the same inputs
  /// they have the same bits as the first time.
  ///
  /// - Parameter inputs: Other elements for inputs, by number; of the same shape and scalar type.
  package func replay(_ inputs: [Int: AnyTensor] = [:]) -> [AnyTensor] {
    var memory: [TensorBody?] = values.enumerated().map { number, value in
      (inputs[number] ?? value.input).map { apply(Contiguous(), $0.detached()).body }
    }
    for entry in entries {
      let reads = entry.reads.map { memory[$0]! }
      switch entry.action {
      case .operation(let primitive):
        let results = applyAll(primitive, reads.map { AnyTensor($0) })
        for (number, result) in zip(entry.writes, results) { memory[number] = result.body }
      case .effect(let effect):
        // A value that an effect overwrites may have no memory yet.
        let writes = entry.writes.map { number in
          let body = memory[number] ?? TensorBody(values[number].spec)
          memory[number] = body
          return body
        }
        perform(effect, reading: reads, writing: writes)
      }
    }
    return memory.map { AnyTensor($0!) }
  }
}

/// The observer that writes the log.
private final class Recorder: Observer {
  var entries: [DoorLog.Entry] = []
  var values: [DoorLog.Value] = []
  private var numbers = BodyNumbers()

  /// Copies the elements of bodies that were not seen before: they are inputs, and may be changed next.
  func willTouch(_ bodies: [TensorBody], overwriting: Bool) {
    for body in bodies {
      let number = numbers[body]
      if number < values.count { continue }
      values.append(.init(spec: body.spec, input: overwriting ? nil : AnyTensor(body.copied())))
    }
  }

  func observe(_ event: DoorEvent) {
    let reads = event.reading.map { numbers[$0] }
    let writes = event.writing.map { body in
      let number = numbers[body]
      if number == values.count { values.append(.init(spec: body.spec, input: nil)) }
      return number
    }
    entries.append(
      .init(
        action: event.action, layerPath: event.layerPath, derivativeOf: event.derivativeOf, reads: reads, writes: writes
      ))
  }
}

extension DoorLog: CustomStringConvertible {
  /// A line for each entry: what was written, what was done, what was read.
  package var description: String {
    func named(_ numbers: [Int]) -> String {
      numbers.map { "v\($0) \(values[$0].spec.scalarType)\(values[$0].spec.shape)" }.joined(separator: ", ")
    }
    var lines: [String] = []
    for (index, entry) in entries.enumerated() {
      var line =
        "\(index): \(named(entry.writes)) \(entry.action.isEffect ? "<~" : "<-") \(entry.name)(\(named(entry.reads)))"
      if !entry.layerPath.isEmpty { line += "  in \(entry.layerPath)" }
      if let derivativeOf = entry.derivativeOf { line += "  derivative of \(derivativeOf)" }
      lines.append(line)
    }
    let inputs = values.indices.filter { values[$0].input != nil }
    lines.append(
      "\(entries.count) entries, \(values.count) values, inputs: \(inputs.map { "v\($0)" }.joined(separator: " "))")
    return lines.joined(separator: "\n")
  }
}
