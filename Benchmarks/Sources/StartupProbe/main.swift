// The smallest program that serves a model: loads it from a file, predicts once, and ends. The suite Startup times it.

import Martlet

let sizes = [784, 512, 512, 10]
let model = Sequential(inputShape: [sizes[0]]) {
  for size in sizes.dropFirst().dropLast() { Dense(size, activation: .relu) }
  Dense(sizes.last!)
}
guard CommandLine.arguments.count == 2 else { fatalError("usage: startup-probe MODEL.safetensors") }
try model.load(from: CommandLine.arguments[1])
print(model(.ones([1, sizes[0]])).argMax(axis: 1).item())
