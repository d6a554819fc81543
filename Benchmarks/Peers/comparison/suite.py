"""What belongs to this project's comparison: its goals, the tolerances of the check values, and what --quick runs."""

import fnmatch
import re

from .goals import Goal

# The goals of the issue "Fast", two threads each; ratios are the best peer's time ÷ ours.
GOALS = [
    Goal("10–64–1 training step", ("training/10-64-1",), "ratio", 3),
    Goal("`quickstart`, the whole `fit`, against Keras", ("quickstart-fit",), "ratio", 300, against="Keras"),
    Goal("784–512–512–10 training step", ("training/784-*",), "ratio", 1.3),
    Goal("1024×4–10 training step, 12×1024", ("training/1024x4-10", "training/12x1024"), "ratio", 1.1),
    Goal("inference batch 1, 784–512–512–10", ("inference/784-512-512-10-b1",), "ratio", 2),
    Goal(
        "matmul 256–4096",
        ("matmul/*",),
        "ratio",
        1.0,
        mean=True,
        floor=0.9,
        without=("matmul/16", "matmul/32", "matmul/64", "matmul/128", "matmul/skinny-*", "matmul/batched*"),
    ),
    Goal("matmul ≤ 64, and skinny", ("matmul/16", "matmul/32", "matmul/64", "matmul/skinny-*"), "ratio", 1.5),
    Goal("elementwise, softmax, layer norm, reductions, copies", ("elementwise/*",), "ratio", 1.3, mean=True, floor=0.9),
    Goal(
        "NumPy's operations: order, indices, statistics, scans, einsum, normal",
        ("operations/*",),
        "ratio",
        0.9,
        # LAPACK's own time is OpenBLAS's, on one thread for each matrix: of a `solve` of order 256 and more our copies and
        # checks take less than a tenth. MKL's threads share one matrix.
        without=("operations/solve-*", "operations/cholesky-*", "operations/svd-*"),
    ),
    Goal("matmul 1024³, share of the FMA peak", ("matmul/1024",), "flopShare", 0.85),
    Goal("add at 10⁷, share of the triad bandwidth", ("elementwise/add-1e7",), "byteShare", 0.9),
    Goal("8×8 add, plain", ("overhead/add-8x8",), "seconds", 150e-9),
    Goal("8×8 add, recorded", ("overhead/add-8x8-recorded",), "seconds", 250e-9),
    Goal(
        "1 → 2 threads: matmul ≥ 512, the two larger trainings",
        ("matmul/512", "matmul/1024", "matmul/2048", "matmul/4096", "training/1024x4-10", "training/12x1024"),
        "scaling",
        1.8,
    ),
]

# Relative difference from the median of all check values, and why so much; the first pattern that fits counts.
TOLERANCES = [
    ("matmul/double-*", 1e-9, "float64 sums of a thousand terms"),
    ("matmul/*", 1e-5, "float32 sums in another order"),
    ("inference/*", 1e-4, "a chain of float32 products in another order"),
    ("training/*", 1e-2, "ten steps in float32: Adam divides by small moments, so rounding grows"),
    ("quickstart-fit", 1e-2, "four hundred steps in float32; ε and its place differ between Adams"),
    ("elementwise/chain*-sum-*", 1e-4, "sums of up to ten million numbers of float32"),
    ("elementwise/sum-*", 1e-4, "sums of numbers of both signs, which nearly cancel, in another order"),
    ("operations/normal-*", 0.1, "as many numbers of one distribution, not the same ones"),
    ("operations/cumsum-*", 1e-3, "running sums of float32, which NumPy keeps in float32"),
    ("operations/*-axes02-*", 1e-4, "sums of numbers of both signs in another order"),
    ("operations/sum-*", 1e-4, "sums of numbers of both signs in another order"),
    ("operations/einsum-*", 1e-4, "float32 sums in another order"),
    ("operations/svd-*", 1e-4, "float32 factorisations"),
    ("operations/solve-*", 1e-4, "float32 factorisations"),
    ("operations/cholesky-*", 1e-4, "float32 factorisations"),
    ("operations/quantile-*", 1e-6, "interpolated between the same two elements"),
    ("operations/histogram-*", 1e-4, "edges that differ in their last bits"),
    ("operations/*", 1e-9, "the same elements or counts"),
    ("*", 1e-5, "elementary functions, each with a few units in the last place"),
]

QUICK = (
    "training/10-64-1*", "training/784-512-512-10-*", "training/1024x4-10",
    "quickstart-fit", "inference/784-512-512-10-*", "inference/10-64-1-*b1",
    "matmul/32", "matmul/64", "matmul/256", "matmul/512", "matmul/1024", "matmul/2048",
    "matmul/skinny-1x512x784", "matmul/skinny-16x1024x1024", "matmul/skinny-512x512x16", "matmul/dense-128x512x784",
    "elementwise/add-1e[357]", "elementwise/exp-1e5", "elementwise/tanh-1e6", "elementwise/gelu-tanh-1e5",
    "elementwise/muladd-chain4-*1e6", "elementwise/chain8-sum-*1e[36]", "elementwise/softmax-128x1000", "elementwise/layernorm-*",
    "elementwise/sum-axis?-4096x1024", "elementwise/transpose-copy-2048",
    "operations/sort-1e6", "operations/mask-read-1e6", "operations/quantile-1e6", "operations/cumsum-1e6", "overhead/*",
)  # fmt: skip


def plain(workload: str) -> str:
    """The workload of which this one is another form of ours, for peers the same: training/10-64-1 for
    training/10-64-1-compiled, elementwise/chain4-sum-1e5 for elementwise/chain4-sum-fused-1e5."""
    return re.sub(r"-(compiled|fused)(?=-|$)", "", workload)


def matches(workload: str, patterns) -> bool:
    return any(fnmatch.fnmatchcase(workload, pattern) for pattern in patterns)


def tolerance(workload: str) -> tuple[float, str]:
    return next((limit, why) for pattern, limit, why in TOLERANCES if fnmatch.fnmatchcase(workload, pattern))


def is_training(workload: str) -> bool:
    """Whether it has a first step that is timed apart. From a plan or not, the first step is the same."""
    return workload.startswith("training/") and workload == plain(workload)


def needs_single_thread(workload: str) -> bool:
    """Whether a goal asks how it scales."""
    return any(goal.measure == "scaling" and matches(workload, goal.patterns) for goal in GOALS)
