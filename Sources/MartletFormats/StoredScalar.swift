import MartletCore
import MartletText

/// A scalar type as npy and IDX files store it; integers of types that tensors do not have are widened.
enum StoredScalar {
  case bool, uint8, int8, int16, uint16, int32, uint32, int64, float16, float32, float64

  /// The bytes of a scalar in the file.
  var size: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .int16, .uint16, .float16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// The bytes of memory for each scalar while a tensor is being read.
  var workingSize: Int {
    switch self {
    case .uint8, .int32, .int64, .float16, .float32, .float64: size
    case .bool: 2
    case .int8, .int16, .uint16: size + 4
    case .uint32: size + 8
    }
  }

  /// A tensor of scalars that `fill` writes as they are in the file; `fill` is not called for an empty tensor.
  func tensor(
    _ shape: Shape, isBigEndian: Bool, _ fill: (UnsafeMutableRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) -> AnyTensor {
    switch self {
    case .uint8: try read(.uint8, as: UInt8.self, shape, isBigEndian, fill)
    case .int32: try read(.int32, as: UInt32.self, shape, isBigEndian, fill)
    case .int64: try read(.int64, as: UInt64.self, shape, isBigEndian, fill)
    case .float16: try read(.float16, as: UInt16.self, shape, isBigEndian, fill)
    case .float32: try read(.float32, as: UInt32.self, shape, isBigEndian, fill)
    case .float64: try read(.float64, as: UInt64.self, shape, isBigEndian, fill)
    // NumPy reads any byte but 0 as true.
    case .bool: try read(.uint8, as: UInt8.self, shape, isBigEndian, fill).converted(to: .bool)
    case .int8: try widen(Int8.self, to: Int32.self, shape, isBigEndian, fill)
    case .int16: try widen(Int16.self, to: Int32.self, shape, isBigEndian, fill)
    case .uint16: try widen(UInt16.self, to: Int32.self, shape, isBigEndian, fill)
    case .uint32: try widen(UInt32.self, to: Int64.self, shape, isBigEndian, fill)
    }
  }

  private func read<Word: FixedWidthInteger>(
    _ type: ScalarType, as word: Word.Type, _ shape: Shape, _ isBigEndian: Bool,
    _ fill: (UnsafeMutableRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) -> AnyTensor {
    var tensor = AnyTensor(scalarType: type, shape: shape)
    if tensor.count == 0 { return tensor }
    try tensor.withUniqueMutableBytes { (buffer) throws(FormatError) in
      try fill(buffer)
      if isBigEndian && Word.bitWidth > 8 {
        let words = buffer.bindMemory(to: Word.self)
        for index in words.indices { words[index] = Word(bigEndian: words[index]) }
      }
    }
    return tensor
  }

  private func widen<Word: FixedWidthInteger, Wide: IntegerScalar>(
    _ word: Word.Type, to wide: Wide.Type, _ shape: Shape, _ isBigEndian: Bool,
    _ fill: (UnsafeMutableRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) -> AnyTensor {
    var tensor = AnyTensor(scalarType: Wide.scalarType, shape: shape)
    if tensor.count == 0 { return tensor }
    let words = UnsafeMutableBufferPointer<Word>.allocate(capacity: tensor.count)
    defer { words.deallocate() }
    try fill(UnsafeMutableRawBufferPointer(words))
    tensor.withUniqueMutableBytes { buffer in
      let result = buffer.bindMemory(to: Wide.self)
      for index in words.indices {
        result[index] = Wide(isBigEndian ? Word(bigEndian: words[index]) : words[index])
      }
    }
    return tensor
  }
}
