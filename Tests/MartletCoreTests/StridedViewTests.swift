import TestSupport
import Testing

@testable import MartletCore

/// Diagonals, windows, forms of memory and of creation.
@Suite struct StridedViewTests {
  private let x = Tensor<Double>.arange(12).reshaped(to: [3, 4])

  @Test func `diagonals and windows see the same memory`() {
    let views = [
      x.diagonal(offset: 1), x.windows(2), x.windows([2, 3], axes: [0, 1]), x.movedAxis(from: 0, to: 1), x.reversed(),
      x.expandedDimensions(at: [0, -1]), x.atLeast(rank: 4), x.chunks(2, axis: 1)[1], x.unstacked(axis: 1)[2],
      x.split(at: [1])[1], x.splitEvenly(2)[0], x.expandedDimension(at: 1).squeezed(axes: [1]),
    ]
    for view in views { #expect(view.erased.body.block == x.erased.body.block, "\(view.shape)") }
    #expect(
      x.diagonal(offset: 1) == [1, 6, 11] && x.diagonal(offset: 9).shape == [0] && x.diagonal(offset: -9).shape == [0])
    #expect(x.windows(3)[0] == [[0, 1, 2], [1, 2, 3]])
    // What is written to a view that sees an element several times is written to a copy.
    var windows = x.windows(3)
    windows[0, 0, 1] = -1
    #expect(x[0, 1].item() == 1 && windows[0, 1, 0].item() == 1 && windows[0, 0, 1].item() == -1)
  }

  @Test func `derivatives of diagonals and windows`() {
    expectDerivatives("a diagonal", x) { ($0.diagonal(offset: -1) * $0.diagonal(offset: -1) * [2, 3]).sum() }
    expectDerivatives("windows", x) { x in
      let windows = x.windows([2, 2], steps: [1, 2], axes: [0, 1])
      return (windows * windows * windows).sum()
    }
    expectDerivatives("a diagonal matrix", [1, 2, 3]) {
      (.diagonal($0, offset: 1) * Tensor.diagonal($0, offset: 1)).sum()
    }
  }

  @Test func `matrices with ones on a diagonal`() {
    #expect(
      Tensor<Int32>.eye(2) == [[1, 0], [0, 1]] && Tensor<Float>.eye(2, 3, offset: 1) == [[0, 1, 0], [0, 0, 1]])
    #expect(Tensor<Float>.eye(2, 3, offset: .max) == .zeros([2, 3]) && Tensor<Float>.eye(0, 2).shape == [0, 2])
    #expect(Tensor<Int64>.diagonal([[1, 2], [3, 4]]) == [[[1, 0], [0, 2]], [[3, 0], [0, 4]]])
    #expect(Tensor<Int64>.diagonal([7], offset: 1) == [[0, 7], [0, 0]])
  }

  @Test func `memory and nested arrays make tensors, and tensors them`() {
    let cube: [[[Float]]] = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    let tensor = Tensor(cube)
    #expect(tensor.shape == [2, 2, 2] && tensor.scalars3D == cube && tensor[0].scalars2D == cube[0])
    #expect(Tensor([cube, cube]).scalars4D == [cube, cube] && Tensor([cube]).transposed().scalars4D[1][0][1] == [6])
    #expect(Tensor<Float>([[]] as [[[Float]]]).shape == [1, 0, 0])
    let scalars: [Int32] = [1, 2, 3, 4]
    scalars.withUnsafeBufferPointer { #expect(Tensor(shape: [2, 2], scalars: $0) == [[1, 2], [3, 4]]) }
    #expect(
      Tensor(shape: [4, 1], scalars: scalars.span) == [[1], [2], [3], [4]] && Tensor(scalars.span) == [1, 2, 3, 4])
    scalars.withUnsafeBytes { #expect(Tensor<Int32>(shape: [4], bytes: $0) == [1, 2, 3, 4]) }
    scalars.withUnsafeBytes { bytes in
      let odd = Array(bytes.dropFirst(3).prefix(8))
      let read = odd.withUnsafeBytes { Tensor<Int32>(shape: [2], bytes: $0) }
      #expect(read.scalars == [2 << 8, 3 << 8])
    }
    let total = x.transposed().withSpan { span in
      var total = 0.0
      for index in span.indices { total += span[index] * Double(index) }
      return total
    }
    #expect(total == zip(x.transposed().scalars, 0..<12).reduce(0) { $0 + $1.0 * Double($1.1) })
    var changed = x
    changed.withMutableSpan { $0[0] = 9 }
    #expect(changed[0, 0].item() == 9 && x[0, 0].item() == 0)
  }

  @Test func `tensors like others`() {
    #expect(Tensor<Int32>.zeros(like: x) == .zeros([3, 4]) && Tensor<Float>.ones(like: x) == .ones([3, 4]))
    #expect(Tensor<Bool>.full(like: x[0], true) == [true, true, true, true])
    #expect((Tensor<Double>.logspace(0, 3, count: 4, base: 2) - [1, 2, 4, 8]).abs().max().item() < 1e-14)
  }

  enum Mistake: String, CaseIterable, Codable {
    case diagonal, windows, windowSize, moved, expanded, splitAt, chunks, eye, buffer, bytes, truths, nested, logspace

    func make() {
      let x = Tensor<Float>.zeros([3, 4])
      switch self {
      case .diagonal: _ = x.diagonal(axes: (0, -2))
      case .windows: _ = x.windows(5)
      case .windowSize: _ = x.windows(0)
      case .moved: _ = x.movedAxes(from: [0], to: [0, 1])
      case .expanded: _ = x.expandedDimensions(at: [0, 0])
      case .splitAt: _ = x.split(at: [2, 1])
      case .chunks: _ = x.chunks(0)
      case .eye: _ = Tensor<Float>.eye(-1)
      case .buffer: [Float(1)].withUnsafeBufferPointer { _ = Tensor(shape: [2], scalars: $0) }
      case .bytes: [Float(1)].withUnsafeBytes { _ = Tensor<Float>(shape: [2], bytes: $0) }
      case .truths: [UInt8(2)].withUnsafeBytes { _ = Tensor<Bool>(shape: [1], bytes: $0) }
      case .nested: _ = x.scalars3D
      case .logspace: _ = Tensor<Float>.logspace(0, 1, count: 0)
      }
    }

    var message: String {
      switch self {
      case .diagonal: "diagonal: axis -2 of [3, 4] is named twice"
      case .windows: "windows: expected at most 4 elements in a window along axis 1 of [3, 4], got 5"
      case .windowSize: "windows: expected sizes and steps of at least 1, got sizes [0] and steps [1]"
      case .moved: "movedAxes: expected as many places as axes, got axes [0] and places [0, 1]"
      case .expanded: "expandedDimensions: expected different places, got [0, 0]"
      case .splitAt: "split: expected ascending positions within 0 ... 3, axis 0 of [3, 4], got [2, 1]"
      case .chunks: "chunks: expected a count of at least 1, got 0"
      case .eye: "eye: expected sizes of at least 0, got -1 and -1"
      case .buffer: "tensor: expected 2 scalars for shape [2], got 1"
      case .bytes: "tensor: expected 8 bytes for shape [2] of Float, got 4"
      case .truths: "tensor: expected bytes of Bool that are 0 or 1, got 2"
      case .nested: "scalars3D: expected a tensor of rank 3, got [3, 4]"
      case .logspace: "logspace: expected a count of at least 1, got 0"
      }
    }
  }

  @Test(arguments: Mistake.allCases)
  func `a mistake stops with what it is`(mistake: Mistake) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [mistake] in
      mistake.make()
    }
    #expect(errorText(result).contains("Fatal error: \(mistake.message)"))
  }
}
