import MartletPlatform

extension OperationGraph {
  /// The graph in Graphviz's language: operations as boxes, inputs as ellipses, layers as frames; what belongs to
  /// derivatives is drawn dashed.
  public var dot: String {
    var text =
      "digraph {\n  rankdir=TB;\n  node [fontname=\"Helvetica\", fontsize=11];\n  edge [fontname=\"Helvetica\", fontsize=9];\n"
    let makers = Dictionary(operations.enumerated().map { ($1.output, $0) }, uniquingKeysWith: { first, _ in first })
    let read = Set(operations.flatMap(\.inputs))
    for value in values.indices where makers[value] == nil && read.contains(value) {
      text += "  v\(value) [shape=ellipse, style=filled, fillcolor=\"#eef3fb\", label=\"\(label(value))\"];\n"
    }
    let layers = Dictionary(grouping: operations.indices) { operations[$0].layerPath }
    for (index, path) in layers.keys.sorted().enumerated() {
      let boxes = layers[path]!.map { box($0) }.joined()
      if path.isEmpty {
        text += boxes
      } else {
        text +=
          "  subgraph cluster_\(index) {\n  label=\"\(path)\"; color=\"#9aa7b8\"; fontname=\"Helvetica\"; fontsize=11;\n\(boxes)  }\n"
      }
    }
    for (index, operation) in operations.enumerated() {
      for input in operation.inputs {
        let source = makers[input].map { "o\($0)" } ?? "v\(input)"
        // A value that is read before it was made again has been changed in place.
        if let maker = makers[input], maker >= index { continue }
        text += "  \(source) -> o\(index) [label=\"\(values[input].shape)\"];\n"
      }
    }
    return text + "}\n"
  }

  private func label(_ value: Int) -> String { "\(values[value].scalarType)\\n\(values[value].shape)" }

  private func box(_ index: Int) -> String {
    let operation = operations[index]
    var lines = operation.name
    if let derivativeOf = operation.derivativeOf { lines += "\\n∂ \(derivativeOf)" }
    lines += "\\n\(values[operation.output].shape)"
    let style = operation.derivativeOf == nil ? "filled" : "\"filled,dashed\""
    let colour = operation.derivativeOf == nil ? "#fdf3e1" : "#f4f4f4"
    return "  o\(index) [shape=box, style=\(style), fillcolor=\"\(colour)\", label=\"\(lines)\"];\n"
  }

  /// Writes the picture: Graphviz's language for `.dot` and `.gv`, otherwise what Graphviz's `dot` makes of it by the
  /// file's ending (`.svg`, `.png`, `.pdf`). Throws where the file cannot be written or Graphviz is not installed.
  public func write(to path: String) throws(FormatError) {
    let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    if ending == "dot" || ending == "gv" {
      try AtomicFile.write(dot, to: path)
      return
    }
    guard ["svg", "png", "pdf"].contains(ending), path.contains(".") else {
      throw FormatError(source: path, reason: "a graph is written as .dot, .gv, .svg, .png or .pdf")
    }
    let source = path + ".dot"
    try AtomicFile.write(dot, to: source)
    defer { unlink(source) }
    switch OperationGraph.runGraphviz(["dot", "-T\(ending)", "-o", path, source]) {
    case .success: return
    case .missing:
      throw FormatError(
        source: path, reason: "Graphviz is needed for this format: install the package graphviz, or write a .dot file")
    case .failure(let status): throw FormatError(source: path, reason: "Graphviz ended with status \(status)")
    }
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
