import Foundation
import MartletCore
import MartletMetrics
import MartletTraining
import TestSupport
import Testing

@Suite struct CalibratorTests {
  let fixture: CalibrationFixture

  init() throws { fixture = try CalibrationFixture.read() }

  private func fitted(_ method: Calibrator.Method, _ name: String, _ weights: Tensor<Float>? = nil) throws -> Calibrator
  {
    let rows = fixture.named(name)
    return try Calibrator(method, outputs: rows.logits.tensor, labels: Tensor<Int32>(rows.labels), weights: weights)
  }

  @Test(
    "The temperature is that of PyTorch's L-BFGS and scikit-learn's search, of two classes and of more",
    arguments: ["binary", "classes"])
  func temperature(name: String) throws {
    for (answers, weights) in fixture.named(name).both {
      let calibrator = try fitted(.temperature, name, weights)
      let found = try #require(calibrator.temperature)
      #expect(abs(found - answers.temperature) < 1e-8)
      #expect(abs(found - answers.foundTemperature) < 1e-5)
      let probabilities = try calibrator.probabilities(of: fixture.named(name).logits.tensor)
      #expect(distance(probabilities.scalars, answers.temperatureProbabilities.flat) < 1e-9)
    }
  }

  @Test(
    "A vector's slopes are those of PyTorch's L-BFGS, of two classes and of more", arguments: ["binary", "classes"])
  func vector(name: String) throws {
    for (answers, weights) in fixture.named(name).both {
      let calibrator = try fitted(.vector, name, weights)
      #expect(distance(calibrator.slopes, answers.vectorSlopes) < 1e-6)
      let probabilities = try calibrator.probabilities(of: fixture.named(name).logits.tensor)
      #expect(distance(probabilities.scalars, answers.vectorProbabilities.flat) < 1e-7)
    }
  }

  @Test(
    "Platt's slopes and offsets are those of both, for each class against the others", arguments: ["binary", "classes"])
  func platt(name: String) throws {
    for (answers, weights) in fixture.named(name).both {
      let calibrator = try fitted(.platt, name, weights)
      #expect(distance(calibrator.slopes, answers.slopes) < 1e-7)
      #expect(distance(calibrator.offsets, answers.offsets) < 1e-7)
      #expect(distance(calibrator.slopes + calibrator.offsets, answers.foundSlopes + answers.foundOffsets) < 1e-5)
      let probabilities = try calibrator.probabilities(of: fixture.named(name).logits.tensor)
      #expect(distance(probabilities.scalars, answers.plattProbabilities.flat) < 1e-7)
    }
  }

  @Test(
    "Isotonic thresholds and probabilities are scikit-learn's, for each class against the others",
    arguments: ["binary", "classes"])
  func isotonic(name: String) throws {
    for (answers, weights) in fixture.named(name).both {
      let calibrator = try fitted(.isotonic, name, weights)
      #expect(calibrator.curves.count == answers.thresholds.count)
      for (curve, (thresholds, values)) in zip(calibrator.curves, zip(answers.thresholds, answers.values)) {
        #expect(distance(curve.thresholds, thresholds) < 1e-12 && distance(curve.values, values) < 1e-12)
      }
      let probabilities = try calibrator.probabilities(of: fixture.named(name).logits.tensor)
      #expect(distance(probabilities.scalars, answers.isotonicProbabilities.flat) < 1e-12)
    }
  }

  @Test("Probabilities are calibrated as the logits that they are of, and in each shape of outputs") func forms() throws
  {
    let (binary, classes) = (fixture.binary, fixture.classes)
    for method in Calibrator.Method.allCases {
      let logits = binary.logits.tensor
      let labels = Tensor<Int32>(binary.labels)
      let calibrator = try Calibrator(method, outputs: logits, labels: labels)
      let expected = try calibrator.probabilities(of: logits).scalars
      let column = logits.reshaped(to: [100, 1])
      let ofColumn = try Calibrator(method, outputs: column, labels: labels.reshaped(to: [100, 1]))
      #expect(ofColumn == calibrator)
      #expect(try ofColumn.probabilities(of: column).shape == [100, 1])
      // Two logits say what their difference does.
      let pair = Tensor<Double>.concatenate([0.25 * column, 1.25 * column], axis: 1)
      let ofPair = try Calibrator(method, outputs: pair, labels: labels)
      let both = try ofPair.probabilities(of: pair)
      #expect(both.shape == [100, 2] && distance(both[.all, 1].scalars, expected) < 1e-7)
      #expect(distance((both[.all, 0] + both[.all, 1]).scalars, [Double](repeating: 1, count: 100)) < 1e-15)
      let ofProbabilities = try Calibrator(method, outputs: logits.sigmoid(), labels: labels, from: .probabilities)
      #expect(try distance(ofProbabilities.probabilities(of: logits.sigmoid()).scalars, expected) < 1e-7)
      let table = classes.logits.tensor
      let kinds = Tensor<Int32>(classes.labels)
      let ofTable = try Calibrator(method, outputs: table, labels: kinds)
      let ofSoftmax = try Calibrator(method, outputs: table.softmax(axis: 1), labels: kinds, from: .probabilities)
      let (a, b) = try (ofTable.probabilities(of: table), ofSoftmax.probabilities(of: table.softmax(axis: 1)))
      // What all logits of a row have in common says nothing, but to slopes that differ.
      #expect(method == .vector || distance(a.scalars, b.scalars) < 1e-9)
      #expect(distance(a.sum(axis: 1).scalars, [Double](repeating: 1, count: 90)) < 1e-12)
    }
  }

  @Test(
    "A temperature changes no order and lessens the log loss; isotonic regression never puts a row below a lower one")
  func monotone() throws {
    let (binary, classes) = (fixture.binary, fixture.classes)
    let kinds = Tensor<Int32>(classes.labels)
    let table = classes.logits.tensor.cast(to: Float.self)
    let scaled = try fitted(.temperature, "classes").probabilities(of: table)
    #expect(scaled.argMax(axis: 1) == table.argMax(axis: 1))
    let loss = Metric<Tensor<Float>, Tensor<Int32>>.logLoss(from: .probabilities)
    #expect(try loss(scaled, kinds) < loss(table.softmax(axis: 1), kinds))
    let order = binary.logits.flat.indices.sorted { binary.logits.flat[$0] < binary.logits.flat[$1] }
    for method in [Calibrator.Method.temperature, .isotonic] {
      let probabilities = try fitted(method, "binary").probabilities(of: binary.logits.tensor).scalars
      #expect(zip(order, order.dropFirst()).allSatisfy { probabilities[$0] <= probabilities[$1] })
    }
  }

  @Test(
    "What separates all rows has a temperature at the end of the range, what says nothing has 1, what misleads the highest"
  )
  func extremes() throws {
    func temperature(_ logits: [Double]) throws -> Double {
      try #require(
        Calibrator(.temperature, outputs: Tensor<Double>(logits), labels: [0, 0, 1, 1] as Tensor<Int32>).temperature)
    }
    #expect(try abs(temperature([-0.1, -0.05, 0.04, 0.1]) - 0.01) < 1e-12)
    #expect(try temperature([0, 0, 0, 0]) == 1)
    #expect(try abs(temperature([3, 2, -2, -3]) - 100) < 1e-9)
    // Smoothed targets keep a slope finite where all rows are separated.
    let line = try Calibrator(.platt, outputs: Tensor<Double>([-3, -2, 2, 3]), labels: [0, 0, 1, 1] as Tensor<Int32>)
    #expect(line.slopes[0] > 0 && line.slopes[0] < 1)
    let sure = try line.probabilities(of: Tensor<Double>([-.infinity, .infinity, .nan])).scalars
    #expect(sure[0] == 0 && sure[1] == 1 && sure[2].isNaN)
  }

  @Test("Rows of weight k count like k rows") func weights() throws {
    let rows = fixture.classes
    let counts = rows.labels.indices.map { $0 % 3 }
    let places = Tensor<Int32>(counts.enumerated().flatMap { [Int32](repeating: Int32($0), count: $1) })
    for method in Calibrator.Method.allCases {
      let weighted = try Calibrator(
        method, outputs: rows.logits.tensor, labels: Tensor<Int32>(rows.labels),
        weights: Tensor<Float>(counts.map { Float($0) }))
      let repeated = try Calibrator(
        method, outputs: rows.logits.tensor.take(places), labels: Tensor<Int32>(rows.labels).take(places))
      let (a, b) = try (weighted.probabilities(of: rows.logits.tensor), repeated.probabilities(of: rows.logits.tensor))
      #expect(distance(a.scalars, b.scalars) < 1e-7)
    }
  }

  @Test("JSON and Codable hold every bit, read each other, and refuse what is no calibrator") func coding() throws {
    for name in ["binary", "classes"] {
      for method in Calibrator.Method.allCases {
        let calibrator = try fitted(method, name)
        #expect(calibrator.method == method)
        #expect(try Calibrator(json: calibrator.json) == calibrator)
        #expect(try JSONDecoder().decode(Calibrator.self, from: Data(calibrator.json.utf8)) == calibrator)
        let encoded = String(decoding: try JSONEncoder().encode(calibrator), as: UTF8.self)
        #expect(try Calibrator(json: encoded) == calibrator)
      }
    }
    let bad = [
      "", "{}", "{\"method\":\"temperature\",\"outputs\":\"logits\",\"classes\":2}",
      "{\"method\":\"temperature\",\"outputs\":\"logits\",\"classes\":1,\"temperature\":1}",
      "{\"method\":\"temperature\",\"outputs\":\"logits\",\"classes\":2,\"temperature\":0}",
      "{\"method\":\"temperature\",\"outputs\":\"scores\",\"classes\":2,\"temperature\":1}",
      "{\"method\":\"later\",\"outputs\":\"logits\",\"classes\":2,\"temperature\":1}",
      "{\"method\":\"platt\",\"outputs\":\"logits\",\"classes\":3,\"slopes\":[1],\"offsets\":[0]}",
      "{\"method\":\"isotonic\",\"outputs\":\"logits\",\"classes\":2,\"thresholds\":[[0.5,0.1]],\"values\":[[0,1]]}",
      "{\"method\":\"isotonic\",\"outputs\":\"logits\",\"classes\":2,\"thresholds\":[[0.1,0.5]],\"values\":[[1,0]]}",
      "{\"method\":\"isotonic\",\"outputs\":\"logits\",\"classes\":2,\"thresholds\":[[0.1,0.5]],\"values\":[[0,2]]}",
      "{\"method\":\"isotonic\",\"outputs\":\"logits\",\"classes\":2,\"thresholds\":[[]],\"values\":[[]]}",
    ]
    for text in bad { #expect(throws: CalibrationError.self, "\(text)") { try Calibrator(json: text) } }
    #expect(throws: (any Error).self) { try JSONDecoder().decode(Calibrator.self, from: Data(bad[4].utf8)) }
    let whole = try fitted(.platt, "binary").json
    for length in 0..<whole.utf8.count {
      #expect(throws: CalibrationError.self) { try Calibrator(json: String(whole.prefix(length))) }
    }
    // What is wrong, and where.
    for (text, message) in [
      ("{\"outputs\":\"logits\",\"classes\":2}", "expected a member \"method\", got none"),
      (
        "{\"method\":\"platt\",\"outputs\":\"logits\",\"classes\":2.5}",
        "classes: expected a whole number, got a number"
      ),
      (
        "{\"method\":\"platt\",\"outputs\":\"logits\",\"classes\":2,\"slopes\":[true],\"offsets\":[0]}",
        "slopes[0]: expected a number, got a truth value"
      ),
    ] {
      #expect(throws: CalibrationError.invalid("expected a calibrator's JSON, got \(message)")) {
        try Calibrator(json: text)
      }
    }
    for number in ["\"nan\"", "\"inf\"", "1e999"] {
      #expect(throws: CalibrationError.invalid("expected 1 slopes and offsets that are finite, got others")) {
        try Calibrator(
          json: "{\"method\":\"platt\",\"outputs\":\"logits\",\"classes\":2,\"slopes\":[\(number)],\"offsets\":[0]}")
      }
    }
    // What the version before wrote, and a negative zero.
    let earlier = "{\"method\":\"platt\",\"outputs\":\"logits\",\"classes\":2,\"slopes\":[1.0],\"offsets\":[-0.0]}"
    let read = try Calibrator(json: earlier)
    #expect(read.slopes == [1] && read.offsets == [0] && read.json.contains("-0.0"))
  }

  @Test("What cannot be calibrated throws, and says why") func badInput() throws {
    let labels: Tensor<Int32> = [0, 1, 1]
    func error(
      _ method: Calibrator.Method, _ outputs: Tensor<Float>, _ labels: Tensor<Int32>,
      _ weights: Tensor<Float>? = nil, from form: OutputForm = .logits
    ) -> CalibrationError? {
      do throws(CalibrationError) {
        _ = try Calibrator(method, outputs: outputs, labels: labels, weights: weights, from: form)
        return nil
      } catch { return error }
    }
    #expect(
      error(.platt, [1, 2, 3], [1, 1, 1])
        == .oneClass("expected rows of each of 2 classes for platt, got none of class 0"))
    #expect(
      error(.temperature, [1, 2, 3], [1, 1, 1]) == .oneClass("expected rows of several classes, got only class 1"))
    #expect(
      error(.isotonic, [1, 2, 3], labels, [0, 1, 1])
        == .oneClass("expected rows of each of 2 classes for isotonic, got none of class 0"))
    #expect(
      error(.platt, Tensor<Float>([1, .nan, 3]), labels)
        == .invalid("expected outputs that are finite, got nan in row 1"))
    #expect(
      error(.platt, [0, 1.5, 1], labels, from: .probabilities)
        == .invalid("expected probabilities within 0…1, got 1.5 in row 1; say from: .logits of others"))
    #expect(error(.platt, [0, -0.5, 1], labels, from: .probabilities) != nil)
    #expect(error(.platt, [1, 2], labels) == .shapes("expected labels of shape [2] as there are outputs, got [3]"))
    #expect(error(.platt, [1, 2, 3], labels, [1, 1]) == .shapes("expected weights of shape [3], got [2]"))
    #expect(
      error(.platt, [1, 2, 3], labels, [1, -1, 1])
        == .invalid("expected weights that are finite and not negative, got -1.0 in row 1"))
    #expect(error(.platt, [1, 2, 3], labels, [0, 0, 0]) == .empty("expected a weight above 0, got none"))
    #expect(error(.platt, [1, 2, 3], [0, 1, 2]) == .invalid("expected labels within 0..<2, got 2.0 in row 2"))
    #expect(error(.platt, .zeros([0]), .zeros([0])) == .empty("expected rows, got outputs of shape [0]"))
    #expect(
      error(.platt, .zeros([3, 2, 2]), labels)
        == .shapes("expected outputs of shape [rows], [rows, 1] or [rows, classes], got [3, 2, 2]"))
    #expect(error(.platt, .zeros([3, 0]), labels) != nil)
    let calibrator = try fitted(.temperature, "classes")
    #expect(throws: CalibrationError.self) { try calibrator.probabilities(of: Tensor<Float>.zeros([3, 2])) }
    let ofProbabilities = try Calibrator(
      .isotonic, outputs: Tensor<Float>([0.1, 0.4, 0.9]), labels: labels, from: .probabilities)
    #expect(throws: CalibrationError.self) { try ofProbabilities.probabilities(of: Tensor<Float>([1.5])) }
    #expect(try ofProbabilities.probabilities(of: Tensor<Float>.zeros([0])).shape == [0])
  }
}
