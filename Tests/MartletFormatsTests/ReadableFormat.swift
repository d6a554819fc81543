import MartletCore
import MartletFormats
import TestSupport

/// The formats that are read, for what holds of all.
enum ReadableFormat: CaseIterable {
  case safetensors, npy, npz, compressedNPZ, plainIDX, compressedIDX, csv, compressedCSV

  /// Reads a file and forgets what is in it.
  func read(from path: String, memoryLimit: Int? = nil) throws {
    switch self {
    case .safetensors: _ = try Safetensors.read(from: path, memoryLimit: memoryLimit)
    case .npy: _ = try NPY.read(from: path, memoryLimit: memoryLimit)
    case .npz, .compressedNPZ: _ = try NPZ.read(from: path, memoryLimit: memoryLimit)
    case .plainIDX, .compressedIDX: _ = try IDX.read(from: path, memoryLimit: memoryLimit)
    case .csv, .compressedCSV: _ = try CSV.read(from: path, memoryLimit: memoryLimit)
    }
  }

  /// A file of the format, of many times as many bytes as `rows`.
  func sample(rows: Int) throws -> [UInt8] {
    let tensor = AnyTensor(Tensor<Float>.arange(0, Float(rows * 4)).reshaped(to: [rows, 4]))
    let csv = Array(("a,b,\"c\"\n" + String(repeating: "1,-2.5,1e3\n", count: rows)).utf8)
    return switch self {
    case .safetensors: try Safetensors.bytes(of: [("w", tensor)], metadata: ["k": "v"])
    case .npy: try NPY.bytes(of: tensor)
    case .npz: try NPZ.bytes(of: [("w", tensor), ("b", tensor)])
    case .compressedNPZ: try NPZ.bytes(of: [("w", tensor)], isCompressed: true)
    case .plainIDX: idx([rows, 4], (0..<rows * 8).map { UInt8($0 % 251) }, type: 0x0B)
    case .compressedIDX: gzip(idx([rows, 4], (0..<rows * 4).map { UInt8($0 % 251) }))
    case .csv: csv
    case .compressedCSV: gzip(csv)
    }
  }
}
