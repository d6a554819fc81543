import MartletCore

/// What is done with the pieces of a parameter.
struct UpdateKernel: Sendable {
  /// Changes a piece.
  let update: @Sendable (_ piece: UpdatePiece) -> Void
  /// The two sums over a piece that `update` needs for the whole parameter, if it does.
  var measure: (@Sendable (_ piece: UpdatePiece) -> SIMD2<Double>)?
}

/// A piece of a parameter and its slots in a step.
struct UpdatePiece {
  let type: ScalarType
  /// The piece's first element of the gradient.
  var gradient: UnsafeRawPointer
  /// The first element of the parameter, then that of each of its slots.
  let targets: UnsafePointer<UnsafeMutableRawPointer>
  let slotCount: Int
  /// The index of the piece's first element in the parameter, and the number of its elements.
  var from: Int
  var count: Int
  /// The sums over the whole parameter.
  var sums = SIMD2<Double>.zero

  /// The part of a whole parameter from an element on.
  func part(from start: Int, count: Int) -> UpdatePiece {
    var part = self
    part.gradient += start * type.size
    (part.from, part.count) = (start, count)
    return part
  }

  func elements<S: FloatingScalar>(of target: Int) -> UnsafeMutablePointer<S> {
    targets[target].assumingMemoryBound(to: S.self) + from
  }
}

/// One optimiser step over all parameters in one parallel region: the elements of all parameters are numbered
/// consecutively, and each thread updates ranges of these numbers, which may span several parameters.
///
/// It reads the gradients; it writes, for each parameter, its value and then its slots.
struct OptimizerStep: Effect {
  let name: String
  /// The kernel for the first parameters, and mostly for all, since most have taken the same number of steps.
  let kernel: UpdateKernel
  var further: [Kernel] = []
  let slotCount: Int
  let flops: Int
  /// Whether the step goes along the gradient, not against it.
  let isUphill: Bool

  /// The most elements of a piece: so many stay in the cache where an update rule reads them more than once.
  private static let most = 4096

  /// The kernel for the parameters from position `first` on, up to the next kernel's.
  struct Kernel {
    let first: Int
    let kernel: UpdateKernel
  }

  /// The parameters of a step in memory that is theirs for its time.
  struct Items {
    /// A whole parameter, with the number of its first element among those of all, and the number of its kernel.
    fileprivate struct Item {
      var whole: UpdatePiece
      let start: Int
      let kernel: Int
    }

    fileprivate let all: UnsafeMutableBufferPointer<Item>
    private let targets: UnsafeMutableBufferPointer<UnsafeMutableRawPointer>
    private let slotCount: Int
    private(set) var count = 0
    /// The number of elements of all parameters.
    private(set) var total = 0

    /// Calls `body` with room for so many parameters, each with the same number of slots.
    static func with(_ capacity: Int, slotCount: Int, _ body: (inout Items) -> Void) {
      withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: capacity * (1 + slotCount)) { targets in
        withUnsafeTemporaryAllocation(of: Item.self, capacity: capacity) { all in
          var items = Items(all: all, targets: targets, slotCount: slotCount)
          body(&items)
        }
      }
    }

    fileprivate init(
      all: UnsafeMutableBufferPointer<Item>, targets: UnsafeMutableBufferPointer<UnsafeMutableRawPointer>,
      slotCount: Int
    ) {
      (self.all, self.targets, self.slotCount) = (all, targets, slotCount)
    }

    /// Appends a parameter by its contiguous gradient, and by the addresses of its elements and of its slots'. All must
    /// live longer than the items.
    mutating func append(
      _ gradient: TensorBody, _ parameter: UnsafeMutableRawPointer, kernel: Int,
      slots: (Int) -> UnsafeMutableRawPointer
    ) {
      let first = targets.baseAddress! + count * (1 + slotCount)
      first.initialize(to: parameter)
      for slot in 0..<slotCount { (first + 1 + slot).initialize(to: slots(slot)) }
      let whole = UpdatePiece(
        type: gradient.scalarType, gradient: gradient.pointer, targets: first, slotCount: slotCount, from: 0,
        count: gradient.count)
      all.initializeElement(at: count, to: Item(whole: whole, start: total, kernel: kernel))
      count += 1
      total += gradient.count
    }
  }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    Items.with(reading.count, slotCount: slotCount) { items in
      var kernel = 0
      for index in reading.indices {
        if kernel < further.count && further[kernel].first == index { kernel += 1 }
        let first = index * (1 + slotCount)
        items.append(reading[index], writing[first].pointer, kernel: kernel) { writing[first + 1 + $0].pointer }
      }
      run(items)
    }
    withExtendedLifetime((reading, writing)) {}
  }

  /// Changes the parameters.
  func run(_ items: Items) {
    let all = UnsafeMutableBufferPointer(rebasing: items.all[..<items.count])
    measure(all)
    split(UnsafeBufferPointer(all), items.total)
  }

  private func kernel(_ number: Int) -> UpdateKernel { number == 0 ? kernel : further[number - 1].kernel }

  /// Adds up the sums that kernels ask for, over pieces that are the same for any number of threads.
  private func measure(_ items: UnsafeMutableBufferPointer<Items.Item>) {
    if kernel.measure == nil { return }
    var pieces: [(item: Int, from: Int)] = []
    for (index, item) in items.enumerated() {
      pieces += stride(from: 0, to: item.whole.count, by: Self.most).map { (index, $0) }
    }
    let sums = [SIMD2<Double>](unsafeUninitializedCapacity: pieces.count) { sums, count in
      WorkerPool.parallelFor(pieces.count, grain: 2) { range in
        for index in range {
          let (item, from) = (items[pieces[index].item], pieces[index].from)
          let piece = item.whole.part(from: from, count: min(Self.most, item.whole.count - from))
          sums.initializeElement(at: index, to: apply(kernel(item.kernel).measure!, to: piece))
        }
      }
      count = pieces.count
    }
    for (piece, sum) in zip(pieces, sums) { items[piece.item].whole.sums += sum }
  }

  /// Calls a kernel's function, with the negated gradient where the step goes along it.
  @inline(__always)
  private func apply<R>(_ function: (UpdatePiece) -> R, to piece: UpdatePiece) -> R {
    isUphill ? negated(piece, function) : function(piece)
  }

  private func negated<R>(_ piece: UpdatePiece, _ function: (UpdatePiece) -> R) -> R {
    func call<S: FloatingScalar>(_: S.Type) -> R {
      withUnsafeTemporaryAllocation(of: S.self, capacity: piece.count) { buffer in
        let gradient = piece.gradient.assumingMemoryBound(to: S.self)
        for index in 0..<piece.count { buffer.initializeElement(at: index, to: -gradient[index]) }
        var turned = piece
        turned.gradient = UnsafeRawPointer(buffer.baseAddress!)
        return function(turned)
      }
    }
    return piece.type.floating(call(Float.self), call(Double.self))
  }

  private func split(_ items: UnsafeBufferPointer<Items.Item>, _ total: Int) {
    WorkerPool.parallelFor(total, grain: 4096) { range in
      var low = 0
      var high = items.count
      while high - low > 1 {
        let middle = (low + high) / 2
        if items[middle].start <= range.lowerBound { low = middle } else { high = middle }
      }
      var next = range.lowerBound
      var number = items[low].kernel
      var update = kernel(number).update
      while next < range.upperBound {
        let (whole, start) = (items[low].whole, items[low].start)
        if items[low].kernel != number {
          number = items[low].kernel
          update = kernel(number).update
        }
        let end = min(range.upperBound, start + whole.count)
        while next < end {
          let count = min(end - next, Self.most)
          apply(update, to: whole.part(from: next - start, count: count))
          next += count
        }
        low += 1
      }
    }
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    // The parameter and each slot are read and written, the gradient is read.
    let accesses = 3 + 2 * slotCount
    return reading.reduce(into: .nothing) { cost, gradient in
      cost.flops += flops * gradient.count
      cost.bytes += accesses * gradient.count * gradient.scalarType.size
    }
  }
}
