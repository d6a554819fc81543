"""Writes indexing.safetensors: what NumPy reads, writes and adds at mixed indices, and what its functions of shapes give.

Case N of `arange` in some shape has its indices as N/0:KIND, N/1:KIND and so on: an `element`, a `slice` (from, to, step;
the least Int64 stands for None), a `newAxis`, an `ellipsis`, a `tensor` of integers, a `mask`. N/shape is the shape, N/read
is x[indices]; N/values are assigned, which gives N/written, and added by `add.at`, which gives N/added.
"""

import argparse
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

NONE = np.iinfo(np.int64).min
path = Path(__file__).parent / "indexing.safetensors"
random = np.random.default_rng(7)
entries = {}


def encoded(index):
    if index is None:
        return "newAxis", np.zeros(1, np.int64)
    if index is Ellipsis:
        return "ellipsis", np.zeros(1, np.int64)
    if isinstance(index, slice):
        parts = [index.start, index.stop, 1 if index.step is None else index.step]
        return "slice", np.array([NONE if part is None else part for part in parts], np.int64)
    if isinstance(index, (int, np.integer)):
        return "element", np.array([index], np.int64)
    index = np.asarray(index)
    return ("mask", index) if index.dtype == bool else ("tensor", index.astype(np.int64))


def case(shape, indices):
    number = len([name for name in entries if name.endswith("/shape")])
    x = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    read = x[tuple(indices)]
    values = np.arange(read.size, dtype=np.int64).reshape(read.shape) * 10 - 5
    written, added = x.copy(), x.copy()
    written[tuple(indices)] = values
    np.add.at(added, tuple(indices), values)
    entries[f"{number}/shape"] = np.array(shape, np.int64)
    for position, index in enumerate(indices):
        kind, data = encoded(index)
        entries[f"{number}/{position}:{kind}"] = np.array(data, order="C")
    for name, result in [("read", read), ("values", values), ("written", written), ("added", added)]:
        entries[f"{number}/{name}"] = np.array(result, order="C")


def some_slice(length):
    return [slice(None), slice(1, None), slice(None, None, -1), slice(None, -1) if length else slice(None), slice(0, length, 2)][
        random.integers(5)
    ]


def random_case():
    shape = [int(random.integers(1, 5)) for _ in range(random.integers(1, 5))]
    joined = [[], [3], [2, 1], [2, 3]]
    indices, axis, count = [], 0, None
    has_ellipsis = False
    while axis < len(shape):
        kind = random.integers(8)
        if kind == 0:
            indices.append(None)
            if random.integers(2):
                continue
        if kind == 1 and not has_ellipsis:
            indices.append(Ellipsis)
            has_ellipsis = True
            left = int(random.integers(axis, len(shape) + 1))
            axis = left
            continue
        if kind == 2:
            indices.append(int(random.integers(-shape[axis], shape[axis])))
        elif kind == 3:
            axes = int(random.integers(0, min(2, len(shape) - axis) + 1))
            mask = np.zeros(shape[axis : axis + axes], bool)
            # As many true ones as other index tensors have places along their last axis, or one, so that they broadcast.
            wanted = 3 if mask.size >= 3 and random.integers(2) else 1
            if mask.size:
                mask.flat[random.choice(mask.size, size=wanted, replace=False)] = True
            indices.append(mask)
            axis += axes
            continue
        elif kind in (4, 5):
            form = joined[random.integers(4)]
            indices.append(random.integers(-shape[axis], shape[axis], size=form))
        else:
            indices.append(some_slice(shape[axis]))
        axis += 1
    return shape, indices


def functions():
    x = np.arange(24, dtype=np.int64).reshape(2, 3, 4)
    for mode, name in [("reflect", "reflect"), ("symmetric", "symmetric"), ("edge", "edge"), ("wrap", "circular")]:
        entries[f"pad/{name}"] = np.pad(x, [(1, 0), (2, 5), (3, 9)], mode=mode)
    for times in range(-1, 5):
        entries[f"rot90/{times}"] = np.rot90(x, times, axes=(0, 2))
    entries["roll/axes"] = np.roll(x, [1, -5], axis=(0, 2))
    entries["roll/flat"] = np.roll(x, 7)
    entries["tile/2, 1, 3, 2"] = np.tile(x, (2, 1, 3, 2))
    entries["tile/2"] = np.tile(x, 2)
    entries["repeat/2 along 1"] = np.repeat(x, 2, axis=1)
    entries["repeat/counts"] = np.repeat(x, [2, 0, 3], axis=1)
    entries["moveaxis"] = np.moveaxis(x, [0, 2], [2, 0])
    entries["diagonal"] = np.diagonal(x, 1, 0, 2)
    entries["tril"], entries["triu"] = np.tril(x, 1), np.triu(x, 2)
    windows = np.lib.stride_tricks.sliding_window_view(x, (2, 3), axis=(1, 2))
    entries["windows"] = windows[:, ::1, ::2]
    entries["eye"] = np.eye(3, 5, 1, dtype=np.int64)
    entries["diag"] = np.diag(np.array([1, 2, 3]), -2)
    for index, part in enumerate(np.array_split(x, 3, axis=2)):
        entries[f"array_split/{index}"] = part
    for index, part in enumerate(np.split(x, [1, 1, 3], axis=2)):
        entries[f"split/{index}"] = part
    for indexing in ["ij", "xy"]:
        for index, part in enumerate(np.meshgrid([1, 2], [3, 4, 5], [6, 7], indexing=indexing)):
            entries[f"meshgrid/{indexing}/{index}"] = part
    entries["put"] = x.copy()
    np.put(entries["put"], [0, -1, 5, 5], [100, 200, 300, 400])
    entries["takeAlong"] = np.take_along_axis(x, np.array([[[1], [0]]]), axis=1)
    entries["logspace"] = np.logspace(-1, 2, 7)
    a = np.sin(np.arange(24.0)).reshape(2, 3, 4)
    b = np.cos(np.arange(60.0)).reshape(4, 3, 5)
    entries["tensordot/1"] = np.tensordot(a, b, 1)
    entries["tensordot/axes"] = np.tensordot(a, b, axes=([1, 2], [1, 0]))
    entries["tensordot/0"] = np.tensordot(a[0], b[0], 0)
    entries["cross"] = np.cross(a, np.cos(np.arange(3.0))[None, :, None], axis=1)


case((3, 4, 5), [[0, 2], slice(None), [1, 3]])
case((3, 4, 5), [[0, 2], [1, 3]])
case((3, 4, 5), [slice(None), [0, 2], [1, 3]])
case((3, 4, 5), [0, slice(None), [1, 3]])
case((3, 4, 5), [slice(None), 0, [1, 3]])
case((3, 4, 5), [[1, -1], Ellipsis, [0]])
case((3, 4), [[0, 2], Ellipsis, [1, 3]])
case((3, 4), [Ellipsis, [0, 2], [1, 3]])
case((3, 4, 5), [[0, 2], None, [1, 3]])
case((3, 4, 5), [np.arange(12).reshape(3, 4) % 3 == 1])
case((3, 4), [np.zeros((3, 4), bool)])
case((3, 4), [np.array(True), [0, 1]])
case((3, 4), [np.array(False)])
case((3, 4), [np.zeros((2, 0), np.int64), 1])
case((4,), [[0, 0, 3, 0]])
while len([name for name in entries if name.endswith("/shape")]) < 160:
    shape, indices = random_case()
    try:
        np.zeros(shape)[tuple(indices)]
    except IndexError:
        continue  # Index tensors that do not broadcast.
    if np.zeros(shape)[tuple(indices)].ndim <= 8:
        case(shape, indices)
functions()

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--check", action="store_true", help="only compare with the file that is there")
if parser.parse_args().check:
    old = load_file(path)
    assert old.keys() == entries.keys()
    for name, entry in entries.items():
        np.testing.assert_allclose(old[name], entry, rtol=1e-14, atol=1e-15, err_msg=name)
else:
    save_file({name: np.array(entry, order="C") for name, entry in sorted(entries.items())}, path)
