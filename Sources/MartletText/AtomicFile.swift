import MartletPlatform

/// Files that appear whole or not at all, even if the machine stops half way.
///
/// The bytes go to a temporary file of a unique name in the same directory, which is synchronised with the disk and then
/// renamed over the old file; at last the directory is synchronised, so that the new name lasts too. When anything fails
/// the temporary file is removed and the old file is as it was.
///
/// A symbolic link is followed; the old file's permissions are kept.
package enum AtomicFile {
  /// Writes all of `bytes` to `path`.
  package static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(FormatError) {
    try write(to: path) { (writer: borrowing Writer) throws(FormatError) in
      try writer.write(bytes)
    }
  }

  /// Writes text as UTF-8 to `path`.
  package static func write(_ text: String, to path: String) throws(FormatError) {
    let bytes = Array(text.utf8)
    try write(to: path) { (writer: borrowing Writer) throws(FormatError) in
      try writer.write(bytes)
    }
  }

  /// Writes what `body` hands to its writer, piece by piece, to `path`.
  package static func write(
    to path: String, _ body: (borrowing Writer) throws(FormatError) -> Void
  ) throws(FormatError) {
    let target = try Target(path: path)
    let writer = try Writer(target)
    do throws(FormatError) {
      try body(writer)
      try writer.synchronize()
      if rename(writer.temporaryPath, target.path) != 0 {
        throw FormatError(
          .unwritable, source: path, reason: "cannot rename the new file into place: \(lastSystemError())")
      }
    } catch {
      unlink(writer.temporaryPath)
      throw error
    }
    try target.synchronizeDirectory()
  }

  /// The temporary file while it is being written; closed when it goes out of scope.
  package struct Writer: ~Copyable {
    private let path: String
    private let descriptor: Int32
    fileprivate let temporaryPath: String

    fileprivate init(_ target: borrowing Target) throws(FormatError) {
      path = target.requestedPath
      // A name is taken only if nobody has it, so two attempts practically never collide.
      for _ in 0..<16 {
        let name = ".martlet-" + String(UInt64.random(in: .min ... .max), radix: 36) + ".tmp"
        let candidate = target.directory + "/" + name
        let file = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o666))
        if file >= 0 {
          temporaryPath = candidate
          descriptor = file
          if let permissions = target.permissions { fchmod(file, permissions) }
          return
        }
        if errno != EEXIST && errno != EINTR { break }
      }
      throw FormatError(
        .unwritable, source: path,
        reason: "cannot write it: no file can be made in \(target.directory): \(lastSystemError())")
    }

    deinit {
      close(descriptor)
    }

    /// Appends bytes.
    package func write(_ bytes: [UInt8]) throws(FormatError) {
      // A closure's own error type would be lost through `withUnsafeBytes`.
      let result = bytes.withUnsafeBytes { buffer in
        Result<Void, FormatError> { () throws(FormatError) in try self.write(buffer) }
      }
      try result.get()
    }

    /// Appends bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
      guard var next = bytes.baseAddress else { return }
      var left = bytes.count
      while left > 0 {
        let count = systemWrite(descriptor, next, left)
        if count >= 0 {
          next += count
          left -= count
        } else if errno != EINTR {
          throw FormatError(.unwritable, source: path, reason: "cannot write it: \(lastSystemError())")
        }
      }
    }

    fileprivate func synchronize() throws(FormatError) {
      while fsync(descriptor) != 0 {
        if errno != EINTR {
          throw FormatError(
            .unwritable, source: path, reason: "cannot synchronise it with the disk: \(lastSystemError())")
        }
      }
    }
  }

  /// Where the file goes in the end.
  fileprivate struct Target {
    let requestedPath: String
    /// The requested path with a symbolic link at its end followed.
    let path: String
    let directory: String
    /// The old file's, if there is one.
    let permissions: mode_t?

    init(path requestedPath: String) throws(FormatError) {
      self.requestedPath = requestedPath
      if requestedPath.isEmpty || requestedPath.utf8.contains(0) {
        throw FormatError(
          .invalid, source: requestedPath,
          reason: "cannot write it: expected a path, got \(requestedPath.isEmpty ? "nothing" : "one with a byte 0")")
      }
      var status = stat()
      if stat(requestedPath, &status) == 0 {
        if status.st_mode & S_IFMT == S_IFDIR {
          throw FormatError(
            .unwritable, source: requestedPath, reason: "cannot write it: expected a file, got a directory")
        }
        // Renaming over a device or a pipe would replace it.
        if status.st_mode & S_IFMT != S_IFREG {
          throw FormatError(
            .unwritable, source: requestedPath,
            reason: "cannot write it: expected a regular file, got a device or a pipe")
        }
        permissions = status.st_mode & 0o7777
      } else {
        permissions = nil
      }

      if let resolved = realpath(requestedPath, nil) {
        path = String(cString: resolved)
        free(resolved)
      } else {
        path = requestedPath
      }
      if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) {
        directory = slash == path.startIndex ? "/" : String(path[..<slash])
      } else {
        directory = "."
      }
    }

    func synchronizeDirectory() throws(FormatError) {
      let file = open(directory, O_RDONLY | O_CLOEXEC)
      // A directory that may be written but not read cannot be synchronised; neither can some network file systems'.
      if file < 0 { return }
      defer { close(file) }
      while fsync(file) != 0 {
        if errno == EINVAL || errno == ENOTSUP || errno == EROFS { return }
        if errno != EINTR {
          throw FormatError(
            .unwritable, source: requestedPath,
            reason: "written, but its directory cannot be synchronised with the disk: \(lastSystemError())")
        }
      }
    }
  }
}

// The C library's function, which `AtomicFile`'s members of that name hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
