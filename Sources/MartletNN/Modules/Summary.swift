import MartletCore
import MartletText

extension Module {
  /// A table of the model's parts: path and type, output shape, parameters, bytes; then the totals.
  ///
  /// A part has a row if it holds parameters or buffers of its own, or has no parts. Output shapes are known within a
  /// `Sequential` whose input shape was stated, with `?` for the batch; elsewhere the shape is `?`. Shared parameters
  /// are counted where they occur first.
  public func summary() -> String {
    ModelSummary(self, structure).text
  }
}

private struct ModelSummary {
  private let title: String
  private var table = TextTable(["layer", "output", "parameters", "bytes"], textColumns: 2)
  private var totals: [String] = []

  init(_ model: any Module, _ structure: ModuleStructure) {
    title = "\(type(of: model))"
    var shapes: [String: Shape] = [:]
    for (path, module) in structure.modules {
      guard let sequential = module as? Sequential, let shape = sequential.inputShape else { continue }
      ModelSummary.record(sequential, input: shape, path: path, in: &shapes)
    }

    let counts = Counts(structure)
    for (path, module) in structure.modules {
      let own = counts.own[path]
      let prefix = path.isEmpty ? "" : path + "."
      let hasParts = structure.modules.contains { $0.path != path && $0.path.hasPrefix(prefix) }
      if own == nil && hasParts { continue }
      let name = path.isEmpty ? "\(type(of: module))" : "\(path) (\(type(of: module)))"
      let output = shapes[path].map { "[\((["?"] + $0.map(String.init)).joined(separator: ", "))]" } ?? "?"
      table.append([
        name, output, own?.isUnbuilt == true ? "?" : grouped(own?.parameters ?? 0),
        own?.isUnbuilt == true ? "?" : NumberFormat.bytes(own?.bytes ?? 0),
      ])
    }

    var trainable = Count()
    var frozen = Count()
    var buffers = Count()
    for entry in structure.entries {
      if entry.kind == .buffer {
        buffers.add(entry)
      } else if entry.variable.isTrainable {
        trainable.add(entry)
      } else {
        frozen.add(entry)
      }
    }
    let all = trainable.parameters + frozen.parameters
    let isPartial = trainable.isUnbuilt || frozen.isUnbuilt
    totals = [
      "Parameters: \(grouped(all)) (\(NumberFormat.bytes(trainable.bytes + frozen.bytes)))"
        + (isPartial ? ", besides those that are not built yet" : ""),
      "Trainable:  \(grouped(trainable.parameters))",
      "Buffers:    \(grouped(buffers.buffers)) (\(NumberFormat.bytes(buffers.bytes)))",
    ]
  }

  /// Records the output shapes of a `Sequential`'s layers, and of the layers within them.
  private static func record(_ sequential: Sequential, input: Shape, path: String, in shapes: inout [String: Shape]) {
    var shape: Shape? = input
    for (index, layer) in sequential.layers.enumerated() {
      let name = path.isEmpty ? "\(index)" : "\(path).\(index)"
      if let inner = layer as? Sequential, let shape { record(inner, input: shape, path: name, in: &shapes) }
      shape = (try? layer.outputShape(for: shape)) ?? nil
      if let shape { shapes[name] = shape }
    }
    if let shape { shapes[path] = shape }
  }

  private struct Count {
    var parameters = 0
    var buffers = 0
    var bytes = 0
    var isUnbuilt = false

    mutating func add(_ entry: ModuleStructure.Entry) {
      guard entry.variable.isInitialized else {
        isUnbuilt = true
        return
      }
      let value = entry.variable.value
      if entry.kind == .buffer { buffers += value.count } else { parameters += value.count }
      bytes += value.count * value.scalarType.size
    }
  }

  /// What each module holds by itself: an entry belongs to the innermost module on its path.
  private struct Counts {
    var own: [String: Count] = [:]

    init(_ structure: ModuleStructure) {
      let paths = Set(structure.modules.map(\.path))
      for entry in structure.entries {
        var owner = Substring(entry.path)
        repeat {
          owner = owner.lastIndex(of: ".").map { owner[..<$0] } ?? ""
        } while !owner.isEmpty && !paths.contains(String(owner))
        own[String(owner), default: Count()].add(entry)
      }
    }
  }

  var text: String {
    let lines = table.lines
    let rule = String(repeating: "─", count: lines[0].count)
    return ([title, rule, lines[0], rule] + lines.dropFirst() + [rule] + totals).joined(separator: "\n")
  }
}

/// A number with its digits in groups: `1,234,567`.
private func grouped(_ number: Int) -> String {
  var digits = String(number)
  var index = digits.count - 3
  while index > 0 {
    digits.insert(",", at: digits.index(digits.startIndex, offsetBy: index))
    index -= 3
  }
  return digits
}
