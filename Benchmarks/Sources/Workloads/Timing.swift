import Martlet

/// How long and how often a workload is timed.
public struct Timing: Sendable {
  /// About how long all measured calls take together, in seconds.
  public var duration: Double
  /// The least number of samples, however long they take.
  public var leastSamples: Int
  /// The most samples, so that a report stays small: short calls are timed several together.
  public var mostSamples: Int

  public init(duration: Double, leastSamples: Int = 3, mostSamples: Int = 1000) {
    self.duration = duration
    self.leastSamples = leastSamples
    self.mostSamples = mostSamples
  }

  /// A sample lasts at least this long, so that reading the clock, some 50 ns, does not matter.
  private static let shortestSample = 20e-6

  /// Of calls that are timed one by one, at most so many are; their times are thinned to `mostSamples`.
  private static let mostSingleCalls = 100_000

  /// The seconds that one operation took.
  public struct Samples: Sendable {
    /// Sample by sample.
    public let times: [Double]
    /// Of all samples, those that were thinned out too.
    public let mean: Double
  }

  /// The seconds that one operation took; `instance` is warmed up first.
  public func samples(of workload: Workload, _ instance: Instance) -> Samples {
    let clock = SuspendingClock()
    func seconds(_ calls: Int) -> Double {
      let start = clock.now
      instance.run(calls)
      return (clock.now - start).seconds
    }
    // Warm up, and find out how long a call takes.
    instance.restart()
    var (calls, done, spent, shortest) = (1, 0, 0.0, Double.infinity)
    while spent < min(0.2, duration / 5) || done == 0 {
      let time = seconds(calls)
      shortest = min(shortest, time / Double(calls))
      spent += time
      done += calls
      if time < Timing.shortestSample { calls = min(2 * calls, instance.callsBeforeRestart) }
      if done + calls > instance.callsBeforeRestart { (_, done) = (instance.restart(), 1) }
    }
    instance.restart()

    let sample = workload.isLatency ? 0 : max(Timing.shortestSample, duration / Double(mostSamples))
    let most = workload.isLatency ? Timing.mostSingleCalls : mostSamples
    let callsPerSample = min(max(1, Int((sample / shortest).rounded(.up))), instance.callsBeforeRestart)
    var result: [Double] = []
    var callsSinceRestart = 0
    spent = 0
    while result.count < leastSamples || (spent < duration && result.count < most) {
      if callsSinceRestart + callsPerSample > instance.callsBeforeRestart {
        instance.restart()
        callsSinceRestart = 0
      }
      let time = seconds(callsPerSample)
      result.append(time / Double(callsPerSample * workload.operations))
      spent += time
      callsSinceRestart += callsPerSample
    }
    let mean = result.reduce(0, +) / Double(result.count)
    return Samples(times: result.count <= mostSamples ? result : Timing.thinned(result, to: mostSamples), mean: mean)
  }

  /// So many of the times, at even ranks, so that percentiles stay.
  private static func thinned(_ times: [Double], to count: Int) -> [Double] {
    let ordered = times.sorted()
    let step = Double(ordered.count - 1) / Double(max(1, count - 1))
    return (0..<count).map { ordered[Int((Double($0) * step).rounded())] }
  }
}

extension Duration {
  /// The duration in seconds.
  public var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
