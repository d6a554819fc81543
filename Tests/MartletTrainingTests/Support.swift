import CZlib
import Foundation
import MartletCore
import MartletNN
import MartletTraining

/// A directory of its own for a test, removed with everything in it when it goes out of scope.
final class TemporaryDirectory {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "/martlet-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String) -> String { path + "/" + name }

  func write(_ bytes: [UInt8], to name: String) {
    try! Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }
}

/// One gzip member that unpacks to these bytes.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  defer { stream.deallocate() }
  stream.initialize(to: z_stream())
  guard
    deflateInit2_(
      stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  else { fatalError("deflateInit2") }
  defer { deflateEnd(stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: bytes.count + 1000)
  return input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.pointee.next_in = input.baseAddress
      stream.pointee.avail_in = UInt32(input.count)
      stream.pointee.next_out = output.baseAddress
      stream.pointee.avail_out = UInt32(output.count)
      guard deflate(stream, Z_FINISH) == Z_STREAM_END else { fatalError("deflate") }
      return Array(output[..<(output.count - Int(stream.pointee.avail_out))])
    }
  }
}

/// An IDX file of unsigned bytes.
func idx(_ shape: [Int], _ elements: [UInt8], type: UInt8 = 0x08) -> [UInt8] {
  [0, 0, type, UInt8(shape.count)]
    + shape.flatMap { length in (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } }
    + elements
}

/// 90 points around three centres, and which each is of.
func blobs(seed: UInt64 = 5) -> (x: Tensor<Float>, y: Tensor<Int32>) {
  var generator = RandomGenerator(seed: seed)
  let noise = Tensor<Float>.randomNormal([90, 2], standardDeviation: 0.3, using: &generator)
  let centres: Tensor<Float> = [[0, 2], [2, -1], [-2, -1]]
  let labels = (0..<90).map { Int32($0 % 3) }
  return (noise + centres.gathered(Tensor(labels.map(Int64.init))), Tensor(labels))
}

func classifier(seed: UInt64 = 1, dropout: Double? = nil) -> Sequential {
  withRandomSeed(seed) {
    Sequential(inputShape: [2]) {
      Dense(16, activation: .relu)
      if let dropout { Dropout(dropout) }
      Dense(3)
    }
  }
}

/// Every parameter's elements, one after the other.
func parameters(of model: some Module) -> [Float] {
  model.parameters().flatMap { try! Tensor<Float>($0.variable.value).scalars }
}
