"""The goals of the project's speed, as data, and whether a set of rows meets them."""

import fnmatch
from dataclasses import dataclass
from typing import Callable

from .format import duration, ratio_text
from .summary import Row, geometric_mean


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
class Verdict:
    goal: Goal
    values: dict[str, float]  # by workload
    got: float | None
    met: bool | None  # None: not measured in this run

    @property
    def text(self) -> str:
        return {True: "met", False: "**not met**", None: "not measured"}[self.met]

    @property
    def shortfalls(self) -> dict[str, float]:
        """The rows below what each row must reach."""
        goal = self.goal
        if goal.measure == "seconds":
            return {name: value for name, value in self.values.items() if value > goal.wanted}
        limit = goal.floor if goal.mean else goal.wanted
        return {name: value for name, value in self.values.items() if limit is not None and value < limit}


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


def measures(limits: dict[str, float]) -> dict[str, Callable[[Goal, Row], float | None]]:
    """How to read each measure from a row; `limits` has the machine's `flopPerSecond` and `bytesPerSecond`."""

    def share(row: Row, amount: float | None, limit: float | None) -> float | None:
        return amount / row.ours.median / limit if row.ours and amount and limit else None

    return {
        "ratio": lambda goal, row: row.ratio(goal.against),
        "scaling": lambda goal, row: row.scaling,
        "seconds": lambda goal, row: row.ours.median if row.ours else None,
        "flopShare": lambda goal, row: share(row, row.ours and row.ours.flop, limits.get("flopPerSecond")),
        "byteShare": lambda goal, row: share(row, row.ours and row.ours.bytes, limits.get("bytesPerSecond")),
    }


def concerns(goal: Goal, workload: str) -> bool:
    matches = lambda patterns: any(fnmatch.fnmatchcase(workload, pattern) for pattern in patterns)
    return matches(goal.patterns) and not matches(goal.without)


def judge(goal: Goal, rows: list[Row], limits: dict[str, float]) -> Verdict:
    read = measures(limits)[goal.measure]
    values = {row.workload: read(goal, row) for row in rows if concerns(goal, row.workload)}
    values = {name: value for name, value in values.items() if value is not None}
    if not values:
        return Verdict(goal, {}, None, None)
    if goal.mean:
        got = geometric_mean(values.values())
    else:
        got = max(values.values()) if goal.measure == "seconds" else min(values.values())
    verdict = Verdict(goal, values, got, None)
    reached = got <= goal.wanted if goal.measure == "seconds" else got >= goal.wanted
    verdict.met = reached and not verdict.shortfalls
    return verdict
