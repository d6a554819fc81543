"""What every peer shares: the lines that it speaks, and how a statement is timed.

On start a contestant prints one JSON line that says who it is. Then it reads commands:
`list`, `run <workload> <seconds>`, `first <workload>`, `quit`; and answers each with one JSON line, `{"error": …}` where it
cannot.
"""

import argparse
import gc
import json
import math
import os
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Callable, Container, ContextManager


@dataclass
class Work:
    """A statement as a user would write it, ready to be repeated.

    `finish` waits for what the statements left running. `check` gives the number that all contestants must agree on.
    `alternatives` are other spellings of the same work by their names, such as one that writes into an output given
    beforehand; `unavailable` are those that this machine cannot do, with the reason.
    """

    statement: str
    names: dict[str, Any]
    check: Callable[[], float]
    finish: str = "pass"
    operations: int = 1  # times are given for one of them
    alternatives: dict[str, "Alternative"] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)
    minimum_sample: float = 20e-6  # seconds; shorter calls are timed several at once
    calls_before_restart: int | None = None
    restart: Callable[[], None] | None = None  # untimed; puts a state back to its beginning
    context: Callable[[], ContextManager] = nullcontext
    warm: bool = False


@dataclass
class Alternative:
    statement: str
    check: Callable[[], float]


def result_of(statement: str, names: dict[str, Any]) -> Any:
    """What a statement, or several in a line, computes: the value of the last, or what it has written into the output o."""
    *parts, last = statement.split("; ")
    scope = dict(names)
    for part in parts:
        exec(part, scope)
    value = eval(last, scope)
    return scope["o"] if value is None else value


class Loop:
    """The loop around a statement, as `timeit` makes it: no call and no closure between the statement and the clock."""

    def __init__(self, statement: str, work: Work):
        source = f"def loop(count):\n  for _ in repeat(None, count):\n    {statement}\n  {work.finish}\n"
        scope = {**work.names, "repeat": repeat}
        exec(compile(source, statement, "exec"), scope)
        self.loop = scope["loop"]
        self.work = work
        self.calls = 0

    def sample(self, count: int) -> float:
        """Seconds per operation over so many calls."""
        limit = self.work.calls_before_restart
        if limit is not None and (self.calls == 0 or self.calls + count > limit):
            self.work.restart()
            self.calls = 0
        self.calls += count
        start = time.perf_counter()
        self.loop(count)
        return (time.perf_counter() - start) / (count * self.work.operations)


def measure(statement: str, work: Work, seconds: float) -> list[float]:
    """Seconds per operation, one entry per sample, after a warm-up.

    The first time a statement is warmed up by at least two calls, since the first may compile. Calls that take longer
    than all the time given are timed once.
    """
    loop = Loop(statement, work)
    if not work.warm:
        loop.sample(1)
    call = loop.sample(1) * work.operations
    if call > seconds:
        return [call / work.operations]
    count = max(1, math.ceil(work.minimum_sample / call))
    if work.calls_before_restart is not None:
        count = min(count, work.calls_before_restart)
    warm = time.perf_counter() + seconds / 4
    while time.perf_counter() < warm:
        loop.sample(count)
    times: list[float] = []
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + seconds
        while len(times) < 3 or (time.perf_counter() < end and len(times) < 100_000):
            times.append(loop.sample(count))
    finally:
        gc.enable()
    return times


CHECKS: dict[tuple[str, str], float | None] = {}  # by workload and spelling, "" for the plain one
WARM: set[str] = set()  # what has been compiled already in this process


def thinned(times: list[float], most: int = 2000) -> list[float]:
    """At most so many, at even ranks, so that percentiles stay."""
    if len(times) <= most:
        return times
    ordered = sorted(times)
    return [ordered[round(rank * (len(ordered) - 1) / (most - 1))] for rank in range(most)]


def checked(name: str, spelling: str, check: Callable[[], float]) -> float | None:
    key = name, spelling
    if key not in CHECKS:
        value = float(check())
        CHECKS[key] = value if math.isfinite(value) else None
    return CHECKS[key]


def answer(name: str, work: Work, seconds: float) -> dict:
    with work.context():
        check = checked(name, "", work.check)
        work.warm = work.warm or name in WARM
        WARM.add(name)
        times = measure(work.statement, work, seconds)
        reply = {"workload": name, "unit": "seconds", "check": check, "mean": sum(times) / len(times), "times": thinned(times)}
        alternatives = []
        for spelling, other in work.alternatives.items():
            check = checked(name, spelling, other.check)
            times = measure(other.statement, work, seconds / 4)
            mean = sum(times) / len(times)
            alternatives.append({"name": spelling, "check": check, "mean": mean, "times": thinned(times, 50)})
    return reply | {"alternatives": alternatives, "unavailable": work.unavailable}


def first_step(name: str, data: Callable[[str], Any], prepare: Callable[[str], Work]) -> dict:
    """Seconds for the data, for the model and its optimiser, which `prepare` makes of them, and for the first step with
    whatever it compiles."""
    clock = time.perf_counter
    start = clock()
    data(name)
    data_at = clock()
    work = prepare(name)
    loop = Loop(work.statement, work).loop
    model_at = clock()
    with work.context():
        loop(1)
    end = clock()
    return {"workload": name, "unit": "seconds", "data": data_at - start, "model": model_at - data_at, "step": end - model_at}


def threads_from_arguments() -> int:
    parser = argparse.ArgumentParser(description="One of the peers that `compare` runs; speaks JSON lines.")
    parser.add_argument("--threads", type=int, required=True)
    return parser.parse_args().threads


class Channel:
    """The real standard output. What libraries print goes to standard error instead."""

    def __init__(self) -> None:
        self.file = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)

    def say(self, message: dict) -> None:
        print(json.dumps(message), file=self.file, flush=True)


def serve(
    channel: Channel,
    hello: dict,
    names: list[str],
    prepare: Callable[[str], Work],
    one_by_one: Container[str] = (),
    data: Callable[[str], Any] | None = None,
) -> None:
    """Answers until `quit` or the end of input. The work prepared last is kept, since it is often asked for again.

    Calls of the workloads `one_by_one` are timed each by itself, however short. `data` makes a training's data, and keeps
    them for `prepare`."""
    # Everything is imported by now. The clock is the system's, so that whoever started this process can take the
    # difference.
    channel.say(hello | {"readyAt": time.monotonic()})
    kept: tuple[str, Work] | None = None
    for line in sys.stdin:
        words = line.split()
        try:
            match words:
                case ["list"]:
                    channel.say({"workloads": names})
                case ["run", name, seconds]:
                    if name not in names:
                        raise ValueError(f"no workload {name}")
                    if kept is None or kept[0] != name:
                        kept = None
                        gc.collect()
                        kept = (name, prepare(name))
                        if name in one_by_one:
                            kept[1].minimum_sample = 0
                    channel.say(answer(name, kept[1], float(seconds)))
                case ["first", name]:
                    if name not in names or data is None:
                        raise ValueError(f"no first step of {name}")
                    channel.say(first_step(name, data, prepare))
                case ["quit"]:
                    return
                case []:
                    pass
                case _:
                    raise ValueError(f"not a command: {line.strip()}")
        except Exception as error:  # whatever a library raises is an answer, not the end
            channel.say({"error": f"{type(error).__name__}: {error}"})
