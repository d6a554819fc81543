extension stat {
  /// When the contents were last written: seconds, and nanoseconds beyond them.
  package var modificationTime: (Int, Int) {
    #if canImport(Darwin)
      (st_mtimespec.tv_sec, st_mtimespec.tv_nsec)
    #else
      (st_mtim.tv_sec, st_mtim.tv_nsec)
    #endif
  }
}
