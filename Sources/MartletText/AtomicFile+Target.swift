import MartletPlatform

extension AtomicFile {
  /// The place where a file goes in the end: a name in a directory, which is open as long as this lives.
  ///
  /// Paths are bytes here: a directory's name need not be UTF-8.
  struct Target: ~Copyable {
    let requestedPath: String
    /// The directory's descriptor, and its path for errors.
    let directory: Int32
    let directoryPath: String
    let name: [CChar]
    /// The permissions of the old file, if there is one.
    let permissions: mode_t?

    /// The most links that are followed, as many as Linux follows.
    private static let linkLimit = 40

    init(path requestedPath: String) throws(FormatError) {
      func refuse(_ kind: FormatError.Kind, _ reason: String) -> FormatError {
        FormatError(kind, source: requestedPath, reason: "cannot write it: \(reason)")
      }
      if requestedPath.isEmpty || requestedPath.utf8.contains(0) {
        throw refuse(.invalid, "expected a path, got \(requestedPath.isEmpty ? "nothing" : "one with a byte 0")")
      }
      var status = stat()
      var permissions: mode_t?
      if stat(requestedPath, &status) == 0 {
        if status.st_mode & S_IFMT == S_IFDIR { throw refuse(.unwritable, "expected a file, got a directory") }
        // Renaming over a device or a pipe would replace it.
        if status.st_mode & S_IFMT != S_IFREG {
          throw refuse(.unwritable, "expected a regular file, got a device or a pipe")
        }
        // Renaming checks only the permissions of the directory.
        if faccessat(AT_FDCWD, requestedPath, W_OK, AT_EACCESS) != 0 {
          throw refuse(.unwritable, "the file that is there may not be written to: \(lastSystemError())")
        }
        permissions = status.st_mode & 0o7777
      }

      var path = requestedPath.utf8.map { CChar(truncatingIfNeeded: $0) }
      var linkCount = 0
      while let link = Self.link(at: path) {
        linkCount += 1
        if linkCount > Self.linkLimit {
          throw refuse(.unwritable, "expected a file, got links that lead in a circle")
        }
        path = link.first == Self.slash ? link : Self.folder(of: path) + link
      }
      let folder = Self.folder(of: path)
      let name = Array(path[folder.count...])
      if [[], [46], [46, 46]].contains(name) {
        throw refuse(.invalid, "expected a path that ends with a file's name")
      }
      let directoryPath =
        folder.isEmpty ? "." : String(decoding: folder.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
      let directory = mk_open_directory(folder.isEmpty ? [46, 0] : folder + [0])
      if directory < 0 {
        throw refuse(.unwritable, "its directory \(directoryPath) cannot be opened: \(lastSystemError())")
      }
      self.requestedPath = requestedPath
      self.directory = directory
      self.directoryPath = directoryPath
      self.name = name + [0]
      self.permissions = permissions
    }

    deinit {
      close(directory)
    }

    func synchronizeDirectory() throws(FormatError) {
      // A directory that may be written but not read cannot be synchronised; nor can those of some network file
      // systems.
      while fsync(directory) != 0 {
        if errno == EINVAL || errno == ENOTSUP || errno == EROFS || errno == EBADF { return }
        if errno != EINTR {
          throw FormatError(
            .unwritable, source: requestedPath,
            reason: "written, but its directory cannot be synchronised with the disk: \(lastSystemError())")
        }
      }
    }

    private static let slash = CChar(truncatingIfNeeded: UInt8(ascii: "/"))

    /// The path up to and including its last slash.
    private static func folder(of path: [CChar]) -> [CChar] {
      Array(path[..<(path.lastIndex(of: slash).map { $0 + 1 } ?? 0)])
    }

    /// The target of the symbolic link at a path, whether or not it exists; nil where there is no link.
    private static func link(at path: [CChar]) -> [CChar]? {
      var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
      let count = readlink(path + [0], &bytes, bytes.count)
      return count > 0 ? Array(bytes[..<count]) : nil
    }
  }
}
