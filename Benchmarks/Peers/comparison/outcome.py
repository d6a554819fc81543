"""All that one comparison found out, and the JSON that keeps it."""

import dataclasses
from dataclasses import dataclass, field

from .checks import Mismatch, mismatches
from .first_steps import FirstStep, FirstSteps
from .goals import Verdict, judge
from .suite import AVX2, AVX512, GOALS
from .summary import OURS, Row, Summary, group_means


@dataclass
class Outcome:
    date: str
    settings: dict  # threads, rounds, secondsPerRun, quick, minutes, only, level, quota, quotaBy
    machine: dict
    contestants: list[dict]  # what each said of itself
    rows: list[Row]
    limits: dict[str, float] = field(default_factory=dict)
    calibration: dict = field(default_factory=dict)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)  # contestant, workload ("" for all): why
    repeated_turns: int = 0
    first_steps: FirstSteps = field(default_factory=dict)

    @property
    def level(self) -> str:
        """Whose goals count: those of AVX2 where all were limited to it, or where the processor has no more."""
        return self.settings["level"] or (AVX512 if "avx512f" in self.machine["vectorExtensions"] else AVX2)

    @property
    def part(self) -> str:
        """What sets it apart from a run on the whole machine, which is "": x86-64-v3, quota-0.5."""
        quota = self.settings["quota"]
        return "-".join(filter(None, [self.settings["level"], quota and f"quota-{quota:g}"]))

    @property
    def verdicts(self) -> list[Verdict]:
        return [judge(goal, self.rows, self.limits) for goal in GOALS[self.level]]

    @property
    def mismatches(self) -> list[Mismatch]:
        return [mismatch for row in self.rows for mismatch in mismatches(row)]

    @property
    def names(self) -> list[str]:
        """Ours first, then the peers as they were started."""
        present = {name for row in self.rows for name in row.summaries}
        order = [OURS] + [hello["contestant"] for hello in self.contestants]
        return [name for name in dict.fromkeys(order) if name in present]

    @property
    def is_clean(self) -> bool:
        return not self.mismatches and not self.failures

    def to_json(self) -> dict:
        def row_json(row: Row) -> dict:
            return {
                "workload": row.workload,
                "bestPeer": row.best_peer(),
                "bestPeerOfBests": row.best_peer("best"),
                "ratio": row.ratio(),
                "ratioOfBests": row.ratio(by="best"),
                "ratioOfFastestSpellings": row.ratio_of_alternatives(),
                "ratioOfBestsOfFastestSpellings": row.ratio_of_alternatives("best"),
                "scaling": row.scaling(),
                "scalingOfBests": row.scaling("best"),
                "noisy": row.noisy,
                "summaries": {name: dataclasses.asdict(summary) for name, summary in row.summaries.items()},
                "single": dataclasses.asdict(row.single) if row.single else None,
            }

        def verdict_json(verdict: Verdict) -> dict:
            return {
                "work": verdict.goal.work,
                "measure": verdict.goal.measure,
                "wanted": verdict.goal.wanted,
                "met": verdict.met,
                "by": {
                    by: {"got": reading.got, "met": reading.met, "values": reading.values, "shortfalls": reading.shortfalls}
                    for by, reading in verdict.readings.items()
                },
            }

        return {
            "date": self.date,
            "settings": self.settings,
            "machine": self.machine,
            "contestants": self.contestants,
            "limits": self.limits,
            "calibration": self.calibration,
            "repeatedTurns": self.repeated_turns,
            "goals": [verdict_json(verdict) for verdict in self.verdicts],
            "groups": group_means(self.rows),
            "groupsOfBests": group_means(self.rows, "best"),
            "firstSteps": {
                workload: {name: [dataclasses.asdict(step) for step in steps] for name, steps in by_name.items()}
                for workload, by_name in self.first_steps.items()
            },
            "rows": [row_json(row) for row in self.rows],
            "mismatches": [mismatch.text for mismatch in self.mismatches],
            "failures": self.failures,
        }

    @classmethod
    def from_json(cls, document: dict) -> "Outcome":
        rows = [
            Row(
                row["workload"],
                {name: Summary(**summary) for name, summary in row["summaries"].items()},
                Summary(**row["single"]) if row["single"] else None,
            )
            for row in document["rows"]
        ]
        return cls(
            document["date"],
            document["settings"],
            document["machine"],
            document["contestants"],
            rows,
            document["limits"],
            document["calibration"],
            document["failures"],
            document["repeatedTurns"],
            {
                workload: {name: [FirstStep(**step) for step in steps] for name, steps in by_name.items()}
                for workload, by_name in document["firstSteps"].items()
            },
        )
