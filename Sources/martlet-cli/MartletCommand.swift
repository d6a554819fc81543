import ArgumentParser
import MartletDiagnosis
import MartletText

/// The `martlet` command.
@main
struct MartletCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "martlet", abstract: "Tools for Martlet, tensors and neural-network training for Swift.",
    version: martletVersion, subcommands: [CardCommand.self, Doctor.self, EnergyCommand.self])
}

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says how well Martlet runs on this machine, and what would help.",
    discussion: """
      Shows the processor, OpenBLAS, threads and memory as Martlet sees them, measures what the machine can do, checks \
      results against plain loops, and gives advice. Takes a few seconds and some 400 MB.

      Exit code: 0, or 1 if a numeric check fails.
      """)

  @Flag(help: "Write JSON: the findings, then the advice.")
  var json = false

  @Flag(help: "Measure nothing.")
  var quick = false

  func run() throws {
    let diagnosis = Diagnosis(Findings.gathered(measuring: !quick))
    print(json ? try Report.json(diagnosis) : Report.text(diagnosis))
    if diagnosis.hasFault { throw ExitCode(1) }
  }
}
