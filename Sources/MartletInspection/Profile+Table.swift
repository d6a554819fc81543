import MartletCore
import MartletText

extension Profile {
  /// What a row of the table stands for.
  public enum Grouping: Sendable, CaseIterable {
    /// An operation; where it is part of a derivative, it is counted separately.
    case operation
    /// An operation on operands of the same shapes.
    case shapes
    /// A layer, with its derivatives; the row without a path has what was applied outside of layers.
    case layer
  }

  /// Applications that are counted together.
  public struct Row: Sendable {
    /// What they have in common: `matmul ∂linear` for a product in the derivative of `linear`, or a layer's path.
    public let name: String
    /// The number of applications.
    public let calls: Int
    /// How many seconds they took together, without what was applied within them.
    public let seconds: Double
    /// The part of the whole time that they took, 0 ... 1.
    public let share: Double
    /// The number of floating-point operations, by the operations' formulas.
    public let flops: Int
    /// The number of bytes read and written, by the operations' formulas.
    public let bytes: Int

    /// Floating-point operations a second, in 10⁹; 0 where there are none.
    public var gigaflops: Double { seconds == 0 ? 0 : Double(flops) / seconds * 1e-9 }
    /// Bytes read and written a second, in 10⁹; 0 where nothing is moved, as in views.
    public var gigabytesPerSecond: Double { seconds == 0 ? 0 : Double(bytes) / seconds * 1e-9 }
  }

  /// The table of operations.
  public var rows: [Row] { rows(by: .operation) }

  /// The rows of the table for a grouping, those that took the most time first.
  public func rows(by grouping: Grouping) -> [Row] {
    var sums: [String: (calls: Int, nanoseconds: Int, flops: Int, bytes: Int)] = [:]
    for event in events {
      let operation = event.operation
      var sum = sums[operation.label(grouping), default: (0, 0, 0, 0)]
      sum.calls += 1
      sum.nanoseconds += event.ownNanoseconds
      sum.flops += operation.flops
      sum.bytes += operation.bytes
      sums[operation.label(grouping)] = sum
    }
    return
      sums.sorted { ($1.value.nanoseconds, $0.key) < ($0.value.nanoseconds, $1.key) }
      .map { name, sum in
        Row(
          name: name, calls: sum.calls, seconds: Double(sum.nanoseconds) * 1e-9, share: share(sum.nanoseconds),
          flops: sum.flops, bytes: sum.bytes)
      }
  }

  /// The table as text: calls, milliseconds, share of the whole time, GFLOP/s and GB/s of each row, then the time
  /// outside operations, the profiler's own, and the whole.
  public func table(by grouping: Grouping = .operation) -> String {
    var table = TextTable(["\(grouping)", "calls", "ms", "share", "GFLOP/s", "GB/s"], textColumns: 1)
    func line(_ name: String, _ calls: Int?, _ seconds: Double, _ share: Double, _ rates: [Double]) -> [String] {
      let figures = rates.map { $0 == 0 ? "–" : NumberFormat.fixed($0, 1) }
      return [
        name, calls.map { "\($0)" } ?? "", NumberFormat.fixed(seconds * 1e3, 3),
        NumberFormat.fixed(share * 100, 1) + " %",
      ] + figures
    }
    let rows = rows(by: grouping)
    let seconds = Double(nanoseconds) * 1e-9
    func rate(_ amount: Int) -> Double { seconds == 0 ? 0 : Double(amount) / seconds * 1e-9 }
    for row in rows {
      table.append(line(row.name, row.calls, row.seconds, row.share, [row.gigaflops, row.gigabytesPerSecond]))
    }
    for (name, time) in [("outside operations", outsideNanoseconds), ("the profiler itself", profilerNanoseconds)] {
      table.append(line(name, nil, Double(time) * 1e-9, share(time), [0, 0]))
    }
    table.append(
      line(
        "total", events.count, seconds, 1,
        [rate(rows.reduce(0) { $0 + $1.flops }), rate(rows.reduce(0) { $0 + $1.bytes })]))
    return table.text
  }

  private func share(_ part: Int) -> Double { nanoseconds == 0 ? 0 : Double(part) / Double(nanoseconds) }
}

extension Profile: CustomStringConvertible {
  /// The table of operations: see `table(by:)`.
  public var description: String { table() }
}

extension Profile.Operation {
  fileprivate func label(_ grouping: Profile.Grouping) -> String {
    if grouping == .layer { return layerPath }
    let direction = derivativeOf.map { "\(name) ∂\($0)" } ?? name
    guard grouping == .shapes, let resultShape else { return direction }
    return "\(direction) " + operandShapes.map { "\($0)" }.joined(separator: " ") + " → \(resultShape)"
  }
}
