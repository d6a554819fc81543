"""What a reader must know of the machine to place its numbers."""

import os
import platform
import subprocess
from pathlib import Path

from .format import size_text


def first_match(path: str, key: str) -> str | None:
    try:
        for line in Path(path).read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == key:
                return value.strip()
    except OSError:
        pass
    return None


def read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def cores(cpus: list[int]) -> dict[str, list[int]]:
    """The processors of each physical core."""
    found: dict[str, list[int]] = {}
    for cpu in sorted(cpus):
        topology = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology")
        siblings = read(topology / "thread_siblings_list") or str(cpu)
        found.setdefault(siblings, []).append(cpu)
    return found


def choose_cpus(threads: int, allowed: list[int] | None = None) -> list[int]:
    """One processor of each core first, so that two threads do not share a core while another is free."""
    groups = list(cores(allowed if allowed is not None else sorted(os.sched_getaffinity(0))).values())
    order = [group[turn] for turn in range(max(map(len, groups))) for group in groups if turn < len(group)]
    return sorted(order[:threads])


def caches() -> list[str]:
    lines = []
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = (read(index / name) for name in ("level", "type", "size"))
        if kind != "Instruction" and size:
            lines.append(f"L{level} {size.replace('K', ' KiB')}")
    return lines


def library_version(package: str) -> str | None:
    try:
        answer = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() or None


def swift_version() -> str | None:
    try:
        answer = subprocess.run(["swift", "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = [line for line in answer.stdout.splitlines() if "Swift version" in line]
    return lines[0].strip() if lines else None


def describe_machine() -> dict:
    flags = (first_match("/proc/cpuinfo", "flags") or first_match("/proc/cpuinfo", "Features") or "").split()
    vectors = [name for name in ("avx2", "fma", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve") if name in flags]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    allowed = sorted(os.sched_getaffinity(0))
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:
        system = None
    family, model = first_match("/proc/cpuinfo", "cpu family"), first_match("/proc/cpuinfo", "model")
    name = first_match("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()
    return {
        "cpu": f"{name} (family {family}, model {model})" if family and model else name,
        "vectorExtensions": vectors,
        "processors": len(allowed),
        "cores": len(cores(allowed)),
        "guest": "hypervisor" in flags,
        "caches": caches(),
        "memory": size_text(pages),
        "system": system or platform.system(),
        "kernel": platform.release(),
        "swift": swift_version(),
        "openblasPackage": library_version("libopenblas0-pthread") or library_version("libopenblas-dev"),
        "python": platform.python_version(),
    }
