import MartletCore
import MartletNN
import MartletTesting
import TestSupport
import Testing

private final class Two: Module {
  @Parameter var first: Tensor<Float>
  @Parameter var second: Tensor<Double>
  @Buffer var seen: Tensor<Float> = [1]

  init(_ value: Double) {
    first = .full([100, 100], Float(value))
    second = .full([3], value)
  }

  func set(_ value: Double) {
    first = .full([100, 100], Float(value))
    second = .full([3], value)
  }

  var numbers: [Double] { [Double(first[99, 99].item()), second.scalars[2]] }
}

@Suite struct WeightAverageTests {
  @Test func `averages are those of the formulas`() {
    let values = [3.0, 1, 4, 1, 5, 9, 2, 6]
    let warming: (Int) -> Double = { 1 - min(0.4, Double(1 + $0) / Double(10 + $0)) }
    let cases: [(WeightAverage, (Int) -> Double)] = [
      (WeightAverage(decay: 0.75, warmsUp: false), { _ in 0.25 }), (WeightAverage(decay: 0.4), warming),
      (WeightAverage(), { 1 / Double($0 + 1) }),
    ]
    for (average, share) in cases {
      let model = Two(0)
      var expected = values[0]
      for (update, value) in values.enumerated() {
        model.set(value)
        average.update(model)
        if update > 0 { expected += share(update) * (value - expected) }
      }
      #expect(average.updates == 8)
      let found = average.withAveraged(model) { model.numbers }
      #expect(isClose(found, [expected, expected], 1e-6) && abs(found[1] - expected) < 1e-12)
      #expect(model.numbers == [6, 6])
    }
  }

  @Test func `a model has its own parameters back, and its buffers throughout`() {
    struct Failure: Error {}
    let (model, average) = (Two(1), WeightAverage(decay: 0.5))
    average.update(model)
    model.set(2)
    #expect(throws: Failure.self) {
      try average.withAveraged(model) { () throws(Failure) in
        #expect(model.numbers == [1, 1])
        model.seen = [7]
        throw Failure()
      }
    }
    #expect(model.numbers == [2, 2] && model.seen == [7])
    average.apply(to: model)
    #expect(model.numbers == [1, 1])
    // What the model was given does not change with the averages.
    model.set(5)
    let held = average.named["second"]!
    average.update(model)
    #expect(held.doubles == [1, 1, 1] && average.named["second"]!.doubles[0] > 1)
  }

  @Test func `averages are restored`() {
    let (model, average) = (Two(1), WeightAverage(decay: 0.5))
    let other = WeightAverage(decay: 0.5)
    for value in [1.0, 2, 3, 4] {
      model.set(value)
      average.update(model)
      if value == 2 { other.restore(average.named, updates: average.updates) }
      if value > 2 { other.update(model) }
    }
    #expect(other.named["first"]!.doubles == average.named["first"]!.doubles && other.updates == 4)
    let read = WeightAverage(decay: 0.5)
    read.restore(average.named, updates: 4)
    #expect(read.withAveraged(model) { model.numbers } == average.withAveraged(model) { model.numbers })
    read.reset()
    #expect(read.updates == 0 && read.named.isEmpty)
  }

  @Test func `misuse traps`() async {
    let none = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      WeightAverage().apply(to: Dense(2, 1))
    }
    #expect(errorText(none).contains("WeightAverage: expected an update before the averages are used"))
    let other = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let average = WeightAverage(decay: 0.5)
      average.update(Dense(2, 1))
      average.update(Dense(3, 1))
    }
    #expect(errorText(other).contains("WeightAverage: expected the model with the parameters weight, bias"))
    await #expect(processExitsWith: .failure) { _ = WeightAverage(decay: 1) }
  }
}
