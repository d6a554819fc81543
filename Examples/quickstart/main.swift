// The smallest whole program: swift run -c release quickstart

import Martlet

let x = Tensor<Float>.randomUniform([100, 10])
let y = Tensor<Float>.randomUniform([100, 1])

let model = Sequential(inputShape: [10]) {
  Dense(64, activation: .relu)
  Dense(1)
}
let trainer = Trainer(model, optimizer: Adam(), loss: .meanSquaredError)
try trainer.fit(x, y, epochs: 100, batchSize: 32)
print(model(x))

// That was the whole program. How long does `fit` take once everything is warm, with nothing printed?
let times = try (1...5).map { _ in
  try trainer.fit(x, y, epochs: 100, batchSize: 32, progress: .none).totalSeconds
}
print("fit: 100 epochs of 100 rows in \((times.min()! * 10_000).rounded() / 10) ms (best of \(times.count))")

#if DEBUG
  print("This is a debug build, 10 to 100 times slower; for the real time: swift run -c release quickstart")
#endif
