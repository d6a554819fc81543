import Foundation
import Martlet
import Workloads

/// The contestant that `compare` talks to: reads commands, a line each, and answers each with a line of JSON.
///
///     list                       the names of all workloads
///     limits                     measures the machine's limits, which takes a second
///     run WORKLOAD SECONDS       times one for about as long
///     first WORKLOAD             times the way to a training's first step in a fresh process: data, model, step
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
        let readyAt = secondsSinceBoot()
        let threads = try threads(from: CommandLine.arguments.dropFirst())
        var runner = Runner()
        withThreads(threads) {
          say(Greeting(threads: threads, readyAt: readyAt))
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
  private var last: Prepared?

  private struct Prepared {
    let workload: Workload
    let instance: Instance
    let check: Double
    let peakBytes: Int?
  }

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
      case "first" where words.count == 2: Runner.say(try firstStep(words[1]))
      case "run" where words.count == 3:
        guard let seconds = Double(words[2]), seconds > 0, seconds <= 3600 else {
          throw Failure("a time in seconds, at most 3600, is wanted, not \(words[2])")
        }
        Runner.say(try run(words[1], seconds: seconds))
      default:
        throw Failure(
          "cannot make sense of '\(words.joined(separator: " "))': list, limits, run WORKLOAD SECONDS, first WORKLOAD, quit"
        )
      }
    } catch {
      Runner.say(Complaint(error: "\(error)"))
    }
  }

  private func firstStep(_ name: String) throws -> FirstStep {
    guard let workload = Workload.named(name) else { throw Failure("there is no workload \(name)") }
    guard let first = workload.firstStep else { throw Failure("\(name) is no training") }
    let clock = SuspendingClock()
    let start = clock.now
    let makeModel = first()
    let dataAt = clock.now
    let step = makeModel()
    let modelAt = clock.now
    step()
    return FirstStep(
      workload: name, data: (dataAt - start).seconds, model: (modelAt - dataAt).seconds,
      step: (clock.now - modelAt).seconds)
  }

  /// The monotonic clock, which every process reads the same.
  private static func secondsSinceBoot() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private mutating func run(_ name: String, seconds: Double) throws -> Report {
    if last?.workload.name != name {
      guard let workload = Workload.named(name) else { throw Failure("there is no workload \(name)") }
      last = nil
      let instance = try workload.make()
      last = Prepared(
        workload: workload, instance: instance, check: try instance.check(), peakBytes: instance.peakBytes?())
    }
    let prepared = last!
    let (workload, work) = (prepared.workload, prepared.workload.work)
    let samples = Timing(duration: seconds).samples(of: workload, prepared.instance)
    return Report(
      workload: name, times: samples.times, mean: samples.mean, check: prepared.check, flop: work.flop,
      bytes: work.bytes, peakBytes: prepared.peakBytes)
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
  /// When the program began, by the monotonic clock.
  let readyAt: Double
}

private struct FirstStep: Encodable {
  let workload: String
  let unit = "seconds"
  let data: Double
  let model: Double
  let step: Double
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
  let mean: Double
  let check: Double
  let flop: Double
  let bytes: Double
  let peakBytes: Int?
}

private struct Complaint: Encodable {
  let error: String
}
