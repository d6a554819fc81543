"""From the times of single runs to medians, ratios and geometric means. Nothing here touches a clock or a process.

Two statistics stand beside each other: the median over rounds, which is what a user meets, and the best of all rounds,
which says what is left when nothing disturbs. Where a machine is noisy they tell different stories, and a statement that
holds by one alone does not hold.
"""

import math
import re
import statistics
from dataclasses import dataclass, field

OURS = "Martlet"
STATISTICS = ("median", "best")


@dataclass
class Run:
    """What one contestant did in one turn at one workload."""

    median: float  # seconds per call
    best: float
    p99: float
    check: float | None
    quiet: bool = True
    # Other spellings, such as one with an output given beforehand: `median`, `best`, `check` by name.
    alternatives: dict[str, dict] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)  # spellings that it could not do: why
    peak_bytes: int | None = None
    flop: float | None = None
    bytes: float | None = None

    @classmethod
    def from_reply(cls, reply: dict, quiet: bool = True, by_mean: bool = False) -> "Run":
        """By the mean, which is the median and the best then, a run tells how much was done in its time: under a quota few
        calls meet the pauses, and the median never sees them."""
        times = sorted(float(time) for time in reply["times"])
        if not times or not all(math.isfinite(time) and time > 0 for time in times):
            raise ValueError("its times are empty or not positive")

        def typical(timed: dict) -> dict[str, float]:
            mean = float(timed["mean"]) if by_mean else None
            return {"median": mean or statistics.median(timed["times"]), "best": mean or min(timed["times"])}

        return cls(
            **typical(reply),
            p99=times[min(len(times) - 1, math.ceil(0.99 * len(times)) - 1)],
            check=reply.get("check"),
            quiet=quiet,
            alternatives={
                other["name"]: typical(other) | {"check": other.get("check")}
                for other in reply.get("alternatives") or []
            },
            unavailable=reply.get("unavailable") or {},
            peak_bytes=reply.get("peakBytes"),
            flop=reply.get("flop"),
            bytes=reply.get("bytes"),
        )


@dataclass
class Summary:
    """All turns of one contestant at one workload, as one line of the report."""

    median: float  # the median over rounds of each round's median
    best: float  # the shortest time of all rounds, disturbed ones too: a disturbance shortens nothing
    p99: float
    rounds: int
    quiet_rounds: int
    spread: float  # (largest − smallest round median) ÷ median, of the rounds that count
    checks: list[float] = field(default_factory=list)
    alternatives: dict[str, dict] = field(default_factory=dict)  # `median`, `best`, `checks` by name
    unavailable: dict[str, str] = field(default_factory=dict)
    peak_bytes: int | None = None
    flop: float | None = None
    bytes: float | None = None

    def time(self, by: str = "median") -> float:
        """Seconds by one of `STATISTICS`."""
        return getattr(self, by)

    def fastest_spelling(self, by: str = "median") -> tuple[float, str]:
        """Its seconds and its name, "" for the plain one."""
        return min([(self.time(by), ""), *((other[by], name) for name, other in self.alternatives.items())])

    @property
    def noisy(self) -> bool:
        return self.quiet_rounds * 2 < self.rounds


def summarise(runs: list[Run]) -> Summary:
    """The quiet rounds alone where they are the larger part, all rounds otherwise."""
    if not runs:
        raise ValueError("no runs to summarise")
    quiet = [run for run in runs if run.quiet]
    counted = quiet if len(quiet) * 2 >= len(runs) else runs
    medians = [run.median for run in counted]
    median = statistics.median(medians)
    return Summary(
        median=median,
        best=min(run.best for run in runs),
        p99=statistics.median(run.p99 for run in counted),
        rounds=len(runs),
        quiet_rounds=len(quiet),
        spread=(max(medians) - min(medians)) / median,
        checks=[run.check for run in runs if run.check is not None],
        alternatives={name: summarised_alternative(name, counted, runs) for name in runs[0].alternatives},
        unavailable={name: why for run in runs for name, why in run.unavailable.items()},
        peak_bytes=runs[0].peak_bytes,
        flop=runs[0].flop,
        bytes=runs[0].bytes,
    )


def summarised_alternative(name: str, counted: list[Run], runs: list[Run]) -> dict:
    of = lambda some: [run.alternatives[name] for run in some if name in run.alternatives]
    return {
        "median": statistics.median(other["median"] for other in of(counted) or of(runs)),
        "best": min(other["best"] for other in of(runs)),
        "checks": [other["check"] for other in of(runs)],
    }


def plain(workload: str) -> str:
    """The workload of which this one is another form of ours, for peers the same: training/10-64-1 for
    training/10-64-1-compiled, elementwise/chain4-sum-1e5 for elementwise/chain4-sum-fused-1e5."""
    return re.sub(r"-(compiled|fused)(?=-|$)", "", workload)


@dataclass
class Row:
    """One workload: everyone's summary, and the ratio that counts."""

    workload: str
    summaries: dict[str, Summary]  # by contestant, ours included
    single: Summary | None = None  # ours on one thread

    @property
    def group(self) -> str:
        return self.workload.split("/", 1)[0]

    @property
    def ours(self) -> Summary | None:
        return self.summaries.get(OURS)

    @property
    def peers(self) -> dict[str, Summary]:
        return {name: summary for name, summary in self.summaries.items() if name != OURS}

    def best_peer(self, by: str = "median") -> str | None:
        return min(self.peers, key=lambda name: self.peers[name].time(by), default=None)

    def ratio(self, against: str | None = None, by: str = "median") -> float | None:
        """Time of the best peer (or of the one named) ÷ ours: above 1, ours is faster. By bests, the best of the peer
        whose best is shortest."""
        peer = against or self.best_peer(by)
        if self.ours is None or peer not in self.peers:
            return None
        return self.peers[peer].time(by) / self.ours.time(by)

    def ratio_of_alternatives(self, by: str = "median") -> float | None:
        """The same with everyone's fastest spelling, where some contestant has several."""
        if self.ours is None or not self.peers or not any(summary.alternatives for summary in self.summaries.values()):
            return None
        return self.fastest_peer(by)[0] / self.ours.fastest_spelling(by)[0]

    def fastest_peer(self, by: str = "median") -> tuple[float, str, str]:
        """With its fastest spelling: the seconds, the spelling's name, the peer's."""
        return min((*summary.fastest_spelling(by), name) for name, summary in self.peers.items())

    def scaling(self, by: str = "median") -> float | None:
        """Ours on one thread ÷ ours on all."""
        return self.single.time(by) / self.ours.time(by) if self.single and self.ours else None

    @property
    def has_memory(self) -> bool:
        return bool(self.ours and self.ours.peak_bytes)

    @property
    def noisy(self) -> bool:
        return any(summary.noisy for summary in self.summaries.values())


def geometric_mean(values: list[float]) -> float | None:
    values = list(values)
    return math.exp(math.fsum(map(math.log, values)) / len(values)) if values else None


def group_means(rows: list[Row], by: str = "median") -> dict[str, dict]:
    """By group, in order of appearance: how many ratios, their geometric mean, the lowest and whose it is."""
    means: dict[str, dict] = {}
    for group in dict.fromkeys(row.group for row in rows):
        found = {row.workload: row.ratio(by=by) for row in rows if row.group == group}
        ratios = {name: ratio for name, ratio in found.items() if ratio is not None}
        if ratios:
            lowest = min(ratios, key=ratios.get)
            means[group] = {
                "count": len(ratios),
                "geometricMean": geometric_mean(ratios.values()),
                "lowest": ratios[lowest],
                "lowestWorkload": lowest,
            }
    return means
