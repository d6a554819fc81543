#!/usr/bin/env python3
"""Makes statistics.safetensors: what NumPy and SciPy answer for statistics, order, sets and one-dimensional numerics.

    make_statistics_fixtures.py           writes the file beside this script
    make_statistics_fixtures.py --check   makes it in memory and compares it with the file

An entry "data/NAME" is an operand. The entries "CASE#0", "CASE#1" ... are the results of a case, whose name is an
operation and its arguments: "quantile x=grid.f64 q=0.25 axis=1". Tests/MartletNumericsTests reads these names.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import scipy.integrate
import scipy.stats
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
FILE = HERE / "statistics.safetensors"
TYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "u8": np.uint8}
FLOATS, INTEGERS = ["f32", "f64"], ["i32", "i64", "u8"]
METHODS = {
    "invertedCDF": "inverted_cdf", "averagedInvertedCDF": "averaged_inverted_cdf",
    "closestObservation": "closest_observation", "interpolatedInvertedCDF": "interpolated_inverted_cdf",
    "hazen": "hazen", "weibull": "weibull", "linear": "linear", "medianUnbiased": "median_unbiased",
    "normalUnbiased": "normal_unbiased", "lower": "lower", "higher": "higher", "midpoint": "midpoint",
    "nearest": "nearest",
}

data, entries = {}, {}


def operand(name, values, types):
    """Stores an operand in several types; unsigned ones hold the magnitudes."""
    for key in types:
        values = np.asarray(values)
        data[f"{name}.{key}"] = (np.abs(values) if key == "u8" else values).astype(TYPES[key])


def text(value):
    if isinstance(value, (list, tuple)):
        return ";".join(text(part) for part in value)
    return str(int(value)) if isinstance(value, (bool, np.bool_)) else repr(value) if isinstance(value, float) else str(value)


def case(operation, results, dtype=None, **arguments):
    """Stores the results of a case. Floating-point ones are stored in `dtype`, if one is given."""
    name = " ".join([operation, *(f"{key}={text(value)}" for key, value in arguments.items() if value is not None)])
    for index, result in enumerate(results if isinstance(results, tuple) else (results,)):
        result = np.asarray(result)
        if dtype is not None and result.dtype.kind == "f":
            result = result.astype(dtype)
        key = f"{name}#{index}"
        if key in entries:
            sys.exit(f"twice: {key}")
        entries[key] = np.ascontiguousarray(result).reshape(result.shape)


def operands():
    rng = np.random.default_rng(20)
    operand("line", rng.normal(size=11).round(3), FLOATS)
    operand("grid", rng.normal(size=(4, 6)).round(3), FLOATS)
    operand("cube", rng.normal(size=(2, 3, 5)).round(3), FLOATS)
    operand("number", 1.25, FLOATS)
    operand("none", np.zeros(0), FLOATS + INTEGERS)
    operand("norows", np.zeros((0, 3)), FLOATS + INTEGERS)
    ties = np.array([3, -1, 4, -1, 5, 9, -2, 6, 5, 3, 5, 0, 0])
    operand("ties", ties, FLOATS + INTEGERS)
    operand("tied", rng.integers(-2, 3, size=(4, 7)), FLOATS + INTEGERS)
    operand("tiedcube", rng.integers(0, 3, size=(3, 2, 4)), FLOATS + INTEGERS)
    operand("rows", np.array([[1, 0], [0, 2], [1, 0], [0, 1], [0, 2], [1, 0]]), FLOATS + INTEGERS)
    nans = rng.normal(size=(4, 6)).round(3)
    nans[0, 2] = nans[1, 0] = nans[1, 5] = np.nan
    nans[3] = np.nan
    operand("nans", nans, FLOATS)
    somenan = np.array([2.0, np.nan, -1.0, np.nan, 5.0, 2.0])
    operand("somenan", somenan, FLOATS)
    operand("nanrows", np.array([[1, np.nan], [1, np.nan], [0, 1], [np.nan, 0], [0, 1]]), FLOATS)
    operand("infinite", np.array([1.0, np.inf, 2.0, -np.inf, np.inf, 0.5]), FLOATS)
    operand("allinf", np.array([np.inf, np.inf, np.inf]), FLOATS)
    operand("eleven", np.arange(11), FLOATS)
    operand("weights", rng.uniform(0.5, 2, size=(4, 6)).round(3), FLOATS)
    operand("weight6", rng.uniform(0.5, 2, size=6).round(3), FLOATS)
    operand("weight4", rng.uniform(0.5, 2, size=4).round(3), FLOATS)
    operand("weight13", rng.uniform(0.5, 2, size=13).round(3), FLOATS)
    operand("weight46", rng.uniform(0.5, 2, size=(6, 4)).round(3), FLOATS)
    operand("iweights", np.arange(13) - 4, INTEGERS)
    operand("frequencies", np.array([1, 3, 2, 0, 1, 4]), ["i64"])
    operand("tenths", np.array([0.1, 0.2, 0.3, 0.30000000000000004, 0.7, 0.1 + 0.2, 1.0, 0.0, 0.6, 0.8, 1.1, -0.1]), FLOATS)
    operand("sorted", np.sort(ties), FLOATS + INTEGERS)
    operand("ladder", np.array([-1.5, -0.5, 0.0, 0.0, 0.5, 2.0]), FLOATS)
    operand("uneven", np.array([-2, -1, 0, 3, 5, 9]), FLOATS + ["i32", "i64"])
    operand("falling", np.array([9, 5, 3, 0, -1]), FLOATS + ["i32", "i64"])
    operand("sortedrows", np.sort(rng.integers(-3, 4, size=(3, 5)), axis=1), FLOATS + ["i32"])
    operand("queryrows", rng.integers(-4, 5, size=(3, 4)), FLOATS + ["i32"])
    operand("sortednan", np.array([-1.0, 2.0, 2.0, np.nan, np.nan]), FLOATS)
    operand("few", np.array([5, 0, 7, 5]), FLOATS + INTEGERS)
    operand("taps2", rng.normal(size=2).round(3), FLOATS)
    operand("taps3", rng.normal(size=3).round(3), FLOATS)
    operand("taps4", rng.normal(size=4).round(3), FLOATS)
    operand("taps", np.array([1, -2, 3]), INTEGERS)
    operand("points", np.array([-2.0, -1.0, 0.5, 0.75, 2.0]), FLOATS)
    operand("levels", np.array([1.0, -1.0, 0.5, 4.0, 3.0]), FLOATS)
    operand("queries", np.array([[-3.0, -2.0, -1.5, -1.0], [0.6, 0.5, 2.0, 2.5]]), FLOATS)
    operand("spaced6", np.array([0.0, 0.5, 0.75, 2.0, 2.5, 4.0]), FLOATS)
    operand("spaced4", np.array([1.0, 0.5, 0.25, -1.0]), FLOATS)
    operand("spacedgrid", np.cumsum(rng.uniform(0.2, 1, size=(4, 6)), axis=1).round(3), FLOATS)
    operand("probabilities", np.array([[-np.inf, -np.inf, 0.5, 700.0, -800.0], [1.0, 2.0, -np.inf, 3.0, 3.0]]), FLOATS)


def x(name):
    return data[name]


def axes_forms(shape):
    """The axes that reductions are tried over: all, each, and two where there are three."""
    forms = [None, *range(len(shape))]
    if len(shape) > 1:
        forms.append(-1)
    if len(shape) > 2:
        forms += [(0, 2), (2, 1)]
    return forms


def reductions(operation, function, names, **arguments):
    """One case for each operand and choice of axes, with and without kept axes in turn."""
    for position, name in enumerate(names):
        for turn, axes in enumerate(axes_forms(x(name).shape)):
            keep = (turn + position) % 2 == 1
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                results = function(x(name), axis=axes, keepdims=keep)
            case(operation, results, dtype=x(name).dtype, x=name, axis=axes, keep=keep or None, **arguments)


def quantiles():
    reductions("median", np.median, ["line.f64", "grid.f32", "cube.f64", "number.f64", "nans.f64", "eleven.f32", "infinite.f64"])
    case("median", np.median(x("allinf.f64")), x="allinf.f64")
    for name, numpy_name in METHODS.items():
        # Fractions that are exact in both types: the discrete methods step there.
        for q in [0.25, [0.0, 0.125, 0.5, 0.75, 1.0]]:
            for operand_name, axes in [("line.f64", None), ("grid.f32", 1), ("cube.f64", (0, 2)), ("tied.f64", 0)]:
                values = np.quantile(x(operand_name), q, axis=axes, method=numpy_name)
                case("quantile", values, dtype=x(operand_name).dtype, x=operand_name, q=q, axis=axes, method=name)
        values = np.percentile(x("eleven.f64"), [10.0, 30.0, 62.5], method=numpy_name)
        case("percentile", values, x="eleven.f64", q=[10.0, 30.0, 62.5], method=name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = np.nanquantile(x("nans.f64"), [0.25, 0.5, 0.875], axis=1, method=numpy_name)
        case("nanQuantile", values, x="nans.f64", q=[0.25, 0.5, 0.875], axis=1, method=name)
    case("quantile", np.quantile(x("nans.f64"), [0.5, 0.9], axis=0, keepdims=True), x="nans.f64", q=[0.5, 0.9], axis=0, keep=True)
    case("quantile", np.quantile(x("cube.f32"), 0.5, axis=(2, 1), keepdims=True), dtype="f4", x="cube.f32", q=0.5, axis=(2, 1), keep=True)
    case("percentile", np.percentile(x("grid.f64"), 30.0, axis=1, keepdims=True), x="grid.f64", q=30.0, axis=1, keep=True)
    case("percentile", np.percentile(x("grid.f64"), 70.0), x="grid.f64", q=70.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        case("quantile", np.quantile(x("infinite.f64"), [0.0, 0.2, 0.5, 1.0]), x="infinite.f64", q=[0.0, 0.2, 0.5, 1.0])


def nan_functions():
    for name in ["nans.f64", "somenan.f32", "cube.f32"]:
        for operation, function in [
            ("nanSum", np.nansum), ("nanProduct", np.nanprod), ("nanMean", np.nanmean), ("nanMax", np.nanmax),
            ("nanMin", np.nanmin), ("nanMedian", np.nanmedian),
        ]:
            reductions(operation, function, [name])
        for correction in [0, 1]:
            for operation, function in [("nanVariance", np.nanvar), ("nanStandardDeviation", np.nanstd)]:
                reductions(operation, lambda a, **k: function(a, ddof=correction, **k), [name], correction=correction)
    for name, axes in [("somenan.f64", None), ("nans.f64", None), ("nans.f64", 0), ("cube.f32", 1), ("infinite.f64", 0)]:
        for operation, function in [("nanArgMax", np.nanargmax), ("nanArgMin", np.nanargmin)]:
            case(operation, function(x(name), axis=axes), x=name, axis=axes)
            case(operation, function(x(name), axis=axes, keepdims=True), x=name, axis=axes, keep=True)
    for axis in [0, 1]:
        case("nanCumulativeSum", np.nancumsum(x("nans.f64"), axis=axis), x="nans.f64", axis=axis)
        case("nanCumulativeProduct", np.nancumprod(x("nans.f64"), axis=axis), x="nans.f64", axis=axis)


def averages():
    for kind in FLOATS:
        grid, weights = x(f"grid.{kind}"), x(f"weights.{kind}")
        for axis in [None, 0, 1, (1, 0)]:
            for keep in [False, True]:
                case("average", np.average(grid, axis=axis, weights=weights, keepdims=keep), x=f"grid.{kind}",
                     w=f"weights.{kind}", axis=axis, keep=keep or None)
        case("average", np.average(grid, axis=1, weights=x(f"weight6.{kind}")), x=f"grid.{kind}", w=f"weight6.{kind}", axis=1)
        case("average", np.average(grid, axis=0, weights=x(f"weight4.{kind}")), x=f"grid.{kind}", w=f"weight4.{kind}", axis=0)
        case("average", np.average(grid, axis=(1, 0), weights=x(f"weight46.{kind}")), x=f"grid.{kind}", w=f"weight46.{kind}", axis=(1, 0))
    reductions("peakToPeak", np.ptp, ["grid.f64", "cube.f32", "tied.i32", "tiedcube.u8", "ties.i64", "nans.f64"])
    reductions("countNonzero", np.count_nonzero, ["tied.f32", "tied.i32", "tiedcube.u8", "ties.i64", "nans.f64", "norows.f64"])
    reductions("any", np.any, ["tied.f32", "tiedcube.u8", "none.i32", "nans.f64", "norows.i64"])
    reductions("all", np.all, ["tied.f32", "tiedcube.u8", "none.i32", "nans.f64", "norows.i64"])
    for name in ["ties.f32", "ties.i64", "tied.f64", "tied.i32", "tied.u8", "tiedcube.i64", "somenan.f64"]:
        for axis in [None, *range(x(name).ndim)]:
            for keep in [False, True]:
                mode = scipy.stats.mode(x(name), axis=axis, keepdims=keep)
                case("mode", (mode.mode, mode.count.astype(np.int64)), x=name, axis=axis, keep=keep or None)


def covariances():
    for kind in FLOATS:
        for name in ["grid", "line"]:
            for variables, rowvar in [("rows", True), ("columns", False)]:
                for ddof in [0, 1]:
                    case("covariance", np.cov(x(f"{name}.{kind}"), rowvar=rowvar, ddof=ddof), dtype=TYPES[kind],
                         x=f"{name}.{kind}", variables=variables, correction=ddof)
                case("correlation", np.corrcoef(x(f"{name}.{kind}"), rowvar=rowvar), dtype=TYPES[kind],
                     x=f"{name}.{kind}", variables=variables)
        grid, weights, times = x(f"grid.{kind}"), x(f"weight6.{kind}"), x("frequencies.i64")
        for ddof in [0, 1]:
            case("covariance", np.cov(grid, aweights=weights, ddof=ddof), dtype=TYPES[kind], x=f"grid.{kind}",
                 w=f"weight6.{kind}", correction=ddof)
            case("covariance", np.cov(grid, fweights=times, ddof=ddof), dtype=TYPES[kind], x=f"grid.{kind}",
                 f="frequencies.i64", correction=ddof)
            case("covariance", np.cov(grid, fweights=times, aweights=weights, ddof=ddof), dtype=TYPES[kind],
                 x=f"grid.{kind}", f="frequencies.i64", w=f"weight6.{kind}", correction=ddof)
        case("covariance", np.cov(grid, x(f"weights.{kind}")), dtype=TYPES[kind], x=f"grid.{kind}", with_=f"weights.{kind}")
        case("correlation", np.corrcoef(grid, x(f"weights.{kind}"), rowvar=False), dtype=TYPES[kind], x=f"grid.{kind}",
             with_=f"weights.{kind}", variables="columns")
        case("correlation", np.corrcoef(x(f"ladder.{kind}"), x(f"weight6.{kind}")), dtype=TYPES[kind],
             x=f"ladder.{kind}", with_=f"weight6.{kind}")


def histograms():
    for name in ["line.f64", "grid.f32", "ties.f64", "ties.i32", "ties.u8", "tied.i64", "tenths.f64", "tenths.f32", "none.f64", "none.i32", "number.f64"]:
        for bins in [1, 4, 10]:
            case("histogram", np.histogram(x(name), bins=bins), x=name, bins=bins)
        for bins, limits in [(4, (-1.0, 3.0)), (10, (0.0, 1.0)), (3, (0.5, 0.5))]:
            case("histogram", np.histogram(x(name), bins=bins, range=limits), x=name, bins=bins, range=limits)
        case("histogramDensity", np.histogram(x(name), bins=5, range=(-2.0, 3.0), density=True), x=name, bins=5, range=(-2.0, 3.0))
    # NaN is left out where the range is given.
    case("histogram", np.histogram(x("nans.f64"), bins=3, range=(-1.0, 1.0)), x="nans.f64", bins=3, range=(-1.0, 1.0))
    for name, edges in [("line.f64", "ladder.f64"), ("grid.f32", "ladder.f32"), ("ties.f64", "uneven.f64"), ("nans.f64", "ladder.f64"),
                        ("ties.i64", "ladder.f64"), ("ties.u8", "uneven.f64"), ("infinite.f64", "ladder.f64")]:
        case("histogramOfEdges", np.histogram(x(name), bins=x(edges))[0], x=name, edges=edges)
        case("densityOfEdges", np.histogram(x(name), bins=np.unique(x(edges)), density=True)[0], x=name, edges=edges)
    for name, edges, weights in [("ties.f64", "uneven.f64", "weight13.f64"), ("ties.f32", "uneven.f32", "weight13.f32"),
                                 ("ties.i32", "uneven.f64", "weight13.f64"), ("ties.f64", "uneven.f64", "iweights.i64")]:
        case("histogram", np.histogram(x(name), bins=6, weights=x(weights)), x=name, bins=6, w=weights)
        case("histogramOfEdges", np.histogram(x(name), bins=x(edges), weights=x(weights))[0], x=name, edges=edges, w=weights)
    case("histogramDensity", np.histogram(x("ties.f64"), bins=6, weights=x("weight13.f64"), density=True), x="ties.f64", bins=6, w="weight13.f64")
    for kind in FLOATS:
        a, b = x(f"grid.{kind}"), x(f"weights.{kind}")
        counts, xs, ys = np.histogram2d(a.ravel(), b.ravel(), bins=[3, 5])
        case("histogram2D", (counts.astype(np.int64), xs, ys), dtype=TYPES[kind], x=f"grid.{kind}", y=f"weights.{kind}", bins=[3, 5])
        counts, xs, ys = np.histogram2d(a.ravel(), b.ravel(), bins=[4, 2], range=[[-1, 1], [0, 1.5]])
        case("histogram2D", (counts.astype(np.int64), xs, ys), dtype=TYPES[kind], x=f"grid.{kind}", y=f"weights.{kind}", bins=[4, 2],
             xrange=(-1.0, 1.0), yrange=(0.0, 1.5))
        counts, _, _ = np.histogram2d(a.ravel(), b.ravel(), bins=[x(f"ladder.{kind}"), x(f"spaced6.{kind}")])
        case("histogram2DOfEdges", counts.astype(np.int64), x=f"grid.{kind}", y=f"weights.{kind}", xedges=f"ladder.{kind}", yedges=f"spaced6.{kind}")
    counts, xs, ys = np.histogram2d(x("grid.f64").ravel(), x("weights.f64").ravel(), bins=[3, 3], weights=x("weights.f64").ravel())
    case("histogram2D", (counts, xs, ys), x="grid.f64", y="weights.f64", bins=[3, 3], w="weights.f64")
    for kind in INTEGERS:
        name = f"tiedcube.{kind}"
        for minimum in [0, 2, 7]:
            case("bincount", np.bincount(x(name).ravel(), minlength=minimum).astype(np.int64), x=name, minimum=minimum)
        case("bincount", np.bincount(x(f"none.{kind}"), minlength=3).astype(np.int64), x=f"none.{kind}", minimum=3)
    magnitudes = np.abs(x("ties.i64"))
    data["magnitudes.i64"] = magnitudes
    for weights in ["weight13.f64", "weight13.f32", "iweights.i64"]:
        case("bincount", np.bincount(magnitudes, weights=x(weights)).astype(x(weights).dtype), x="magnitudes.i64", w=weights, minimum=0)


def orders():
    for kind in FLOATS + INTEGERS:
        for name in [f"ties.{kind}", f"tied.{kind}", f"rows.{kind}", f"none.{kind}"]:
            values, first, inverse, counts = np.unique(x(name), return_index=True, return_inverse=True, return_counts=True)
            case("uniqueElements", (values, first, inverse, counts), x=name)
            case("unique", values, x=name)
        for name, axis in [(f"rows.{kind}", 0), (f"tiedcube.{kind}", 1), (f"tied.{kind}", -1), (f"norows.{kind}", 0)]:
            values, first, inverse, counts = np.unique(x(name), axis=axis, return_index=True, return_inverse=True, return_counts=True)
            case("uniqueElements", (values, first, inverse, counts), x=name, axis=axis)
            case("unique", values, x=name, axis=axis)
    for name in ["somenan.f64", "nans.f32", "infinite.f64"]:
        values, first, inverse, counts = np.unique(x(name), return_index=True, return_inverse=True, return_counts=True)
        case("uniqueElements", (values, first, inverse, counts), x=name)
    case("unique", np.unique(x("nanrows.f64"), axis=0), x="nanrows.f64", axis=0)

    for kind in FLOATS + INTEGERS:
        for side in ["left", "right"]:
            for values in [f"ties.{kind}", f"tied.{kind}", f"none.{kind}"]:
                case("searchSorted", np.searchsorted(x(f"sorted.{kind}"), x(values), side=side), x=f"sorted.{kind}", v=values, side=side)
            case("searchSorted", np.searchsorted(x(f"none.{kind}"), x(f"few.{kind}"), side=side), x=f"none.{kind}", v=f"few.{kind}", side=side)
    for kind in FLOATS:
        for side in ["left", "right"]:
            case("searchSorted", np.searchsorted(x(f"sortednan.{kind}"), x(f"somenan.{kind}"), side=side), x=f"sortednan.{kind}", v=f"somenan.{kind}", side=side)
    for kind in FLOATS + ["i32"]:
        for side in ["left", "right"]:
            rows = [np.searchsorted(a, v, side=side) for a, v in zip(x(f"sortedrows.{kind}"), x(f"queryrows.{kind}"))]
            case("searchSorted", np.stack(rows), x=f"sortedrows.{kind}", v=f"queryrows.{kind}", side=side)
    for kind in FLOATS + ["i32", "i64"]:
        for edges in ["uneven", "falling"]:
            for right in [False, True]:
                case("digitized", np.digitize(x(f"tied.{kind}"), x(f"{edges}.{kind}"), right=right), x=f"tied.{kind}", edges=f"{edges}.{kind}", right=right)
    case("digitized", np.digitize(x("somenan.f64"), x("falling.f64")), x="somenan.f64", edges="falling.f64", right=False)

    for kind in FLOATS + INTEGERS:
        for axis in [0, 1]:
            name = f"tied.{kind}"
            order = np.argsort(x(name), axis=axis, kind="stable")
            for place in [0, 2, -1]:
                index = np.take(order, [place], axis=axis)
                value = np.take_along_axis(x(name), index, axis=axis)
                case("kthSmallest", (value.squeeze(axis), index.squeeze(axis)), x=name, axis=axis, place=place)
        # The elements at the places are those of a sort; what is beside them is checked in the test.
        for places in [[3], [0, 5, -2]]:
            sorted_ = np.sort(np.partition(x(f"ties.{kind}"), places))
            case("partitioned", sorted_[places], x=f"ties.{kind}", places=places)
            case("argPartition", np.argsort(x(f"ties.{kind}"), kind="stable")[places], x=f"ties.{kind}", places=places)
    case("kthSmallest", (np.sort(x("nans.f64"), axis=1)[:, 4], np.argsort(x("nans.f64"), axis=1, kind="stable")[:, 4]), x="nans.f64", axis=1, place=4)


def sets():
    pairs = [(f"ties.{kind}", f"few.{kind}") for kind in FLOATS + INTEGERS]
    pairs += [("tied.f64", "ties.f64"), ("somenan.f64", "nans.f64"), ("nans.f32", "somenan.f32"), ("few.i32", "none.i32"), ("none.f64", "few.f64")]
    for a, b in pairs:
        case("isIn", np.isin(x(a), x(b)), x=a, v=b)
        case("intersection", np.intersect1d(x(a), x(b)), x=a, v=b)
        case("union", np.union1d(x(a), x(b)), x=a, v=b)
        case("setDifference", np.setdiff1d(x(a), x(b)), x=a, v=b)
        case("symmetricDifference", np.setxor1d(x(a), x(b)), x=a, v=b)


def last_extremes(values, axis, largest):
    """The indices of the last extreme so far, which NumPy does not have."""
    def along(line):
        best, result = 0, []
        for i, value in enumerate(line):
            if np.isnan(value) or (not np.isnan(line[best]) and (value >= line[best] if largest else value <= line[best])):
                best = i
            result.append(best)
        return np.array(result, dtype=np.int64)

    return np.apply_along_axis(along, axis, values)


def scans():
    for name in ["tied.f32", "tied.i32", "tiedcube.u8", "tiedcube.i64", "nans.f64", "cube.f64"]:
        for axis in range(x(name).ndim):
            case("cumulativeMax", (np.maximum.accumulate(x(name), axis=axis), last_extremes(x(name), axis, True)), x=name, axis=axis)
            case("cumulativeMin", (np.minimum.accumulate(x(name), axis=axis), last_extremes(x(name), axis, False)), x=name, axis=axis)
    for name in ["grid.f64", "cube.f32", "probabilities.f64", "nans.f64"]:
        for axis in range(x(name).ndim):
            case("logCumulativeSumExp", np.logaddexp.accumulate(x(name), axis=axis), x=name, axis=axis)


def signals():
    for name in ["line.f64", "grid.f32", "tied.i32", "tied.u8", "tiedcube.i64"]:
        for axis in range(x(name).ndim):
            for order in [0, 1, 2, 9]:
                case("difference", np.diff(x(name), n=order, axis=axis), x=name, axis=axis, order=order)
    for kind in FLOATS:
        grid = x(f"grid.{kind}")
        for order in [1, 2]:
            for axis, spacing in [(0, 1.0), (1, 0.25), (1, -2.0)]:
                case("centralDifferences", np.gradient(grid, spacing, axis=axis, edge_order=order), x=f"grid.{kind}", axis=axis, spacing=spacing, order=order)
            case("centralDifferences", tuple(np.gradient(grid, 0.5, edge_order=order)), x=f"grid.{kind}", spacing=0.5, order=order)
            for axis, points in [(1, "spaced6"), (0, "spaced4")]:
                case("centralDifferences", np.gradient(grid, x(f"{points}.{kind}"), axis=axis, edge_order=order), dtype=TYPES[kind],
                     x=f"grid.{kind}", axis=axis, coordinates=f"{points}.{kind}", order=order)
            case("centralDifferences", np.gradient(x(f"taps3.{kind}"), edge_order=order), x=f"taps3.{kind}", axis=0, spacing=1.0, order=order)
        case("centralDifferences", np.gradient(x(f"taps2.{kind}")), x=f"taps2.{kind}", axis=0, spacing=1.0, order=1)
        for name, axis in [("grid", 0), ("grid", 1), ("cube", 1), ("none", 0), ("taps2", 0)]:
            values = x(f"{name}.{kind}")
            case("trapezoid", np.trapezoid(values, dx=0.5, axis=axis), dtype=TYPES[kind], x=f"{name}.{kind}", axis=axis, spacing=0.5)
            if values.shape[axis] > 0:
                for initial in [None, 0.0]:
                    case("cumulativeTrapezoid", scipy.integrate.cumulative_trapezoid(values, dx=0.5, axis=axis, initial=initial),
                         dtype=TYPES[kind], x=f"{name}.{kind}", axis=axis, spacing=0.5, initial=initial)
        for points, axis in [("spaced6", 1), ("spaced4", 0), ("spacedgrid", 1)]:
            case("trapezoid", np.trapezoid(grid, x(f"{points}.{kind}"), axis=axis), dtype=TYPES[kind], x=f"grid.{kind}", axis=axis, coordinates=f"{points}.{kind}")
            case("cumulativeTrapezoid", scipy.integrate.cumulative_trapezoid(grid, x(f"{points}.{kind}"), axis=axis, initial=0), dtype=TYPES[kind],
                 x=f"grid.{kind}", axis=axis, coordinates=f"{points}.{kind}", initial=0.0)
        for mode in ["full", "same", "valid"]:
            for a, b in [("line", "taps3"), ("line", "taps4"), ("taps2", "line"), ("taps4", "taps3"), ("taps3", "taps4"), ("line", "line")]:
                case("convolve", np.convolve(x(f"{a}.{kind}"), x(f"{b}.{kind}"), mode), x=f"{a}.{kind}", v=f"{b}.{kind}", mode=mode)
                case("correlate", np.correlate(x(f"{a}.{kind}"), x(f"{b}.{kind}"), mode), x=f"{a}.{kind}", v=f"{b}.{kind}", mode=mode)
        points, levels, queries = x(f"points.{kind}"), x(f"levels.{kind}"), x(f"queries.{kind}")
        for left, right in [(None, None), (9.0, None), (None, -7.0)]:
            case("interpolate", np.interp(queries, points, levels, left=left, right=right), dtype=TYPES[kind], x=f"queries.{kind}",
                 points=f"points.{kind}", values=f"levels.{kind}", left=left, right=right)
        case("interpolate", np.interp(queries, points, levels, period=1.6), dtype=TYPES[kind], x=f"queries.{kind}",
             points=f"points.{kind}", values=f"levels.{kind}", period=1.6)
        case("interpolate", np.interp(queries, x(f"ladder.{kind}"), x(f"weight6.{kind}")), dtype=TYPES[kind], x=f"queries.{kind}",
             points=f"ladder.{kind}", values=f"weight6.{kind}")
        case("interpolate", np.interp(x(f"somenan.{kind}"), points, levels), dtype=TYPES[kind], x=f"somenan.{kind}",
             points=f"points.{kind}", values=f"levels.{kind}")
        case("interpolate", np.interp(queries, x(f"number.{kind}").reshape(1), x(f"taps2.{kind}")[:1], left=3.0), dtype=TYPES[kind],
             x=f"queries.{kind}", points=f"number.{kind}", values=f"taps2.{kind}", left=3.0)
    for kind in INTEGERS:
        for mode in ["full", "same", "valid"]:
            taps = data[f"taps.{kind}"]
            case("convolve", np.convolve(x(f"ties.{kind}"), taps, mode), x=f"ties.{kind}", v=f"taps.{kind}", mode=mode)
            case("correlate", np.correlate(x(f"ties.{kind}"), taps, mode), x=f"ties.{kind}", v=f"taps.{kind}", mode=mode)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with np.errstate(all="ignore"):
        for part in [operands, quantiles, nan_functions, averages, covariances, histograms, orders, sets, scans, signals]:
            part()
    # bool is stored as it is; intp is int64 on the machines that the tests run on.
    made = {f"data/{name}": value for name, value in data.items()} | entries
    cases = len({name.rsplit("#", 1)[0] for name in entries})
    print(f"{cases} cases, {len(made)} entries")
    if not options.check:
        save_file(made, FILE)
        FILE.chmod(0o644)  # safetensors keeps others from reading
        return
    with safe_open(FILE, "numpy") as file:
        if set(file.keys()) != set(made):
            sys.exit(f"other entries: {sorted(set(file.keys()) ^ set(made))[:9]}")
        for name, value in made.items():
            old = file.get_tensor(name)
            if old.dtype != value.dtype or old.shape != value.shape or not np.allclose(old, value, rtol=1e-6, equal_nan=True):
                sys.exit(f"{name} differs")
    print("the file holds the same")


if __name__ == "__main__":
    main()
