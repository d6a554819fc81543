import Foundation
import MartletCore

// The same bits with one thread and with many, on operands large enough to be split.

extension PrimitiveCheck {
  /// The number of elements of the largest operand or result: enough that two threads share even the cheapest
  /// operation, and few enough that the test ends soon.
  static let largeCounts = 2 * 16_384...1 << 22

  /// The numbers of threads that are compared with one.
  static let threadCounts = [2, 4]
}

extension PrimitiveCheck.Case {
  /// Where several threads give other bits than one: on the sample's large case, or else on its own operands, enlarged
  /// to odd lengths, so that the pieces do not end where vectors do. Once with contiguous operands, once with
  /// transposed ones.
  ///
  /// Run it alone: while another thread holds the worker pool, the caller does all the work.
  public func threadProblems() -> [String] {
    guard let large else { return [] }
    return [ScalarType.float32, .float64].flatMap { floating -> [String] in
      [false, true].flatMap { isTransposed -> [String] in
        let operands = large.operands.enumerated().map { index, operand in
          LargeData.tensor(operand, floating, index, isTransposed: isTransposed)
        }
        return differences { applyAll(large.primitive, operands) }.map {
          "\(large.operands.map(\.shape)) of \(floating)\(isTransposed ? ", transposed" : ""): \($0)"
        }
      }
    }
  }

  private func differences(_ body: () -> [AnyTensor]) -> [String] {
    let one = withThreads(1, body)
    return PrimitiveCheck.threadCounts.compactMap { threads in
      let many = withThreads(threads, body)
      for (index, pair) in zip(one, many).enumerated() {
        if let place = PrimitiveCheck.firstDifference(pair.0, pair.1) {
          return "\(threads) threads give result \(index) other bits from byte \(place) on"
        }
      }
      return nil
    }
  }

  /// The primitive and operands that are large enough; nil if the sample cannot be enlarged.
  package var large: (primitive: any Primitive, operands: [Sample.Operand])? {
    let candidates = [sample.large].compactMap { $0 } + enlarged.map { (sample.primitive, $0) }
    return candidates.first { primitive, operands in
      guard let specs = try? primitive.specs(of: OperandSpecs(operands.map { $0.spec(.float32) })) else { return false }
      let counts = operands.map(\.shape.elementCount) + (0..<specs.count).map { specs[$0].count }
      return PrimitiveCheck.largeCounts ~= counts.max()!
    }
  }

  /// The operands with every length replaced by a large odd one, equal lengths by equal ones.
  private var enlarged: [[Sample.Operand]] {
    let shapes = sample.operands.map(\.shape)
    let lengths = Set(shapes.joined()).subtracting([0, 1]).sorted()
    let axes = shapes.map { $0.filter { $0 != 1 }.count }.max() ?? 0
    let choices = [[], [70_001, 68_003, 66_005], [263, 269, 271, 277], [41, 43, 47, 53], [17, 19, 21, 23]]
    guard axes > 0, axes < choices.count, lengths.count <= choices[axes].count else { return [] }
    let larger = Dictionary(uniqueKeysWithValues: zip(lengths, choices[axes]))
    let operands = sample.operands.map { $0.reshaped(Shape($0.shape.map { larger[$0] ?? $0 })) }
    // Operands that are indices along an axis get the range of the larger axis.
    let indexed = operands.map { operand in
      lengths.first { operand.indexes($0) }.map { operand.reshaped(operand.shape, in: 0...Double(larger[$0]! - 1)) }
        ?? operand
    }
    return [indexed, operands]
  }
}

extension PrimitiveCheck {
  /// The first byte in which tensors of one shape differ.
  package static func firstDifference(_ a: AnyTensor, _ b: AnyTensor) -> Int? {
    a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        if a.count == b.count && (a.isEmpty || memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0) { return nil }
        return zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(a.count, b.count)
      }
    }
  }
}

/// Large operands, made from one row of random numbers by operations: in a debug build, drawing all of them would take
/// long.
package enum LargeData {
  /// Numbers within 0 ..< 1.
  private static let source: Tensor<Double> = {
    var random = SplitMix("large data")
    return Tensor((0..<1 << 18).map { _ in Double(random.next() >> 11) / Double(1 << 53) })
  }()

  /// A tensor drawn for an operand, another one for each `index`. Transposed, its axes are in reverse order in memory;
  /// a single axis has every second element of a longer one.
  package static func tensor(
    _ operand: Sample.Operand, _ floating: ScalarType, _ index: Int = 0, isTransposed: Bool = false
  ) -> AnyTensor {
    let shape = operand.shape
    if !isTransposed || shape.rank == 0 { return contiguous(operand, shape, floating, index) }
    if shape.rank == 1 {
      let doubled = contiguous(operand, [2 * shape[0]], floating, index)
      return doubled.sliced(axis: 0, start: 1, step: 2, count: shape[0])
    }
    let reversed = contiguous(operand, Shape(shape.reversed()), floating, index)
    return reversed.permuted(Array((0..<shape.rank).reversed()))
  }

  private static func contiguous(
    _ operand: Sample.Operand, _ shape: Shape, _ floating: ScalarType, _ index: Int
  ) -> AnyTensor {
    let count = shape.elementCount
    let start = index * 7_919
    if start + count > source.count { fatalError("\(shape) takes more numbers than there are") }
    let numbers = source.erased.sliced(axis: 0, start: start, count: count)
    let (low, width) = (operand.range.lowerBound, operand.range.upperBound - operand.range.lowerBound)
    let type = operand.scalarType ?? floating
    var drawn: AnyTensor
    if type.isFloatingPoint {
      drawn = numbers * width + low
    } else if type == .bool {
      drawn = (numbers * 2).applying(.floor)
    } else {
      drawn = (numbers * (width + 1) + low).applying(.floor)
    }
    if let transform = operand.transform {
      drawn = Tensor(Tensor<Double>(unchecked: drawn).scalars.map(transform)).erased
    }
    return drawn.converted(to: type).reshaped(shape)
  }
}

extension AnyTensor {
  fileprivate func reshaped(_ shape: Shape) -> AnyTensor { AnyTensor(body.view(Layout(contiguous: shape).moved(body))) }

  fileprivate func permuted(_ order: [Int]) -> AnyTensor { AnyTensor(body.view(body.layout.permuted(AxisList(order)))) }
}

extension Layout {
  fileprivate func moved(_ body: TensorBody) -> Layout {
    var layout = self
    layout.offset = body.layout.offset
    return layout
  }
}
