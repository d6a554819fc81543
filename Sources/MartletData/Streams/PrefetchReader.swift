import MartletPlatform

/// Reads values ahead on a thread of its own.
///
/// The thread ends when it has read all, or soon after this object is gone.
final class PrefetchReader<Value: Sendable> {
  private let shared: Shared

  /// Begins to read with what `open` returns; `capacity` is the most values that wait to be taken.
  init(capacity: Int, _ open: @escaping @Sendable () throws -> () throws -> Value?) {
    shared = Shared(capacity: capacity, open)
    let argument = Unmanaged.passRetained(shared as AnyObject)
    let isRunning = mk_start_thread(
      { argument in
        let reading = Unmanaged<AnyObject>.fromOpaque(argument!).takeRetainedValue() as! any Reading
        reading.readAll()
        return nil
      }, argument.toOpaque())
    if !isRunning {
      argument.release()
      shared.hasThread = false
    }
  }

  deinit { shared.stop() }

  /// The next value; nil at the end. Throws what reading threw.
  func next() throws -> Value? { try shared.take() }

  /// What both threads see.
  ///
  /// `@unchecked Sendable`: all mutable properties but `hasThread`, which is set before anything is taken, are used while
  /// the lock is held; `source` by the thread that reads alone.
  private final class Shared: Reading, @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let capacity: Int
    private let open: @Sendable () throws -> () throws -> Value?
    private var values: [Value] = []
    private var error: (any Error)?
    private var isAtEnd = false
    private var isStopped = false
    /// Whether a thread reads; else `take` does.
    var hasThread = true
    private var source: (() throws -> Value?)?

    init(capacity: Int, _ open: @escaping @Sendable () throws -> () throws -> Value?) {
      self.capacity = capacity
      self.open = open
      pthread_mutex_init(lock, nil)
      pthread_cond_init(changed, nil)
    }

    deinit {
      pthread_cond_destroy(changed)
      pthread_mutex_destroy(lock)
      changed.deallocate()
      lock.deallocate()
    }

    private func locked<R>(_ body: () throws -> R) rethrows -> R {
      pthread_mutex_lock(lock)
      defer {
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(lock)
      }
      return try body()
    }

    func readAll() {
      do {
        let next = try open()
        while let value = try next() {
          let goesOn = locked {
            while values.count >= capacity && !isStopped { pthread_cond_wait(changed, lock) }
            if !isStopped { values.append(value) }
            return !isStopped
          }
          if !goesOn { return }
        }
        locked { isAtEnd = true }
      } catch {
        locked { (self.error, isAtEnd) = (error, true) }
      }
    }

    func take() throws -> Value? {
      if !hasThread {
        if source == nil { source = try open() }
        return try source!()
      }
      return try locked {
        while values.isEmpty && !isAtEnd { pthread_cond_wait(changed, lock) }
        if !values.isEmpty { return values.removeFirst() }
        if let error { throw error }
        return nil
      }
    }

    func stop() { locked { isStopped = true } }
  }
}

private protocol Reading: AnyObject {
  func readAll()
}
