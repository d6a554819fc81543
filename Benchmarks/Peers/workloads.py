"""The workloads by name, and their data: the same numbers as `Sources/Workloads` of the Swift package makes.

What each workload computes is said there. Names: training/…, quickstart-fit, inference/…, matmul/…, elementwise/…,
overhead/…; operations/… are in operations.py.
"""

import functools
import math
import re
from dataclasses import dataclass

import numpy as np


def mix(x: np.ndarray) -> np.ndarray:
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x7FEB352D)
    x = x ^ (x >> np.uint32(15))
    x = x * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def bits(count: int, seed: int) -> np.ndarray:
    key = mix(np.array([(seed + 0x9E3779B9) % 2**32], dtype=np.uint32))
    return mix(np.arange(count, dtype=np.uint32) ^ key)


@functools.lru_cache(maxsize=4)
def raw(count: int, seed: int) -> np.ndarray:
    return bits(count, seed) >> np.uint32(8)


def tensor(shape, seed: int, offset: float = 0.0, scale: float = 1.0, dtype=np.float32) -> np.ndarray:
    """Numbers in offset ± scale."""
    unit = raw(math.prod(shape), seed) / 8388608.0 - 1.0
    return (offset + scale * unit).astype(dtype).reshape(shape)


def labels(count: int, classes: int, seed: int) -> np.ndarray:
    return (raw(count, seed) % np.uint32(classes)).astype(np.int32)


def integers(count: int, seed: int) -> np.ndarray:
    """Integers of any size."""
    return bits(count, seed).view(np.int32)


def check_value(result) -> float:
    """Σ (1 + i mod 7) · |value(i)|."""
    values = np.abs(np.asarray(result, dtype=np.float64).ravel())
    return float(values @ (1.0 + np.arange(values.size) % 7))


@dataclass(frozen=True)
class Network:
    sizes: tuple[int, ...]
    batch: int
    learning_rate: float  # Adam's; a small one keeps ten steps of a large network the same in spite of rounding
    regression: bool = False

    def rate(self, rule: str) -> float:
        return self.learning_rate if rule == "adam" else 0.01

    @property
    def layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """First weights [out, in] and biases [out]."""
        return [
            (
                tensor((after, before), 100 + 2 * index, scale=math.sqrt(6 / before)),
                tensor((after,), 101 + 2 * index, scale=1 / math.sqrt(before)),
            )
            for index, (before, after) in enumerate(zip(self.sizes, self.sizes[1:]))
        ]

    def features(self, rows: int) -> np.ndarray:
        return tensor((rows, self.sizes[0]), 1)

    def targets(self, rows: int) -> np.ndarray:
        """Numbers [rows, out] for regression, labels [rows] otherwise."""
        return tensor((rows, self.sizes[-1]), 2) if self.regression else labels(rows, self.sizes[-1], 2)


NETWORKS = {
    "10-64-1": Network((10, 64, 1), 32, 1e-3, regression=True),
    "10-46-46-10": Network((10, 46, 46, 10), 32, 1e-3),
    "784-512-512-10": Network((784, 512, 512, 10), 128, 1e-3),
    "1024x4-10": Network((1024,) * 5 + (10,), 512, 1e-4),
    "12x1024": Network((1024,) * 13 + (10,), 128, 1e-5),
    "4096-wide": Network((784, 4096, 4096, 10), 128, 1e-5),
}
CHECKED_STEPS = 10
CALLS_BEFORE_RESTART = 200  # before the batch is known by heart and numbers become denormal

QUICKSTART_NETWORK = NETWORKS["10-64-1"]
QUICKSTART_EPOCHS, QUICKSTART_ROWS, QUICKSTART_BATCH = 100, 100, 32


def quickstart_data() -> tuple[np.ndarray, np.ndarray]:
    rows = QUICKSTART_ROWS
    return tensor((rows, 10), 1, offset=0.5, scale=0.5), tensor((rows, 1), 2, offset=0.5, scale=0.5)


TRAINING = {
    "training/10-64-1": ("10-64-1", "adam"),
    "training/10-46-46-10": ("10-46-46-10", "adam"),
    "training/784-512-512-10-adam": ("784-512-512-10", "adam"),
    "training/784-512-512-10-sgd": ("784-512-512-10", "sgd"),
    "training/1024x4-10": ("1024x4-10", "adam"),
    "training/12x1024": ("12x1024", "adam"),
    "training/4096-wide": ("4096-wide", "adam"),
}


@functools.lru_cache(maxsize=1)
def training_data(name: str) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray, np.ndarray]:
    """The initial layers of a workload training/…, its features and its targets."""
    network = NETWORKS[TRAINING[name][0]]
    return network.layers, network.features(network.batch), network.targets(network.batch)


PREDICTING = [name for name in NETWORKS if name != "10-46-46-10"]
INFERENCE = {f"inference/{name}-b{rows}": (name, rows) for name in PREDICTING for rows in (1, 256)}
# One call at a time, as a server or an evaluation makes them: their percentiles count.
LATENCY = {
    f"inference/{name}-{how}-b{rows}": (name, rows)
    for how, rows in (("predictor", 1), ("trainer", 256))
    for name in ("10-64-1", "784-512-512-10")
}
INFERENCE |= LATENCY


def is_layer(name: str) -> bool:
    """Whether it is a layer that is written out: a product with a bias and an activation."""
    return name.startswith("matmul/layer-")


def matmul_operands(name: str) -> tuple[np.ndarray, ...]:
    """Both operands of a product, transposed ones as views, and the bias of a layer."""
    what = name.removeprefix("matmul/")
    if what == "sliced-512":
        return tensor((1024, 1024), 11)[:512, :512], tensor((1024, 1024), 12)[:512, :512]
    if what == "batched-32x128":
        return tensor((32, 128, 128), 11), tensor((32, 128, 128), 12)
    if what == "batched-shared-32x128":
        return tensor((32, 128, 128), 11), tensor((128, 128), 12)
    kind, _, size = what.rpartition("-")
    sizes = [int(number) for number in size.split("x")]
    m, n, k = sizes if len(sizes) == 3 else (sizes * 3)[:3]
    dtype = np.float64 if kind == "double" else np.float32
    a_stored_transposed = kind in ("dW", "tn", "tt")
    b_stored_transposed = kind in ("dense", "nt", "tt")
    a = tensor((k, m) if a_stored_transposed else (m, k), 11, dtype=dtype)
    b = tensor((n, k) if b_stored_transposed else (k, n), 12, dtype=dtype)
    bias = (tensor((n,), 13),) if is_layer(name) else ()
    return a.T if a_stored_transposed else a, b.T if b_stored_transposed else b, *bias


MATMUL = [
    "matmul/" + name
    for name in """
    16 32 64 128 256 512 1024 2048 4096
    skinny-1x512x784 skinny-8x512x512 skinny-16x1024x1024 skinny-512x10x512 skinny-1024x16x1024 skinny-1024x1024x8
    skinny-512x512x16 skinny-128x10x512
    dense-128x512x784 dW-512x784x128 dx-128x784x512 dense-512x1024x1024 nt-512 tn-512 tt-512 double-512 double-1024
    sliced-512 batched-32x128 batched-shared-32x128
    layer-8x512x512 layer-128x512x784 layer-512x1024x1024
    """.split()
]

# Operation: number of operands, offset and scale of the first.
MAPS = {
    "add": (2, 0, 1), "muladd": (3, 0, 1), "muladd-chain4": (3, 0, 1),
    "swish-gradient": (2, 0, 1), "exp": (1, 0, 4), "log": (1, 2.05, 1.95),
    "tanh": (1, 0, 4), "sigmoid": (1, 0, 4), "gelu": (1, 0, 4), "gelu-tanh": (1, 0, 4), "relu": (1, 0, 1),
    "sum-all": (1, 0, 1),
}  # fmt: skip
LENGTHS = {"1e3": 10**3, "1e4": 10**4, "1e5": 10**5, "1e6": 10**6, "1e7": 10**7}
# Chains of so many operations with broadcasts, and a sum of all at the end.
CHAINS = {f"chain{length}-sum": length for length in (4, 8, 16)}
# Operation and size: shapes of the operands and scale of all.
SHAPED = {
    "softmax-128x1000": ([(128, 1000)], 4),
    "softmax-4096x64": ([(4096, 64)], 4),
    "layernorm-4096x768": ([(4096, 768), (768,), (768,)], 1),
    "sum-axis0-4096x1024": ([(4096, 1024)], 1),
    "sum-axis1-4096x1024": ([(4096, 1024)], 1),
    "sum-axis0-128x512": ([(128, 512)], 1),
    "sum-axis1-128x512": ([(128, 512)], 1),
    "max-axis1-4096x1024": ([(4096, 1024)], 1),
    "add-row-4096x1024": ([(4096, 1024), (1024,)], 1),
    "transpose-copy-512": ([(512, 512)], 1),
    "transpose-copy-2048": ([(2048, 2048)], 1),
    "strided-copy-2048": ([(2048, 4096)], 1),
}
ELEMENTWISE = [f"elementwise/{op}-{size}" for size in LENGTHS for op in MAPS]
ELEMENTWISE += ["elementwise/" + name for name in SHAPED]
ELEMENTWISE += [f"elementwise/{op}-{size}" for size in LENGTHS for op in CHAINS]


def elementwise_operation(name: str) -> str:
    """`add` for elementwise/add-1e5."""
    return re.sub(r"-[^-]+$", "", name.removeprefix("elementwise/"))


def elementwise_operands(name: str) -> list[np.ndarray]:
    what = name.removeprefix("elementwise/")
    if what in SHAPED:
        shapes, scale = SHAPED[what]
        return [tensor(shape, 21 + index, scale=scale) for index, shape in enumerate(shapes)]
    if elementwise_operation(name) in CHAINS:
        return chain_operands(LENGTHS[what.rsplit("-", 1)[1]])
    count, offset, scale = MAPS[elementwise_operation(name)]
    return [tensor((LENGTHS[what.rsplit("-", 1)[1]],), 21 + index, offset, scale) for index in range(count)]


def chain_operands(n: int) -> list[np.ndarray]:
    """a [rows, columns], b [rows, 1], c and d [columns], of which four operations make max((a − b) · c + d, 0)."""
    columns = 100 if n <= 10_000 else 1000
    rows = n // columns
    return [
        tensor((rows, columns), 21),
        tensor((rows, 1), 22),
        tensor((columns,), 23, offset=1, scale=0.5),
        tensor((columns,), 24, offset=0.5, scale=0.5),
    ]


def nested(length: int, four: str, end: str = "{}") -> str:
    """The text of a chain: `four` operations of {}, as often as it takes, inside of `end`."""
    text = "a"
    for _ in range(length // 4):
        text = four.format(text)
    return end.format(text)


def in_place(length: int, four: str, end: str) -> str:
    """Statements that do a chain in the memory of o: `four` operations of {} into o, as often as it takes, then `end`."""
    return "; ".join([*(four.format("o" if turn else "a") for turn in range(length // 4)), end])


def small_operands() -> tuple[np.ndarray, np.ndarray]:
    return tensor((8, 8), 31), tensor((8, 8), 32)


OVERHEAD = ["overhead/add-8x8", "overhead/add-8x8-recorded", "overhead/add-8x8-backward", "overhead/matmul-8x8"]
CHAIN_LENGTH = 100
