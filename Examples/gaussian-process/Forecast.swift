import Martlet
import Pictures

// How well a process predicts, in numbers and in a picture.

/// Half of the width of a normal distribution's middle 95 %, in standard deviations.
private let halfWidth = 1.96

/// How predictions compare with what was measured.
struct Quality {
  /// The root of the mean squared error.
  let error: Double
  /// The share of the measurements within the 95 % intervals.
  let within: Double

  init(of process: GaussianProcess, _ times: Tensor<Double>, _ measured: Tensor<Double>) throws {
    let (mean, deviation) = try process.predict(times)
    let errors = measured - mean
    error = sqrt(errors.squared().mean()).item()
    within = Double((abs(errors) .<= halfWidth * deviation).mean().item())
  }
}

/// Measurements that are drawn alike.
struct Points {
  let name: String
  let years: Tensor<Double>
  let measured: Tensor<Double>
}

/// A chart of the predictions over some years, with the measurements and some curves that the process takes for possible.
func chart(
  of process: GaussianProcess, over years: ClosedRange<Double>, title: String, _ points: [Points], curves: Int = 0
) throws -> Chart {
  let grid = Tensor<Double>.linspace(years.lowerBound, years.upperBound, count: 600)
  let (mean, deviation) = try process.predict(grid)
  var chart = Chart(title, x: "year", y: "carbon dioxide in ppm")
  chart.band(
    grid, from: mean - halfWidth * deviation, to: mean + halfWidth * deviation, label: "95 % interval", color: 0)
  if curves > 0 {
    for (index, curve) in try process.curves(curves, at: grid).unstacked().enumerated() {
      chart.line(grid, curve, label: index == 0 ? "possible" : nil, color: 7)
    }
  }
  chart.line(grid, mean, label: "predicted", color: 0)
  for (index, points) in points.enumerated() {
    let isShown = (points.years .>= years.lowerBound) .& (points.years .<= years.upperBound)
    chart.points(points.years[isShown], points.measured[isShown], label: points.name, color: 2 - index)
  }
  return chart
}
