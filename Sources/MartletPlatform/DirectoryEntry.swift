extension dirent {
  /// The entry's name; bytes that are not UTF-8 are replaced.
  package var name: String {
    withUnsafePointer(to: d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { String(cString: $0) }
    }
  }
}
