/// The formats that inputs are read as.
enum Format: String, CaseIterable {
  case csv
  case compressedCSV = "csv.gz"
  case idx
  case compressedIDX = "idx.gz"
  case model
  case npy
  case npz
  case safetensors

  /// Reads the bytes in every way and stops the process where what the library promises does not hold.
  func check(_ bytes: [UInt8]) {
    switch self {
    case .csv: checkCSV(bytes)
    case .compressedCSV: checkCompressedCSV(bytes)
    case .idx: checkIDX(bytes)
    case .compressedIDX: checkCompressedIDX(bytes)
    case .model: checkModel(bytes)
    case .npy: checkNPY(bytes)
    case .npz: checkNPZ(bytes)
    case .safetensors: checkSafetensors(bytes)
    }
  }
}

/// Stops the process unless the promise holds.
func promise(_ holds: Bool, _ what: @autoclosure () -> String) {
  if !holds { fatalError("broken promise: \(what())") }
}
