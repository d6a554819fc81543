"""Writes npy/*.npy, files of NumPy's own in every form that is read. Values: element i is i * 3 - 4 of its type."""

from pathlib import Path

import numpy as np
from numpy.lib import format as npy

folder = Path(__file__).parent / "npy"
folder.mkdir(exist_ok=True)


def values(dtype, shape):
    numbers = np.arange(int(np.prod(shape))) * 3 - 4
    kind = np.dtype(dtype).kind
    if kind == "b":
        numbers = numbers % 2 == 1
    elif kind == "u":
        numbers = np.abs(numbers)
    return numbers.astype(dtype).reshape(shape)


for dtype in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "b1"]:
    np.save(folder / f"{dtype}.npy", values(dtype, (2, 3)))
for dtype in [">f2", ">f4", ">f8", ">i2", ">i4", ">i8", ">u2", ">u4"]:
    np.save(folder / f"big-{dtype[1:]}.npy", values(dtype, (2, 3)))
np.save(folder / "fortran-f4.npy", np.asfortranarray(values("f4", (2, 3, 4))))
np.save(folder / "fortran-i2.npy", np.asfortranarray(values("i2", (2, 3))))
np.save(folder / "scalar-f8.npy", np.float64(-4))
np.save(folder / "empty-f4.npy", np.zeros((0, 3), "f4"))
for version in [(2, 0), (3, 0)]:
    with open(folder / f"version{version[0]}-f4.npy", "wb") as file:
        npy.write_array(file, values("f4", (5,)), version)
np.save(folder / "refused-c8.npy", np.zeros(2, "c8"))
np.save(folder / "refused-text.npy", np.array(["a", "bc"]))
np.save(folder / "refused-struct.npy", np.zeros(2, [("x", "f4"), ("y", "i4")]))
np.save(folder / "refused-object.npy", np.array([None, 1], dtype=object), allow_pickle=True)
