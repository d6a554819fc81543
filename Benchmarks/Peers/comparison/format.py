"""Numbers as a reader wants them."""


def significant(value: float) -> str:
    """Three significant digits, never in scientific notation below a million."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}


def duration(seconds: float) -> str:
    unit = next((unit for unit, size in UNITS.items() if seconds >= size * 0.9995), "ns")
    return f"{significant(seconds / UNITS[unit])} {unit}"


def duration_and_best(seconds: float, best: float) -> str:
    """Both in the unit of the first: 9.27 (8.90) µs."""
    number, unit = duration(seconds).split(" ")
    return f"{number} ({significant(best / UNITS[unit])}) {unit}"


def ratio_text(ratio: float | None) -> str:
    return "–" if ratio is None else f"{significant(ratio)}×"


def size_text(count: float) -> str:
    for unit, size in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} B"
