#!/usr/bin/env python3
"""Makes the fixtures that Martlet's tests compare with: what PyTorch and NumPy answer.

    make_fixtures.py           writes the .safetensors files beside this script
    make_fixtures.py --check   makes them in memory and compares them with the files

README.md beside this script says what each file holds.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.datasets import load_digits

HERE = Path(__file__).resolve().parent

ROWS = 800  # of the digits' 1,797: enough for 25 batches of 32, and the file stays small
BATCH = 32
STEPS = 100
LEARNING_RATE = 1e-3


# --- Training: 100 Adam steps of 64-32-10 on digits ---------------------------------------------


def make_network():
    return torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))


def weights_of(model, prefix, dtype=None):
    return {
        f"{prefix}{name}": value.detach().numpy().astype(dtype or value.detach().numpy().dtype).copy()
        for name, value in model.state_dict().items()
    }


def train(model, pixels, labels, batches):
    """Returns the loss of each step, taken before that step's update."""
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    losses = []
    for batch in batches:
        rows = torch.from_numpy(batch.astype(np.int64))
        optimizer.zero_grad()
        loss = F.cross_entropy(model(pixels[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def digits():
    data = load_digits()
    return data.data.astype(np.uint8), data.target.astype(np.int32)


def parity_and_model():
    """The training run in float32 and float64, and the model that came out of it as PyTorch would save it."""
    all_pixels, all_labels = digits()
    pixels, labels = all_pixels[:ROWS], all_labels[:ROWS]
    order = np.random.RandomState(2)
    epochs = STEPS * BATCH // ROWS
    batches = np.concatenate([order.permutation(ROWS) for _ in range(epochs)]).reshape(STEPS, BATCH).astype(np.int32)

    torch.manual_seed(2)
    single = make_network()
    double = make_network().double()
    double.load_state_dict({name: value.double() for name, value in single.state_dict().items()})
    initial = weights_of(single, "initial.")

    scaled = torch.from_numpy(pixels).float() / 16
    target = torch.from_numpy(labels).long()
    losses = train(single, scaled, target, batches)
    losses64 = train(double, scaled.double(), target, batches)

    drift = max(abs(a - b) / b for a, b in zip(losses, losses64))
    print(f"loss {losses[0]:.4f} -> {losses[-1]:.4f}; float32 strays from float64 by {drift:.1e} (relative)")

    parity = {
        "pixels": pixels,
        "labels": labels,
        "batches": batches,
        "losses": np.array(losses, dtype=np.float32),
        "losses.float64": np.array(losses64, dtype=np.float64),
        **initial,
        **weights_of(single, "final."),
        **weights_of(double, "final.float64.", np.float64),
    }
    model = weights_of(single, "")
    inputs = all_pixels[ROWS : ROWS + 16].astype(np.float32) / 16
    with torch.no_grad():
        expected = {"inputs": inputs, "outputs": single(torch.from_numpy(inputs)).numpy()}
    return parity, model, expected


# --- Values and gradients from PyTorch, in double precision --------------------------------------


class Cases:
    """Cases named `family/variant`: inputs, the output, and the gradients of sum(output * cotangent)."""

    def __init__(self, seed):
        self.tensors = {}
        self.random = np.random.RandomState(seed)

    def normal(self, *shape):
        return self.random.standard_normal(shape)

    def uniform(self, low, high, *shape):
        return self.random.uniform(low, high, shape)

    def add(self, name, function, *inputs, gradients=True):
        operands = [torch.tensor(np.asarray(x), dtype=torch.float64, requires_grad=gradients) for x in inputs]
        output = function(*operands)
        assert f"{name}.output" not in self.tensors, name
        for index, operand in enumerate(operands):
            self.tensors[f"{name}.input{index}"] = operand.detach().numpy().copy()
        self.tensors[f"{name}.output"] = output.detach().contiguous().numpy().copy()
        if not gradients:
            return
        cotangent = torch.from_numpy(np.asarray(self.normal(*output.shape)))
        (output * cotangent).sum().backward()
        self.tensors[f"{name}.cotangent"] = cotangent.numpy().copy()
        for index, operand in enumerate(operands):
            gradient = operand.grad if operand.grad is not None else torch.zeros_like(operand)
            self.tensors[f"{name}.gradient{index}"] = gradient.numpy().copy()


# Values near which formulas change or lose digits, small enough for every function of the real line.
LINE = [-30, -8, -2.5, -1, -0.75, -0.5, -1e-3, -1e-9, 0, 1e-9, 1e-3, 0.25, 0.5, 1, 1.5, 2.5, 8, 30]
POSITIVE = [1e-300, 1e-30, 1e-3, 0.3, 0.5, 1 - 1e-9, 1, 1 + 1e-9, 1.5, 2, 10, 1e5, 1e30, 1e300]
UNIT = [-0.999, -0.75, -0.5, -1e-3, -1e-9, 0, 1e-9, 1e-3, 0.5, 0.75, 0.999]
SPECIAL = [-np.inf, np.inf, np.nan, 0.0, -0.0, 1e300, -1e300, 1000, -1000]

UNARY = {
    "negate": (torch.neg, LINE),
    "abs": (torch.abs, LINE),
    "sign": (torch.sign, LINE),
    "squared": (torch.square, LINE),
    "reciprocal": (torch.reciprocal, [x for x in LINE if x != 0]),
    "sqrt": (torch.sqrt, POSITIVE),
    "rsqrt": (torch.rsqrt, [x for x in POSITIVE if 1e-200 < x < 1e200]),
    "exp": (torch.exp, LINE + [-700, 700]),
    "expm1": (torch.expm1, LINE),
    "exp2": (torch.exp2, LINE),
    "log": (torch.log, POSITIVE),
    "log1p": (torch.log1p, [x for x in LINE if x > -1]),
    "log2": (torch.log2, POSITIVE),
    "log10": (torch.log10, POSITIVE),
    "sin": (torch.sin, LINE),
    "cos": (torch.cos, LINE),
    "tan": (torch.tan, LINE),
    "asin": (torch.asin, UNIT),
    "acos": (torch.acos, UNIT),
    "atan": (torch.atan, LINE),
    "sinh": (torch.sinh, LINE),
    "cosh": (torch.cosh, LINE),
    "tanh": (torch.tanh, LINE),
    "asinh": (torch.asinh, LINE),
    "acosh": (torch.acosh, [1 + 1e-6, 1.5, 2, 10, 1e5]),
    "atanh": (torch.atanh, UNIT),
    "erf": (torch.erf, LINE),
    "erfc": (torch.erfc, [x for x in LINE if abs(x) < 9]),
    "floor": (torch.floor, LINE),
    "ceil": (torch.ceil, LINE),
    "round": (torch.round, LINE),
    "trunc": (torch.trunc, LINE),
    "relu": (torch.relu, LINE),
    "sigmoid": (torch.sigmoid, LINE),
    # torch's softplus turns into the identity above 20, which costs nine digits in double precision.
    "softplus": (lambda x: torch.logaddexp(x, torch.zeros_like(x)), LINE),
    "logSigmoid": (F.logsigmoid, LINE),
    "gelu": (F.gelu, LINE),
    "geluTanh": (lambda x: F.gelu(x, approximate="tanh"), LINE),
    "silu": (F.silu, LINE),
    "mish": (F.mish, [x for x in LINE if x < 20]),
    "selu": (F.selu, LINE),
    "leakyRelu": (lambda x: F.leaky_relu(x, 0.01), LINE),
    "elu": (F.elu, LINE),
    "clipped": (lambda x: x.clip(-0.7, 2), LINE),
}
# What infinities, NaN and overflow give, where IEEE 754 or the field leaves no choice.
SPECIAL_VALUES = [
    "negate", "abs", "squared", "reciprocal", "sqrt", "exp", "expm1", "log", "log1p", "tanh",
    "erf", "floor", "ceil", "round", "trunc", "relu", "sigmoid", "softplus", "logSigmoid",
]  # fmt: skip

BINARY = {
    "add": (torch.add, None),
    "subtract": (torch.sub, None),
    "multiply": (torch.mul, None),
    "divide": (torch.div, None),
    "maximum": (torch.maximum, None),
    "minimum": (torch.minimum, None),
    "power": (torch.pow, (0.2, 3.0)),
    "atan2": (torch.atan2, None),
    "hypot": (torch.hypot, None),
    "remainder": (torch.remainder, None),
}
# Pairs of shapes that broadcast in every way: same, row, column, middle, both sides, rank 0, with no element.
BROADCASTS = {
    "same": ((2, 3), (2, 3)),
    "row": ((2, 3), (3,)),
    "column": ((2, 3), (2, 1)),
    "both": ((2, 1, 4), (3, 1)),
    "scalar": ((), (2, 3)),
    "empty": ((0, 3), (1, 3)),
}


def torch_values():
    cases = Cases(seed=3)
    for name, (function, points) in UNARY.items():
        cases.add(f"{name}/points", function, np.array(points, dtype=np.float64))
    for name in SPECIAL_VALUES:
        cases.add(f"{name}/special", UNARY[name][0], np.array(SPECIAL), gradients=False)

    for name, (function, limits) in BINARY.items():
        for variant, (left, right) in BROADCASTS.items():
            if limits:
                inputs = cases.uniform(*limits, *left), cases.uniform(*limits, *right)
            else:
                inputs = cases.normal(*left), cases.normal(*right)
            cases.add(f"{name}/{variant}", function, *inputs)

    # Products of matrices.
    for variant, (left, right) in {
        "matrices": ((3, 4), (4, 5)),
        "one row": ((1, 4), (4, 5)),
        "one column": ((3, 4), (4, 1)),
        "no terms": ((2, 0), (0, 3)),
        "batch": ((2, 3, 4), (2, 4, 5)),
        "shared right": ((2, 3, 4), (4, 5)),
        "shared left": ((3, 4), (2, 4, 5)),
        "broadcast batch": ((2, 1, 3, 4), (3, 4, 2)),
    }.items():
        cases.add(f"matmul/{variant}", torch.matmul, cases.normal(*left), cases.normal(*right))
    cases.add("matmul/left transposed", lambda a, b: a.T @ b, cases.normal(4, 3), cases.normal(4, 5))
    cases.add("matmul/right transposed", lambda a, b: a @ b.T, cases.normal(3, 4), cases.normal(5, 4))
    cases.add("matmul/rows skipped", lambda a, b: a[::2] @ b, cases.normal(6, 4), cases.normal(4, 5))
    cases.add("matmul/columns skipped", lambda a, b: a[:, ::2] @ b, cases.normal(3, 8), cases.normal(4, 5))

    activations = {"identity": lambda x: x, "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
    for name, activation in activations.items():
        cases.add(
            f"linear/{name}",
            lambda x, weight, bias: activation(F.linear(x, weight, bias)),
            cases.normal(2, 3, 4), cases.normal(5, 4), cases.normal(5),
        )  # fmt: skip
    cases.add("linear/no bias", F.linear, cases.normal(3, 4), cases.normal(5, 4))

    # Softmax and its relatives; logits of 1,000 overflow an exp that does not subtract the largest first.
    logits = cases.normal(3, 5) * 3
    large = np.array([[1000.0, 999.0, -1000.0], [-1e4, 0.0, 1e-3]])
    for name, function in {"softmax": F.softmax, "logSoftmax": F.log_softmax, "logSumExp": torch.logsumexp}.items():
        cases.add(f"{name}/last axis", lambda x: function(x, dim=-1), logits)
        cases.add(f"{name}/first axis", lambda x: function(x, dim=0), logits)
        cases.add(f"{name}/large", lambda x: function(x, dim=-1), large)
    labels = torch.tensor([4, 0, 2])
    cases.add("crossEntropy/each", lambda x: F.cross_entropy(x, labels, reduction="none"), logits)
    cases.add("crossEntropy/mean", lambda x: F.cross_entropy(x, labels), logits)
    cases.add("crossEntropy/large", lambda x: F.cross_entropy(x, torch.tensor([1, 2]), reduction="none"), large)

    # Reductions, with gradients that broadcast back.
    block = cases.normal(2, 3, 4)
    cases.add("sum/all", lambda x: x.sum(), block)
    cases.add("sum/axis 1", lambda x: x.sum(1), block)
    cases.add("sum/axes 0 2 kept", lambda x: x.sum((0, 2), keepdim=True), block)
    cases.add("sum/no elements", lambda x: x.sum(0), np.zeros((0, 3)))
    cases.add("mean/all", lambda x: x.mean(), block)
    cases.add("mean/axis -1", lambda x: x.mean(-1), block)
    cases.add("max/axis 0", lambda x: x.amax(0), block)
    cases.add("min/axis 2 kept", lambda x: x.amin(2, keepdim=True), block)
    cases.add("variance/axis 1", lambda x: x.var(1, correction=0), block)

    # Views and copies.
    cases.add("transposed/matrix", lambda x: x.T, cases.normal(2, 3))
    cases.add("permuted/2 0 1", lambda x: x.permute(2, 0, 1), block)
    cases.add("reshaped/4 6", lambda x: x.reshape(4, 6), block)
    cases.add("reshaped/of a transpose", lambda x: x.transpose(0, 2).reshape(6, 4), block)
    cases.add("broadcast/2 3 4", lambda x: x.expand(2, 3, 4), cases.normal(3, 1))
    cases.add("sliced/axis 2 by 2", lambda x: x[:, :, 0:4:2], block)
    cases.add("reversed/axis 1", lambda x: x.flip(1), block)
    cases.add("gathered/rows", lambda x: x[torch.tensor([2, 0, 2, 1])], cases.normal(3, 4))
    cases.add("gathered/columns", lambda x: x[:, torch.tensor([3, 3, 0])], cases.normal(3, 4))
    cases.add("concatenated/axis 1", lambda a, b: torch.cat([a, b], 1), cases.normal(2, 3), cases.normal(2, 2))
    cases.add("stacked/axis 0", lambda a, b: torch.stack([a, b]), cases.normal(2, 3), cases.normal(2, 3))
    mask = torch.tensor([[True, False, True], [False, False, True]])
    cases.add("where/mask", lambda a, b: torch.where(mask, a, b), cases.normal(2, 3), cases.normal(3))
    return cases.tensors


# --- Values from NumPy ----------------------------------------------------------------------------


def numpy_values():
    """Indexing of arange(120) as [2, 3, 4, 5], and reductions that meet NaN, ties, infinities and wrapping integers."""
    block = np.arange(120, dtype=np.int64).reshape(2, 3, 4, 5)
    tensors = {
        "index/0": block[0],
        "index/-1": block[-1],
        "index/1, 2, 3, 4": block[1, 2, 3, 4],
        "index/0..<1": block[0:1],
        "index/..., 2": block[..., 2],
        "index/0, 1...": block[0, 1:],
        "index/..., 1..<4, 3": block[..., 1:4, 3],
        "index/1, ..., 0..<2": block[1, ..., 0:2],
        "index/empty": block[:, 3:3],
        "permuted/3 1 0 2": block.transpose(3, 1, 0, 2),
        "transposed/matrix": block[0, 0].T,
        "sliced/axis 3 from 1 by 2": block[:, :, :, 1::2],
        "reversed/axis 3": block[..., ::-1],
        "reversed/axis 0, sliced": block[::-1, 1:],
        "gathered/axis 2": np.take(block, [3, 0, 0], axis=2),
    }
    random = np.random.RandomState(5)
    values = random.standard_normal((4, 3, 7))
    values[1, 2, 3] = np.nan
    values[3, 0, 0] = np.inf
    values[0, 1] = 2.0  # ties
    tensors["reduce.input"] = values
    for axis in range(3):
        tensors[f"reduce/sum {axis}"] = values.sum(axis)
        tensors[f"reduce/mean {axis}"] = values.mean(axis)
        tensors[f"reduce/product {axis}"] = values.prod(axis)
        tensors[f"reduce/max {axis}"] = values.max(axis)
        tensors[f"reduce/min {axis}"] = values.min(axis)
        tensors[f"reduce/argMax {axis}"] = values.argmax(axis)
        tensors[f"reduce/argMin {axis}"] = values.argmin(axis)
    finite = np.nan_to_num(values, nan=0.25, posinf=3)
    tensors["reduce.finite"] = finite
    tensors["reduce/variance all"] = finite.var()
    tensors["reduce/variance 1 kept"] = finite.var(1, keepdims=True)
    integers = random.randint(-(2**31), 2**31, (5, 6)).astype(np.int32)
    tensors["integers.input"] = integers
    tensors["integers/sum 0"] = integers.sum(0, dtype=np.int32)
    tensors["integers/max 1"] = integers.max(1)
    tensors["integers/argMin 1"] = integers.argmin(1)
    # Sums of many single-precision terms: pairwise summation keeps them; a running sum loses three digits.
    many = np.full(100_000, 0.1, dtype=np.float32)
    tensors["sum/0.1, 100000 times"] = np.array(many.astype(np.float64).sum(), dtype=np.float32)
    tensors["linspace/0 to 1 by 7"] = np.linspace(0, 1, 7)
    tensors["arange/2 to 11 by 3"] = np.arange(2, 11, 3, dtype=np.int64)
    return {name: np.ascontiguousarray(value).reshape(np.shape(value)) for name, value in tensors.items()}


# --- Files ------------------------------------------------------------------------------------------


def make():
    parity, model, expected = parity_and_model()
    return {
        "parity.safetensors": parity,
        "torch-model.safetensors": model,
        "torch-model-outputs.safetensors": expected,
        "torch-values.safetensors": torch_values(),
        "numpy-values.safetensors": numpy_values(),
    }


def check(files):
    failures = 0
    for name, tensors in files.items():
        with safe_open(HERE / name, "numpy") as stored:
            if set(stored.keys()) != set(tensors):
                print(f"{name}: the entries differ: {sorted(set(stored.keys()) ^ set(tensors))[:10]}")
                failures += 1
                continue
            for key, expected in tensors.items():
                actual = stored.get_tensor(key)
                if actual.shape != expected.shape or actual.dtype != expected.dtype:
                    print(f"{name}: {key}: {actual.dtype} {actual.shape} is now {expected.dtype} {expected.shape}")
                    failures += 1
                    continue
                # Another processor adds in another order; 100 steps of training amplify that a little.
                tolerance = 1e-4 if expected.dtype == np.float32 else 1e-9
                if not np.allclose(actual, expected, rtol=tolerance, atol=tolerance, equal_nan=True):
                    print(f"{name}: {key} differs")
                    failures += 1
    print("the files are what this script makes" if failures == 0 else f"{failures} differences")
    return failures == 0


def main():
    parser = argparse.ArgumentParser(description="Makes the fixtures of Martlet's tests.")
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    arguments = parser.parse_args()
    torch.use_deterministic_algorithms(True)
    files = make()
    if arguments.check:
        sys.exit(0 if check(files) else 1)
    for name, tensors in files.items():
        path = HERE / name
        # "format: pt" is what PyTorch's own writer puts there.
        save_file(tensors, path, metadata={"format": "pt"} if name == "torch-model.safetensors" else None)
        path.chmod(0o644)  # safetensors keeps others from reading
        print(f"{name}: {len(tensors)} tensors, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
