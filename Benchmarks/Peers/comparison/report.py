"""The comparison as Markdown, of one run or of several."""

from pathlib import Path

from .contestant import UNLIMITED
from .outcome import Outcome
from .suite import AVX2, AVX512
from .tables import (
    contestants_table,
    faults,
    first_step_lines,
    goals_table,
    group_tables,
    latency_table,
    machine_lines,
    means_table,
    memory_table,
    noise_lines,
    scaling_table,
    share_lines,
    table,
    unavailable_lines,
)

TITLE = "# Martlet against its peers on one CPU"
BY_HAND = "<!-- From here on by hand: `compare --results` keeps what follows. -->"


def level_text(settings: dict) -> str:
    if not settings["level"]:
        return ""
    return f" limited to {settings['level']} (without {', '.join(UNLIMITED)}, whose kernels nothing limits),"


def quota_text(settings: dict) -> str:
    if not settings["quota"]:
        return ""
    return f" under a quota of {settings['quota']:g} processors' time (by {settings['quotaBy']}),"


def times_text(settings: dict) -> str:
    if settings["quota"]:
        return "the mean of a run's calls with the pauses that a quota makes, the median over rounds, and in brackets the best round"
    return "the median over rounds of each round's median, and in brackets the best of all rounds"


def goals_met(outcome: Outcome) -> str:
    verdicts = outcome.verdicts
    measured = [verdict for verdict in verdicts if verdict.met is not None]
    return f"{sum(verdict.met for verdict in measured)} of {len(measured)} measured ones met ({len(verdicts)} in all)"


def heading_of(outcome: Outcome) -> str:
    """What sets a part of a report apart."""
    names = {AVX512: "AVX-512", AVX2: "AVX2"}
    level, quota = outcome.settings["level"], outcome.settings["quota"]
    text = f"Limited to {names[level]} ({level})" if level else f"As the machine is ({names[outcome.level]})"
    return text + (f", under a quota of {quota:g} processors" if quota else "")


def run_text(outcome: Outcome) -> str:
    settings = outcome.settings
    what = "a quick run over fewer workloads" if settings["quick"] else "a full run"
    if settings["only"]:
        what = f"only {', '.join(f'`{pattern}`' for pattern in settings['only'])}"
    return (
        f"Written by `Benchmarks/compare` on {outcome.date}: {what}, {settings['threads']} thread{'s' if settings['threads'] > 1 else ''} each,"
        f"{level_text(settings)}"
        f"{quota_text(settings)}"
        f" {settings['rounds']} interleaved rounds of {settings['secondsPerRun']:g} s, {settings['minutes']:.1f} minutes."
        f" Times are for one call: {times_text(settings)}. The"
        " ratio is the best peer's time ÷ Martlet's, above 1 where Martlet is faster; the best peer is in italics. “Of bests”"
        " is the shortest time that any peer ever took ÷ Martlet's shortest."
    )


def sections(outcome: Outcome, picture: str, heading: str) -> list[str]:
    """A comparison's whole report below its title, with headings such as `##`."""
    parts = [run_text(outcome)]
    if faults(outcome):
        parts += [f"{heading} Errors", faults(outcome)]
    if not outcome.settings["quota"]:  # the goals are for whole processors
        parts += [
            f"{heading} Goals: {goals_met(outcome)}",
            goals_table(outcome),
            "A goal is met where it is by medians and by the best of rounds.",
            share_lines(outcome),
        ]
    parts.append(f"![Ratios of the best peer's time to Martlet's]({picture})")
    parts += [f"{heading} By group", means_table(outcome.rows), group_tables(outcome, heading)]
    parts.append(
        "“Fastest spellings” are the same two ratios where everyone may use the fastest of its spellings: the plain"
        " expression, which the ratio compares, one that writes into memory given beforehand (`out=`), or one that is compiled"
        " (`torch.compile`; JAX's are compiled always); in brackets the peer's, where it is not the plain one."
    )
    tables = {
        "To the first step": first_step_lines(outcome),
        "Latency": latency_table(outcome),
        "Memory of a step": memory_table(outcome),
        "From one thread to all": scaling_table(outcome),
    }
    for title, text in tables.items():
        if text:
            parts += [f"{heading} {title}", text]
    parts += [f"{heading} Machine and contestants", machine_lines(outcome), contestants_table(outcome), unavailable_lines(outcome)]
    return [*parts, f"{heading} Noise", noise_lines(outcome)]


def markdown(outcome: Outcome, picture: str) -> str:
    return joined(TITLE, *sections(outcome, picture, "##"))


def of_one_machine(outcomes: list[Outcome], stem: str) -> str:
    """Several comparisons of one machine, each with its own goals: the whole machine, a level, a quota."""
    if len(outcomes) == 1:
        return markdown(outcomes[0], f"{stem_of(stem, outcomes[0])}.svg")
    lines = [
        [heading_of(outcome), outcome.date, "for whole processors" if outcome.settings["quota"] else goals_met(outcome)]
        for outcome in outcomes
    ]
    parts = [TITLE, "Each of these is a comparison of its own on the same machine.", table(["", "written", "goals"], lines)]
    for outcome in outcomes:
        parts += [f"## {heading_of(outcome)}", *sections(outcome, f"{stem_of(stem, outcome)}.svg", "###")]
    return joined(*parts)


def stem_of(stem: str, outcome: Outcome) -> str:
    return f"{stem}-{outcome.part}" if outcome.part else stem


def joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def with_text_by_hand(generated: str, file: Path) -> str:
    """The new report, with what people wrote below the marker of the old one."""
    old = file.read_text() if file.exists() else ""
    by_hand = old.split(BY_HAND, 1)[1] if BY_HAND in old else "\n\n## Explanations\n"
    return f"{generated}\n{BY_HAND}{by_hand}"
