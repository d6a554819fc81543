"""Whether the contestants computed the same."""

import math
import statistics
from dataclasses import dataclass

from .suite import tolerance
from .summary import Row


@dataclass(frozen=True)
class Mismatch:
    workload: str
    contestant: str
    value: float | None
    expected: float
    limit: float
    why: str

    @property
    def text(self) -> str:
        value = "no number" if self.value is None else f"{self.value:.9g}"
        return (
            f"{self.workload}: {self.contestant} computed {value}, the median of all is {self.expected:.9g};"
            f" {self.limit:g} of it is allowed ({self.why})"
        )


def mismatches(row: Row) -> list[Mismatch]:
    """Who differs from the median of all contestants; with two that differ, both are named."""
    summaries = dict(row.summaries)
    if row.single:
        summaries["Martlet, 1 thread"] = row.single
    values = {name: summary.checks for name, summary in summaries.items()}
    for name, summary in summaries.items():
        values |= {f"{name}, {spelling}": other["checks"] for spelling, other in summary.alternatives.items()}
    firsts = [checks[0] for checks in values.values() if checks and checks[0] is not None and math.isfinite(checks[0])]
    if not firsts:
        return []
    expected = statistics.median(firsts)
    limit, why = tolerance(row.workload)
    found = []
    for name, checks in values.items():
        wrong = [check for check in checks if check is None or not abs(check - expected) <= limit * abs(expected)]
        if wrong or not checks:
            found.append(Mismatch(row.workload, name, wrong[0] if wrong else None, expected, limit, why))
    return found
