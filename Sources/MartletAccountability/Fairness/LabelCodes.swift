import MartletCore
import MartletPlatform
import MartletText

/// Texts as numbers of the levels that occur, in ascending order: labels of rows, of which there may be millions and few
/// that differ.
struct LabelCodes {
  /// The texts that occur, ascending.
  let levels: [String]
  /// The position of each row's text among them.
  let codes: [Int32]

  private static let pieceRows = 1 << 15

  /// - Complexity: O(n) for up to 8 levels in a piece of the rows, a look-up for each row of others beyond
  init(_ labels: [String]) {
    let pieces = (labels.count + Self.pieceRows - 1) / Self.pieceRows
    func rows(_ piece: Int) -> Range<Int> {
      piece * Self.pieceRows..<min(labels.count, (piece + 1) * Self.pieceRows)
    }
    // Each piece numbers the texts that it meets; what they have in common is found at the end.
    var tables = [LabelTable](repeating: LabelTable(), count: pieces)
    var numbers = [Int32](unsafeUninitializedCapacity: labels.count) { buffer, count in
      tables.withUnsafeMutableBufferPointer { tables in
        labels.withUnsafeBufferPointer { labels in
          WorkerPool.parallelFor(pieces, grain: 1) { range in
            for piece in range {
              var table = LabelTable()
              for row in rows(piece) { buffer[row] = table.code(of: labels[row]) }
              tables[piece] = table
            }
          }
        }
      }
      count = labels.count
    }
    let order = Set(tables.lazy.flatMap(\.names)).sorted()
    let ranks = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($0.element, Int32($0.offset)) })
    let ranksOfPieces = tables.map { $0.names.map { ranks[$0]! } }
    numbers.withUnsafeMutableBufferPointer { numbers in
      WorkerPool.parallelFor(pieces, grain: 1) { range in
        for piece in range {
          let ranks = ranksOfPieces[piece]
          for row in rows(piece) { numbers[row] = ranks[Int(numbers[row])] }
        }
      }
    }
    levels = order.map(\.text)
    codes = numbers
  }
}

/// The texts so far and their numbers, in the order in which they came.
private struct LabelTable {
  /// Of a text's UTF-8 the length and up to 16 bytes, the first and the last 8: all there is of up to 16.
  private struct Key: Equatable {
    let length: Int
    let first, last: UInt64

    @inline(__always)
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
      length = bytes.count
      guard length >= 4, let start = UnsafeRawPointer(bytes.baseAddress) else {
        (first, last) = (bytes.reduce(0) { $0 << 8 | UInt64($1) }, 0)
        return
      }
      if length >= 8 {
        first = start.loadUnaligned(as: UInt64.self)
        last = start.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self)
      } else {
        first = UInt64(start.loadUnaligned(as: UInt32.self))
        last = UInt64(start.loadUnaligned(fromByteOffset: length - 4, as: UInt32.self))
      }
    }

    /// That of a text whose bytes do not lie in one piece, which equals no other.
    init() { (length, first, last) = (-1, 0, 0) }
  }

  private(set) var names: [ExactName] = []
  private var keys: [Key] = []
  private var bytes: [[UInt8]] = []
  private var places: [ExactName: Int32] = [:]

  /// The number of a text, a new one for a text that did not come before.
  @inline(__always)
  mutating func code(of label: String) -> Int32 {
    // Most attributes have few levels: comparing with each is quicker than hashing.
    let code = label.utf8.withContiguousStorageIfAvailable { text -> Int32 in
      let key = Key(text)
      for index in 0..<min(keys.count, 8) where keys[index] == key {
        let isEqual = key.length <= 16 || memcmp(bytes[index], text.baseAddress!, key.length) == 0
        if isEqual { return Int32(truncatingIfNeeded: index) }
      }
      return -1
    }
    if let code, code >= 0 { return code }
    return slowCode(of: label)
  }

  @inline(never)
  private mutating func slowCode(of label: String) -> Int32 {
    let name = ExactName(label)
    if let code = places[name] { return code }
    let code = Int32(names.count)
    places[name] = code
    names.append(name)
    keys.append(label.utf8.withContiguousStorageIfAvailable { Key($0) } ?? Key())
    bytes.append(Array(label.utf8))
    return code
  }
}
