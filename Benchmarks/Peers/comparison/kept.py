"""The files of a comparison, and those of several that are one machine's results."""

import json
import sys
from pathlib import Path

from . import report, tables
from .outcome import Outcome
from .picture import svg

# What has to be the same where results are called one machine's.
SAME = ("cpu", "vectorExtensions", "guest", "processors", "cores", "caches")


def write(outcome: Outcome, directory: Path, stem: str) -> Path:
    """Markdown, JSON and the picture."""
    stem = write_data(outcome, directory, stem)
    file = directory / f"{stem}.md"
    file.write_text(report.markdown(outcome, f"{stem}.svg"))
    return file


def write_data(outcome: Outcome, directory: Path, stem: str) -> str:
    directory.mkdir(parents=True, exist_ok=True)
    stem = report.stem_of(stem, outcome)
    (directory / f"{stem}.json").write_text(json.dumps(outcome.to_json(), indent=1, ensure_ascii=False) + "\n")
    limits = f", {outcome.part}" if outcome.part else ""
    subtitle = f"{outcome.machine['cpu']}, {outcome.settings['threads']} threads each{limits}, {outcome.date[:10]}"
    (directory / f"{stem}.svg").write_text(svg(outcome.rows, tables.TITLES, subtitle))
    return stem


def write_results(outcome: Outcome, directory: Path, stem: str = "RESULTS") -> Path:
    """The same in files that hold the results of one machine: on all that it has, limited to a level, under a quota. The
    text is of all of them, and what people wrote below it is kept."""
    write_data(outcome, directory, stem)
    others = []
    for file in sorted(directory.glob(f"{stem}*.json")):
        try:
            other = Outcome.from_json(json.loads(file.read_text()))
            part = other.part
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            print(f"{file.name} is no comparison that can be read ({type(error).__name__}: {error}), and is left out", file=sys.stderr)
            continue
        if part == outcome.part:
            continue
        if any(other.machine[key] != outcome.machine[key] for key in SAME):
            print(f"{file.name} is of another machine ({other.machine['cpu']}), and is left out", file=sys.stderr)
        else:
            others.append(other)
    file = directory / f"{stem}.md"
    all_of_them = sorted([outcome, *others], key=lambda one: (one.settings["quota"] is not None, one.part))
    file.write_text(report.with_text_by_hand(report.of_one_machine(all_of_them, stem), file))
    return file
