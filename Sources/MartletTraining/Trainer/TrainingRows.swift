import MartletCore
import MartletData
import MartletText

/// What a fit trains or validates with: rows in memory, or a stream of them.
enum TrainingRows<Input: Batchable, Target: Batchable> {
  case dataset(Dataset<Input, Target>)
  /// Opens a stream's batches of a size, each converted and checked as it comes.
  case stream(count: Int?, (Int) throws(TrainingError) -> () throws(TrainingError) -> Batch<Input, Target>?)

  /// The rows in memory; nil for a stream.
  var dataset: Dataset<Input, Target>? {
    if case .dataset(let dataset) = self { dataset } else { nil }
  }

  /// The number of batches of a size; nil where a stream does not know it.
  func batchCount(of size: Int) -> Int? {
    count.map { $0 / size + ($0 % size == 0 ? 0 : 1) }
  }

  /// The number of rows; nil where a stream does not know it.
  var count: Int? {
    switch self {
    case .dataset(let dataset): dataset.count
    case .stream(let count, _): count
    }
  }

  /// What rows in memory are recognised by; a stream may give others each time, and is not read to find out.
  var fingerprint: String {
    dataset?.fingerprint ?? "stream"
  }

  /// The batches of one epoch. Whether a stream is shuffled, and how, is its own matter.
  func epoch(batchSize: Int, shuffle: Bool) throws(TrainingError) -> EpochBatches<Input, Target> {
    switch self {
    case .dataset(let dataset):
      let batches = (shuffle ? dataset.shuffled() : dataset).batches(of: batchSize)
      var (iterator, position) = (batches.makeIterator(), 0)
      return EpochBatches(indices: batches.indices) { index throws(TrainingError) in
        // A fit may go on within an epoch.
        if index != position { iterator = BatchIterator(batches, from: index) }
        position = index + 1
        return iterator.next()
      }
    case .stream(_, let open):
      let next = try open(batchSize)
      var position = 0
      return EpochBatches(indices: 0..<Int.max) { index throws(TrainingError) in
        // Where a fit goes on within an epoch, what it has trained with is read again.
        while position < index {
          if try next() == nil { return nil }
          position += 1
        }
        position += 1
        return try next()
      }
    }
  }
}

/// The batches of one epoch, to be taken in order.
struct EpochBatches<Input: Batchable, Target: Batchable> {
  /// The numbers of the batches; without an end where it is not known.
  let indices: Range<Int>
  /// A batch by its number, which is above the one before; nil when there are no more.
  let batch: (Int) throws(TrainingError) -> Batch<Input, Target>?
}

/// The error that a stream's closures threw.
public struct StreamError: Error, Sendable, CustomStringConvertible {
  /// The error that was thrown.
  public let underlying: any Error
  /// What it says.
  public var description: String { "the stream of examples: \(underlying)" }
}

extension StreamError: Equatable {
  /// Whether both have the same description.
  public static func == (a: StreamError, b: StreamError) -> Bool { a.description == b.description }
}

extension TrainingError {
  /// The error of reading a stream.
  init(reading error: any Error) {
    self =
      switch error {
      case let error as TrainingError: error
      case let error as DatasetError: TrainingError(error)
      case let error as FormatError: .table(error)
      case let error as TableError: .columns(error)
      default: .stream(StreamError(underlying: error))
      }
  }
}
