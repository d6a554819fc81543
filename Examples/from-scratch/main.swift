// Training in six steps with tensors and their gradients alone, no layer, loss or optimiser from the library:
//
//   swift run -c release from-scratch
//
// A network of two layers learns handwritten digits.

import Foundation
import Martlet

#if DEBUG
  FileHandle.standardError.write(
    Data("from-scratch: this is a debug build, 10 to 100 times slower; use: swift run -c release from-scratch\n".utf8))
#endif

func run() throws {
  let (train, test) = try Datasets.digits().split(testFraction: 0.2, stratified: true, seed: 1)
  var random = RandomGenerator(seed: 1)
  let learningRate: Float = 0.2

  // 1. Initialise: weights from a normal distribution, wider for fewer inputs; biases at zero.
  var parameters = [
    Tensor<Float>.randomNormal([64, 64], standardDeviation: (2.0 / 64).squareRoot(), using: &random),
    Tensor<Float>.zeros([64]),
    Tensor<Float>.randomNormal([64, 10], standardDeviation: (1.0 / 64).squareRoot(), using: &random),
    Tensor<Float>.zeros([10]),
  ]

  // 2. Forward: from pixels [batch, 64] to a score for each digit [batch, 10].
  func forward(_ parameters: [Tensor<Float>], _ x: Tensor<Float>) -> Tensor<Float> {
    let hidden = maximum(matmul(x, parameters[0]) + parameters[1], 0)
    return matmul(hidden, parameters[2]) + parameters[3]
  }

  // 3. Loss: how unlikely the scores make the right digits, −log softmax(scores)[digit], on average.
  func loss(_ scores: Tensor<Float>, _ digits: Tensor<Int32>) -> Tensor<Float> {
    let isRight = Tensor<Float>.identity(10).take(digits)
    return (scores.logSumExp(axis: 1) - (scores * isRight).sum(axis: 1)).mean()
  }

  func accuracy(_ dataset: Dataset<Tensor<Float>, Tensor<Int32>>) -> Float {
    let predicted = forward(parameters, dataset.x).argMax(axis: 1)
    return (predicted .== dataset.y).mean().item()
  }

  // 6. Repeat.
  for epoch in 1...40 {
    var total: Float = 0
    for batch in train.shuffled(using: &random).batches(of: 32) {
      // 4. Backward: the loss and its gradient at each parameter.
      let (value, gradients) = valueWithGradient(at: parameters) { parameters in
        loss(forward(parameters, batch.x), batch.y)
      }
      // 5. Update: a step against the gradient.
      for index in parameters.indices {
        parameters[index] -= learningRate * gradients[index]
      }
      total += value.item() * Float(batch.count)
    }
    if epoch % 5 == 0 {
      print(String(format: "epoch %2d  loss %.4f  accuracy %.4f", epoch, total / Float(train.count), accuracy(train)))
    }
  }
  print(String(format: "test accuracy: %.4f", accuracy(test)))
}

do {
  try run()
} catch {
  FileHandle.standardError.write(Data("from-scratch: \(error)\n".utf8))
  exit(1)
}
