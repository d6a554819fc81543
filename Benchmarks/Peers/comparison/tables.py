"""The tables and lines of a report, as Markdown."""

import statistics

from .first_steps import FirstStep, middle
from .format import duration, duration_and_best, ratio_text, size_text
from .goals import Reading, value_text, wanted_text
from .outcome import Outcome
from .summary import OURS, STATISTICS, Row, geometric_mean, group_means, plain

TITLES = {
    "training": "Training steps",
    "quickstart-fit": "The quickstart's whole `fit`",
    "inference": "Inference",
    "matmul": "Matrix products",
    "elementwise": "Elementwise, reductions, copies",
    "operations": "NumPy's operations",
    "overhead": "Small operations",
}


def table(head: list[str], lines: list[list[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *lines])


def got_text(reading: Reading | None) -> str:
    if reading is None:
        return "–"
    goal, values = reading.goal, reading.values
    show = lambda value: value_text(goal.measure, value)
    if len(values) == 1:
        return show(reading.got)
    worst = (max if goal.less_is_better else min)(values, key=values.get)
    mean = f"geometric mean {show(geometric_mean(values.values()))}"
    extreme = f"{'highest' if goal.less_is_better else 'lowest'} {show(values[worst])} ({worst})"
    short = reading.shortfalls
    tail = f"; {len(short)} of {len(values)} short" if short else ""
    return (f"{mean}, {extreme}" if goal.mean else f"{extreme}, {mean}") + tail


def goals_table(outcome: Outcome) -> str:
    lines = [
        [verdict.goal.work, wanted_text(verdict.goal), *(got_text(verdict.readings.get(by)) for by in STATISTICS), verdict.text]
        for verdict in outcome.verdicts
    ]
    return table(["goal (best peer's time ÷ ours, unless said)", "wanted", "medians", "best of rounds", ""], lines)


def group_tables(outcome: Outcome, heading: str = "##") -> str:
    groups = dict.fromkeys(row.group for row in outcome.rows)
    return "\n\n".join(f"{heading} {TITLES.get(group, group)}\n\n{group_table(outcome, group)}" for group in groups)


def row_cells(row: Row, names: list[str]) -> list[str]:
    best = row.best_peer()
    times = []
    for name in names:
        summary = row.summaries.get(name)
        text = duration_and_best(summary.median, summary.best) if summary else ""
        times.append(f"_{text}_" if name == best else text)
    ratio = row.ratio()
    mark = " ~" if row.noisy else ""
    name, given = row.workload.split("/", 1)[-1], row.ratio_of_alternatives()
    return [
        name,
        *times,
        f"**{ratio_text(ratio)}**{mark}" if ratio else "–",
        ratio_text(row.ratio(by="best")),
        f"{ratio_text(given)}, {ratio_text(row.ratio_of_alternatives('best'))}{spelling_text(row)}" if given else "",
    ]


def spelling_text(row: Row) -> str:
    _, spelling, name = row.fastest_peer()
    return f" ({name}, {spelling})" if spelling else ""


def group_table(outcome: Outcome, group: str) -> str:
    names = outcome.names
    rows = [row for row in outcome.rows if row.group == group]
    names = [name for name in names if any(name in row.summaries for row in rows)]
    lines = [row_cells(row, names) for row in rows]
    head = ["workload", *names, "ratio", "of bests", "fastest spellings"]
    if not any(line[-1] for line in lines):
        head, lines = head[:-1], [line[:-1] for line in lines]
    return table(head, lines)


def means_table(rows: list[Row]) -> str:
    means, of_bests = (group_means(rows, by) for by in STATISTICS)
    show = lambda mean: [ratio_text(mean["geometricMean"]), f"{ratio_text(mean['lowest'])} ({mean['lowestWorkload']})"]
    lines = [
        [TITLES.get(group, group), str(mean["count"]), *show(mean), *show(of_bests[group])] for group, mean in means.items()
    ]
    return table(["group", "workloads", "geometric mean", "lowest", "geometric mean of bests", "lowest"], lines)


def memory_table(outcome: Outcome) -> str | None:
    """Of training steps as they stand and from a plan."""
    eager = {row.workload: row.ours.peak_bytes for row in outcome.rows if row.ours and row.ours.peak_bytes}
    lines = [
        [name.split("/", 1)[1], size_text(eager[plain(name)]), size_text(bytes), f"{bytes / eager[plain(name)]:.2f}"]
        for name, bytes in eager.items()
        if name != plain(name) and plain(name) in eager
    ]
    return table(["workload", "as it stands", "from a plan", "÷"], lines) if lines else None


def share_lines(outcome: Outcome) -> str:
    peak, bandwidth = outcome.limits.get("flopPerSecond"), outcome.limits.get("bytesPerSecond")
    if not peak or not bandwidth:
        return "The machine's limits were not measured in this run."
    return f"Measured limits: {peak / 1e9:,.0f} GFLOP/s (fused multiply-add, `Float`), {bandwidth / 1e9:.1f} GB/s (triad)."


def scaling_table(outcome: Outcome) -> str | None:
    rows = [row for row in outcome.rows if row.scaling() is not None]
    if not rows:
        return None
    threads = f"{outcome.settings['threads']} threads"
    lines = [
        [row.workload, duration(row.single.median), duration(row.ours.median), ratio_text(row.scaling()), ratio_text(row.scaling("best"))]
        for row in rows
    ]
    return table(["workload", "1 thread", threads, "faster", "of bests"], lines)


def first_step_lines(outcome: Outcome) -> str | None:
    found = outcome.first_steps
    if not found:
        return None
    names = [name for name in outcome.names if any(name in by_name for by_name in found.values())]
    lines = []
    for workload, by_name in found.items():
        middles = {name: middle(steps) for name, steps in by_name.items()}
        fastest = min(middles, key=lambda name: middles[name].total)
        lines.append([workload.split("/", 1)[1], *(first_step_cell(middles.get(name), name == fastest) for name in names)])
    data = {name: [middle(by_name[name]).data for by_name in found.values() if name in by_name] for name in names}
    lines.append(["_data, not counted (median of the rows)_", *(duration(statistics.median(data[name])) for name in names)])
    rounds = max(len(steps) for by_name in found.values() for steps in by_name.values())
    text = (
        "From the start of a process to the end of its first step, without the making of the data: the sum, and in brackets"
        " start with imports + model and optimiser + first step with what it compiles. Files are in the page cache."
        f" {'One run' if rounds == 1 else f'The median of {rounds} runs'} each, in processes of their own; the shortest is in"
        " italics."
    )
    return table(["workload", *names], lines) + "\n\n" + text


def first_step_cell(step: FirstStep | None, is_fastest: bool) -> str:
    if step is None:
        return ""
    total = duration(step.total)
    parts = " + ".join(map(duration, (step.start, step.model, step.step)))
    return f"{f'_{total}_' if is_fastest else total} ({parts})"


def latency_table(outcome: Outcome) -> str | None:
    rows = [row for row in outcome.rows if row.group == "inference" and row.ours]
    if not rows:
        return None
    names = [name for name in outcome.names if any(name in row.summaries for row in rows)]
    cell = lambda summary: f"{duration(summary.median)} / {duration(summary.p99)}" if summary else ""
    lines = [[row.workload.split("/", 1)[1], *(cell(row.summaries.get(name)) for name in names)] for row in rows]
    return table([f"{'mean' if outcome.settings['quota'] else 'median'} / 99th percentile", *names], lines)


def machine_lines(outcome: Outcome) -> str:
    machine = outcome.machine
    guest = ", a virtual machine" if machine["guest"] else ""
    lines = [
        f"- {machine['cpu']}{guest}; {machine['processors']} processors on {machine['cores']} cores;"
        f" {', '.join(machine['vectorExtensions'])}",
        f"- caches {', '.join(machine['caches'])}; memory {machine['memory']}",
        f"- {machine['system']}, Linux {machine['kernel']}",
        f"- {machine['swift'] or 'Swift unknown'}; OpenBLAS package {machine['openblasPackage'] or 'unknown'};"
        f" Python {machine['python']}",
    ]
    return "\n".join(lines)


def contestants_table(outcome: Outcome) -> str:
    lines = [
        [str(hello.get(key) if hello.get(key) is not None else "–") for key in ("contestant", "version", "blas", "core", "threads")]
        for hello in outcome.contestants
    ]
    return table(["contestant", "version", "BLAS", "core type", "threads"], lines)


def unavailable_lines(outcome: Outcome) -> str:
    """Spellings that a contestant could not do, and why."""
    found: dict[tuple[str, str, str], int] = {}
    for row in outcome.rows:
        for name, summary in row.summaries.items():
            for spelling, why in summary.unavailable.items():
                found[name, spelling, why] = found.get((name, spelling, why), 0) + 1
    return "\n".join(
        f"- {name} could not do `{spelling}` of {count} workload{'s' if count > 1 else ''}: {why}"
        for (name, spelling, why), count in found.items()
    )


def noise_lines(outcome: Outcome) -> str:
    noise = outcome.calibration
    if not noise:
        return ""
    text = (
        f"A fixed loop was timed before and after each turn, {noise['shots']} times. Against its usual (median) time on one"
        f" processor it took {noise['medianTogether']:.2f}× on all at once (median), and {noise['worstAlone']:.2f}× and"
        f" {noise['worstTogether']:.2f}× at worst; {noise['slowShots']} times it was slow: the clock was low, or two"
        f" processors shared a core. Other programs used {noise['medianOthers']:.2f} processors (median; at worst"
        f" {noise['worstOthers']:.2f}), and too much during {noise['shotsWithOthers']} turns. {outcome.repeated_turns} turns"
        " were repeated for that, and disturbed rounds do not count where the quiet ones are the larger part."
    )
    if noise["stolenSeconds"] > 0.5:
        text += f" The host took {noise['stolenSeconds']:.1f} s of processor time for others."
    noisy = [row.workload for row in outcome.rows if row.noisy]
    if noisy:
        text += f" **Disturbed in most rounds (marked ~), not to be trusted: {', '.join(noisy)}.**"
    return text


def faults(outcome: Outcome) -> str:
    lines = [f"- {mismatch.text}" for mismatch in outcome.mismatches]
    for name, failures in outcome.failures.items():
        lines += [f"- {name}{', ' + workload if workload else ''}: {why}" for workload, why in failures.items()]
    return "\n".join(lines)
