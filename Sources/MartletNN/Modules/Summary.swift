import MartletCore
import MartletText

extension Module {
  /// A table of the model's parts: path and type, output shape, parameters, bytes, floating-point operations for an
  /// example; then the totals, with the peak memory of a training step.
  ///
  /// A part has a row if it holds parameters or buffers of its own, computes something itself, or has no parts. Shapes,
  /// with `?` for the batch, and operations come from a run of the model on one example of zeros in inference mode. The
  /// memory is computed from what is in use after each operation of a training step, on two examples and on three: that
  /// of what operations make, gradients too, and of parameters and buffers; not the data's, and not the optimiser's.
  /// Parameters, buffers and the caller's random numbers stay as they are; what a layer of one's own changes beside these
  /// in its `forward`, it changes here too. Printing a model runs nothing.
  ///
  /// A `Sequential` or `Chain` whose input shape was stated tells all that; of other models `summary(inputShape:)` and
  /// `summary(example:)` do. Else, and before parameters are built, both are unknown: `?`. Shared parameters are counted
  /// where they occur first.
  public func summary(batchSize: Int = 32) -> String {
    ModelSummary(self, (self as? any KnowingItsInput)?.dryRuns(batchSize)).text
  }

  /// The table of `summary()` for any model, from what `step` computes with it on a batch of `rowCount` examples; the
  /// training step is one on this batch too.
  ///
  /// ```swift
  /// print(model.summary(rowCount: 32) { $0.score(users, films) })
  /// ```
  public func summary(rowCount: Int, _ step: (Self) -> Any) -> String {
    let training = DryRun.training(of: self, step)
    let runs = DryRuns(
      rowCount: rowCount, inference: DryRun.inference(of: self, step), batchSize: rowCount,
      stepFlops: training.totalFlops, peakBytes: training.liveBytes.max() ?? 0)
    return ModelSummary(self, runs).text
  }

  /// A table of the model's parts without running it: path and type, output shape where the layers state it, parameters
  /// and bytes.
  var outline: String {
    let inputShape = (self as? any KnowingItsInput)?.inputShape
    var outputs: [String: Shape] = [:]
    if let layer = self as? any Layer, let inputShape { collectShapes(of: layer, "", inputShape, into: &outputs) }
    return ModelSummary(outlineOf: self, outputs).text
  }

  fileprivate var isBuilt: Bool { structure.entries.allSatisfy(\.variable.isInitialized) }
}

extension Layer {
  /// The table of `summary()` for a layer of one's own whose input is a tensor: `inputShape` is that of an example,
  /// without the batch axis. Traps where the layer does not take zeros of this shape.
  public func summary<Scalar>(inputShape: Shape, batchSize: Int = 32) -> String where Input == Tensor<Scalar> {
    ModelSummary(self, dryRuns(inputShape, batchSize)).text
  }

  /// The table of `summary()` for a layer of any input, from a run on the batch `example`; the training step is one on
  /// this batch too.
  public func summary(example: Input) -> String {
    summary(rowCount: max(1, DryRun.tensors(in: example).first?.shape.first ?? 1)) { $0(example) }
  }

  /// What runs on zeros of this shape tell; nil when the input is no tensor.
  fileprivate func dryRuns(_ inputShape: Shape, _ batchSize: Int) -> DryRuns? {
    guard let type = Input.self as? any TensorOfAnyType.Type else { return nil }
    func zeros(_ rowCount: Int) -> Input { type.allZero(Shape([rowCount] + inputShape)) as! Input }
    func training(_ rowCount: Int) -> DryRun { DryRun.training(of: self) { $0(zeros(rowCount)) } }
    let (two, three) = (training(2), training(3))
    return DryRuns(
      rowCount: 1, inference: DryRun.inference(of: self) { $0(zeros(1)) }, batchSize: batchSize,
      stepFlops: two.totalFlops + (three.totalFlops - two.totalFlops) * (batchSize - 2),
      peakBytes: DryRun.peakBytes(two, three, batchSize: batchSize))
  }
}

/// Enters the output shapes of a layer and of those within it, as far as they are stated, by path.
private func collectShapes(
  of layer: any Layer, _ path: String, _ inputShape: Shape?, into outputs: inout [String: Shape]
) {
  if let shape = try? layer.outputShape(for: inputShape) { outputs[path] = shape }
  guard let container = layer as? any ShapingItsParts, let parts = try? container.parts(for: inputShape) else { return }
  for (name, part, shape) in parts {
    collectShapes(of: part, path.isEmpty ? name : "\(path).\(name)", shape, into: &outputs)
  }
}

/// A layer of layers that knows what shape each of them is given.
protocol ShapingItsParts: Layer {
  /// The layers within by name, each with the shape of its input for an input of this shape; throws when one does not
  /// fit.
  func parts(for inputShape: Shape?) throws(ModuleError) -> [(name: String, layer: any Layer, inputShape: Shape?)]
}

extension ShapingItsParts {
  /// The parts of a container whose layers each take what the one before makes.
  func parts(
    inTurn layers: [(name: String, layer: any Layer)], for inputShape: Shape?
  ) throws(ModuleError) -> [(name: String, layer: any Layer, inputShape: Shape?)] {
    var shape = inputShape
    var parts: [(name: String, layer: any Layer, inputShape: Shape?)] = []
    for (name, layer) in layers {
      parts.append((name, layer, shape))
      shape = try naming(name) { () throws(ModuleError) in try layer.outputShape(for: shape) }
    }
    return parts
  }
}

/// A model whose input shape may have been stated.
protocol KnowingItsInput: Layer {
  var inputShape: Shape? { get }
}

extension KnowingItsInput {
  /// What runs on zeros of that shape tell; nil when it was not stated, or parameters have no value yet.
  fileprivate func dryRuns(_ batchSize: Int) -> DryRuns? {
    isBuilt ? inputShape.flatMap { dryRuns($0, batchSize) } : nil
  }
}

extension Sequential: KnowingItsInput, ShapingItsParts {
  func parts(for inputShape: Shape?) throws(ModuleError) -> [(name: String, layer: any Layer, inputShape: Shape?)] {
    try parts(inTurn: layers.enumerated().map { ("\($0)", $1) }, for: inputShape)
  }
}

extension Chain: KnowingItsInput, ShapingItsParts {
  func parts(for inputShape: Shape?) throws(ModuleError) -> [(name: String, layer: any Layer, inputShape: Shape?)] {
    try parts(inTurn: ([first] + rest as [any Layer]).enumerated().map { ("\($0)", $1) }, for: inputShape)
  }
}

extension Residual: ShapingItsParts {
  func parts(for inputShape: Shape?) throws(ModuleError) -> [(name: String, layer: any Layer, inputShape: Shape?)] {
    let through = try parts(inTurn: layers.enumerated().map { ("\($0)", $1) }, for: inputShape)
    return through + (shortcut.map { [("shortcut", $0, inputShape)] } ?? [])
  }
}

extension Parallel: ShapingItsParts {
  func parts(for inputShape: Shape?) throws(ModuleError) -> [(name: String, layer: any Layer, inputShape: Shape?)] {
    branches.enumerated().map { ("\($0)", $1, inputShape) }
  }
}

/// What runs of a model tell for its summary.
struct DryRuns {
  let rowCount: Int
  let inference: DryRun
  let batchSize: Int
  let stepFlops: Int
  let peakBytes: Int

  /// The shapes of a layer's output with `?` for the batch.
  func output(of path: String) -> String? {
    inference.outputs[path]?.map { shape in
      let rows = shape.first == rowCount ? "?" : shape.first.map { "\($0)" }
      return "[\(([rows].compactMap { $0 } + shape.dropFirst().map(String.init)).joined(separator: ", "))]"
    }.joined(separator: ", ")
  }
}

private struct ModelSummary {
  private let title: String
  private var table: TextTable
  private var totals: [String] = []

  /// The table of what a model's structure tells.
  init(outlineOf model: any Module, _ outputs: [String: Shape]) {
    let structure = model.structure
    title = "\(type(of: model))"
    table = TextTable(["layer", "output", "parameters", "bytes"], textColumns: 2)
    let counts = Counts(structure)
    for (path, module) in structure.modules where !path.isEmpty || structure.modules.count == 1 {
      let own = counts.own[path]
      let shape = outputs[path].map { "[\((["?"] + $0.map(String.init)).joined(separator: ", "))]" }
      table.append([ModelSummary.name(path, module), shape ?? "?"] + ModelSummary.sizes(own))
    }
    totals = Totals(structure).lines
  }

  init(_ model: any Module, _ runs: DryRuns?) {
    let structure = model.structure
    title = "\(type(of: model))"
    table = TextTable(["layer", "output", "parameters", "bytes", "FLOPs"], textColumns: 2)
    let counts = Counts(structure)
    for (path, module) in structure.modules {
      let own = counts.own[path]
      let flops = runs.map { ($0.inference.flops[path] ?? 0) / $0.rowCount }
      let prefix = path.isEmpty ? "" : path + "."
      let hasParts = structure.modules.contains { $0.path != path && $0.path.hasPrefix(prefix) }
      if own == nil && hasParts && flops ?? 0 == 0 { continue }
      table.append(
        [ModelSummary.name(path, module), runs?.output(of: path) ?? "?"] + ModelSummary.sizes(own)
          + [flops.map(grouped) ?? "?"])
    }
    let sums = Totals(structure)
    totals = sums.lines
    guard let runs else { return }
    let memory = runs.peakBytes + sums.bytes
    totals += [
      "FLOPs:      \(grouped(runs.inference.totalFlops / runs.rowCount)) for an example",
      "Training:   \(grouped(runs.stepFlops)) FLOPs and a peak of \(NumberFormat.bytes(memory)) in a step of "
        + "\(runs.batchSize), without the optimiser's",
    ]
  }

  private static func name(_ path: String, _ module: any Module) -> String {
    path.isEmpty ? "\(type(of: module))" : "\(path) (\(type(of: module)))"
  }

  /// The cells of what a module holds by itself: its parameters and its bytes.
  private static func sizes(_ own: Count?) -> [String] {
    if own?.isUnbuilt == true { return ["?", "?"] }
    return [grouped(own?.parameters ?? 0), NumberFormat.bytes(own?.bytes ?? 0)]
  }

  /// What a model holds in all.
  private struct Totals {
    var trainable = Count()
    var frozen = Count()
    var buffers = Count()

    init(_ structure: ModuleStructure) {
      for entry in structure.entries {
        if entry.kind == .buffer {
          buffers.add(entry)
        } else if entry.variable.isTrainable {
          trainable.add(entry)
        } else {
          frozen.add(entry)
        }
      }
    }

    var bytes: Int { trainable.bytes + frozen.bytes + buffers.bytes }

    var lines: [String] {
      let isPartial = trainable.isUnbuilt || frozen.isUnbuilt
      let parameters = "\(grouped(trainable.parameters + frozen.parameters))"
      return [
        "Parameters: \(parameters) (\(NumberFormat.bytes(trainable.bytes + frozen.bytes)))"
          + (isPartial ? ", besides those that are not built yet" : ""),
        "Trainable:  \(grouped(trainable.parameters))",
        "Buffers:    \(grouped(buffers.buffers)) (\(NumberFormat.bytes(buffers.bytes)))",
      ]
    }
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
