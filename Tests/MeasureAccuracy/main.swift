// Measures the error of every elementwise function against C's functions of a wider type, and writes the table of the
// documentation's page "Accuracy":
//
//   swift run -c release measure-accuracy [--exhaustive NAME,NAME…] [--write FILE] [NAME…]
//
// It samples every exponent of both types; --exhaustive NAME takes every normal float32 for these functions (minutes
// each). With names it measures these alone; --write replaces the table between the file's two marks.

import Accuracy
import CKernels
import Foundation

struct Failure: Error, CustomStringConvertible {
  let description: String
}

struct Options {
  var exhaustive: Set<String> = []
  var file: String?
  var names: Set<String> = []

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let word = rest.popFirst() {
      switch word {
      case "--exhaustive":
        guard let list = rest.popFirst() else { throw Failure(description: "--exhaustive needs names") }
        exhaustive = Set(list.split(separator: ",").map(String.init))
      case "--write":
        guard let path = rest.popFirst() else { throw Failure(description: "--write needs a file") }
        file = path
      case let word where word.hasPrefix("-"): throw Failure(description: "unknown option '\(word)'")
      default: names.insert(word)
      }
    }
    let known = Set(functions.map(\.name))
    let unknown = exhaustive.union(names).subtracting(known).sorted()
    if !unknown.isEmpty {
      throw Failure(description: "no function \(unknown.joined(separator: ", ")); there are \(known.sorted())")
    }
    if file != nil && !names.isEmpty { throw Failure(description: "--write needs every function, not some by name") }
  }
}

/// Adds up what several threads have measured.
func sum(_ parts: [accuracy]) -> accuracy {
  parts.dropFirst().reduce(into: parts[0]) { all, part in
    if part.worst > all.worst { (all.worst, all.worst_at) = (part.worst, part.worst_at) }
    if all.faults == 0 { all.fault_at = part.fault_at }
    all.sum += part.sum
    all.count += part.count
    all.faults += part.faults
  }
}

/// Calls `body` for the numbers of the parts, on every processor.
func inParts(_ count: Int, _ body: @escaping @Sendable (Int, inout accuracy) -> Void) -> accuracy {
  nonisolated(unsafe) let parts = UnsafeMutablePointer<accuracy>.allocate(capacity: count)
  parts.initialize(repeating: accuracy(), count: count)
  defer { parts.deallocate() }
  DispatchQueue.concurrentPerform(iterations: count) { body($0, &parts[$0]) }
  return sum(Array(UnsafeBufferPointer(start: parts, count: count)))
}

func measure(_ operation: mk_unary_op, _ type: mk_type) -> accuracy {
  inParts(8) { part, result in
    accuracy_sample(
      operation, type, type == MK_FLOAT32 ? 2_000 : 100, type == MK_FLOAT32 ? 32_000 : 12_000, UInt64(part), &result)
  }
}

func measureExhaustively(_ operation: mk_unary_op) -> accuracy {
  inParts(256) { part, result in
    accuracy_walk_f32(operation, UInt64(part) << 24, UInt64(part + 1) << 24, 1, &result)
  }
}

func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
func short(_ value: Double) -> String { String(format: "%.6g", value) }

let opening = "<!-- measured: swift run -c release measure-accuracy --write; checked by AccuracyTests -->"
let closing = "<!-- end of measured -->"

func run(_ options: Options) throws {
  var lines = [
    "| function | `Float`: worst ULP | at | mean | arguments | `Double`: worst ULP | at | mean |",
    "|---|---|---|---|---|---|---|---|",
  ]
  var faults = 0
  for (name, operation) in functions where options.names.isEmpty || options.names.contains(name) {
    let isExhaustive = options.exhaustive.contains(name)
    let single = isExhaustive ? measureExhaustively(operation) : measure(operation, MK_FLOAT32)
    let double = accuracy_has_wide_reference() ? measure(operation, MK_FLOAT64) : nil
    for (type, result) in [("Float", single)] + (double.map { [("Double", $0)] } ?? []) where result.faults > 0 {
      faults += 1
      let message = "\(name) of \(type): \(result.faults) results are wrong in kind, first at \(result.fault_at)\n"
      FileHandle.standardError.write(Data(message.utf8))
    }
    var cells = [
      "`\(name)`", fixed(single.worst, 2), short(single.worst_at), fixed(single.sum / Double(single.count), 2),
      isExhaustive ? "all" : "sampled",
    ]
    cells +=
      double.map { [fixed($0.worst, 2), short($0.worst_at), fixed($0.sum / Double($0.count), 2)] } ?? ["–", "–", "–"]
    let line = "| " + cells.joined(separator: " | ") + " |"
    lines.append(line)
    if options.file != nil { print(line) }
  }
  let table = lines.joined(separator: "\n")
  if let path = options.file {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    guard let start = text.range(of: opening), let end = text.range(of: closing) else {
      throw Failure(description: "\(path) has no place for the table: the lines\n\(opening)\n\(closing)")
    }
    let whole = text[..<start.upperBound] + "\n\n" + table + "\n\n" + text[end.lowerBound...]
    try String(whole).write(toFile: path, atomically: true, encoding: .utf8)
  } else {
    print(table)
  }
  if faults > 0 { throw Failure(description: "\(faults) functions gave results that are wrong in kind") }
}

do {
  try run(Options(CommandLine.arguments.dropFirst()))
} catch {
  FileHandle.standardError.write(Data("measure-accuracy: \(error)\n".utf8))
  exit(1)
}
