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
import Pictures

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

/// Compares predictions with what was measured.
func judge(
  _ name: String, _ process: GaussianProcess, mean: Double, _ years: Tensor<Double>, _ measured: Tensor<Double>
)
  throws
{
  let (predicted, deviation) = try process.predict(years)
  let errors = predicted + mean - measured
  let within = (abs(errors) .<= 1.96 * deviation).mean().item()
  print(
    String(
      format: "%@: %d months, root mean squared error %.3f ppm, within the 95 %% interval: %.3f", name, years.count,
      sqrt(errors.squared().mean()).item(), within))
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
  let mean = measured[isTraining].mean().item()
  let process = GaussianProcess(kernel: Kernel(), t: years[isTraining], y: measured[isTraining] - mean)
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
    print(
      String(
        format: "  %@ %8.3f", path.replacing(".logarithm", with: "").padding(toLength: 22, withPad: " ", startingAt: 0),
        value))
  }

  // The months that were held out.
  try judge("between the months", process, mean: mean, years[isPast .& isFifth], measured[isPast .& isFifth])
  try judge("after the last month", process, mean: mean, years[.!isPast], measured[.!isPast])

  // Pictures: the whole, and the forecast from near.
  func draw(_ range: ClosedRange<Double>, title: String, curves count: Int, to path: String) throws {
    let grid = Tensor<Double>.linspace(range.lowerBound, range.upperBound, count: 24 * 24)
    let (predicted, deviation) = try process.predict(grid)
    var chart = Chart(title, x: "year", y: "carbon dioxide in ppm")
    chart.band(
      grid, from: predicted + mean - 1.96 * deviation, to: predicted + mean + 1.96 * deviation, label: "95 % interval",
      colour: 0)
    if count > 0 {
      for (index, curve) in try process.curves(count, at: grid).unstacked().enumerated() {
        chart.line(grid, curve + mean, label: index == 0 ? "possible" : nil, colour: 7)
      }
    }
    chart.line(grid, predicted + mean, label: "predicted", colour: 0)
    for (mask, label, colour) in [(isTraining, "fitted to", 2), (.!isTraining, "held out", 1)] {
      let shown = mask .& (years .>= range.lowerBound) .& (years .<= range.upperBound)
      chart.points(years[shown], measured[shown], label: label, colour: colour)
    }
    try chart.write(to: path)
  }
  let (whole, near) = (options.output + "/gaussian-process.svg", options.output + "/gaussian-process-forecast.svg")
  try draw(1965...1989, title: "Carbon dioxide at Mauna Loa", curves: 0, to: whole)
  try withRandomSeed(options.seed) {
    try draw(1983...1989, title: "The forecast from 1985 on", curves: 3, to: near)
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
