import MartletPlatform

/// The generalised entropy index of benefits with weights.
func entropy(alpha: Double, benefits: [(value: Double, weight: Double)]) -> Double {
  let held = benefits.filter { $0.weight > 0 }
  let weight = held.reduce(0) { $0 + $1.weight }
  let mean = held.reduce(0) { $0 + $1.value * $1.weight } / weight
  guard weight > 0, mean > 0 else { return .nan }
  var sum = 0.0
  for benefit in held {
    let share = benefit.value / mean
    let term: Double
    switch alpha {
    case 0: term = -log(share)
    case 1: term = share > 0 ? share * log(share) : 0
    default: term = (pow(share, alpha) - 1) / (alpha * (alpha - 1))
    }
    sum += term * benefit.weight
  }
  return sum / weight
}
