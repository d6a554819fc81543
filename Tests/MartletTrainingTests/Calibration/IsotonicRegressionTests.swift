import Foundation
import MartletTraining
import Testing

@Suite struct IsotonicRegressionTests {
  @Test("Thresholds, values and answers are scikit-learn's, with ties and weights") func scikitLearn() throws {
    let rows = try CalibrationFixture.read().isotonic
    for (fitted, weights) in [(rows.plain, nil), (rows.weighted, rows.weights)] {
      let regression = try IsotonicRegression(x: rows.x, y: rows.y, weights: weights)
      #expect(distance(regression.thresholds, fitted.thresholds) < 1e-12)
      #expect(distance(regression.values, fitted.values) < 1e-12)
      #expect(distance(rows.queries.map { regression($0) }, fitted.answers) < 1e-12)
    }
  }

  @Test("Numbers that fall are pooled to their mean, and what is beyond the thresholds is clipped") func byHand() throws
  {
    let regression = try IsotonicRegression(x: [4, 1, 2, 3], y: [5, 0, 2, 1])
    #expect(regression.thresholds == [1, 2, 3, 4] && regression.values == [0, 1.5, 1.5, 5])
    #expect(regression(2.5) == 1.5 && regression(3.5) == 3.25 && regression(-9) == 0 && regression(9) == 5)
    #expect(regression(.nan).isNaN && regression(.infinity) == 5)
    let one = try IsotonicRegression(x: [2, 2], y: [1, 4], weights: [2, 1])
    #expect(one.thresholds == [2] && one(0) == 2 && one(2) == 2 && one(5) == 2)
  }

  @Test("Numbers that are none, counts that differ and values that fall throw; Codable refuses them too")
  func badInput()
    throws
  {
    #expect(throws: CalibrationError.empty("expected numbers with a weight above 0, got none")) {
      try IsotonicRegression(x: [], y: [])
    }
    #expect(throws: CalibrationError.self) { try IsotonicRegression(x: [1], y: [1], weights: [0]) }
    #expect(throws: CalibrationError.shapes("expected as many numbers as places, got 2, 1 and weights 0")) {
      try IsotonicRegression(x: [1, 2], y: [1])
    }
    #expect(throws: CalibrationError.invalid("expected numbers that are finite, got inf in row 1")) {
      try IsotonicRegression(x: [1, 2], y: [1, .infinity])
    }
    #expect(throws: CalibrationError.invalid("expected weights that are finite and not negative, got -1.0 in row 0")) {
      try IsotonicRegression(x: [1, 2], y: [1, 2], weights: [-1, 1])
    }
    #expect(throws: CalibrationError.self) { try IsotonicRegression(thresholds: [0, 1], values: [1, 0.5]) }
    let regression = try IsotonicRegression(x: [1, 2, 3], y: [0.1, 0.3, 0.2])
    let data = try JSONEncoder().encode(regression)
    #expect(try JSONDecoder().decode(IsotonicRegression.self, from: data) == regression)
    let bad = Data("{\"thresholds\":[1,1],\"values\":[0,1]}".utf8)
    #expect(throws: CalibrationError.self) { try JSONDecoder().decode(IsotonicRegression.self, from: bad) }
  }
}
