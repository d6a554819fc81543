import MartletPlatform
import MartletText

extension OperationGraph {
  /// The graph in Graphviz's language: operations as boxes, inputs as ellipses, layers as frames; what belongs to
  /// derivatives is drawn dashed.
  public var dot: String {
    var text =
      "digraph {\n  rankdir=TB;\n  node [fontname=\"Helvetica\", fontsize=11];\n  edge [fontname=\"Helvetica\", fontsize=9];\n"
    // An arrow to an operation comes from the last one before it that made or changed the value.
    var makers: [Int: Int] = [:]
    var given: Set<Int> = []
    var arrows = ""
    for (index, operation) in operations.enumerated() {
      for value in operation.inputs + (operation.isInPlace ? operation.outputs : []) {
        let source = makers[value].map { "o\($0)" } ?? "v\(value)"
        if makers[value] == nil { given.insert(value) }
        arrows += "  \(source) -> o\(index) [label=\"\(values[value].shape)\"];\n"
      }
      for value in operation.outputs { makers[value] = index }
    }
    for value in given.sorted() {
      text += "  v\(value) [shape=ellipse, style=filled, fillcolor=\"#eef3fb\", label=\"\(label(value))\"];\n"
    }
    let layers = Dictionary(grouping: operations.indices) { operations[$0].layerPath }
    for (index, path) in layers.keys.sorted().enumerated() {
      let boxes = layers[path]!.map { box($0) }.joined()
      if path.isEmpty {
        text += boxes
      } else {
        text +=
          "  subgraph cluster_\(index) {\n  label=\"\(escaped(path))\"; color=\"#9aa7b8\"; fontname=\"Helvetica\"; fontsize=11;\n\(boxes)  }\n"
      }
    }
    text += arrows
    return text + "}\n"
  }

  /// A name as it stands within quotation marks.
  private func escaped(_ name: String) -> String {
    name.unicodeScalars.reduce(into: "") { $0 += $1 == "\"" || $1 == "\\" ? "\\\($1)" : "\($1)" }
  }

  private func label(_ value: Int) -> String { "\(values[value].scalarType)\\n\(values[value].shape)" }

  private func box(_ index: Int) -> String {
    let operation = operations[index]
    var lines = escaped(operation.name)
    if let derivativeOf = operation.derivativeOf { lines += "\\n∂ \(escaped(derivativeOf))" }
    let outputs = operation.outputs
    lines += outputs.count > 3 ? "\\n\(outputs.count) tensors" : outputs.map { "\\n\(values[$0].shape)" }.joined()
    let style = operation.derivativeOf == nil ? "filled" : "\"filled,dashed\""
    let colour = operation.derivativeOf == nil ? "#fdf3e1" : "#f4f4f4"
    return "  o\(index) [shape=box, style=\(style), fillcolor=\"\(colour)\", label=\"\(lines)\"];\n"
  }

  /// Writes the graph to a file: in Graphviz's language for the endings `.dot` and `.gv`, and drawn by Graphviz's `dot`
  /// for `.svg`, `.png` and `.pdf`.
  ///
  /// Throws when the ending is another, the file cannot be written, or Graphviz is needed and not installed.
  public func write(to path: String) throws(FormatError) {
    let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    if ending == "dot" || ending == "gv" {
      try AtomicFile.write(dot, to: path)
      return
    }
    guard ["svg", "png", "pdf"].contains(ending), path.contains(".") else {
      throw FormatError(.invalid, source: path, reason: "a graph is written as .dot, .gv, .svg, .png or .pdf")
    }
    let source = try temporaryFile(for: path)
    defer { unlink(source) }
    switch OperationGraph.runGraphviz(["dot", "-T\(ending)", "-o", path, source]) {
    case .success: return
    case .missing:
      throw FormatError(
        .unwritable, source: path,
        reason: "Graphviz is needed for this format: install the package graphviz, or write a .dot file")
    case .failure(let status):
      throw FormatError(.unwritable, source: path, reason: "Graphviz ended with status \(status)")
    }
  }

  /// A file of its own with the graph in Graphviz's language, to be removed; `path` names the picture in errors.
  private func temporaryFile(for path: String) throws(FormatError) -> String {
    let directory = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    var name = Array("\(directory.isEmpty ? "/tmp" : directory)/martlet-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    let source = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    let bytes = Array(dot.utf8)
    var isWritten = false
    if let file = descriptor < 0 ? nil : fdopen(descriptor, "w") {
      isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
      if fclose(file) != 0 { isWritten = false }
    }
    if !isWritten {
      let reason = "cannot write \(source), which Graphviz is to draw: \(lastSystemError())"
      if descriptor >= 0 { unlink(source) }
      throw FormatError(.unwritable, source: path, reason: reason)
    }
    return source
  }

  private enum Outcome {
    case success
    case missing
    case failure(Int32)
  }

  private static func runGraphviz(_ arguments: [String]) -> Outcome {
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    guard posix_spawnp(&process, words[0]!, nil, nil, &words, mk_environment()) == 0 else { return .missing }
    var status: Int32 = 0
    while waitpid(process, &status, 0) == -1 { if errno != EINTR { return .failure(errno) } }
    let code = status >> 8 & 0xFF
    return status == 0 ? .success : code == 127 ? .missing : .failure(code)
  }
}
