import CKernels
import MartletPlatform
import Synchronization
import TestSupport
import Testing

@testable import MartletCore

/// Processes that end and fork while their threads compute.
@Suite struct ProcessTests {
  /// The threads of this process that have computed once.
  private static let warm = Atomic(0)

  /// Threads that go on computing, by OpenBLAS and by kernels of ours, for as long as the process lives.
  private static func computeForEver(threads: Int) {
    for _ in 0..<threads {
      let started = mk_start_thread(
        { _ in
          let a = Tensor<Float>.ones([96, 96]) * 0.01
          // A column of a matrix is strided: OpenBLAS's part on every processor.
          let column = Tensor<Float>.ones([96, 96])[0..., 0..<1]
          var isWarm = false
          while true {
            let sum = matmul(a, column).sum().item() + matmul(a, a).sum().item()
            if !sum.isFinite { fatalError("a sum of finite numbers is \(sum)") }
            if !isWarm { ProcessTests.warm.add(1, ordering: .relaxed) }
            isWarm = true
          }
        }, nil)
      if !started { fatalError("no thread could be started") }
    }
  }

  @Test(arguments: 0..<12) func `a process may end while its threads compute`(milliseconds: Int) async {
    await #expect(processExitsWith: .success) { [milliseconds] in
      ProcessTests.computeForEver(threads: 3)
      usleep(UInt32(milliseconds) * 3000)
    }
  }

  @Test func `a handler of a signal may end the process while its thread computes`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      signal(SIGALRM) { _ in exit(7) }
      ProcessTests.computeForEver(threads: 2)
      alarm(1)
      let column = Tensor<Float>.ones([96, 96])[0..., 0..<1]
      while true { _ = matmul(Tensor<Float>.ones([96, 96]), column) }
    }
  }

  @Test func `children of a process whose threads compute can compute as well`() async {
    await #expect(processExitsWith: .success) {
      ProcessTests.computeForEver(threads: 3)
      // What a thread does for the first time may hold a lock of Swift's own: see "Processes that fork" in Deploying.
      while ProcessTests.warm.load(ordering: .relaxed) < 3 { usleep(1000) }
      for _ in 0..<200 {
        let child = fork()
        if child == 0 {
          // A child that hangs is ended.
          alarm(60)
          let large = Tensor<Float>.ones([1 << 16])
          let column = Tensor<Float>.ones([96, 96])[0..., 0..<1]
          let isRight = (large + large).sum().item() == 131_072 && matmul(Tensor.ones([1, 96]), column).item() == 96
          _exit(isRight ? 0 : 1)
        }
        var status: Int32 = 0
        if child < 0 || waitpid(child, &status, 0) != child || status != 0 {
          fatalError("child \(child) ended with status \(status)")
        }
      }
      if Tensor<Float>.ones([1 << 16]).sum().item() != 65_536 { fatalError("the parent's sum is wrong") }
    }
  }
}
