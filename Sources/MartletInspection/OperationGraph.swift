import MartletCore
import MartletText

/// The operations that some work applied, with their counts, floating-point operations and bytes; it can be drawn.
public struct OperationGraph: Sendable {
  /// An applied operation. Values are numbered; a value that no operation made is an input.
  public struct Operation: Sendable {
    /// The operation's name, such as `matmul`.
    public let name: String
    /// The path of the layer that it belongs to; empty outside layers.
    public let layerPath: String
    /// The name of the operation whose derivative it belongs to, nil outside of derivatives.
    public let derivativeOf: String?
    /// The values that were read.
    public let inputs: [Int]
    /// The values that were made, or changed in place.
    public let outputs: [Int]
    /// Whether the outputs existed before and are not wholly overwritten: an assignment, a sum in place, an optimiser's
    /// step.
    public let isInPlace: Bool
    /// The number of floating-point operations.
    public let flops: Int
    /// The number of bytes read and written.
    public let bytes: Int
  }

  /// A tensor that was read or made.
  public struct Value: Sendable {
    /// The type of the elements.
    public let scalarType: ScalarType
    /// The lengths of the axes.
    public let shape: Shape
  }

  /// The operations in the order in which they were applied.
  public let operations: [Operation]
  /// All tensors that were read or made, by number.
  public let values: [Value]

  /// Floating-point operations of all applications together.
  public var flops: Int { operations.reduce(0) { $0 + $1.flops } }
  /// Bytes read and written by all applications together.
  public var bytes: Int { operations.reduce(0) { $0 + $1.bytes } }

  /// How often each operation was applied.
  public var counts: [String: Int] { operations.reduce(into: [:]) { $0[$1.name, default: 0] += 1 } }
}

/// Runs `body` and returns the graph of the operations that it applied, backward passes included.
///
/// ```swift
/// let (_, graph) = graph { valueWithGradient(at: model) { … } }
/// print(graph)
/// try graph.write(to: "step.svg")
/// ```
/// Work in place is part of it: assignments, sums of gradients, random draws, an optimiser's step.
public func graph<R>(of body: () throws -> R) rethrows -> (result: R, graph: OperationGraph) {
  let recorder = GraphRecorder()
  let result = try Observation.with(recorder, body)
  return (result, OperationGraph(operations: recorder.operations, values: recorder.values))
}

extension CompiledPlan {
  /// The plan as a graph, in which operations that are done together are one box; it can be drawn.
  ///
  /// ```swift
  /// try step.plans[0].graph.write(to: "plan.svg")
  /// ```
  public var graph: OperationGraph {
    OperationGraph(
      operations: steps.map { step in
        .init(
          name: step.name, layerPath: step.layerPath, derivativeOf: step.derivativeOf, inputs: step.reads,
          outputs: step.writes, isInPlace: step.isInPlace, flops: step.cost.flops, bytes: step.cost.bytes)
      }, values: buffers.map { .init(scalarType: $0, shape: $1) })
  }
}

private final class GraphRecorder: Observer {
  var operations: [OperationGraph.Operation] = []
  var values: [OperationGraph.Value] = []
  private var numbers = BodyNumbers()

  func observe(_ event: DoorEvent) {
    if event.isAlias { return }
    let inputs = event.reading.map(number)
    operations.append(
      .init(
        name: event.action.name, layerPath: event.layerPath, derivativeOf: event.derivativeOf, inputs: inputs,
        outputs: event.writing.map(number), isInPlace: event.isInPlace, flops: event.cost.flops,
        bytes: event.cost.bytes))
  }

  private func number(_ body: TensorBody) -> Int {
    let number = numbers[body]
    if number == values.count { values.append(.init(scalarType: body.scalarType, shape: body.shape)) }
    return number
  }
}

extension OperationGraph: CustomStringConvertible {
  /// A table: calls, floating-point operations and bytes of each operation, the costliest first.
  public var description: String {
    var rows: [String: (calls: Int, flops: Int, bytes: Int)] = [:]
    for operation in operations {
      rows[operation.name, default: (0, 0, 0)].calls += 1
      rows[operation.name]!.flops += operation.flops
      rows[operation.name]!.bytes += operation.bytes
    }
    let order = rows.sorted { ($1.value.flops, $1.value.bytes, $0.key) < ($0.value.flops, $0.value.bytes, $1.key) }
    var table = TextTable(["operation", "calls", "FLOPs", "bytes"], textColumns: 1)
    for (name, row) in order { table.append([name, "\(row.calls)", "\(row.flops)", "\(row.bytes)"]) }
    table.append(["total", "\(operations.count)", "\(flops)", "\(bytes)"])
    return table.text
  }
}
