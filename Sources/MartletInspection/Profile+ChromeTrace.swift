import MartletText

extension Profile {
  /// Writes the applications as a trace in Chrome's format, which https://ui.perfetto.dev and chrome://tracing open.
  ///
  /// Each application is a complete event (`"ph": "X"`) with its shapes, layer, floating-point operations and bytes as
  /// arguments; one event named `profile` spans the whole. Times are microseconds of the system's monotonic clock, so
  /// that the traces of several threads of a process fit together. Throws where the file cannot be written.
  ///
  /// Format: "Trace Event Format", Google, the JSON object form.
  public func writeChromeTrace(to path: String) throws(FormatError) {
    try AtomicFile.write(to: path) { (writer: borrowing AtomicFile.Writer) throws(FormatError) in
      var text = "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n"
      let place = "\"pid\": \(processIdentifier), \"tid\": \(threadIdentifier)"
      text +=
        "{\"name\": \"thread_name\", \"ph\": \"M\", \(place), \"args\": {\"name\": \"operations of thread \(threadIdentifier)\"}},\n"
      text += traceEvent("profile", "profile", start: 0, nanoseconds, place, "{\"operations\": \(events.count)}")
      for event in events {
        text += ",\n"
        let operation = event.operation
        text += traceEvent(
          operation.name, operation.derivativeOf == nil ? "forward" : "derivative", start: event.start,
          event.nanoseconds, place, operation.traceArguments)
        if text.utf8.count > 1 << 16 {
          try writer.write(Array(text.utf8))
          text = ""
        }
      }
      try writer.write(Array((text + "\n]}\n").utf8))
    }
  }

  private func traceEvent(
    _ name: String, _ category: String, start: Int, _ duration: Int, _ place: String, _ arguments: String
  ) -> String {
    let begin = microseconds(Int(self.start) + start)
    return "{\"name\": \(jsonString(name)), \"cat\": \"\(category)\", \"ph\": \"X\", \"ts\": \(begin), "
      + "\"dur\": \(microseconds(duration)), \(place), \"args\": \(arguments)}"
  }

  /// A time in microseconds, exactly: the nanoseconds are its decimals.
  private func microseconds(_ nanoseconds: Int) -> String {
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1000)
    return "\(whole)." + "\(1000 + rest)".dropFirst()
  }
}

extension Profile.Operation {
  fileprivate var traceArguments: String {
    var members = ["\"flops\": \(flops)", "\"bytes\": \(bytes)"]
    if let resultShape {
      members.append("\"operands\": \(jsonString(operandShapes.map { "\($0)" }.joined(separator: " ")))")
      members.append("\"result\": \(jsonString("\(resultShape)"))")
    }
    if !layerPath.isEmpty { members.append("\"layer\": \(jsonString(layerPath))") }
    if let derivativeOf { members.append("\"derivative of\": \(jsonString(derivativeOf))") }
    return "{" + members.joined(separator: ", ") + "}"
  }
}
