#!/usr/bin/env python3
"""Writes robustness.json: SciPy's two-sample tests, and the population stability index by plain loops.

    pip install scipy==1.17.1 numpy
    ./make_robustness_fixtures.py            # writes the file
    ./make_robustness_fixtures.py --check    # only compares

Samples have few digits, so that the file is small and both sides read the same numbers. Probabilities of the
Kolmogorov-Smirnov test are SciPy's exact ones; `limit` has those of large samples, by the statistic times the root of
n m / (n + m).
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import scipy
from scipy import special, stats

FILE = Path(__file__).resolve().parent / "robustness.json"


def index(expected, actual, floor=1e-4):
    total = 0.0
    for before, now in zip(expected, actual):
        if before + now == 0:
            continue
        e = max(floor, before / sum(expected))
        a = max(floor, now / sum(actual))
        total += (a - e) * math.log(a / e)
    return total


def samples(random):
    """Pairs of samples: alike, shifted, wider, with ties, of very different sizes, and far apart."""
    yield random.normal(size=40).round(3), random.normal(size=31).round(3)
    yield random.normal(size=60).round(3), random.normal(0.7, size=45).round(3)
    yield random.normal(size=50).round(3), random.normal(0, 2.5, size=50).round(3)
    yield random.integers(0, 6, 70).astype(float), random.integers(1, 7, 55).astype(float)
    yield random.uniform(size=3).round(3), random.uniform(size=200).round(3)
    yield random.uniform(size=20).round(3), random.uniform(5, 6, size=30).round(3)
    yield np.array([1.0]), np.array([2.0])
    yield np.array([0.5, 0.5, 0.5]), np.array([0.5, 0.5])


def make():
    random = np.random.default_rng(18)
    cases = {"scipy": scipy.__version__, "smirnov": [], "limit": [], "chiSquared": [], "index": []}
    for a, b in samples(random):
        found = stats.ks_2samp(a, b, method="exact")
        cases["smirnov"].append(
            {"a": a.tolist(), "b": b.tolist(), "statistic": found.statistic, "p": min(1.0, found.pvalue)}
        )
    for value in [0.05, 0.2, 0.4, 0.7, 0.99, 1.0, 1.01, 1.3, 1.7, 2.5, 4.0, 6.0]:
        cases["limit"].append({"lambda": value, "p": special.kolmogorov(value)})
    for a, b in [
        ([10, 20, 30], [12, 18, 33]), ([100, 5, 40, 7], [60, 25, 41, 9]), ([7, 0, 3], [2, 0, 8]),
        ([500, 300, 200], [510, 290, 205]), ([50, 1], [1, 50]), ([3, 3, 3, 3, 3, 3, 3], [1, 2, 3, 4, 5, 6, 7]),
    ]:
        held = [(x, y) for x, y in zip(a, b) if x + y > 0]
        found = stats.chi2_contingency(np.array(held).T, correction=False)
        cases["chiSquared"].append({"a": a, "b": b, "statistic": found.statistic, "p": found.pvalue})
    for a, b in [
        ([10, 20, 30, 40], [40, 30, 20, 10]), ([100] * 10, [103, 97, 110, 90, 100, 99, 101, 95, 105, 100]),
        ([5, 0, 5], [0, 5, 5]), ([1, 0, 0], [1, 0, 0]), ([1000, 1], [1, 1000]),
    ]:
        cases["index"].append({"a": a, "b": b, "index": index(a, b)})
    return cases


def main():
    made = json.loads(json.dumps(make()))
    if "--check" in sys.argv[1:]:
        kept = json.loads(FILE.read_text())
        for name in ["smirnov", "limit", "chiSquared", "index"]:
            for one, other in zip(kept[name], made[name], strict=True):
                for key, value in one.items():
                    if not np.allclose(value, other[key], rtol=1e-10, atol=0):
                        sys.exit(f"{name}: {key} is {value} in the file, now {other[key]}")
        print("the same")
    else:
        FILE.write_text(json.dumps(made, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
