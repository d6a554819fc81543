"""The ratios as a picture: horizontal bars on a logarithmic axis, grouped by suite, in two columns; ratios of bests as marks."""

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .format import ratio_text
from .summary import Row, geometric_mean

COLUMN, GAP, MARGIN = 500, 28, 20
VALUE = 48
CHARACTER = 7  # what one of a name takes at 11 px on average, at most: in a wide font
ROW, HEAD, FOOT = 15, 42, 14
TOP = 78

STYLE = """
  .page { fill: #ffffff } .panel { fill: #f6f7f9 } text { fill: #24292f; font: 11px system-ui, sans-serif }
  .title { font-size: 17px; font-weight: 600 } .suite { font-size: 12.5px; font-weight: 600 }
  .faint { fill: #57606a } .value { font-variant-numeric: tabular-nums }
  .faster { fill: #1f7a5c } .slower { fill: #c2571a } .one { stroke: #57606a } .grid { stroke: #d5dae0 }
  .mean { stroke: #24292f; stroke-width: 1.5; stroke-dasharray: 3 2 } .best { stroke: #24292f; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .panel { fill: #161b22 } text { fill: #e6edf3 } .faint { fill: #9da7b1 }
    .faster { fill: #3fb68b } .slower { fill: #e8834a } .one { stroke: #9da7b1 } .grid { stroke: #2b323b }
    .mean, .best { stroke: #e6edf3 }
  }
"""


@dataclass
class Panel:
    title: str
    bars: list[tuple[str, float, float]]  # name, ratio of medians, ratio of bests

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.bars) + FOOT


def panels(rows: list[Row], titles: dict[str, str]) -> list[Panel]:
    found: dict[str, list[tuple[str, float, float]]] = {}
    for row in rows:
        if (ratio := row.ratio()) is not None:
            group = "training" if row.group == "quickstart-fit" else row.group
            found.setdefault(group, []).append((row.workload.split("/", 1)[-1], ratio, row.ratio(by="best")))
    return [Panel(titles.get(group, group), bars) for group, bars in found.items()]


def in_columns(all_panels: list[Panel]) -> list[list[Panel]]:
    """Two columns in order, cut where they come out most even; a tall panel may itself be cut."""
    total = sum(panel.height for panel in all_panels)
    left: list[Panel] = []
    right: list[Panel] = []
    used = 0
    for panel in all_panels:
        space = total / 2 - used
        if right or space < HEAD + 4 * ROW:
            right.append(panel)
        elif panel.height <= space + 4 * ROW:
            left.append(panel)
        else:
            cut = max(1, int((space - HEAD) / ROW))
            left.append(Panel(panel.title, panel.bars[:cut]))
            right.append(Panel(panel.title + ", continued", panel.bars[cut:]))
        used += panel.height
    return [column for column in (left, right) if column]


def axis(ratios: list[float]) -> tuple[float, float]:
    """The ends, in log10: one step of 1, 2, 5 beyond the data, and at least 0.5 to 5."""
    low, high = min([0.5, *ratios]), max([5.0, *ratios])
    return math.floor(math.log10(low) * 3) / 3, math.ceil(math.log10(high) * 3) / 3


def ticks(low: float, high: float) -> list[float]:
    steps = (1,) if high - low > 2.2 else (1, 2, 5)
    marks = [step * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for step in steps]
    return [mark for mark in marks if low - 1e-9 <= math.log10(mark) <= high + 1e-9]


def tick_text(mark: float) -> str:
    return f"{mark:g}"


def label_width(all_panels: list[Panel]) -> int:
    """Room for the longest name, with 8 px on both sides."""
    return 16 + CHARACTER * max([26, *(len(name) for panel in all_panels for name, *_ in panel.bars)])


def bar_lines(panel: Panel, x: float, y: float, label: int, low: float, high: float) -> list[str]:
    start, width = x + label, COLUMN - label - VALUE - 8
    place = lambda ratio: start + width * (math.log10(ratio) - low) / (high - low)
    bottom = y + HEAD + ROW * len(panel.bars)
    mean = geometric_mean([ratio for _, ratio, _ in panel.bars])
    lines = [
        f'<rect class="panel" x="{x}" y="{y}" width="{COLUMN}" height="{panel.height - 6}" rx="5"/>',
        f'<text class="suite" x="{x + 8}" y="{y + 18}">{escape(panel.title)}</text>',
    ]
    for mark in ticks(low, high):
        at = f"{place(mark):.1f}"
        kind = "one" if mark == 1 else "grid"
        lines.append(f'<line class="{kind}" x1="{at}" x2="{at}" y1="{y + HEAD - 4}" y2="{bottom}"/>')
        lines.append(f'<text class="faint" x="{at}" y="{y + HEAD - 8}" text-anchor="middle">{tick_text(mark)}</text>')
    for index, (name, ratio, best) in enumerate(panel.bars):
        middle = y + HEAD + ROW * index + ROW / 2
        left, right = sorted((place(1), place(ratio)))
        kind = "faster" if ratio >= 1 else "slower"
        lines.append(f'<text x="{start - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>')
        lines.append(
            f'<rect class="{kind}" x="{left:.1f}" y="{middle - 4.5}" width="{max(right - left, 1):.1f}" height="9" rx="1.5"/>'
        )
        lines.append(
            f'<line class="best" x1="{place(best):.1f}" x2="{place(best):.1f}" y1="{middle - 5.5}" y2="{middle + 5.5}"/>'
        )
        lines.append(
            f'<text class="value" x="{x + COLUMN - 8}" y="{middle + 4}" text-anchor="end">{ratio_text(ratio)}</text>'
        )
    if len(panel.bars) > 1:
        at = f"{place(mean):.1f}"
        lines.append(f'<line class="mean" x1="{at}" x2="{at}" y1="{y + HEAD - 4}" y2="{bottom}"/>')
    return lines


def svg(rows: list[Row], titles: dict[str, str], subtitle: str) -> str:
    all_panels = [Panel(panel.title.replace("`", ""), panel.bars) for panel in panels(rows, titles)]
    columns = in_columns(all_panels)
    ratios = [ratio for panel in all_panels for _, *pair in panel.bars for ratio in pair]
    label, (low, high) = label_width(all_panels), axis(ratios)
    width = 2 * MARGIN + max(1, len(columns)) * (COLUMN + GAP) - GAP
    height = TOP + max([sum(panel.height for panel in column) for column in columns], default=20) + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        "<title>Time of the best peer ÷ Martlet’s, by workload</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{width}" height="{height}"/>',
        f'<text class="title" x="{MARGIN}" y="32">Best peer’s time ÷ Martlet’s</text>',
        f'<text class="faint" x="{MARGIN}" y="50">{escape(subtitle)}</text>',
        f'<text class="faint" x="{MARGIN}" y="65">Right of 1: Martlet is faster. Logarithmic axis; dashed: geometric mean; marks: best of rounds.</text>',
    ]
    for index, column in enumerate(columns):
        y = TOP
        for panel in column:
            lines += bar_lines(panel, MARGIN + index * (COLUMN + GAP), y, label, low, high)
            y += panel.height
    return "\n".join([*lines, "</svg>"]) + "\n"
