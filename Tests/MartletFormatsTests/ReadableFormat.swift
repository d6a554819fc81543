import MartletFormats

/// The formats that are read, for what holds of all.
enum ReadableFormat: CaseIterable {
  case safetensors, npy, idx, csv

  /// Reads a file and forgets what is in it.
  func read(from path: String) throws {
    switch self {
    case .safetensors: _ = try Safetensors.read(from: path)
    case .npy: _ = try NPY.read(from: path)
    case .idx: _ = try IDX.read(from: path)
    case .csv: _ = try CSV.read(from: path)
    }
  }
}
