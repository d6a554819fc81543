"""A quota of processor time for the contestants, as a container or a service has it: half a processor, or two of many.

Contestants share a control group of their own, in which one at a time runs: of version 2 or 1, wherever this process may
make one, else one that systemd makes for each. The period is the kernel's usual tenth of a second, so that calls meet the
pauses that they would meet in a container. Where there is no control group, whole processors can be pinned, which is no
quota and is said.
"""

import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from .environment import SetupError
from .machine import choose_cpus

PERIOD = 100_000  # microseconds
ALLOWED_EXCESS = 1.25

SPINNER = """
import time
end = time.monotonic() + 1
while time.monotonic() < end: pass
print(time.process_time())
"""


@dataclass
class Quota:
    """How a quota is kept: by a control group's folder that processes enter, by a command before theirs, or by pinning."""

    processors: float
    how: str  # for the report
    folder: Path | None = None
    prefix: list[str] = field(default_factory=list)
    cpus: list[int] | None = None  # those that contestants are pinned to; None: all that this process may use

    def enter(self) -> None:
        """In the process that is to be limited, before it becomes the contestant."""
        if self.folder is not None:
            (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def close(self) -> None:
        """After all contestants have ended."""
        if self.folder is not None:
            for _ in range(20):
                try:
                    self.folder.rmdir()
                    return
                except OSError:  # the last process is still ending
                    time.sleep(0.05)
            print(f"{self.folder} could not be removed", file=sys.stderr)


def made(processors: float, root: Path = Path("/")) -> Quota:
    """A quota that was seen to hold; throws `SetupError` where nothing can keep it."""
    reasons = []
    for make in (control_group_2, control_group_1, systemd_scope):
        found = make(processors, root)
        if isinstance(found, str):
            reasons.append(found)
            continue
        if (used := processors_used(found)) <= ALLOWED_EXCESS * processors:
            return found
        found.close()
        reasons.append(f"{found.how}: processes used {used:.2f} processors all the same")
    if processors == int(processors):
        cpus = choose_cpus(int(processors))
        if len(cpus) == processors:
            return Quota(processors, f"no quota, but pinned to {len(cpus)} processors ({'; '.join(reasons)})", cpus=cpus)
        reasons.append(f"this process may use {len(cpus)} processors")
    else:
        reasons.append("pinning knows whole processors only")
    raise SetupError(f"a quota of {processors:g} processors is not available: {'; '.join(reasons)}")


def own_groups(root: Path) -> dict[str, str]:
    """The paths of this process's groups by their controllers, "" for version 2."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return {}
    fields = [line.split(":", 2) for line in lines if line.count(":") >= 2]
    return {controller: path for _, controllers, path in fields for controller in controllers.split(",")}


def mounts(root: Path, kind: str) -> list[tuple[Path, list[str]]]:
    """Where control groups of this kind are mounted, and with which options."""
    try:
        lines = (root / "proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        before, _, after = line.partition(" - ")
        words, rest = before.split(), after.split()
        if len(words) >= 5 and len(rest) >= 3 and rest[0] == kind:
            found.append((root / words[4].lstrip("/"), rest[2].split(",")))
    return found


def upwards(mount: Path, path: str) -> list[Path]:
    """The folder of a group, and those above it up to the mounted one. In a container the own one may not be visible."""
    own = mount / path.lstrip("/")
    folders = [own, *own.parents]
    return [folder for folder in folders[: folders.index(mount) + 1] if folder.is_dir()]


def new_group(parent: Path, files: dict[str, str]) -> Path | None:
    folder = parent / f"martlet-compare-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        return None
    try:
        for name, text in files.items():
            (folder / name).write_text(text)
        return folder
    except OSError:
        folder.rmdir()
        return None


def control_group_2(processors: float, root: Path) -> Quota | str:
    path = own_groups(root).get("")
    for mount, _ in mounts(root, "cgroup2") if path is not None else []:
        for parent in upwards(mount, path):
            try:
                passed_on = (parent / "cgroup.subtree_control").read_text().split()
            except OSError:
                continue
            if "cpu" not in passed_on:
                continue
            if folder := new_group(parent, {"cpu.max": f"{round(processors * PERIOD)} {PERIOD}"}):
                return Quota(processors, "a control group of version 2", folder)
    return "no control group of version 2 that passes on `cpu` lets this process make one"


def control_group_1(processors: float, root: Path) -> Quota | str:
    path = own_groups(root).get("cpu")
    for mount, options in mounts(root, "cgroup") if path is not None else []:
        if "cpu" not in options:
            continue
        for parent in upwards(mount, path):
            files = {"cpu.cfs_period_us": str(PERIOD), "cpu.cfs_quota_us": str(round(processors * PERIOD))}
            if folder := new_group(parent, files):
                return Quota(processors, "a control group of version 1", folder)
    return "none of version 1 either"


def systemd_scope(processors: float, root: Path) -> Quota | str:
    """A scope of systemd's for each contestant. `--scope` becomes the command, which keeps its process number."""
    user = [] if os.geteuid() == 0 else ["--user"]
    prefix = ["systemd-run", *user, "--scope", "--quiet", "--collect", "-p", f"CPUQuota={processors * 100:g}%", "--"]
    try:
        tried = subprocess.run([*prefix, "true"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"systemd-run: {error}"
    if tried.returncode != 0:
        words = tried.stderr.strip().splitlines()
        return f"systemd-run: {words[-1] if words else f'status {tried.returncode}'}"
    return Quota(processors, f"`{shlex.join(prefix[:-1])}`", prefix=prefix)


def processors_used(quota: Quota) -> float:
    """What one more process than the quota has processors use of them in a second. A quota above what the machine has
    holds by itself."""
    spinners = []
    start = time.monotonic()
    for _ in range(int(quota.processors) + 1):
        spinners.append(
            subprocess.Popen(
                [*quota.prefix, sys.executable, "-S", "-c", SPINNER],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, preexec_fn=quota.enter,
            )
        )  # fmt: skip
    texts = [spinner.communicate(timeout=60)[0] for spinner in spinners]
    try:
        return sum(map(float, texts)) / (time.monotonic() - start)
    except ValueError:  # one that could not start
        return float("inf")
