import MartletPlatform

extension AtomicFile {
  /// The new file while it is being written, perhaps without a name; closed when it goes out of scope.
  ///
  /// It is locked as long as it is open. The system releases the lock however the program ends, so that a file that is
  /// being written can be told from one that was left behind.
  struct TemporaryFile: ~Copyable {
    let descriptor: Int32
    private(set) var name: [CChar]
    private(set) var hasName: Bool

    private static let prefix = ".martlet-"
    private static let suffix = ".tmp"

    init(in target: borrowing Target, isNamedFirst: Bool) throws(FormatError) {
      name = Self.newName()
      hasName = isNamedFirst
      var file: Int32 = -1
      if !isNamedFirst {
        file = mk_open_unnamed(target.directory, 0o666)
        // Any other error occurs below as well, for the file with a name, and is reported there.
        hasName = file < 0
      }
      // No other program uses these names, but one that removes leftovers may find a file before it is locked.
      for _ in 0..<16 where file < 0 {
        name = Self.newName()
        file = openat(target.directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o666))
        if file < 0 && errno != EEXIST && errno != EINTR { break }
        if file >= 0 && !Self.lock(file, isNew: true) {
          close(file)
          file = -1
          errno = EEXIST
        }
      }
      if file < 0 {
        throw FormatError(
          .unwritable, source: target.requestedPath,
          reason: "cannot write it: no file can be made in \(target.directoryPath): \(lastSystemError())")
      }
      if !hasName { flock(file, LOCK_EX | LOCK_NB) }
      if let permissions = target.permissions { fchmod(file, permissions) }
      descriptor = file
    }

    deinit {
      close(descriptor)
    }

    /// Names a file that has no name; false if that is impossible.
    mutating func takeName(in target: borrowing Target) -> Bool {
      for _ in 0..<16 {
        if mk_name_file(descriptor, target.directory, name) == 0 {
          hasName = true
          return true
        }
        if errno != EEXIST { return false }
        name = Self.newName()
      }
      return false
    }

    func remove(from target: borrowing Target) {
      if hasName { unlinkat(target.directory, name, 0) }
    }

    private static func newName() -> [CChar] {
      Array((prefix + String(UInt64.random(in: .min ... .max), radix: 36) + suffix).utf8CString)
    }

    static func isTemporary(_ name: String) -> Bool {
      name.hasPrefix(prefix) && name.hasSuffix(suffix)
    }

    /// Locks an open file and returns whether the caller now owns it. A new file is the caller's also where the file
    /// system has no locks, and is not if another program removed it before it was locked.
    static func lock(_ file: Int32, isNew: Bool) -> Bool {
      if flock(file, LOCK_EX | LOCK_NB) != 0 { return isNew && errno != EWOULDBLOCK }
      var status = stat()
      return !isNew || (fstat(file, &status) == 0 && status.st_nlink > 0)
    }
  }
}

extension AtomicFile.Target {
  /// Removes the temporary files that killed programs of this user have left in the directory: those that are not
  /// locked.
  ///
  /// Nothing happens if the directory cannot be listed or its file system has no locks. A file that is renamed into
  /// place meanwhile is safe: what is removed is its temporary name, which it no longer has.
  func removeLeftovers() {
    let listing = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if listing < 0 { return }
    guard let entries = fdopendir(listing) else {
      close(listing)
      return
    }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let name = entry.pointee.name
      if AtomicFile.TemporaryFile.isTemporary(name) { removeLeftover(name) }
    }
  }

  private func removeLeftover(_ name: String) {
    // Opening a pipe of that name must not wait. Network file systems lock only for those who may write.
    let flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    var file = openat(directory, name, O_RDWR | flags)
    if file < 0 && errno == EACCES { file = openat(directory, name, O_RDONLY | flags) }
    if file < 0 { return }
    defer { close(file) }
    var status = stat()
    if fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
      AtomicFile.TemporaryFile.lock(file, isNew: false)
    {
      unlinkat(directory, name, 0)
    }
  }
}
