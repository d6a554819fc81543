"""Whether the machine is quiet: a fixed loop, timed alone and on all chosen processors at once.

Alone it slows down when another program or guest takes the processor; together it slows down further when the
virtual processors are two threads of one core, which a host may arrange for a while without saying so.
"""

import statistics
import subprocess
import sys
from dataclasses import dataclass

SLOWER_ALONE = 1.15
SLOWER_TOGETHER = 1.25

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
    alone: float
    together: float
    stolen: float  # seconds that the host took, since the shot before


def stolen_seconds() -> float:
    with open("/proc/stat") as stat:
        fields = stat.readline().split()
    return int(fields[8]) / 100 if len(fields) > 8 else 0.0


class Calibration:
    def __init__(self, cpus: list[int], turns: int = 60_000):
        self.turns = turns
        self.spinners = [
            subprocess.Popen(
                [sys.executable, "-S", "-c", SPINNER, str(cpu)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for cpu in cpus
        ]
        self.stolen = stolen_seconds()
        self.spin(self.spinners)

    def spin(self, spinners: list[subprocess.Popen]) -> float:
        for spinner in spinners:
            spinner.stdin.write(f"{self.turns}\n")
            spinner.stdin.flush()
        return max(float(spinner.stdout.readline()) for spinner in spinners)

    def shoot(self) -> Shot:
        """The better of two, so that one interrupt is no spell."""
        alone = max(min(self.spin([spinner]) for _ in range(2)) for spinner in self.spinners)
        together = min(self.spin(self.spinners) for _ in range(2))
        before, self.stolen = self.stolen, stolen_seconds()
        return Shot(alone, together, self.stolen - before)

    def close(self) -> None:
        for spinner in self.spinners:
            spinner.stdin.close()
            spinner.wait(timeout=5)


def usual(shots: list[Shot]) -> float:
    """The loop's time when nothing disturbs it: the lower decile of all shots alone."""
    times = sorted(shot.alone for shot in shots)
    return times[len(times) // 10]


def is_quiet(shot: Shot, usual_time: float) -> bool:
    return shot.alone <= SLOWER_ALONE * usual_time and shot.together <= SLOWER_TOGETHER * usual_time


def describe(shots: list[Shot]) -> dict:
    usual_time = usual(shots)
    noisy = [shot for shot in shots if not is_quiet(shot, usual_time)]
    return {
        "shots": len(shots),
        "noisyShots": len(noisy),
        "usualSeconds": usual_time,
        "medianAlone": statistics.median(shot.alone for shot in shots) / usual_time,
        "medianTogether": statistics.median(shot.together for shot in shots) / usual_time,
        "worstAlone": max(shot.alone for shot in shots) / usual_time,
        "worstTogether": max(shot.together for shot in shots) / usual_time,
        "stolenSeconds": sum(shot.stolen for shot in shots),
    }
