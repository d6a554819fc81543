import Foundation
import Martlet

extension Workload {
  /// Reading files, which are in the page cache, into tensors, and gathering data sets into batches. The check value is
  /// that of what was read; bytes are those that are read from the file and written to memory.
  public static let data: [Workload] = [
    safetensors, npy, csv, idx(isPacked: false), idx(isPacked: true), shuffledBatches,
  ]

  /// The parameters of `Network.square`, 17 MB.
  private static let safetensors = Workload(
    "data/safetensors-read", Work(flop: 0, bytes: 8 * Double(Network.square.parameterCount))
  ) {
    let file = try TemporaryFile("model.safetensors")
    try Network.square.model().save(to: file.path)
    return reading(file) {
      try Safetensors.read(from: $0).tensors
    } check: { tensors in
      try tensors.reduce(0) { $0 + WorkloadData.check(try Tensor<Float>($1.tensor)) }
    }
  }

  /// 20,000 rows of 196 features, 16 MB.
  private static let npy = Workload("data/npy-read", Work(flop: 0, bytes: 8 * 20_000 * 196)) {
    let file = try TemporaryFile("features.npy")
    try NPY.write(AnyTensor(WorkloadData.tensor([20_000, 196], seed: 44)), to: file.path)
    return reading(file) {
      try NPY.read(from: $0)
    } check: {
      WorkloadData.check(try Tensor<Float>($0))
    }
  }

  /// 5,000 rows of 50 numbers with six decimals: nine bytes of text a number, eight in memory.
  private static let csv = Workload("data/csv-read", Work(flop: 0, bytes: (9 + 8) * 5_000 * 50)) {
    var text = ""
    for row in 0..<5_000 {
      let fields = (0..<50).map { column in
        let digits = String(WorkloadData.bits(50 * row + column, seed: 45) % 1_000_000)
        return "0." + String(repeating: "0", count: 6 - digits.count) + digits
      }
      text += fields.joined(separator: ",") + "\n"
    }
    let file = try TemporaryFile("features.csv")
    try Data(text.utf8).write(to: URL(fileURLWithPath: file.path))
    return reading(file) {
      try CSV.read(from: $0)
    } check: {
      WorkloadData.check($0.values.cast(to: Float.self))
    }
  }

  /// 10,000 images of 28 × 28 unsigned bytes, of which three quarters are 0 (from the bits of seed 41).
  private static func idx(isPacked: Bool) -> Workload {
    let shape = [10_000, 28, 28]
    let count = shape.reduce(1, *)
    return Workload("data/idx\(isPacked ? "-gz" : "")-read", Work(flop: 0, bytes: 2 * Double(count))) {
      var bytes: [UInt8] = [0, 0, 8, 3]
      for length in shape { withUnsafeBytes(of: UInt32(length).bigEndian) { bytes += $0 } }
      for index in 0..<count {
        let bits = WorkloadData.bits(index, seed: 41)
        bytes.append(bits >> 8 & 3 == 0 ? UInt8(truncatingIfNeeded: bits) : 0)
      }
      let file = try TemporaryFile("images-idx3-ubyte")
      try Data(bytes).write(to: URL(fileURLWithPath: file.path))
      if isPacked { try file.pack() }
      return reading(file) {
        try IDX.read(from: $0)
      } check: {
        WorkloadData.check(try Tensor<UInt8>($0).cast(to: Float.self))
      }
    }
  }

  /// An instance that reads `file` again and again.
  private static func reading<Contents>(
    _ file: TemporaryFile, _ read: @escaping (String) throws -> Contents,
    check: @escaping (Contents) throws -> Double
  ) -> Instance {
    Instance(
      run: { count in
        for _ in 0..<count {
          do {
            consume(try read(file.path))
          } catch {
            fatalError("\(file.path): \(error)")
          }
        }
      },
      check: { try check(try read(file.path)) })
  }

  /// One epoch: 20,000 rows of 784 features in random order, gathered into batches of 128.
  private static let shuffledBatches = Workload(
    "data/shuffled-batches", Work(flop: 0, bytes: 2 * 4 * 20_000 * 785)
  ) {
    let dataset = try Dataset(
      WorkloadData.tensor([20_000, 784], seed: 42), WorkloadData.labels(20_000, classes: 10, seed: 43))
    return Instance(
      run: { count in
        for _ in 0..<count {
          for batch in dataset.shuffled().batches(of: 128) { consume(batch) }
        }
      },
      // The order is random, the sum over all rows is not.
      check: {
        dataset.shuffled(seed: 1).batches(of: 128).reduce(0) { $0 + Double($1.x.abs().sum().item()) }
      })
  }
}
