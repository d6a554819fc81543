import Foundation
import Martlet
import Pictures

/// How a square plate, whose edge is held at 0, cools: ∂u/∂t = ∂²u/∂x² + ∂²u/∂y².
///
/// The plate begins as a sum of products of sines, whose later temperatures are known.
struct Plate {
  /// The temperatures at the points of a grid over the unit square, `[n + 1, n + 1]`.
  var temperature: Tensor<Double>
  private(set) var time = 0.0
  /// A quarter of the squared distance between neighbours, the largest stable step, and some less.
  let step: Double
  private let x: Tensor<Double>
  private let ratio: Double

  init(intervals n: Int) {
    x = .linspace(0, 1, count: n + 1)
    ratio = 0.2
    step = ratio / Double(n * n)
    temperature = []
    temperature = exact
  }

  /// One step of the explicit Euler method: each point inside the plate moves towards the mean of its neighbours.
  mutating func advance() {
    let u = temperature
    let inside = TensorIndex.slice(from: 1, to: -1)
    let neighbours = u[..<(-2), inside] + u[2..., inside] + u[inside, ..<(-2)] + u[inside, 2...]
    temperature[inside, inside] += ratio * (neighbours - 4 * u[inside, inside])
    time += step
  }

  /// The true temperatures: each product of sines decays by itself.
  var exact: Tensor<Double> {
    func mode(_ m: Double, _ n: Double) -> Tensor<Double> {
      let decay = exp(-Double.pi * Double.pi * (m * m + n * n) * time)
      return decay * outer(sin(Double.pi * m * x), sin(Double.pi * n * x))
    }
    return mode(1, 1) + 0.8 * mode(3, 2)
  }

  var error: Double { abs(temperature - exact).max().item() }
}

/// Lets a plate cool, compares it with the truth, and draws it at four times.
func heatEquation(picture: String) throws {
  print("\nHeat equation")
  let times = [0, 0.003, 0.01, 0.04]
  var errors: [Double] = []
  for intervals in [32, 64] {
    var plate = Plate(intervals: intervals)
    var panels: [(label: String, matrix: Tensor<Double>)] = []
    var worst = 0.0
    for time in times {
      while plate.time < time - plate.step / 2 { plate.advance() }
      panels.append((label: String(format: "t = %.3f", plate.time), matrix: plate.temperature))
      worst = max(worst, plate.error)
    }
    print(String(format: "  %d x %d points: largest error %.1e", intervals + 1, intervals + 1, worst))
    errors.append(worst)
    try HeatMap("A plate that cools", panels, of: "temperature", axes: ("x", "y")).saveSVG(to: picture)
  }
  // The method is of second order: half the distance between points, a quarter of the error.
  print(String(format: "  order of convergence: %.2f", log2(errors[0] / errors[1])))
}
