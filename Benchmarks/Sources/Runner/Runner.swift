import Foundation
import Martlet
import Workloads

/// The contestant that `compare` talks to: reads commands, a line each, and answers each with a line of JSON.
///
///     list                       the names of all workloads
///     limits                     measures the machine's limits, which takes a second
///     run WORKLOAD SECONDS       times one for about as long
///     quit
///
/// Before the first command it sends a greeting. A command that cannot be done is answered with {"error": …}.
@main
struct Runner {
  static func main() {
    #if DEBUG
      FileHandle.standardError.write(
        Data("martlet-runner: this is a debug build, 10 to 100 times slower; build with -c release\n".utf8))
      exit(1)
    #else
      do {
        let threads = try threads(from: CommandLine.arguments.dropFirst())
        var runner = Runner()
        withThreads(threads) {
          say(Greeting(threads: threads))
          while let line = readLine() {
            let words = line.split(separator: " ").map(String.init)
            if words == ["quit"] { return }
            if !words.isEmpty { runner.obey(words) }
          }
        }
      } catch {
        FileHandle.standardError.write(Data("martlet-runner: \(error)\n".utf8))
        exit(2)
      }
    #endif
  }

  /// The workload that was timed last, kept because it is usually the next one too.
  private var last: (workload: Workload, instance: Instance, check: Double)?

  private mutating func obey(_ words: [String]) {
    do {
      switch words.first {
      case "list" where words.count == 1:
        Runner.say(Listing(workloads: Workload.all.map(\.name)))
      case "limits" where words.count == 1:
        let limits = MachineLimits.measured()
        // Arrays of a hundred megabytes, which do not fit into the caches.
        Runner.say(
          Limits(flopPerSecond: limits.peak(of: .float32), bytesPerSecond: limits.bandwidth(workingSet: 120_000_000)))
      case "run" where words.count == 3:
        guard let seconds = Double(words[2]), seconds > 0, seconds <= 3600 else {
          throw Failure("a time in seconds, at most 3600, is wanted, not \(words[2])")
        }
        Runner.say(try run(words[1], seconds: seconds))
      default:
        throw Failure(
          "cannot make sense of '\(words.joined(separator: " "))': list, limits, run WORKLOAD SECONDS, quit")
      }
    } catch {
      Runner.say(Complaint(error: "\(error)"))
    }
  }

  private mutating func run(_ name: String, seconds: Double) throws -> Report {
    if last?.workload.name != name {
      guard let workload = Workload.named(name) else { throw Failure("there is no workload \(name)") }
      last = nil
      let instance = try workload.make()
      last = (workload, instance, try instance.check())
    }
    let (workload, instance, check) = last!
    let times = Timing(duration: seconds).samples(of: workload, instance)
    return Report(
      workload: name, times: times, check: check, flop: workload.work.flop, bytes: workload.work.bytes)
  }

  private static func threads(from arguments: some Sequence<String>) throws -> Int {
    var rest = Array(arguments)[...]
    var threads = Threads.standard
    while let name = rest.popFirst() {
      guard name == "--threads", let count = rest.popFirst().flatMap({ Int($0) }), (1...256).contains(count) else {
        throw Failure("usage: martlet-runner [--threads N]")
      }
      threads = count
    }
    return threads
  }

  private static func say(_ message: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      try FileHandle.standardOutput.write(contentsOf: encoder.encode(message) + [UInt8(ascii: "\n")])
    } catch {
      // Nobody reads any more, or a number is NaN, which JSON does not have.
      FileHandle.standardError.write(Data("martlet-runner: \(error)\n".utf8))
      exit(1)
    }
  }
}

/// An error with a message.
private struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

private struct Greeting: Encodable {
  let contestant = "Martlet"
  let version = Source.revision
  let blas = OpenBLAS.configuration
  let core = OpenBLAS.core
  let threads: Int
}

private struct Listing: Encodable {
  let workloads: [String]
}

private struct Limits: Encodable {
  let flopPerSecond: Double
  let bytesPerSecond: Double
}

private struct Report: Encodable {
  let workload: String
  let unit = "seconds"
  let times: [Double]
  let check: Double
  let flop: Double
  let bytes: Double
}

private struct Complaint: Encodable {
  let error: String
}
