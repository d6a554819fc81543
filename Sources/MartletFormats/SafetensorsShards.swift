import MartletCore
import MartletPlatform
import MartletText

// Tensors in several files with an index, as Hugging Face's libraries write large models: the index
// `model.safetensors.index.json` says in which of `model-00001-of-00002.safetensors`, … each tensor is.

extension Safetensors {
  /// Writes tensors into several files and an index of them.
  ///
  /// - Parameters:
  ///   - tensors: The tensors with their names.
  ///   - metadata: Texts that each of the files has.
  ///   - maximalShardSize: The most bytes of tensors in a file; a tensor that is larger has a file of its own.
  ///   - storedAs: The scalar type in which floating-point tensors are stored, as for `write`.
  ///   - path: The index, whose name ends in `.safetensors.index.json`. The files lie beside it:
  ///     `model-00001-of-00003.safetensors`, … for `model.safetensors.index.json`.
  ///
  /// Tensors are put into files in the given order. Each file is written whole or not at all, the index last; an index
  /// that was there is removed first, so that no index ever names a mixture of files of two savings. Files of an
  /// earlier saving whose names are no longer used stay. Throws as `write` does, and when `maximalShardSize` is less
  /// than 1 or the index's name is another.
  public static func writeShards(
    _ tensors: Tensors, metadata: Metadata = [:], maximalShardSize: Int = 5_000_000_000,
    storedAs: ScalarType? = nil, to path: String
  ) throws(FormatError) {
    func refuse(_ reason: String) -> FormatError { FormatError(.invalid, source: path, reason: reason) }
    if maximalShardSize < 1 { throw refuse("expected a maximalShardSize of at least 1 byte, got \(maximalShardSize)") }
    let (folder, name) = split(path)
    guard name.hasSuffix(indexSuffix) else {
      throw refuse("expected the name of an index, which ends in \(indexSuffix), got \(shown(name))")
    }
    // Before anything is written: all that `write` would refuse later.
    _ = try layout(tensors, metadata: metadata, storedAs, source: path)

    var shards: [Tensors] = [[]]
    var (byteCount, total) = (0, 0)
    for (name, tensor) in tensors {
      let size = tensor.count * tensor.scalarType.stored(as: storedAs).size
      if !shards[shards.count - 1].isEmpty && size > maximalShardSize - byteCount {
        shards.append([])
        byteCount = 0
      }
      shards[shards.count - 1].append((name, tensor))
      byteCount += size
      total += size
    }
    if unlink(path) != 0 && errno != ENOENT {
      throw FormatError(.unwritable, source: path, reason: "cannot write it: \(lastSystemError())")
    }
    let stem = name.dropLast(indexSuffix.count)
    var files: [(name: String, file: String)] = []
    for (index, shard) in shards.enumerated() {
      let file = "\(stem)-\(fiveDigits(index + 1))-of-\(fiveDigits(shards.count)).safetensors"
      try write(shard, metadata: metadata, storedAs: storedAs, to: folder + file)
      files += shard.map { ($0.name, file) }
    }
    files.sort { ExactName($0.name) < ExactName($1.name) }
    let lines = files.map { "    \(jsonString($0.name)): \(jsonString($0.file))" }
    // As Python's `json.dumps` with an indent of two writes it.
    let map = lines.isEmpty ? "{}" : "{\n\(lines.joined(separator: ",\n"))\n  }"
    try AtomicFile.write(
      "{\n  \"metadata\": {\n    \"total_size\": \(total)\n  },\n  \"weight_map\": \(map)\n}\n", to: path)
  }

  /// Reads the tensors of all files that an index names, in the order of the files' names and of the tensors in them.
  ///
  /// - Parameters:
  ///   - path: The index, such as `model.safetensors.index.json`.
  ///   - memoryLimit: The most bytes of memory that reading may take, as for `read`.
  ///
  /// Throws as `read` does for each file, when the index is no such JSON, names a file outside its folder, or is not
  /// right about where the tensors are, and when two files have different texts under one key of their metadata.
  public static func readShards(
    from path: String, memoryLimit: Int? = nil
  ) throws(FormatError) -> (tensors: Tensors, metadata: Metadata) {
    var budget = try MemoryBudget(memoryLimit, source: path)
    let text = try InputFile.read(path) { (file) throws(FormatError) in
      try budget.take(file.byteCount * indexWorkingSize)
      return try file.bytes(file.byteCount, at: 0)
    }
    let places = try ShardIndex(json: text, source: path).files
    var expected: [ExactName: Set<ExactName>] = [:]
    for (name, file) in places { expected[file, default: []].insert(name) }
    var (tensors, metadata) = (Tensors(), Metadata())
    for (file, names) in expected.sorted(by: { $0.key < $1.key }) {
      let shard = split(path).folder + file.text
      let archive = try Archive(InputFile(path: shard), budget)
      let found = Set(archive.names.map(ExactName.init))
      if let name = names.subtracting(found).min() {
        throw FormatError(
          .mismatch, source: path, at: .tensor(name.text), reason: "\(shown(file.text)) does not hold it")
      }
      if let name = found.subtracting(names).min() {
        throw FormatError(
          .mismatch, source: path, at: .tensor(name.text),
          reason: "\(shown(file.text)) holds it, and the index does not say so")
      }
      for (key, value) in archive.metadata {
        if let other = metadata[key], !other.utf8.elementsEqual(value.utf8) {
          throw FormatError(
            .mismatch, source: shard, reason: "its text under \(shown(key)) is not that of the files before it")
        }
        metadata[key] = value
      }
      tensors += try archive.tensors(&budget)
    }
    return (tensors, metadata)
  }

  private static let indexSuffix = ".safetensors.index.json"
  /// The memory that a byte of an index takes at most.
  private static let indexWorkingSize = 12

  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
    return (String(path[...slash]), String(path[path.utf8.index(after: slash)...]))
  }

  private static func fiveDigits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}

/// What an index says: the file of each tensor.
private struct ShardIndex {
  var files: [ExactName: ExactName] = [:]

  init(json: [UInt8], source: String) throws(FormatError) {
    var files: [ExactName: ExactName]?
    do throws(JSONScanner.Failure) {
      var scanner = JSONScanner(json)
      try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
        if key != "weight_map" { return try scanner.skipValue() }
        if files != nil { throw scanner.duplicate(key) }
        var map: [ExactName: ExactName] = [:]
        try scanner.object { (name, scanner) throws(JSONScanner.Failure) in
          let file = try scanner.string()
          if file.isEmpty || file == "." || file == ".." || file.utf8.contains(where: { $0 == 0x2F || $0 == 0 }) {
            throw JSONScanner.Failure(
              offset: scanner.offset, message: "expected the name of a file beside the index, got \(shown(file))")
          }
          if map.updateValue(ExactName(file), forKey: ExactName(name)) != nil { throw scanner.duplicate(name) }
        }
        files = map
      }
      try scanner.end()
    } catch {
      throw FormatError(
        .damaged, source: source, at: .byte(error.offset), reason: "the index of files is broken: \(error.message)")
    }
    guard let files else {
      throw FormatError(
        .unrecognized, source: source, reason: "not an index of safetensors files: it has no weight_map")
    }
    self.files = files
  }
}
