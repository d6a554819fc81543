import Foundation
import Martlet
import MartletNumerics
import Pictures

/// What k-means finds.
struct Clustering {
  /// The middle of each cluster, `[k, d]`.
  var centroids: Tensor<Double>
  /// Which cluster each row is in, `[n]`.
  var labels: Tensor<Int64>
  /// The sum of the squared distances between the rows and their centroids.
  var inertia: Double
  /// How often the centroids were moved.
  var iterations: Int
}

/// The squared distance between each row of x `[n, d]` and each of c `[k, d]`: ‖x‖² − 2 x cᵀ + ‖c‖², `[n, k]`.
func squaredDistances(_ x: Tensor<Double>, _ c: Tensor<Double>) -> Tensor<Double> {
  let squares = x.sumOfSquares(axis: 1, keepDims: true) + c.sumOfSquares(axis: 1)
  return maximum(squares - 2 * matmul(x, c.transposed()), 0)
}

/// Rows of x to begin with, each drawn with a probability that grows with its squared distance from those before it
/// (Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", 2007).
func firstCentroids(_ k: Int, of x: Tensor<Double>) -> Tensor<Double> {
  var rows = Tensor<Int64>.randomInteger([1], in: 0..<Int64(x.shape[0]))
  while rows.count < k {
    let distances = squaredDistances(x, x.take(rows)).min(axis: 1)
    let cumulative = distances.cumulativeSum(axis: 0)
    let drawn = (cumulative / cumulative[-1]).searchSorted(.randomUniform([1]), side: .right)
    rows = .concatenate([rows, drawn])
  }
  return x.take(rows)
}

/// Lloyd's algorithm: rows go to the nearest centroid, and centroids to the mean of their rows, until nothing changes.
func kMeans(_ x: Tensor<Double>, from first: Tensor<Double>) -> Clustering {
  let k = first.shape[0]
  var found = Clustering(centroids: first, labels: .full([x.shape[0]], -1), inertia: .infinity, iterations: 0)
  while true {
    let distances = squaredDistances(x, found.centroids)
    let labels = distances.argMin(axis: 1)
    found.inertia = distances.min(axis: 1).sum().item()
    if labels == found.labels { return found }
    found.labels = labels
    found.iterations += 1
    let counts = labels.bincount(minimumCount: k).cast(to: Double.self).expandedDimension(at: 1)
    let sums = Tensor<Double>.zeros(first.shape).adding(rows: x, at: labels)
    // A cluster that has lost all its rows stays where it was.
    found.centroids = .where(counts .> 0, sums / maximum(counts, 1), found.centroids)
  }
}

/// Finds k clusters among the digits, without their classes, and then asks which digits are in them.
func clusters(_ k: Int, of x: Tensor<Double>, classes: Tensor<Int32>, picture: String) throws {
  print("\nk-means")
  // The algorithm finds a local minimum: the best of ten beginnings is taken.
  let runs = (0..<10).map { _ in kMeans(x, from: firstCentroids(k, of: x)) }
  let best = runs.min { $0.inertia < $1.inertia }!
  print(String(format: "  inertia: %.2f after %d iterations", best.inertia, best.iterations))
  print(String(format: "  inertia of the ten runs: %.2f to %.2f", best.inertia, runs.map(\.inertia).max()!))

  // How often each digit is in each cluster: `add(_:at:)` counts every pair of indices.
  var table = Tensor<Int64>.zeros([k, 10])
  table.add(1, at: best.labels, classes)
  let most = table.max(axis: 1)
  let majority = table.argMax(axis: 1)
  print(String(format: "  purity: %.4f", Double(most.sum().item()) / Double(x.shape[0])))

  let sizes = table.sum(axis: 1)
  let panels = (0..<k).map { cluster in
    let (size, share) = (sizes[cluster].item(), 100 * Double(most[cluster].item()) / Double(sizes[cluster].item()))
    let label = String(format: "%d digits, %.0f %% are %d", size, share, majority[cluster].item())
    return (label: label, matrix: best.centroids[cluster].reshaped(to: [8, 8]))
  }
  try HeatMap("Centroids of \(k) clusters of handwritten digits", panels, of: "brightness", columns: 5).saveSVG(
    to: picture)
}
