// Regression with a Gaussian process: carbon dioxide at Mauna Loa from 1965 to 1988.
//
//   swift run -c release gaussian-process [--output FOLDER] [--steps N] [--seed N]
//
// A fifth of the months until 1984, and all after that, are held out. (Not every forecast goes as well: after Pinatubo's
// eruption of 1991 the growth slowed, which nothing before tells.) The hyperparameters of the kernel are fitted to the
// rest by their log marginal likelihood, whose gradient goes through a Cholesky factorisation. Printed are that likelihood
// beside scikit-learn's, and how many of the held-out months are within the intervals predicted for them.

import Foundation
import Martlet

/// An error outside the library, with a message.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The options on the command line.
struct Options {
  var output = "."
  var steps = 400
  var seed: UInt64 = 1

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      let given = rest.popFirst()
      switch (name, given) {
      case ("--output", let value?): output = value
      case ("--steps", let value?) where Int(value).map { $0 > 0 } == true: steps = Int(value)!
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      default:
        throw Failure(
          description: "cannot make sense of '\(name)\(given.map { " " + $0 } ?? "")'\n" + Options.usage)
      }
    }
  }

  static let usage = "usage: gaussian-process [--output FOLDER] [--steps N] [--seed N]"
}

func run(_ options: Options) throws {
  // The folder comes first, so that the work is not done in vain.
  do {
    try FileManager.default.createDirectory(atPath: options.output, withIntermediateDirectories: true)
  } catch {
    throw Failure(description: "cannot write to the folder \(options.output): \(error.localizedDescription)")
  }

  // Data: what is held out is chosen by a mask.
  let (years, measured) = (MaunaLoa.years, Tensor(MaunaLoa.concentrations))
  let isPast = years .< 1985
  let isFifth = Tensor<Int64>.arange(Int64(years.count)).remainder(5) .== 2
  let isTraining = isPast .& .!isFifth
  let process = GaussianProcess(kernel: Kernel(), t: years[isTraining], measured: measured[isTraining])
  print("\(process.t.count) months to fit to, \(years.count - process.t.count) held out")

  // The fit.
  let reference = MaunaLoa.scikitLearn
  let first = try process.logMarginalLikelihood().item()
  print(String(format: "log marginal likelihood before: %.6f (scikit-learn: %.6f)", first, reference.first))
  print(String(format: "difference from scikit-learn: %.1e", abs(first - reference.first)))
  let clock = ContinuousClock()
  let time = try clock.measure {
    try process.fit(steps: options.steps, learningRate: 0.1) { step, value in
      if step % 50 == 0 { print(String(format: "step %4d  log marginal likelihood %.4f", step, value)) }
    }
  }
  let fitted = try process.logMarginalLikelihood().item()
  print("\(options.steps) steps took \(time.formatted(.units(allowed: [.milliseconds])))")
  print(String(format: "log marginal likelihood after: %.4f (scikit-learn's L-BFGS: %.4f)", fitted, reference.best))
  for (path, variable) in process.kernel.parameters() {
    let value = exp(Tensor<Double>(variable.value, as: Double.self)).item()
    print(String(format: "%9.3f  ", value) + path.replacing(".logarithm", with: ""))
  }

  // The months that were held out.
  func judge(_ name: String, _ mask: Tensor<Bool>) throws {
    let quality = try Quality(of: process, years[mask], measured[mask])
    print(
      String(
        format: "%@: root mean squared error %.3f ppm, within the 95 %% interval: %.3f", name, quality.error,
        quality.within))
  }
  try judge("between the months", isPast .& isFifth)
  try judge("after the last month", .!isPast)

  // Pictures: the whole, and the forecast from near.
  let (whole, near) = (options.output + "/gaussian-process.svg", options.output + "/gaussian-process-forecast.svg")
  let points = [("fitted to", isTraining), ("held out", .!isTraining)].map { name, mask in
    Points(name: name, years: years[mask], measured: measured[mask])
  }
  try chart(of: process, over: 1965...1989, title: "Carbon dioxide at Mauna Loa", points).saveSVG(to: whole)
  try withRandomSeed(options.seed) {
    try chart(of: process, over: 1983...1989, title: "The forecast from 1985 on", points, curves: 3).saveSVG(to: near)
  }
  print("wrote \(whole) and \(near)")
}

func complain(_ message: String) {
  FileHandle.standardError.write(Data("gaussian-process: \(message)\n".utf8))
}

#if DEBUG
  complain("this is a debug build, 10 to 100 times slower; use: swift run -c release gaussian-process")
#endif

do {
  try run(Options(CommandLine.arguments.dropFirst()))
} catch {
  complain("\(error)")
  exit(1)
}
