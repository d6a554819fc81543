import Benchmark
import Foundation
import Martlet
import Workloads

/// The time of a whole process. Its limit is that of a process which does nothing, `true`.
public enum StartupSuite {
  public static func register() {
    Settings.requireOptimization()
    let state = State()
    Benchmark(
      "startup/784-512-512-10",
      configuration: Settings.configuration([Settings.share], seconds: 2),
      closure: { benchmark in
        let seconds = Settings.required("startup") {
          try state.timed {
            benchmark.startMeasurement()
          } after: {
            benchmark.stopMeasurement()
          }
        }
        benchmark.measurement(Settings.share, Int(1000 * state.limit / seconds))
      },
      setup: { Settings.required("startup") { try state.prepare() } },
      teardown: { state.file = nil })
  }

  private final class State {
    var file: TemporaryFile?
    var limit = 0.0

    func prepare() throws {
      let file = try TemporaryFile("model.safetensors")
      try Workload.startupModel().save(to: file.path)
      self.file = file
      let runs = try (0..<(Settings.isSmoke ? 1 : 20)).map { _ in try StartupSuite.seconds("/bin/true", []) }
      limit = runs.min()!
    }

    func timed(before: () -> Void, after: () -> Void) throws -> Double {
      before()
      defer { after() }
      return try StartupSuite.seconds(StartupSuite.probe, [file!.path])
    }
  }

  /// The probe, which is built beside this executable.
  private static let probe = Bundle.main.bundleURL.appendingPathComponent("startup-probe").path

  /// The time in which a program runs to its end, without its output. Foundation's `Process` would add turns of a run
  /// loop to the time.
  private static func seconds(_ program: String, _ arguments: [String]) throws -> Double {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    let clock = ContinuousClock()
    let start = clock.now
    var child = pid_t()
    var status: Int32 = 0
    let error = posix_spawn(&child, program, &actions, nil, &words, environ)
    if error != 0 { throw Failure(description: "\(program) cannot be started: error \(error)") }
    while waitpid(child, &status, 0) < 0 {
      if errno != EINTR { throw Failure(description: "\(program): waiting for it failed, error \(errno)") }
    }
    let time = (clock.now - start).seconds
    if status != 0 { throw Failure(description: "\(program) ended with status \(status)") }
    return time
  }

  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }
}
