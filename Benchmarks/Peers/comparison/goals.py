"""The goals of the project's speed, as data, and whether a set of rows meets them."""

import fnmatch
from dataclasses import dataclass
from typing import Callable

from .format import duration, ratio_text
from .summary import STATISTICS, Row, geometric_mean


STATISTIC_WORDS = {"median": "medians", "best": "best of rounds"}


@dataclass(frozen=True)
class Goal:
    """`measure` is one of: ratio, scaling, flopShare, byteShare, seconds."""

    work: str
    patterns: tuple[str, ...]
    measure: str
    wanted: float  # the least, or for `seconds` the most
    mean: bool = False  # the geometric mean must reach `wanted`, and each row `floor`; otherwise each row `wanted`
    floor: float | None = None
    against: str | None = None  # the peer that counts; without it the best one
    without: tuple[str, ...] = ()


@dataclass
class Reading:
    """What a goal's rows say by one statistic."""

    goal: Goal
    values: dict[str, float]  # by workload

    @property
    def got(self) -> float:
        if self.goal.mean:
            return geometric_mean(self.values.values())
        return max(self.values.values()) if self.goal.measure == "seconds" else min(self.values.values())

    @property
    def met(self) -> bool:
        reached = self.got <= self.goal.wanted if self.goal.measure == "seconds" else self.got >= self.goal.wanted
        return reached and not self.shortfalls

    @property
    def shortfalls(self) -> dict[str, float]:
        """The rows below what each row must reach."""
        goal = self.goal
        if goal.measure == "seconds":
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
    return f"{value:.2f}" if measure in ("flopShare", "byteShare") else ratio_text(value)


def wanted_text(goal: Goal) -> str:
    text = ("≤ " if goal.measure == "seconds" else "≥ ") + value_text(goal.measure, goal.wanted)
    if goal.mean:
        text += " as geometric mean"
        if goal.floor is not None:
            text += f", none under {goal.floor:g}"
    return text


def measures(limits: dict[str, float], by: str) -> dict[str, Callable[[Goal, Row], float | None]]:
    """How to read each measure from a row by a statistic; `limits` has the machine's `flopPerSecond` and `bytesPerSecond`."""

    def share(row: Row, amount: float | None, limit: float | None) -> float | None:
        return amount / row.ours.time(by) / limit if row.ours and amount and limit else None

    return {
        "ratio": lambda goal, row: row.ratio(goal.against, by),
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
        read = measures(limits, by)[goal.measure]
        found = {row.workload: read(goal, row) for row in rows if concerns(goal, row.workload)}
        values = {name: value for name, value in found.items() if value is not None}
        if values:
            readings[by] = Reading(goal, values)
    return Verdict(goal, readings)
