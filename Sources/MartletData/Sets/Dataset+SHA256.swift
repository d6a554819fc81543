import MartletCore
import MartletPlatform
import MartletText

extension Dataset {
  /// The SHA-256 of the rows in their order, in 64 hexadecimal digits: data sets with the same rows share it, however they
  /// are stored, and no two others are known to.
  ///
  /// It is the hash of a text with a line for each tensor of `x`, then of `y`, and for the weights: `x Float [64]` and the
  /// hash of its bytes, row by row.
  /// - Complexity: O(bytes)
  public var sha256: String {
    let names =
      storedX.tensors.map { _ in "x" } + storedY.tensors.map { _ in "y" } + (weights == nil ? [] : ["weights"])
    var hashes = [SHA256](repeating: SHA256(), count: names.count)
    var lines: [String] = []
    let rowBytes = (storedX.tensors + storedY.tensors).reduce(1) { sum, tensor in
      sum + tensor.count / Swift.max(1, tensor.shape[0]) * tensor.scalarType.size
    }
    // Rows that are gathered take memory; some megabytes at a time do.
    let step = Swift.max(1, (4 << 20) / rowBytes)
    for start in stride(from: 0, to: count, by: step) {
      let rows = batch(start..<Swift.min(count, start + step))
      let tensors = rows.x.tensors + rows.y.tensors + (rows.weights.map { [$0.erased] } ?? [])
      for (index, tensor) in tensors.enumerated() {
        tensor.withUnsafeBytes { hashes[index].add($0) }
        if start > 0 { continue }
        lines.append("\(names[index]) \(tensor.scalarType) \(Shape(tensor.shape.dropFirst()))")
      }
    }
    return SHA256.of(zip(lines, hashes).map { "\($0) \($1.hexadecimal)\n" }.joined())
  }
}

extension Table {
  /// The SHA-256 of the columns in their order, in 64 hexadecimal digits: that of a text with a line for each column, its
  /// type, its name as JSON has it, and the hash of its values.
  ///
  /// - Complexity: O(values)
  public var sha256: String {
    var text = ""
    for name in columns {
      var hash = SHA256()
      switch self[name]! {
      case .numbers(let numbers):
        // Any NaN is a missing number.
        let bits = numbers.map { ($0.isNaN ? Double.nan : $0).bitPattern.littleEndian }
        bits.withUnsafeBytes { hash.add($0) }
        text += "numbers"
      case .texts(let texts):
        for value in texts { hash.add((value.map(jsonString) ?? "null") + "\n") }
        text += "texts"
      }
      text += " \(jsonString(name)) \(hash.hexadecimal)\n"
    }
    return SHA256.of(text)
  }
}
