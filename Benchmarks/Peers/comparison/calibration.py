"""Whether the machine is quiet: a fixed loop, timed alone and on all chosen processors at once, and who used them.

Alone the loop slows down when the host lowers the clock or another guest takes its share; together it slows down further
when the virtual processors are two threads of one core, which a host may arrange for a while without saying so. Its usual
time is the median, since a boost makes single shots much faster. Other programs do not show in so short a loop, which
the scheduler lets run at once; they show in the processors' time that neither we nor the contestants used.
"""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable

SLOWER_ALONE = 1.25
SLOWER_TOGETHER = 1.35
OTHERS = 0.15  # of one processor
TICK = 0.05  # seconds that counting in ticks may be wrong by

SPINNER = """
import os, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)): pass
    print(time.perf_counter() - start, flush=True)
"""


@dataclass(frozen=True)
class Shot:
    """The loop's times, and what happened between the shot before and this one."""

    alone: float
    together: float
    stolen: float = 0.0  # seconds that the host took
    others: float = 0.0  # processors that other programs and the host used


@dataclass
class Usage:
    """Seconds of processor time so far: all of it, what the host took, and what our own processes used."""

    at: float
    busy: float
    stolen: float
    own: dict[int, float]

    @classmethod
    def now(cls, cpus: list[int], own: list[int]) -> "Usage":
        tick = os.sysconf("SC_CLK_TCK")
        names = {f"cpu{cpu}" for cpu in cpus}
        busy = stolen = 0
        with open("/proc/stat") as file:
            for fields in map(str.split, file):
                if fields[0] in names:
                    user, nice, system, _, _, interrupt, soft, taken = map(int, fields[1:9])
                    busy += user + nice + system + interrupt + soft
                    stolen += taken
        return cls(time.monotonic(), busy / tick, stolen / tick, {pid: used(pid) / tick for pid in own})

    def others_since(self, before: "Usage") -> float:
        own = sum(max(0.0, seconds - before.own.get(pid, 0.0)) for pid, seconds in self.own.items())
        others = (self.busy - before.busy) - own + (self.stolen - before.stolen)
        return max(0.0, others - TICK) / max(self.at - before.at, 1e-3)


def used(pid: int) -> int:
    """User and system time in ticks; 0 for a process that has gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


class Calibration:
    """`own` answers the contestants' process numbers."""

    def __init__(self, cpus: list[int], own: Callable[[], list[int]] = list, turns: int = 60_000):
        self.cpus = cpus
        self.own = own
        self.turns = turns
        self.spinners = [
            subprocess.Popen(
                [sys.executable, "-S", "-c", SPINNER, str(cpu)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for cpu in cpus
        ]
        self.spin(self.spinners)
        self.usage = self.usage_now()

    def usage_now(self) -> Usage:
        return Usage.now(self.cpus, [os.getpid(), *self.own()])

    def spin(self, spinners: list[subprocess.Popen]) -> float:
        for spinner in spinners:
            spinner.stdin.write(f"{self.turns}\n")
            spinner.stdin.flush()
        return max(float(spinner.stdout.readline()) for spinner in spinners)

    def shoot(self) -> Shot:
        """The better of two, so that one interrupt is no spell."""
        usage = self.usage_now()
        others, stolen = usage.others_since(self.usage), usage.stolen - self.usage.stolen
        alone = max(min(self.spin([spinner]) for _ in range(2)) for spinner in self.spinners)
        together = min(self.spin(self.spinners) for _ in range(2))
        self.usage = self.usage_now()
        return Shot(alone, together, stolen, others)

    def close(self) -> None:
        for spinner in self.spinners:
            spinner.stdin.close()
            spinner.stdout.close()
            spinner.wait(timeout=5)


def usual(shots: list[Shot]) -> float:
    return statistics.median(shot.alone for shot in shots)


def is_full_speed(shot: Shot, usual_time: float) -> bool:
    return shot.alone <= SLOWER_ALONE * usual_time and shot.together <= SLOWER_TOGETHER * usual_time


def is_quiet(before: Shot, after: Shot, usual_time: float) -> bool:
    """Whether nothing disturbed what lay between two shots."""
    return is_full_speed(before, usual_time) and is_full_speed(after, usual_time) and after.others <= OTHERS


def describe(shots: list[Shot]) -> dict:
    usual_time = usual(shots)
    return {
        "shots": len(shots),
        "slowShots": sum(not is_full_speed(shot, usual_time) for shot in shots),
        "shotsWithOthers": sum(shot.others > OTHERS for shot in shots),
        "usualSeconds": usual_time,
        "medianTogether": statistics.median(shot.together for shot in shots) / usual_time,
        "worstAlone": max(shot.alone for shot in shots) / usual_time,
        "worstTogether": max(shot.together for shot in shots) / usual_time,
        "medianOthers": statistics.median(shot.others for shot in shots),
        "worstOthers": max(shot.others for shot in shots),
        "stolenSeconds": sum(shot.stolen for shot in shots),
    }
