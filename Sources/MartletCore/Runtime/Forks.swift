import CKernels

/// Processes that fork, whatever their other threads compute: parent and child go on with whole free lists, and the child
/// with workers of its own.
enum Forks {
  /// Sees to it from now on.
  static func survive() { _ = handlers }

  private static let handlers: Void = mk_at_fork(
    {
      WorkerPool.prepareForFork()
      BufferPool.prepareForFork()
    },
    { isChild in
      BufferPool.resumeAfterFork()
      if isChild { WorkerPool.startAgain() }
    })
}
