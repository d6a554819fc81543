import MartletCore
import MartletData
import MartletFormats
import MartletNN
import MartletTraining
import Testing

@Suite struct SurfaceTests {
  @Test(arguments: [ActivationFunction.softmax, .sigmoid])
  func `a loss of logits refuses a model that ends in what it does itself`(activation: ActivationFunction) throws {
    let x = Tensor<Float>.ones([4, 3])
    for model in [
      Sequential(inputShape: [3]) { Dense(2, activation: activation) },
      Sequential(inputShape: [3]) { Sequential { [Dense(2), Activation(activation)] } },
    ] {
      let error = #expect(throws: TrainingError.self) {
        try Trainer(model, optimizer: SGD(), loss: .crossEntropy)
          .fit(x, Tensor<Int32>([0, 1, 0, 1]), progress: .none)
      }
      #expect(error?.description.contains("expects logits, got a model that ends in \(activation)") == true)
      #expect(throws: TrainingError.self) {
        try Trainer(model, optimizer: SGD(), loss: .binaryCrossEntropy).fit(x, .zeros([4, 2]), progress: .none)
      }
      // Other losses take it.
      _ = try Trainer(model, optimizer: SGD(), loss: .meanSquaredError).fit(x, .zeros([4, 2]), progress: .none)
    }
  }

  @Test func `a data set and a table are printed in short`() throws {
    let data = try Dataset(Tensor<Float>.zeros([3, 2]), Tensor<Int32>([0, 1, 0]))
    #expect("\(data)" == "Dataset of 3 rows: x [2] of Float, y [] of Int32")
    let rows = (0..<20).map { "\($0).5,\($0 % 2 == 0 ? "even" : "odd")" }.joined(separator: "\n")
    let table = try CSV.read(bytes: Array("value,kind\n\(rows)\n".utf8), source: "numbers", labels: ["kind"])
    let lines = "\(table)".split(separator: "\n")
    #expect(lines.count == 11)
    #expect(lines[0] == "value  kind" && lines[1] == "  0.5  even" && lines[2] == "  1.5   odd")
    #expect(lines[9] == "⋮" && lines[10] == "20 rows, 2 columns")
  }
}
