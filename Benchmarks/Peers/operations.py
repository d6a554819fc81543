"""The workloads operations/…: what they compute on which data, as one writes it in NumPy and in PyTorch.

A statement's operands are a, b and c. One that changes `a` is followed, for the check, by `a`.
"""

from dataclasses import dataclass
from typing import Callable

import numpy as np
import protocol
import workloads as w

SEEDS = (51, 52)
LENGTHS = {"1e3": 10**3, "1e5": 10**5, "1e6": 10**6}


@dataclass(frozen=True)
class Operation:
    operands: Callable[[], list[np.ndarray]]
    numpy: str
    torch: str
    changes: bool = False
    checked: str = "{}"  # what of the result is compared


def numbers(*shapes, scale: float = 1.0, dtype=np.float32) -> list[np.ndarray]:
    return [w.tensor(shape, seed, scale=scale, dtype=dtype) for shape, seed in zip(shapes, SEEDS)]


def index(count: int, below: int) -> np.ndarray:
    return w.labels(count, below, SEEDS[1]).astype(np.int64)


def masked(count: int) -> list[np.ndarray]:
    return [w.tensor((count,), SEEDS[0]), w.tensor((count,), SEEDS[1]) > 0]


def of(numpy: str, torch: str, operands: Callable[[], list[np.ndarray]], **more) -> Operation:
    return Operation(operands, numpy, torch, **more)


def at_length(n: int) -> dict[str, Operation]:
    plain = lambda: numbers((n,))
    classes = lambda: [w.labels(n, 1000, SEEDS[0])]
    return {
        "sort": of("np.sort(a)", "a.sort().values", plain),
        "argsort": of("a.argsort(kind='stable')", "a.argsort(stable=True)", plain),
        "unique": of("np.unique(a)", "a.unique()", classes),
        "take": of("a.take(b)", "a[b]", lambda: [*plain(), index(n, n)]),
        "mask-read": of("a[b]", "a[b]", lambda: masked(n)),
        "mask-write": of("a[b] = 0", "a[b] = 0", lambda: masked(n), changes=True),
        "mask-write-array": of(
            "a[b] = c", "a[b] = c", lambda: (lambda a, b: [a, b, a[b]])(*masked(n)), changes=True
        ),
        "quantile": of("np.quantile(a, 0.9)", "a.quantile(0.9)", plain),
        "median": of("np.median(a)", "a.median()", lambda: numbers((n + 1,))),
        "histogram": of("np.histogram(a, 100)[0]", "torch.histogram(a, 100).hist", plain),
        "bincount": of("np.bincount(a)", "torch.bincount(a)", classes),
        "cumsum": of("a.cumsum()", "a.cumsum(0)", plain),
    }  # fmt: skip


def integers() -> list[np.ndarray]:
    return [w.integers(10**6, SEEDS[0])]


def doubles(scale: float = 1.0) -> list[np.ndarray]:
    return numbers((10**6,), scale=scale, dtype=np.float64)


def matrices(n: int) -> dict[str, Operation]:
    """Those to factor have n added on the diagonal, and the symmetric ones are A + Aᵀ."""
    diagonal = n * np.eye(n, dtype=np.float32)

    def symmetric() -> list[np.ndarray]:
        (a,) = numbers((n, n))
        return [a + a.T + diagonal]

    def system() -> list[np.ndarray]:
        a, b = numbers((n, n), (n, 8))
        return [a + diagonal, b]

    return {
        f"solve-{n}": of("np.linalg.solve(a, b)", "torch.linalg.solve(a, b)", system),
        f"cholesky-{n}": of("np.linalg.cholesky(a)", "torch.linalg.cholesky(a)", symmetric),
        f"svd-{n}": of(
            "np.linalg.svd(a, False)", "torch.linalg.svd(a, False)", lambda: numbers((n, n)), checked="({})[1]"
        ),
    }


def contraction(expression: str, *shapes, operands: str = "a, b") -> Operation:
    numpy = f"np.einsum('{expression}', {operands}, optimize=True)"
    return of(numpy, f"torch.einsum('{expression}', {operands})", lambda: numbers(*shapes))


def normal(n: int) -> Operation:
    return of(f"rng.standard_normal({n}, dtype=np.float32)", f"torch.randn({n})", lambda: [])


def rows(numpy: str, torch: str, *shape) -> Operation:
    return of(numpy, torch, lambda: numbers(shape))


OPERATIONS = {
    **{f"{name}-{label}": row for label, n in LENGTHS.items() for name, row in at_length(n).items()},
    "sort-int32-1e6": of("np.sort(a)", "a.sort().values", integers),
    "sort-double-1e6": of("np.sort(a)", "a.sort().values", lambda: doubles(1 / 3)),
    "argsort-int32-1e6": of("a.argsort(kind='stable')", "a.argsort(stable=True)", integers),
    "unique-float-1e6": rows("np.unique(a)", "a.unique()", 10**6),
    "sort-axis1-1000x1000": rows("np.sort(a, 1)", "a.sort(1).values", 1000, 1000),
    "sort-axis0-1000x1000": rows("np.sort(a, 0)", "a.sort(0).values", 1000, 1000),
    "topk100-1e6": rows("-np.sort(-np.partition(a, -100)[-100:])", "a.topk(100).values", 10**6),
    "take-rows-1e5x64": of("a.take(b, 0)", "a[b]", lambda: [*numbers((10**5, 64)), index(10**5, 10**5)]),
    "take-columns-4096x256": of("a.take(b, 1)", "a[:, b]", lambda: [*numbers((4096, 1024)), index(256, 1024)]),
    "take-along-1000x1000": of(
        "np.take_along_axis(a, b, 1)", "a.take_along_dim(b, 1)",
        lambda: [*numbers((1000, 1000)), index(10**6, 1000).reshape(1000, 1000)],
    ),
    "permute-0213-16x256x8x64": rows("a.transpose(0, 2, 1, 3).copy()", "a.permute(0, 2, 1, 3).contiguous()", 16, 256, 8, 64),
    "permute-0312-32x64x64x32": rows("a.transpose(0, 3, 1, 2).copy()", "a.permute(0, 3, 1, 2).contiguous()", 32, 64, 64, 32),
    "permute-210-128x256x128": rows("a.transpose(2, 1, 0).copy()", "a.permute(2, 1, 0).contiguous()", 128, 256, 128),
    "median-axis1-1001x1001": rows("np.median(a, 1)", "a.median(1).values", 1001, 1001),
    "median-axis0-1001x1001": rows("np.median(a, 0)", "a.median(0).values", 1001, 1001),
    "sum-axes02-64x256x256": rows("a.sum((0, 2))", "a.sum((0, 2))", 64, 256, 256),
    "sum-axes02-256x64x8": rows("a.sum((0, 2))", "a.sum((0, 2))", 256, 64, 8),
    "max-axes02-64x256x256": rows("a.max((0, 2))", "a.amax((0, 2))", 64, 256, 256),
    "sum-axis1-transposed-2048": rows("a.T.sum(1)", "a.t().sum(1)", 2048, 2048),
    "cumsum-1e7": rows("a.cumsum()", "a.cumsum(0)", 10**7),
    "cumsum-double-1e6": of("a.cumsum()", "a.cumsum(0)", doubles),
    "cumsum-int32-1e6": of(
        "a.cumsum(dtype=np.int32)", "a.cumsum(0, dtype=torch.int32)", lambda: [w.labels(10**6, 1000, SEEDS[0])]
    ),
    "cumsum-axis0-1000x1000": rows("a.cumsum(0)", "a.cumsum(0)", 1000, 1000),
    "cumsum-axis1-1000x1000": rows("a.cumsum(1)", "a.cumsum(1)", 1000, 1000),
    "einsum-bij,bjk->bik-32x128": contraction("bij,bjk->bik", (32, 128, 128), (32, 128, 128)),
    "einsum-bqhd,bkhd->bhqk-4x128x8x64": contraction("bqhd,bkhd->bhqk", (4, 128, 8, 64), (4, 128, 8, 64)),
    "einsum-bi,ij,bj->b-512": contraction("bi,ij,bj->b", (512, 512), (512, 512), operands="a, b, a"),
    "einsum-ij,jk,kl->il-512x8": contraction("ij,jk,kl->il", (512, 512), (512, 8), operands="a, a, b"),
    "einsum-i,j->ij-1000": contraction("i,j->ij", (1000,), (1000,)),
    "einsum-ij,ij->i-1000": contraction("ij,ij->i", (1000, 1000), (1000, 1000)),
    **{f"normal-{label}": normal(n) for label, n in {"1e3": 10**3, "1e5": 10**5, "1e7": 10**7}.items()},
    **matrices(64), **matrices(256), **matrices(1024),
}  # fmt: skip
OPERATIONS = {"operations/" + name: row for name, row in OPERATIONS.items()}


def work(name: str, names: dict, convert: Callable, statement: Callable[[Operation], str]) -> protocol.Work:
    """A peer's work: `convert` makes its array of a NumPy one, `statement` is its column."""
    row = OPERATIONS[name]
    text = statement(row)
    bound = lambda: names | dict(zip("abc", map(convert, row.operands())))

    def check() -> float:
        scope = bound()
        if row.changes:
            exec(text, scope)
        return w.check_value(np.asarray(scope["a"] if row.changes else eval(row.checked.format(text), scope)))

    return protocol.Work(text, bound(), check=check)
