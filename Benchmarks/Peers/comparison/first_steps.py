"""The way to the first training step in a process that has just started: what a script waits for each time that it is run."""

import sys
from dataclasses import dataclass

from .contestant import Contestant, ContestantError
from .schedule import SINGLE, rotated
from .suite import is_training


@dataclass(frozen=True)
class FirstStep:
    """Seconds, one part after the other."""

    start: float  # until the program has begun: the process, an interpreter, whatever is imported
    data: float  # the formula's numbers, which no user's program computes: told, and not counted
    model: float  # with its optimiser
    step: float  # with whatever it compiles

    @property
    def total(self) -> float:
        return self.start + self.model + self.step


# By workload and contestant, one for each round.
FirstSteps = dict[str, dict[str, list[FirstStep]]]


def middle(steps: list[FirstStep]) -> FirstStep:
    """The one whose total is the median, so that its parts add up."""
    return sorted(steps, key=lambda step: step.total)[(len(steps) - 1) // 2]


def measured(contestants: list[Contestant], workloads: list[str], rounds: int, failures: dict) -> FirstSteps:
    """Each in a process of its own, which is alone meanwhile: the contestants that have started stand still."""
    found: FirstSteps = {}
    trainings = [name for name in workloads if is_training(name)]
    for number in range(rounds):
        for index, workload in enumerate(trainings):
            able = [one for one in contestants if workload in one.workloads and one.name != SINGLE]
            for contestant in rotated(able, number + index):
                try:
                    step = first_step(contestant, workload)
                    found.setdefault(workload, {}).setdefault(contestant.name, []).append(step)
                except (ContestantError, KeyError, TypeError, ValueError) as error:
                    failures.setdefault(contestant.name, {})[f"{workload}, first step"] = str(error)
                    print(f"{contestant.name}, {workload}, first step: {error}", file=sys.stderr)
    return found


def first_step(contestant: Contestant, workload: str) -> FirstStep:
    fresh = contestant.fresh()
    try:
        fresh.start()
        reply = fresh.ask(f"first {workload}", timeout=300)
        start = float(fresh.hello["readyAt"]) - fresh.launched_at
        parts = [start, *(float(reply[part]) for part in ("data", "model", "step"))]
        if not all(0 <= part < float("inf") for part in parts):
            raise ValueError(f"times that cannot be: {parts}")
        return FirstStep(*parts)
    finally:
        fresh.quit()
