"""What belongs to this project's comparison: its goals, the tolerances of the check values, and what --quick runs."""

import fnmatch

from .goals import Goal
from .summary import plain

AVX512, AVX2 = LEVELS = ("x86-64-v4", "x86-64-v3")


def goals(level: str) -> list[Goal]:
    """What is wanted with AVX-512 or with AVX2 alone, two threads each; ratios are the best peer's time ÷ ours."""
    at = lambda avx512, avx2: avx512 if level == AVX512 else avx2
    small, fit = "10–64–1 training step", "`quickstart`, the whole `fit`, against"
    add, recorded = ("overhead/add-8x8",), ("overhead/add-8x8-recorded",)
    found = [
        Goal(f"{small}, compiled", ("training/10-64-1-compiled",), "ratio", at(5, 4)),
        Goal(f"{small}, eager", ("training/10-64-1",), "ratio", at(2.7, 2.2)),
        Goal(f"{fit} JAX's loop", ("quickstart-fit",), "ratio", at(5, 4), against="JAX"),
        Goal(f"{fit} Keras", ("quickstart-fit",), "ratio", 1000, against="Keras"),
        Goal("784–512–512–10 training step, Adam and SGD", ("training/784-*",), "ratio", at(1.4, 1.2)),
        Goal(
            "1024×4–10, 12×1024 and 4096-wide training steps",
            ("training/1024x4-10*", "training/12x1024*", "training/4096-wide*"),
            "ratio",
            1.1,
        ),
        Goal("inference batch 1, 784–512–512–10", ("inference/784-512-512-10-b1",), "ratio", at(2.2, 1.6)),
        Goal(
            "matmul 256–4096",
            ("matmul/*",),
            "ratio",
            at(1.05, 1.03),
            mean=True,
            floor=0.95,
            without=(*SMALL_PRODUCTS, "matmul/layer-*"),
        ),
        Goal("matmul ≤ 128, batched, skinny, small K", SMALL_PRODUCTS, "ratio", at(1.7, 1.5), mean=True, floor=at(1.1, 1.0)),
        # One pass over memory, from a plan or fused, against the fastest that a peer can write it.
        Goal(
            "chains of elementwise operations, 10³–10⁷, in one pass, against fastest spellings",
            tuple(f"elementwise/{chain}-{form}-*" for chain in ("*chain*", "swish-gradient") for form in ("compiled", "fused")),
            "spellings",
            1.0,
        ),
        Goal(
            "other elementwise, softmax, norms, reductions, copies",
            ("elementwise/*",),
            "ratio",
            2.2,
            mean=True,
            floor=0.95,
            without=("elementwise/*chain*", "elementwise/swish-gradient*"),
        ),
        Goal(
            "NumPy's operations: order, indices, statistics, scans, einsum, normal",
            ("operations/*",),
            "ratio",
            0.9,
            # LAPACK's own time is OpenBLAS's, on one thread for each matrix: of a `solve` of order 256 and more our copies
            # and checks take less than a tenth. MKL's threads share one matrix.
            without=("operations/solve-*", "operations/cholesky-*", "operations/svd-*"),
        ),
        Goal("matmul 1024³, share of the FMA peak", ("matmul/1024",), "flopShare", 0.9),
        Goal("add at 10⁷, share of the triad bandwidth", ("elementwise/add-1e7",), "byteShare", 0.9),
        Goal("8×8 add, plain, against NumPy's", add, "ratio", 3, against="NumPy"),
        Goal("8×8 add, recorded, against NumPy's plain one", recorded, "ratio", 1.5, against="NumPy", peers_of=add[0]),
        Goal("peak bytes of a compiled step ÷ eager", ("training/*-compiled",), "bytesOfPlain", 0.8),
        Goal(
            "1 → 2 threads: matmul ≥ 512, the two larger trainings",
            ("matmul/512", "matmul/1024", "matmul/2048", "matmul/4096", "training/1024x4-10", "training/12x1024"),
            "scaling",
            1.8,
        ),
    ]
    if level == AVX512:  # in seconds on the machines that these were set for
        found += [Goal("8×8 add, plain", add, "seconds", 105e-9), Goal("8×8 add, recorded", recorded, "seconds", 220e-9)]
    return found


SMALL_PRODUCTS = ("matmul/16", "matmul/32", "matmul/64", "matmul/128", "matmul/skinny-*", "matmul/batched*")
GOALS = {level: goals(level) for level in LEVELS}

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


def matches(workload: str, patterns) -> bool:
    return any(fnmatch.fnmatchcase(workload, pattern) for pattern in patterns)


def tolerance(workload: str) -> tuple[float, str]:
    return next((limit, why) for pattern, limit, why in TOLERANCES if fnmatch.fnmatchcase(workload, pattern))


def is_training(workload: str) -> bool:
    """Whether it has a first step that is timed apart. From a plan or not, the first step is the same."""
    return workload.startswith("training/") and workload == plain(workload)


def needs_single_thread(workload: str) -> bool:
    """Whether a goal asks how it scales."""
    return any(goal.measure == "scaling" for goal in goals_of(workload))


def goals_of(workload: str) -> list[Goal]:
    """At any level."""
    return [goal for goals in GOALS.values() for goal in goals if matches(workload, goal.patterns)]
