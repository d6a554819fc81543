#!/usr/bin/env python3
"""Makes elementwise.safetensors: what elementwise operations are, by mpmath, NumPy, SciPy and PyTorch.

    make_elementwise_fixtures.py           writes the file beside this script
    make_elementwise_fixtures.py --check   makes it in memory and compares it with the file

Needs numpy, scipy, mpmath, torch and safetensors. The entries:

    value/NAME.input0 ...   arguments that are float32 numbers, in float64; value/NAME.output has the true values, by
                            mpmath with 40 digits, rounded to float64. SciPy must agree to 1e-9.
    special/NAME.input0 ... zeros, infinities, NaN and their neighbours, all pairs of them for two operands;
                            special/NAME.output is NumPy's or SciPy's answer
    tiny/NAME.input0 ...    denormals, for operations that do not flush them; NumPy's answer
    integer/NAME TYPE...    pairs of integers, the least and the greatest among them, and NumPy's answer
    torch/NAME.input0 ...   activations: PyTorch's output, and the gradients of its sum
"""

import sys
from pathlib import Path

import mpmath
import numpy as np
import scipy.special
import torch
import torch.nn.functional as F
from mpmath import mp, mpf
from safetensors.numpy import load_file, save_file

FILE = Path(__file__).resolve().parent / "elementwise.safetensors"
mp.dps = 40


def sinc(x):
    return mpf(1) if x == 0 else mp.sin(mp.pi * x) / (mp.pi * x)


def sinc_slope(x):
    return mpf(0) if x == 0 else (mp.cos(mp.pi * x) - sinc(x)) / x


def draw(name, *ranges, count=48):
    generator = np.random.default_rng(sum(map(ord, name)))
    return [generator.uniform(low, high, count).astype(np.float32).astype(np.float64) for low, high in ranges]


def near(*points):
    """Numbers around points, at distances from 2^-20 to 1."""
    return np.array([np.float32(p + s * 2.0**-k) for p in points for k in range(0, 21, 4) for s in (-1, 1)], np.float64)


# Name: the function of mpmath, SciPy's, the arguments.
TRUE = {
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), np.cbrt, [np.concatenate([*draw("cbrt", (-50, 50)), near(0, 1, 8), [1e-30, 3e37, -7e-12]])]),
    "erfinv": (lambda x: mp.erfinv(x), scipy.special.erfinv, [np.concatenate([*draw("erfinv", (-1, 1)), [1e-20, 0.001, 0.999, 0.99999, 1 - 2.0**-24, -0.97]])]),
    "lgamma": (lambda x: mp.re(mp.loggamma(x)), scipy.special.gammaln, [np.concatenate([*draw("lgamma", (0.01, 30)), *draw("lgamma'", (-9, 0)), near(1, 2, 3)[1:], [1e-20, 1e6, 3e30]])]),
    "digamma": (lambda x: mp.digamma(x), scipy.special.psi, [np.concatenate([*draw("digamma", (0.01, 30)), near(1.4375, 1.461632, 5), [1e-20, 1e6, 3e30]])]),
    "digamma below 0": (lambda x: mp.digamma(x), scipy.special.psi, [*draw("digamma'", (-9, 0))]),
    "sinc": (sinc, np.sinc, [np.concatenate([*draw("sinc", (-9, 9)), [1e-20, 0.5, 0.25, 1e-3, 100.25]])]),
    "logit": (lambda x: mp.log(x / (1 - x)), scipy.special.logit, [np.concatenate([*draw("logit", (0, 1)), near(0.5)[4:], [1e-20, 1 - 2.0**-24]])]),
    "frac": (lambda x: x - mp.sign(x) * mp.floor(abs(x)), lambda x: np.modf(x)[0], draw("frac", (-9, 9))),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: x / (1 + np.abs(x)), draw("softsign", (-9, 9))),
    "tanhshrink": (lambda x: x - mp.tanh(x), None, [np.concatenate([*draw("tanhshrink", (-4, 4)), near(0, 1), [1e-8]])]),
    "fmod": (lambda x, y: mp.sign(x) * (abs(x) - abs(y) * mp.floor(abs(x) / abs(y))), np.fmod, draw("fmod", (-9, 9), (-3, 3))),
    "floorDivide": (lambda x, y: mp.floor(x / y), np.floor_divide, draw("floorDivide", (-9, 9), (-3, 3))),
    "xlogy": (lambda x, y: x * mp.log(y), scipy.special.xlogy, draw("xlogy", (-3, 3), (0.01, 9))),
    "logAddExp": (lambda x, y: mp.log(mp.exp(x) + mp.exp(y)), np.logaddexp, draw("logAddExp", (0, 20), (-20, 20))),
    "hypot": (mp.hypot, np.hypot, draw("hypot", (-9, 9), (-9, 9))),
    "polygamma 1": (lambda x: mp.psi(1, x), lambda x: scipy.special.polygamma(1, x), [np.concatenate([*draw("trigamma", (0.01, 30)), *draw("trigamma'", (-5, 0))])]),
    "polygamma 2": (lambda x: mp.psi(2, x), lambda x: scipy.special.polygamma(2, x), draw("tetragamma", (0.01, 30))),
    "polygamma 7": (lambda x: mp.psi(7, x), lambda x: scipy.special.polygamma(7, x), [np.concatenate([*draw("psi7", (0.2, 30)), *draw("psi7'", (-5, 0))])]),
    "polygamma 30": (lambda x: mp.psi(30, x), None, [np.concatenate([*draw("psi30", (0.5, 30)), *draw("psi30'", (-3, 0))])]),
    "sincDerivative 1": (sinc_slope, None, [np.concatenate([*draw("slope", (-6, 6)), [0, 1e-3, 1e-10]])]),
    "sincDerivative 2": (lambda x: mp.diff(sinc, x, 2), None, draw("slope2", (-3, 3))),
    "sincDerivative 5": (lambda x: mp.diff(sinc, x, 5), None, draw("slope5", (-3, 3))),
}

ZEROS = [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 2, -2, 0.5, -0.5, 3, -3]


def heaviside(x, values):
    return np.heaviside(x, values)


SPECIAL = {
    "cbrt": np.cbrt, "erfinv": scipy.special.erfinv, "lgamma": scipy.special.gammaln, "logit": scipy.special.logit, "sinc": np.sinc,
    "digamma": scipy.special.psi, "frac": lambda x: torch.frac(torch.from_numpy(x)).numpy(), "exp2": np.exp2, "log2": np.log2,
    "expm1": np.expm1, "log1p": np.log1p, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "asin": np.arcsin,
    "acos": np.arccos, "atan": np.arctan, "round": np.rint, "trunc": np.trunc, "signBit": lambda x: np.signbit(x).astype(np.float64),
    "degrees": np.degrees, "radians": np.radians, "nanToNum": np.nan_to_num, "reciprocal": lambda x: 1 / x,
    "fmod": np.fmod, "remainder": np.remainder, "floorDivide": np.floor_divide, "fmin": np.fmin, "fmax": np.fmax,
    "minimum": np.minimum, "maximum": np.maximum, "copySign": np.copysign, "nextAfter": np.nextafter, "heaviside": heaviside,
    "xlogy": scipy.special.xlogy, "logAddExp": np.logaddexp, "hypot": np.hypot, "atan2": np.arctan2, "power": np.power,
    "isClose": lambda a, b: np.isclose(a, b).astype(np.float64),
    "isClose equalNaN": lambda a, b: np.isclose(a, b, equal_nan=True).astype(np.float64),
}
BINARY = {
    "fmod", "remainder", "floorDivide", "fmin", "fmax", "minimum", "maximum", "copySign", "nextAfter", "heaviside", "xlogy",
    "logAddExp", "hypot", "atan2", "power", "isClose", "isClose equalNaN",
}
TINY = ["fmin", "fmax", "copySign", "nextAfter", "heaviside", "minimum", "maximum"]


def lcm(a, b):
    return np.lcm(a, b)


INTEGER = {
    "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor, "not": lambda a, b: np.invert(a), "shiftLeft": np.left_shift,
    "shiftRight": np.right_shift, "gcd": np.gcd, "lcm": lcm, "power": np.power, "fmod": np.fmod, "remainder": np.remainder,
    "floorDivide": np.floor_divide, "add": np.add, "multiply": np.multiply, "minimum": np.minimum,
}


def integers(name, dtype):
    limits = np.iinfo(dtype)
    generator = np.random.default_rng(7)
    a = generator.integers(limits.min, limits.max, 60, dtype, endpoint=True)
    a[:6] = [limits.min, limits.max, 0, 1, limits.max - 1, limits.min + 1]
    a[6:30] = generator.integers(0 if limits.min == 0 else -50, 50, 24)
    if name.startswith("shift"):
        b = generator.integers(0, limits.bits + 5, 60).astype(dtype)
    elif name == "power":
        b = generator.integers(0, 12, 60).astype(dtype)
    else:
        b = generator.integers(0 if limits.min == 0 else -30, 30, 60).astype(dtype)
        b[30:] = generator.integers(limits.min, limits.max, 30, dtype, endpoint=True)
        b[:3] = [limits.max, 1, 5]
        if limits.min < 0:
            b[0] = -1
        if name in ("gcd", "lcm"):
            # The magnitude of the least integer has no place in its type.
            a[a == limits.min] = 12
            b[b == limits.min] = 18
        else:
            b[b == 0] = 7
    if name == "lcm":
        a, b = (x.astype(np.int64) % 1000 if dtype != np.uint8 else x for x in (a, b))
        a, b = a.astype(dtype), b.astype(dtype)
    return a, b


EDGES = [0.0, 0.25, -0.25, 1, -1, 3, -3, 6, 0.5, -0.5, 2.5, -2.5, 8, -8, np.nan, np.inf, -np.inf]
TORCH = {
    "softsign": F.softsign, "tanhshrink": F.tanhshrink, "relu6": F.relu6, "hardTanh": F.hardtanh,
    "hardTanh -0.5 2.5": lambda x: F.hardtanh(x, -0.5, 2.5), "hardSigmoid": F.hardsigmoid, "hardSwish": F.hardswish, "celu": F.celu,
    "celu 1.5": lambda x: F.celu(x, 1.5), "softshrink": F.softshrink, "softshrink 1": lambda x: F.softshrink(x, 1.0),
    "hardshrink": F.hardshrink, "hardshrink 1": lambda x: F.hardshrink(x, 1.0), "threshold": lambda x: F.threshold(x, 1.0, -7.0),
    "logSigmoid": F.logsigmoid, "selu": F.selu, "elu 0.5": lambda x: F.elu(x, 0.5), "mish": F.mish, "gelu": F.gelu,
    "gelu tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu, "leakyRelu": F.leaky_relu,
}
# At these arguments PyTorch's vector loops do not give the limit, or their derivative at NaN is not that of their others.
LEFT_OUT = {
    "softsign": lambda x: np.isfinite(x), "hardSwish": lambda x: x != -np.inf, "mish": lambda x: np.isfinite(x),
    "gelu": lambda x: np.isfinite(x), "gelu tanh": lambda x: np.isfinite(x), "silu": lambda x: np.isfinite(x),
    "celu": lambda x: ~np.isnan(x), "celu 1.5": lambda x: ~np.isnan(x), "elu 0.5": lambda x: ~np.isnan(x),
    "selu": lambda x: ~np.isnan(x), "logSigmoid": lambda x: np.isfinite(x),
}


def make():
    tensors = {}

    def put(name, output, *inputs, **others):
        for index, array in enumerate(inputs):
            tensors[f"{name}.input{index}"] = np.ascontiguousarray(array)
        tensors[f"{name}.output"] = np.ascontiguousarray(output)
        for key, array in others.items():
            tensors[f"{name}.{key}"] = np.ascontiguousarray(array)

    for name, (function, other, inputs) in TRUE.items():
        inputs = [x.astype(np.float32).astype(np.float64) for x in inputs]
        output = np.array([float(function(*map(mpf, arguments))) for arguments in zip(*(map(float, x) for x in inputs))])
        if other is not None:
            assert np.allclose(other(*inputs), output, rtol=1e-9, atol=1e-12), name
        put(f"value/{name}", output, *inputs)

    with np.errstate(all="ignore"):
        ends = np.array(ZEROS)
        pairs = [grid.ravel() for grid in np.meshgrid(ends, ends)]
        for name, function in SPECIAL.items():
            inputs = pairs if name in BINARY else [ends]
            put(f"special/{name}", function(*inputs), *inputs)
        for dtype, kind in ((np.float32, "f32"), (np.float64, "f64")):
            least = np.finfo(dtype).smallest_subnormal
            points = np.array([0.0, -0.0, least, -least, 3 * least, np.finfo(dtype).tiny - least, 1, -1, np.inf], dtype)
            a, b = (grid.ravel() for grid in np.meshgrid(points, points))
            for name in TINY:
                put(f"tiny/{name} {kind}", SPECIAL[name](a, b), a, b)
        for name, function in INTEGER.items():
            for dtype in (np.int32, np.int64, np.uint8):
                a, b = integers(name, dtype)
                put(f"integer/{name} {np.dtype(dtype).name}", function(a, b).astype(dtype), a, b)

    for name, function in TORCH.items():
        points = np.array(EDGES)
        if name in LEFT_OUT:
            points = points[LEFT_OUT[name](points)]
        x = torch.from_numpy(points).requires_grad_()
        y = function(x)
        (gradient,) = torch.autograd.grad(y.sum(), x)
        put(f"torch/{name}", y.detach().numpy(), points, gradient0=gradient.numpy())
    generator = torch.Generator().manual_seed(3)
    x = torch.randn([2, 4, 3], dtype=torch.float64, generator=generator).requires_grad_()
    weight = torch.tensor([0.25, -0.5, 1.5, 0.0], dtype=torch.float64).requires_grad_()
    for name, function, inputs in [
        ("prelu", F.prelu, [x, weight]), ("prelu one", F.prelu, [x, torch.tensor([0.25], dtype=torch.float64).requires_grad_()]),
        ("glu 1", lambda x: F.glu(x, 1), [x]), ("glu 0", lambda x: F.glu(x, 0), [x]),
    ]:
        y = function(*inputs)
        gradients = torch.autograd.grad(y.sum(), inputs)
        put(
            f"torch/{name}", y.detach().numpy(), *(value.detach().numpy() for value in inputs),
            **{f"gradient{index}": value.numpy() for index, value in enumerate(gradients)})
    return tensors


def main():
    tensors = make()
    if "--check" in sys.argv[1:]:
        stored = load_file(FILE)
        wrong = [
            name for name in sorted(set(stored) | set(tensors))
            if name not in stored or name not in tensors or stored[name].shape != tensors[name].shape
            or not np.allclose(stored[name], tensors[name], rtol=1e-12, atol=0, equal_nan=True)]
        print("\n".join(f"{name} differs" for name in wrong) or "the file is what this script makes")
        sys.exit(1 if wrong else 0)
    save_file(tensors, FILE)
    FILE.chmod(0o644)
    print(f"{FILE.name}: {len(tensors)} tensors, {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
