import Foundation
import MartletPlatform
import Testing

@testable import MartletCore

/// Limits read from a made-up `/proc` and `/sys`, as containers and services see them.
@Suite(.enabled(if: mk_has_system_files())) final class ControlGroupTests {
  private let root = FileManager.default.temporaryDirectory.appending(path: "groups-\(UUID().uuidString)").path

  deinit { try? FileManager.default.removeItem(atPath: root) }

  private func write(_ files: KeyValuePairs<String, String>) throws {
    for (path, text) in files {
      let url = URL(filePath: root + path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
  }

  private var group: ControlGroup { ControlGroup(root: root) }

  @Test func `the least limit from the own group to the root of version 2`() throws {
    try write([
      "/proc/self/cgroup": "0::/jobs.slice/job\n",
      "/proc/self/mountinfo": "25 20 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
      "/sys/fs/cgroup/jobs.slice/cpu.max": "150000 100000\n",
      "/sys/fs/cgroup/jobs.slice/memory.max": "max\n",
      "/sys/fs/cgroup/jobs.slice/pids.max": "50\n", "/sys/fs/cgroup/jobs.slice/pids.current": "45\n",
      "/sys/fs/cgroup/jobs.slice/job/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/jobs.slice/job/memory.max": "1048576\n",
      "/sys/fs/cgroup/jobs.slice/job/pids.max": "20\n", "/sys/fs/cgroup/jobs.slice/job/pids.current": "2\n",
    ])
    #expect(group.quota() == 1.5)
    #expect(group.processors() == 2)
    #expect(group.memory() == 1 << 20)
    #expect(group.startableThreads() == 5)
  }

  @Test func `the least limit decides the number of threads, and is named`() throws {
    try write([
      "/proc/self/cgroup": "0::/job\n",
      "/proc/self/mountinfo": "25 20 0:23 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
      "/sys/fs/cgroup/job/cpu.max": "150000 100000\n",
      "/sys/fs/cgroup/job/pids.max": "20\n", "/sys/fs/cgroup/job/pids.current": "2\n",
    ])
    func limited(_ machine: Int, _ affinity: Int, _ group: ControlGroup, _ wanted: String?) -> String {
      let (count, reason) = Threads.leastLimit(machine: machine, affinity: affinity, group: group, wanted: wanted)
      return "\(count) \(reason ?? "all")"
    }
    let free = ControlGroup(root: root + "/nowhere")
    #expect(limited(64, 64, group, nil) == "2 control group")
    #expect(limited(64, 64, group, "1,2") == "1 OMP_NUM_THREADS" && limited(64, 64, group, "4") == "2 control group")
    #expect(limited(64, 1, group, nil) == "1 affinity" && limited(64, 16, free, nil) == "16 affinity")
    #expect(limited(64, 64, free, nil) == "64 all" && limited(64, 64, free, "none") == "64 all")
    #expect(limited(2, 2, group, nil) == "2 all" && limited(1000, 1000, free, nil) == "256 the most threads")
    try write(["/sys/fs/cgroup/job/cpu.max": "max 100000\n"])
    #expect(limited(64, 64, group, nil) == "10 control group's threads")
  }

  @Test func `child groups of version 1, each controller with a tree of its own`() throws {
    try write([
      "/proc/self/cgroup": "9:name=systemd:/x\n4:memory:/\n3:pids:/jobs/a b\n2:cpu,cpuacct:/half\n0::/\n",
      "/proc/self/mountinfo": """
      31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
      32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
      35 31 0:32 / /sys/fs/cgroup/memory rw shared:1 master:2 - cgroup cgroup rw,memory
      39 31 0:36 / /my\\040groups/pids rw - cgroup cgroup rw,pids
      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw

      """,
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu,cpuacct/half/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu,cpuacct/half/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "/my groups/pids/jobs/a b/pids.max": "7\n", "/my groups/pids/jobs/a b/pids.current": "9\n",
    ])
    #expect(group.quota() == 0.5)
    #expect(group.processors() == 1)
    #expect(group.memory() == nil)
    #expect(group.startableThreads() == 0)
  }

  @Test func `a container that sees its own group as the root`() throws {
    let files: KeyValuePairs = [
      "/proc/self/mountinfo": "35 31 0:32 /docker/0af3 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "4096\n",
      "/sys/fs/cgroup/memory/part/memory.limit_in_bytes": "1024\n",
    ]
    try write(files)
    for (path, limit) in [
      ("/docker/0af3", 4096), ("/docker/0af3/part", 1024), ("/docker/other", 4096), ("/../../part", 4096),
    ] {
      try write(["/proc/self/cgroup": "4:memory:\(path)\n"])
      #expect(group.memory() == limit, "\(path)")
    }
  }

  @Test func `no limits where there are no groups, and where files say nothing`() throws {
    func expectNone() {
      #expect(group.quota() == nil && group.memory() == nil && group.startableThreads() == nil)
    }
    expectNone()
    try write(["/proc/self/cgroup": "0::/\n", "/proc/self/mountinfo": ""])
    expectNone()
    try write([
      "/proc/self/mountinfo": "- - -\n25 20 0:23 / /g rw - cgroup2\n26 20 0:23 / /g rw - cgroup2 cgroup2 rw\n",
      "/g/cpu.max": "soon\n", "/g/memory.max": "\n", "/g/pids.max": "12\n",
    ])
    expectNone()
  }
}
