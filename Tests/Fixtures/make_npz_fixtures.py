"""Writes npz/*, archives of NumPy's and of Python's zipfile, and shards/*, tensors in several safetensors files.

`stored.npz` and `wide.npz` are the bytes that Martlet writes too; `wide.npz` is made as if sizes beyond 300 bytes needed
64 bits. `refused-*` are read by nobody who refuses pickles and unusual compression.
"""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import safetensors.numpy

folder = Path(__file__).parent / "npz"
folder.mkdir(exist_ok=True)

ARRAYS = {
    "w": np.arange(6, dtype="f4").reshape(2, 3) * 0.5,
    "d": np.array([1.5, -0.1]),
    "h": np.array([0.5, 65504], "f2"),
    "i": np.array([-(2**31), 2**31 - 1], "i4"),
    "l": np.array(-9, "i8"),
    "u": np.array([0, 255, 7], "u1"),
    "m": np.array([True, False, True]),
    "e": np.zeros((0, 3), "f4"),
    "größe": np.array([1], "f4"),
}
np.savez(folder / "stored.npz", **ARRAYS)
np.savez_compressed(folder / "compressed.npz", zeros=np.zeros((30, 40), "f4"), ramp=np.arange(1000, dtype="i4"))
np.savez(folder / "positional.npz", np.array([1, 2], "i8"), np.asfortranarray(np.arange(6, dtype=">f4").reshape(2, 3)))
np.savez(folder / "none.npz")
np.savez(folder / "refused-object.npz", np.array([None], dtype=object), allow_pickle=True)


def npy(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, array)
    return file.getvalue()


class Unseekable(io.BytesIO):
    def seekable(self):
        return False

    def seek(self, *arguments):
        raise io.UnsupportedOperation

    def tell(self):
        raise io.UnsupportedOperation


def archive(name, compression, file=None):
    file = file or io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as zip:
        for key in ("w", "d"):
            # As NumPy: the times of writestr would be those of now.
            with zip.open(key + ".npy", "w", force_zip64=True) as entry:
                entry.write(npy(ARRAYS[key]))
    (folder / name).write_bytes(file.getvalue())


archive("streamed.npz", zipfile.ZIP_DEFLATED, Unseekable())
archive("refused-bzip2.npz", zipfile.ZIP_BZIP2)
archive("refused-lzma.npz", zipfile.ZIP_LZMA)
limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 300
np.savez(folder / "wide.npz", big=np.arange(100, dtype="f4"), small=np.arange(3, dtype="f4"))
zipfile.ZIP64_LIMIT = limit

# As Hugging Face's libraries write them.
shards = Path(__file__).parent / "shards"
shards.mkdir(exist_ok=True)
parts = [{"a": ARRAYS["w"], "b": ARRAYS["d"]}, {"c": ARRAYS["i"]}]
names = [f"model-{index:05d}-of-00002.safetensors" for index in (1, 2)]
for name, part in zip(names, parts):
    safetensors.numpy.save_file(part, shards / name, {"format": "pt"})
index = {
    "metadata": {"total_size": sum(array.nbytes for part in parts for array in part.values())},
    "weight_map": {key: name for name, part in zip(names, parts) for key in part},
}
(shards / "model.safetensors.index.json").write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")
