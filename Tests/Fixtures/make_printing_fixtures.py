"""Writes printing.safetensors: tensors, and in the metadata under CASE.options and CASE.text how NumPy prints them.

Martlet prints as `array2string(x, separator=", ", floatmode="maxprec_equal")`, and differs from that
- in numbers without a fraction, which NumPy prints as `1.` and Martlet as `1.0`, the way Swift writes them: for these,
  the text here is that of one fixed decimal;
- in `true` and `false`, which NumPy capitalises;
- in when it uses powers of ten: NumPy from 1e8 (1e16 for float64) or at ratios over 1e3, Martlet from 1e8 or at ratios
  over 1e5, so that a column of prices and quantities stays legible: no case here is between;
- in digits of float32 that do not tell it from its neighbours, which NumPy prints as zeros and Martlet, up to four
  decimals, as they are: no case has such;
- in empty tensors of rank 2 and more, where Martlet adds the shape.
"""

import re
from pathlib import Path

import numpy as np
import safetensors.numpy

random = np.random.default_rng(7)
tensors, metadata = {}, {}
SIGNS = {"negative": "-", "always": "+", "space": " "}


def case(name, array, decimals=4, lineWidth=80, threshold=1000, edgeItems=3, suppresses=0, sign="negative"):
    array = np.asarray(array)

    def text(**changes):
        options = dict(precision=decimals, floatmode="maxprec_equal") | changes
        return np.array2string(
            array, separator=", ", max_line_width=lineWidth, threshold=threshold, edgeitems=edgeItems,
            suppress_small=bool(suppresses), sign=SIGNS[sign], **options)

    result = text()
    if re.search(r"\d\.(?!\d)", result):
        result = text(precision=1, floatmode="fixed")
    if array.dtype == bool:
        result = result.replace("True", "true").replace("False", "false")
    sizes = np.abs(array[np.isfinite(array) & (array != 0)].astype("f8")) if array.dtype.kind == "f" else []
    ratio = max(sizes) / min(sizes) if len(sizes) else 1
    assert suppresses or not 1e3 < ratio <= 1e5, name
    tensors[name] = np.ascontiguousarray(array).reshape(array.shape)
    metadata[name + ".text"] = result
    metadata[name + ".options"] = (
        f"decimals={decimals} lineWidth={lineWidth} threshold={threshold} edgeItems={edgeItems} "
        f"suppresses={suppresses} sign={sign}")


def spread(*shape):
    """Numbers of both signs that do not call for powers of ten."""
    return random.choice([-1, 1], shape) * random.uniform(0.01, 3, shape)


matrix = spread(4, 5)
for dtype in ("f4", "f8"):
    case(f"matrix.{dtype}", matrix.astype(dtype))
    for decimals in (1, 2, 7, 12):
        case(f"decimals{decimals}.{dtype}", random.uniform(1, 10, 6).astype(dtype), decimals=decimals)
    case(f"whole.{dtype}", np.arange(-3, 9, dtype=dtype).reshape(3, 4))
    case(f"special.{dtype}", np.array([1.25, np.nan, np.inf, -np.inf, -0.5], dtype))
    case(f"nothing-else.{dtype}", np.array([np.nan, np.inf], dtype))
    case(f"negative-infinity.{dtype}", np.array([-np.inf, 1.5], dtype))
    case(f"scalar.{dtype}", np.array(2.625, dtype))
    case(f"small.{dtype}", np.array([1e-6, 2.5e-6, -3e-6], dtype))
    case(f"far.{dtype}", np.array([1e-3, 12345.6], dtype))
    case(f"suppressed.{dtype}", np.array([1e-3, 1e-6, 12345.5, 0], dtype), suppresses=1)
    case(f"suppressed-small.{dtype}", np.array([1e-9, 2e-9], dtype), suppresses=1)
    case(f"large.{dtype}", np.array([1.5e20, -1e3], dtype))
    case(f"zeros.{dtype}", np.zeros((2, 2), dtype))
    case(f"negative-zero.{dtype}", np.array([0.0, -0.0], dtype))
    for sign in SIGNS:
        case(f"sign-{sign}.{dtype}", np.array([1.5, -2.25, 100], dtype), sign=sign)
        case(f"sign-{sign}-positive.{dtype}", np.array([1.5, 2.25, np.inf, np.nan], dtype), sign=sign)
        case(f"sign-{sign}-power.{dtype}", np.array([1.5e-9, 2.25e-9], dtype), sign=sign)
    case(f"summarised.{dtype}", np.arange(8, 1208, dtype=dtype).reshape(30, 40) / 8)
    case(f"cube.{dtype}", spread(2, 3, 4).astype(dtype))
case("long-exponents.f8", np.array([1e100, 1.5, -2e-200]))
case("rank4.f4", np.arange(24, dtype="f4").reshape(2, 1, 3, 4))
case("rank5.i4", np.arange(32, dtype="i4").reshape(2, 2, 2, 2, 2))
for width in (10, 20, 33, 40, 75, 80, 120):
    case(f"width{width}.i4", np.arange(40, dtype="i4"), lineWidth=width)
    case(f"width{width}.f8", random.uniform(1, 9, (3, 17)), lineWidth=width)
    case(f"width{width}-cube.i8", np.arange(60, dtype="i8").reshape(2, 2, 15), lineWidth=width)
for threshold, edge in ((0, 1), (5, 1), (10, 2), (10, 3), (10, 5), (100, 3)):
    case(f"edges{threshold}-{edge}.i4", np.arange(60, dtype="i4").reshape(4, 15), threshold=threshold, edgeItems=edge)
    case(f"edges{threshold}-{edge}-cube.f4", np.arange(120, dtype="f4").reshape(6, 4, 5) / 4, threshold=threshold,
         edgeItems=edge)
    case(f"edges{threshold}-{edge}-narrow.i4", np.arange(40, dtype="i4"), threshold=threshold, edgeItems=edge,
         lineWidth=16)
for sign in SIGNS:
    case(f"integers-{sign}.i4", np.array([1, -20, 300], "i4"), sign=sign)
    case(f"positive-integers-{sign}.i8", np.array([1, 20, 300], "i8"), sign=sign)
case("bytes.u1", np.arange(0, 256, 5, dtype="u1"))
case("truths.b1", np.array([[True, False], [False, False]]))
case("halves.f2", np.array([0.1, 1.5, -2], "f2"))
case("halves-exact.f2", np.array([0.1, 1.5, -2.25], "f2"), decimals=8)
case("empty.f4", np.zeros(0, "f4"))
case("extremes.i8", np.array([2**63 - 1, -(2**63)]))

safetensors.numpy.save_file(tensors, Path(__file__).parent / "printing.safetensors", metadata)
