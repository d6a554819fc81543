"""Quotas in folders that look like the system's, and one that is kept where this machine lets us."""

import os
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

from comparison import quota
from comparison.contestant import Contestant
from comparison.environment import SetupError

VERSION_2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
VERSION_1 = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"


class Groups(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)

    def system(self, mounts, own, folders):
        files = {"proc/self/mountinfo": mounts, "proc/self/cgroup": own}
        for folder, passed_on in folders.items():
            (self.root / "sys/fs/cgroup" / folder).mkdir(parents=True, exist_ok=True)
            if passed_on is not None:
                files[f"sys/fs/cgroup/{folder}/cgroup.subtree_control"] = passed_on
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def test_version_2_in_the_nearest_group_that_passes_on_processor_time(self):
        self.system(VERSION_2, "0::/a/b\n", {"": "cpu memory", "a": "cpu", "a/b": "memory"})
        found = quota.control_group_2(0.5, self.root)
        self.assertEqual(found.folder.parent, self.root / "sys/fs/cgroup/a")
        self.assertEqual((found.folder / "cpu.max").read_text(), "50000 100000")
        self.assertIsInstance(quota.control_group_1(0.5, self.root), str)

    def test_version_2_without_processor_time(self):
        self.system(VERSION_2, "0::/a\n", {"": "memory", "a": ""})
        self.assertIn("passes on", quota.control_group_2(0.5, self.root))
        self.assertEqual(sorted(path.name for path in (self.root / "sys/fs/cgroup/a").iterdir()), ["cgroup.subtree_control"])

    def test_version_1(self):
        self.system(VERSION_1, "5:memory:/x\n1:cpu,cpuacct:/y\n", {"cpu": None, "cpu/y": None})
        self.assertIsInstance(quota.control_group_2(2, self.root), str)
        found = quota.control_group_1(2, self.root)
        self.assertEqual(found.folder.parent, self.root / "sys/fs/cgroup/cpu/y")
        files = {path.name: path.read_text() for path in found.folder.iterdir()}
        self.assertEqual(files, {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "200000"})

    def test_a_group_that_takes_no_limit_is_removed(self):
        parent = self.root / "group"
        parent.mkdir()
        self.assertIsNone(quota.new_group(parent, {"no/such/file": "1"}))
        self.assertEqual(list(parent.iterdir()), [])

    def test_a_quota_that_does_not_hold_is_none(self):
        loose = lambda processors, root: quota.Quota(processors, "words")
        refused = lambda processors, root: "refused"
        every = {"control_group_2": loose, "control_group_1": refused, "systemd_scope": refused}
        with unittest.mock.patch.multiple(quota, processors_used=lambda found: 1.0, **every):
            with self.assertRaisesRegex(SetupError, "words: processes used 1.00 processors all the same; refused; refused; pinning"):
                quota.made(0.5, self.root)
            self.assertEqual(quota.made(1, self.root).how, "words")
        with unittest.mock.patch.multiple(quota, processors_used=lambda found: 2.0, **every):
            pinned = quota.made(1, self.root)
            self.assertEqual(len(pinned.cpus), 1)
            self.assertIn("no quota, but pinned to 1 processors", pinned.how)
        with unittest.mock.patch.multiple(quota, **every | {"control_group_2": refused}):
            with self.assertRaisesRegex(SetupError, "refused; this process may use"):
                quota.made(9999, self.root)


class Kept(unittest.TestCase):
    def test_a_quota_is_kept_where_this_machine_can(self):
        try:
            found = quota.made(0.5)
        except SetupError as error:
            self.skipTest(str(error))
        self.addCleanup(found.close)
        self.assertLessEqual(quota.processors_used(found), 0.5 * quota.ALLOWED_EXCESS)
        with tempfile.TemporaryDirectory() as directory:
            cpus = sorted(os.sched_getaffinity(0))
            program = "print(open('/proc/self/cgroup').read())"
            one = Contestant("one", [sys.executable, "-c", program], 1, cpus, Path(directory) / "log", quota=found)
            one.launch()
            inside = one.process.stdout.read().decode()
            one.quit()
            one.close()
            self.assertNotEqual(inside.split(), subprocess.run(["cat", "/proc/self/cgroup"], capture_output=True, text=True).stdout.split())
        self.assertIsNone(Contestant("one", [], 1, cpus, Path("log")).fresh().quota)
        self.assertIs(one.fresh().quota, found)


if __name__ == "__main__":
    unittest.main()
