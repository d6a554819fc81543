import ArgumentParser
import Foundation
import MartletAccountability

struct CardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "card", abstract: "Prints, checks and compares the cards of models.",
    discussion: """
      A MODEL is a model's file with a card (.safetensors), or a card in Markdown or JSON as ModelCardWriter writes it. With \
      one, its card is printed; with two, they are compared: measures and gaps on the same data, energy, privacy, options.

      --check names the questions that nobody has answered, and what contradicts itself or the file, such as parameters of \
      another hash.

      Exit code: 0; 1 if --check finds something missing or contradictory; 2 if a file cannot be read or has no card.
      """)

  @Argument(help: "A model's file or a card; two are compared.")
  var models: [String]

  @Flag(help: "Print the card as JSON.")
  var json = false

  @Flag(help: "Print the card as Markdown (default).")
  var markdown = false

  @Flag(help: "Say what is missing or contradictory.")
  var check = false

  func validate() throws {
    if !(1...2).contains(models.count) {
      throw ValidationError("expected one model, or two to compare, got \(models.count)")
    }
    if [json, markdown, check].count(where: { $0 }) > 1 {
      throw ValidationError("expected one of --json, --markdown and --check, got several")
    }
    if models.count == 2 && (json || markdown || check) {
      throw ValidationError("expected one model with --json, --markdown or --check, got two")
    }
  }

  func run() throws {
    let report =
      if models.count == 2 {
        CardReport.comparison(of: models[0], with: models[1])
      } else if check {
        CardReport.check(of: models[0])
      } else {
        CardReport.card(of: models[0], as: json ? .json : .markdown)
      }
    let output = report.exitCode == 2 ? FileHandle.standardError : FileHandle.standardOutput
    output.write(Data(report.text.utf8))
    if report.exitCode != 0 { throw ExitCode(report.exitCode) }
  }
}
