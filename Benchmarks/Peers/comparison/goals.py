"""The goals of the project's speed, as data, and whether a set of rows meets them."""

import fnmatch
from dataclasses import dataclass
from typing import Callable

from .format import duration, ratio_text
from .summary import OURS, STATISTICS, Row, geometric_mean, plain


STATISTIC_WORDS = {"median": "medians", "best": "best of rounds"}


@dataclass(frozen=True)
class Goal:
    """`measure` is one of: ratio, spellings (everyone's fastest), scaling, flopShare, byteShare, seconds, bytesOfPlain."""

    work: str
    patterns: tuple[str, ...]
    measure: str
    wanted: float  # the least, or the most where less is better
    mean: bool = False  # the geometric mean must reach `wanted`, and each row `floor`; otherwise each row `wanted`
    floor: float | None = None
    against: str | None = None  # the peer that counts; without it the best one
    peers_of: str | None = None  # the workload whose peers count, where it is not the same
    without: tuple[str, ...] = ()

    @property
    def less_is_better(self) -> bool:
        return self.measure in ("seconds", "bytesOfPlain")


@dataclass
class Reading:
    """What a goal's rows say by one statistic."""

    goal: Goal
    values: dict[str, float]  # by workload

    @property
    def got(self) -> float:
        if self.goal.mean:
            return geometric_mean(self.values.values())
        return max(self.values.values()) if self.goal.less_is_better else min(self.values.values())

    @property
    def met(self) -> bool:
        reached = self.got <= self.goal.wanted if self.goal.less_is_better else self.got >= self.goal.wanted
        return reached and not self.shortfalls

    @property
    def shortfalls(self) -> dict[str, float]:
        """The rows below what each row must reach."""
        goal = self.goal
        if goal.less_is_better:
            return {name: value for name, value in self.values.items() if value > goal.wanted}
        limit = goal.floor if goal.mean else goal.wanted
        return {name: value for name, value in self.values.items() if limit is not None and value < limit}


@dataclass
class Verdict:
    """A goal is met where it is by every statistic."""

    goal: Goal
    readings: dict[str, Reading]  # by statistic; none where this run did not measure it

    @property
    def met(self) -> bool | None:
        return all(reading.met for reading in self.readings.values()) if self.readings else None

    @property
    def text(self) -> str:
        if self.met is None:
            return "not measured"
        missed = [by for by, reading in self.readings.items() if not reading.met]
        if not missed:
            return "met"
        return "**not met**" if len(missed) == len(self.readings) else f"**not met by {STATISTIC_WORDS[missed[0]]}**"


def value_text(measure: str, value: float | None) -> str:
    if value is None:
        return "–"
    if measure == "seconds":
        return duration(value)
    return f"{value:.2f}" if measure in ("flopShare", "byteShare", "bytesOfPlain") else ratio_text(value)


def wanted_text(goal: Goal) -> str:
    text = ("≤ " if goal.less_is_better else "≥ ") + value_text(goal.measure, goal.wanted)
    if goal.mean:
        text += " as geometric mean"
        if goal.floor is not None:
            text += f", none under {goal.floor:g}"
    return text


def measures(
    limits: dict[str, float], rows: dict[str, Row], by: str
) -> dict[str, Callable[[Goal, Row], float | None]]:
    """How to read each measure from a row, beside the others, by a statistic; `limits` has the machine's `flopPerSecond` and `bytesPerSecond`."""

    def share(row: Row, amount: float | None, limit: float | None) -> float | None:
        return amount / row.ours.time(by) / limit if row.ours and amount and limit else None

    def ratio(goal: Goal, row: Row) -> float | None:
        if goal.peers_of is None:
            return row.ratio(goal.against, by)
        other = rows.get(goal.peers_of)
        return Row(row.workload, {**other.peers, OURS: row.ours}).ratio(goal.against, by) if other and row.ours else None

    def bytes_of_plain(row: Row) -> float | None:
        other = rows.get(plain(row.workload))
        return row.ours.peak_bytes / other.ours.peak_bytes if row.has_memory and other and other.has_memory else None

    return {
        "ratio": ratio,
        "spellings": lambda goal, row: row.ratio_of_alternatives(by) or row.ratio(goal.against, by),
        "bytesOfPlain": lambda goal, row: bytes_of_plain(row),
        "scaling": lambda goal, row: row.scaling(by),
        "seconds": lambda goal, row: row.ours.time(by) if row.ours else None,
        "flopShare": lambda goal, row: share(row, row.ours and row.ours.flop, limits.get("flopPerSecond")),
        "byteShare": lambda goal, row: share(row, row.ours and row.ours.bytes, limits.get("bytesPerSecond")),
    }


def concerns(goal: Goal, workload: str) -> bool:
    matches = lambda patterns: any(fnmatch.fnmatchcase(workload, pattern) for pattern in patterns)
    return matches(goal.patterns) and not matches(goal.without)


def judge(goal: Goal, rows: list[Row], limits: dict[str, float]) -> Verdict:
    readings = {}
    for by in STATISTICS:
        read = measures(limits, {row.workload: row for row in rows}, by)[goal.measure]
        found = {row.workload: read(goal, row) for row in rows if concerns(goal, row.workload)}
        values = {name: value for name, value in found.items() if value is not None}
        if values:
            readings[by] = Reading(goal, values)
    return Verdict(goal, readings)
