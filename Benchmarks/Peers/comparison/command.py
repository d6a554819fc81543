"""The command line, and the order of the work."""

import argparse
import datetime
import json
import math
import os
import signal
import sys
import time
from pathlib import Path

from . import first_steps, kept, quota, tables
from .calibration import Calibration, describe
from .contestant import LEVELS, UNLIMITED, Contestant, ContestantError
from .environment import SetupError, built_runner, prepared_python
from .machine import choose_cpus, cores, describe_machine
from .outcome import Outcome
from .schedule import SINGLE, Schedule
from .suite import QUICK, goals_of, matches, needs_single_thread
from .summary import OURS, plain

PEERS = Path(__file__).resolve().parent.parent
BENCHMARKS = PEERS.parent
PROGRAMS = {
    "PyTorch": "pytorch_peer.py",
    "JAX": "jax_peer.py",
    "NumPy": "numpy_peer.py",
    "Keras": "keras_peer.py",
    "ONNX Runtime": "onnxruntime_peer.py",
}

# A run under a quota has to meet many of its periods, which are a tenth of a second.
QUOTA_SECONDS = 1.0
# Rounds, seconds per run, rounds of first steps, and the limit for all together, which leaves time for start and report.
FULL, QUICKLY = (5, 0.1, 2, 21 * 60), (3, 0.05, 1, 3.4 * 60)

DESCRIPTION = """Runs Martlet and its peers (PyTorch, JAX, NumPy, Keras, ONNX Runtime) on the same work in interleaved rounds with
equal thread counts, checks that they compute the same, and writes a table of ratios as Markdown and JSON and a picture
as SVG. The first call makes a virtual environment and builds the runner, which takes some minutes more."""


def positive(kind):
    def parse(text: str):
        value = kind(text)
        if not 0 < value < 10_000:
            raise ValueError
        return value

    parse.__name__ = f"positive {kind.__name__}"
    return parse


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="compare", description=DESCRIPTION)
    add = parser.add_argument
    add("--quick", action="store_true", help="fewer workloads and rounds: under 4 minutes instead of 25")
    add("--only", metavar="PATTERN", action="append", help="workloads whose names fit, such as 'matmul/*'; repeatable")
    add("--contestants", metavar="NAMES", help=f"peers to run, separated by commas, of {', '.join(PROGRAMS)}")
    add("--threads", type=positive(int), metavar="N", help="threads of each contestant (default: 2, or 1 on one core)")
    add("--rounds", type=positive(int), metavar="N", help=f"interleaved rounds (default: {FULL[0]}; quick: {QUICKLY[0]})")
    add("--seconds", type=positive(float), metavar="S", help=f"of one run (default: {FULL[1]}; quick: {QUICKLY[1]})")
    add("--first-steps", type=int, metavar="N", help=f"rounds of first steps (default: {FULL[2]}; quick: {QUICKLY[2]}; 0: none)")
    add("--output", type=Path, metavar="DIR", default=BENCHMARKS / "Results", help="where the report goes (default: Results)")
    add("--results", action="store_true", help="write RESULTS.md of this folder, with a part for each level and quota that was run on this machine; text by hand is kept")
    add("--from", dest="source", type=Path, metavar="JSON", help="write the report of an earlier run again; run nothing")
    add("--list", action="store_true", help="list the workloads and who does them; run nothing")
    add("--python", type=Path, metavar="FILE", help="an interpreter that has the packages; no environment is made")
    add("--level", choices=LEVELS, help="limit all contestants to these vector instructions, such as AVX2's (x86-64-v3)")
    add("--quota", type=positive(float), metavar="P", help="limit all to so many processors' time, such as 0.5 or 2, as a container does;"
        f" times are means, runs {QUOTA_SECONDS:g} s, threads P rounded up")
    add("--runner", type=Path, metavar="FILE", help="a built martlet-runner; nothing is built")
    options = parser.parse_args(arguments)
    chosen = options.contestants.split(",") if options.contestants else list(PROGRAMS)
    for name in chosen:
        if name not in PROGRAMS:
            parser.error(f"there is no contestant {name}: {', '.join(PROGRAMS)}")
    options.contestants = chosen
    available = len(os.sched_getaffinity(0))
    usual = math.ceil(options.quota) if options.quota else 2
    options.threads = options.threads or min(usual, len(cores(sorted(os.sched_getaffinity(0)))))
    if options.threads > available:
        parser.error(f"--threads {options.threads}: this process may use {available} processors")
    if options.first_steps is not None and not 0 <= options.first_steps < 100:
        parser.error(f"--first-steps {options.first_steps}: 0 to 99 rounds are wanted")
    for name in ("python", "runner", "source"):
        file = getattr(options, name)
        if file is not None and not file.exists():
            parser.error(f"there is no file {file}")
    return options


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def started(options: argparse.Namespace, limit: quota.Quota | None, failures: dict) -> list[Contestant]:
    """Ours, ours on one thread, and the peers, of those that start."""
    runner = str(options.runner.absolute() if options.runner else built_runner(BENCHMARKS, options.level))
    python = str(options.python.absolute() if options.python else prepared_python(BENCHMARKS / ".venv", PEERS / "requirements.txt"))
    threads, level = options.threads, options.level
    logs = options.output / "logs"
    # Under a quota threads may run on any processor.
    cpus = choose_cpus(threads) if limit is None else limit.cpus or sorted(os.sched_getaffinity(0))
    make = lambda name, command, threads, log: Contestant(name, command, threads, cpus, logs / log, level, limit)
    everyone = [make(OURS, [runner, "--threads", str(threads)], threads, "martlet.log")]
    if threads > 1:
        everyone.append(make(SINGLE, [runner, "--threads", "1"], 1, "martlet-1-thread.log"))
    for name in options.contestants:
        if level and name in UNLIMITED:
            say(f"{name}: left out, since nothing limits it to {level}")
            continue
        command = [python, str(PEERS / PROGRAMS[name]), "--threads", str(threads)]
        everyone.append(make(name, command, threads, f"{name.lower().replace(' ', '-')}.log"))
    return [contestant for contestant in launched(everyone, failures) if greeted(contestant, failures)]


def launched(everyone: list[Contestant], failures: dict) -> list[Contestant]:
    """All at once, since importing a library takes seconds."""
    able = []
    for contestant in everyone:
        try:
            contestant.launch()
            able.append(contestant)
        except ContestantError as error:
            note_failure(contestant, f"could not start: {error}", failures)
    return able


def greeted(contestant: Contestant, failures: dict) -> bool:
    try:
        contestant.greet()
    except ContestantError as error:
        note_failure(contestant, f"could not start: {error}", failures)
        return False
    hello = contestant.hello
    if contestant.name != SINGLE:
        blas, core = hello.get("blas"), hello.get("core") or "–"
        say(f"{contestant.name} {hello.get('version')}: BLAS {blas}, core type {core}, threads {hello.get('threads')}")
    if hello.get("threads") != contestant.threads:
        note_failure(contestant, f"runs {hello.get('threads')} threads, not {contestant.threads}", failures)
    return True


def note_failure(contestant: Contestant, why: str, failures: dict) -> None:
    failures.setdefault(contestant.name, {})[""] = why
    say(f"{contestant.name}: {why}")


def choose_workloads(contestants: list[Contestant], options: argparse.Namespace) -> list[str]:
    """In our order; ours alone only where a goal asks for it."""
    ours = next((one for one in contestants if one.name == OURS), None)
    others = [one for one in contestants if one.name not in (OURS, SINGLE)]
    order = ours.workloads if ours else list(dict.fromkeys(name for one in others for name in one.workloads))
    wanted = lambda name: any(plain(name) in one.workloads for one in others) or goals_of(name)
    names = [name for name in order if wanted(name)]
    if options.only:
        return [name for name in names if matches(name, options.only)]
    return [name for name in names if matches(name, QUICK)] if options.quick else names


def measured_limits(contestants: list[Contestant]) -> dict[str, float]:
    """What our runner measures the machine's limits as; nothing where it cannot."""
    for contestant in contestants:
        if contestant.name == OURS and contestant.alive:
            try:
                reply = contestant.ask("limits", timeout=120)
            except ContestantError as error:
                say(f"The machine's limits are not known: {error}")
                return {}
            return {key: float(reply[key]) for key in ("flopPerSecond", "bytesPerSecond") if key in reply}
    return {}


def compared(
    options: argparse.Namespace,
    limit_of_time: quota.Quota | None,
    contestants: list[Contestant],
    workloads: list[str],
    failures: dict,
) -> Outcome:
    rounds, seconds, first_rounds, limit = QUICKLY if options.quick else FULL
    if options.quota:
        seconds = QUOTA_SECONDS
    rounds, seconds = options.rounds or rounds, options.seconds or seconds
    if options.first_steps is not None:
        first_rounds = options.first_steps
    start = time.monotonic()
    firsts = first_steps.measured(contestants, workloads, first_rounds, failures)
    own = lambda: [contestant.process.pid for contestant in contestants]
    calibration = Calibration(contestants[0].cpus, own)
    try:
        limits = measured_limits(contestants)
        schedule = Schedule(contestants, workloads, seconds, calibration, by_mean=options.quota is not None)
        schedule.measure(rounds, limit - (time.monotonic() - start))
        again = measured_limits(contestants) if limits else {}
    finally:
        calibration.close()
    for contestant in contestants:
        if contestant.failures:
            failures.setdefault(contestant.name, {}).update(contestant.failures)
    settings = {
        "threads": options.threads,
        "rounds": 1 + max((turn.round for turn in schedule.turns), default=0),
        "secondsPerRun": seconds,
        "quick": options.quick,
        "level": options.level,
        "quota": options.quota,
        "quotaBy": limit_of_time.how if limit_of_time else None,
        "only": options.only or [],
        "minutes": (time.monotonic() - start) / 60,
    }
    return Outcome(
        date=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        settings=settings,
        machine=describe_machine(),
        contestants=[contestant.hello for contestant in contestants if contestant.name != SINGLE],
        rows=schedule.rows(),
        # The better of before and after: a disturbance only ever lowers them.
        limits={key: max(value, again.get(key, 0)) for key, value in limits.items()},
        calibration=describe(schedule.shots),
        failures=failures,
        repeated_turns=schedule.repeated,
        first_steps=firsts,
    )


def finish(outcome: Outcome, options: argparse.Namespace) -> int:
    file = kept.write(outcome, options.output, "comparison")
    print(tables.group_tables(outcome) if outcome.settings["quota"] else tables.goals_table(outcome))
    print(f"\n{tables.noise_lines(outcome)}\n\nThe report is in {file}")
    if options.results:
        print(f"and in {kept.write_results(outcome, BENCHMARKS)}")
    if not outcome.is_clean:
        say(f"\nErrors:\n{tables.faults(outcome)}")
    return 0 if outcome.is_clean else 1


def listing(contestants: list[Contestant], options: argparse.Namespace) -> None:
    for name in choose_workloads(contestants, options):
        print(f"{name:40} {', '.join(one.name for one in contestants if (name in one.workloads or plain(name) in one.workloads) and one.name != SINGLE)}")


def main(arguments: list[str] | None = None) -> int:
    options = parsed(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failures: dict[str, dict[str, str]] = {}
    contestants: list[Contestant] = []
    limit: quota.Quota | None = None
    try:
        if options.source:
            return finish(Outcome.from_json(json.loads(options.source.read_text())), options)
        if options.quota and not options.list:
            limit = quota.made(options.quota)
            say(f"Quota of {options.quota:g} processors: {limit.how}")
        contestants = started(options, limit, failures)
        workloads = choose_workloads(contestants, options)
        if not workloads:
            raise SetupError("no workload fits: --list shows their names" if contestants else "no contestant could start")
        if options.list:
            listing(contestants, options)
            return 1 if failures else 0
        for contestant in contestants:
            if contestant.name == SINGLE:
                contestant.workloads = [name for name in contestant.workloads if needs_single_thread(name)]
        return finish(compared(options, limit, contestants, workloads, failures), options)
    except SetupError as error:
        say(f"compare: {error}")
        return 2
    except (OSError, ValueError, KeyError, TypeError) as error:
        if options.source is None:
            raise
        say(f"compare: {options.source}: not the JSON of a comparison ({type(error).__name__}: {error})")
        return 2
    except KeyboardInterrupt:
        say("\ncompare: stopped")
        return 130
    finally:
        for contestant in contestants:
            contestant.quit()
        if limit:
            limit.close()
