// A training that may be killed at any instant, and goes on from its checkpoint to the same bits:
//
//   swift run -c release resume --epochs 30 --checkpoint run.safetensors [--kill-after STEPS]
//
// Start it, press Ctrl-C or kill it, and start it again: the hash of the parameters at the end is always the same, as
// that of a run without any interruption. With --kill-after the program kills itself after so many steps.

import Foundation
import Martlet

/// An error outside the library, with a message.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The options on the command line.
struct Options {
  var epochs = 30
  var checkpoint = "run.safetensors"
  var stepsToLive: Int?

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch (name, rest.popFirst()) {
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      case ("--checkpoint", let value?): checkpoint = value
      case ("--kill-after", let value?) where Int(value).map { $0 > 0 } == true: stepsToLive = Int(value)!
      default:
        throw Failure(
          description: "cannot make sense of '\(name)'\n"
            + "usage: resume [--epochs N] [--checkpoint FILE] [--kill-after STEPS]")
      }
    }
  }
}

/// A number that depends on every bit of the parameters (FNV-1a).
func hash(of model: some Module) -> String {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for (_, variable) in model.parameters() {
    variable.value.withUnsafeBytes { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 } }
  }
  return String(hash, radix: 16)
}

func run() throws {
  let options = try Options(CommandLine.arguments.dropFirst())
  let (train, held) = try Datasets.digits().split(testFraction: 0.2, stratified: true, seed: 1)
  let model = withRandomSeed(1) {
    Sequential(inputShape: [64]) {
      Dense(64, activation: .relu)
      Dropout(0.2)
      Dense(10)
    }
  }
  let trainer = Trainer(model, optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
  let saving = Checkpointing(to: options.checkpoint, everySteps: 20)
  var steps = 0
  let kill = Hook(onStepEnd: { _ in
    steps += 1
    if steps == options.stepsToLive { Foundation.kill(getpid(), SIGKILL) }
  })
  // `latest` is nil as long as there is no file: then the training begins anew.
  let history = try trainer.fit(
    train, validation: held, epochs: options.epochs, seed: 1,
    callbacks: [EarlyStopping(patience: 10), saving, kill], resumingFrom: saving.latest)
  if trainer.wasInterrupted { return }
  print(history.plot())
  print("parameters after \(history.epochs) epochs: \(hash(of: model))")
}

do {
  try run()
} catch {
  FileHandle.standardError.write(Data("resume: \(error)\n".utf8))
  exit(1)
}
