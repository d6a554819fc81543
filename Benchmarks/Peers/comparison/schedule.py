"""Interleaved rounds: every contestant does a workload once per round, in an order that rotates.

Workloads that are other forms of one, such as a training step from a plan, share a turn: peers do the plain one once."""

import sys
import time
from dataclasses import dataclass, field

from .calibration import Calibration, Shot, is_quiet, usual
from .contestant import Contestant, ContestantError
from .summary import Row, Run, plain, summarise

SINGLE = "Martlet, 1 thread"


@dataclass
class Turn:
    """One plain workload in one round: what everyone did, between two shots of the calibration."""

    workload: str
    round: int
    replies: dict[tuple[str, str], Run] = field(default_factory=dict)  # by contestant and workload
    before: Shot | None = None
    after: Shot | None = None

    def quiet(self, usual_time: float) -> bool:
        return is_quiet(self.before, self.after, usual_time)


def rotated(items: list, turns: int) -> list:
    start = turns % len(items) if items else 0
    return items[start:] + items[:start]


class Schedule:
    def __init__(
        self,
        contestants: list[Contestant],
        workloads: list[str],
        seconds: float,
        calibration: Calibration,
        by_mean: bool = False,
    ):
        self.by_mean = by_mean
        self.contestants = contestants
        self.workloads = workloads
        self.forms: dict[str, list[str]] = {}  # by plain workload, those that are wanted
        for workload in workloads:
            self.forms.setdefault(plain(workload), []).append(workload)
        self.seconds = seconds
        self.calibration = calibration
        self.turns: list[Turn] = []
        self.shots: list[Shot] = [calibration.shoot() for _ in range(5)]
        self.repeated = 0

    def measure(self, rounds: int, limit: float) -> None:
        """All rounds, or as many as fit in `limit` seconds, at least one; then the disturbed turns once more."""
        start = time.monotonic()
        for number in range(rounds):
            round_start = time.monotonic()
            for index, workload in enumerate(self.forms):
                self.say(f"round {number + 1} of {rounds}, {index + 1} of {len(self.forms)}: {workload}")
                # The workload's index keeps two contestants from always following each other in the same order.
                self.turns.append(self.take_turn(workload, number, number + index))
            now = time.monotonic()
            if number + 1 < rounds and (now - start) + (now - round_start) > limit:
                self.say("")
                print(f"Stopping after {number + 1} rounds: another would pass the time limit.", file=sys.stderr)
                break
        self.repeat_disturbed(start + limit)
        self.say("")

    def repeat_disturbed(self, deadline: float) -> None:
        usual_time = usual(self.shots)
        for turn in [turn for turn in self.turns if not turn.quiet(usual_time)]:
            # The slowest turn so far bounds what one more may take.
            if time.monotonic() + len(self.contestants) * (4 * self.seconds + 1) > deadline:
                break
            self.say(f"once more, as it was disturbed: {turn.workload}")
            again = self.take_turn(turn.workload, turn.round, turn.round)
            self.repeated += 1
            if again.quiet(usual_time):
                self.turns[self.turns.index(turn)] = again

    def take_turn(self, workload: str, number: int, rotation: int) -> Turn:
        turn = Turn(workload, number, before=self.shots[-1])
        for contestant in rotated([one for one in self.contestants if self.asked(one, workload)], rotation):
            for form in self.asked(contestant, workload):
                self.ask(contestant, form, turn)
        turn.after = self.calibration.shoot()
        self.shots.append(turn.after)
        return turn

    def asked(self, contestant: Contestant, workload: str) -> list[str]:
        """Which forms of a plain workload a contestant does; the plain one where it has no others."""
        forms = [form for form in self.forms[workload] if form in contestant.workloads] or [workload]
        return [form for form in forms if form in contestant.workloads and form not in contestant.failures]

    def ask(self, contestant: Contestant, workload: str, turn: Turn) -> None:
        try:
            if not contestant.alive:
                contestant.start()  # it died of another workload
            # The first time it may compile for a while.
            reply = contestant.run(workload, self.seconds, timeout=180 + 20 * self.seconds)
            turn.replies[contestant.name, workload] = Run.from_reply(reply, by_mean=self.by_mean)
        except (ContestantError, ValueError, KeyError, TypeError) as error:
            contestant.failures[workload] = str(error)
            self.say("")
            print(f"{contestant.name}, {workload}: {error}", file=sys.stderr)

    def rows(self) -> list[Row]:
        usual_time = usual(self.shots)
        rows = []
        for workload in self.workloads:
            runs: dict[str, list[Run]] = {}
            did = {one.name: workload if workload in one.workloads else plain(workload) for one in self.contestants}
            for turn in self.turns:
                for (name, done), run in turn.replies.items():
                    if done == did[name]:
                        run.quiet = turn.quiet(usual_time)
                        runs.setdefault(name, []).append(run)
            summaries = {name: summarise(list_of_runs) for name, list_of_runs in runs.items()}
            single = summaries.pop(SINGLE, None)
            if summaries:
                rows.append(Row(workload, summaries, single))
        return rows

    def say(self, text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[2K{text[:100]}", end="", file=sys.stderr, flush=True)
