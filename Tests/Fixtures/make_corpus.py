"""Writes corpus/, small files of every format that is read, and corpus/verdicts.json, what NumPy and safetensors make of
damaged ones.

Every file of a folder of corpus/ is read, or refused, without harm whatever happens to it: tests cut it short everywhere
and change every byte, and Scripts/fuzz begins with it. A verdict is "..", or two hexadecimal digits of the CRC-32 of what
was read: the numbers' type, the shape, and the numbers in the machine's order.
"""

import gzip
import json
import struct
import warnings
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

folder = Path(__file__).parent / "corpus"
MASKS = [0x01, 0x10, 0x20, 0x80, 0xFF]
warnings.simplefilter("ignore")


def write(name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def npy(array, version=None):
    file = BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), version)
    return file.getvalue()


def idx(code, array):
    array = np.asarray(array)
    lengths = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, code, array.ndim]) + lengths + array.astype(array.dtype.newbyteorder(">")).tobytes()


def compressed(content):
    return gzip.compress(content, mtime=0)


CSV = {
    "numbers.csv": "a,b,c\n1,-2.5,3e-2\n4,inf,.5\n\n-0,1e308,5e-324\n",
    "no-header.csv": "1,2\r\n3,4\r\n",
    "missing.csv": "x,y\n1,\nNA,?\nnan,2\n",
    "quotes.csv": '\ufeff"a ""b""","c\nd", e \n"1",2, 3 \n4,"5",6',
    "semicolons.csv": "größe;gewicht\n1;2\n3;4\n",
    "tabs.csv": "a\tb\n1\t2\n",
    "blanks.csv": " a  b \n 1   2\r\n3\t\t4 \n",
    "labels.csv": "flower\nrose\ndaisy\n\"rose\"\n",
    "digits.csv": "0.1234567890123456789012345,1797693134862315700000e287\n2.2250738585072011e-308,9007199254740993\n",
}
IDX = {
    "bytes.idx": idx(0x08, np.arange(6, dtype="u1").reshape(2, 3)),
    "signed.idx": idx(0x09, np.array([-1, 2], "i1")),
    "short.idx": idx(0x0B, np.array([[-300], [300]], "i2")),
    "int.idx": idx(0x0C, np.array([1 << 20], "i4")),
    "float.idx": idx(0x0D, np.array([1.5, np.nan], "f4")),
    "double.idx": idx(0x0E, np.array([-2.5], "f8")),
    "scalar.idx": idx(0x08, np.array(7, "u1")),
    "empty.idx": idx(0x0D, np.zeros((0, 2), "f4")),
}
NPY = {
    "f4.npy": npy(np.arange(6, dtype="f4").reshape(2, 3)),
    "fortran-i2.npy": npy(np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3))),
    "b1.npy": npy(np.array([True, False])),
    "f2.npy": npy(np.array([0.5, np.inf], "f2"), (2, 0)),
    "u4.npy": npy(np.array([1 << 31], "u4"), (3, 0)),
    "scalar-f8.npy": npy(np.float64(-4)),
    "empty-i8.npy": npy(np.zeros((0, 3), "i8")),
    "complex.npy": npy(np.zeros(1, "c8")),
    "records.npy": npy(np.zeros(1, [("x", "f4")])),
}


def npz(write, *arrays, **named):
    file = BytesIO()
    write(file, *arrays, **named)
    return file.getvalue()


def wide(file, **named):
    # As if everything needed 64 bits.
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 10
    np.savez(file, **named)
    zipfile.ZIP64_LIMIT = limit


class Unseekable(BytesIO):
    def seekable(self):
        return False

    def seek(self, *arguments):
        raise OSError

    tell = seek


def streamed(**named):
    # Sizes and checksums behind the data, as programs write that cannot go back.
    file = Unseekable()
    np.savez_compressed(file, **named)
    return file.getvalue()


NPZ = {
    "two.npz": npz(np.savez, w=np.arange(4, dtype="f4").reshape(2, 2), n=np.array([7], "i8")),
    "deflated.npz": npz(np.savez_compressed, m=np.array([True, False]), z=np.zeros(99, "f2")),
    "wide.npz": npz(wide, a=np.array([1.5])),
    "streamed.npz": streamed(i=np.array([-1, 2], "i4")),
    "none.npz": npz(np.savez),
    "text.npz": npz(np.savez, np.array(["a"])),
}


def tensors(header, data=b""):
    text = (header if isinstance(header, str) else json.dumps(header, separators=(",", ":"))).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype, shape, start, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


SAFETENSORS = {
    "two.safetensors": safetensors.numpy.save(
        {"w": np.arange(4, dtype="f4").reshape(2, 2), "n": np.array([7], "i8")}, {"by": "numpy"}),
    "types.safetensors": safetensors.numpy.save(
        {"d": np.array([1.5]), "h": np.array([0.5], "f2"), "i": np.array([-1], "i4"), "m": np.array([True, False]),
         "u": np.array([255], "u1")}),
    "brain.safetensors": tensors({"b": entry("BF16", [1], 0, 2), "e": entry("F32", [0, 3], 2, 2)}, b"\x80\x3f"),
    "escapes.safetensors": tensors(
        r'{"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00":{"dtype":"U8","shape":[],"data_offsets":[0,1]} }', b"\x09"),
    "unknown-key.safetensors": tensors(
        '{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"later":[1,{"a":null,"b":-1.5e3},true]}}', b"\x01"),
    "none.safetensors": tensors("{}"),
}
# The model of Scripts/fuzz.
MODEL = {
    "net.0.weight": np.arange(6, dtype="f4").reshape(3, 2), "net.0.bias": np.zeros(3, "f4"),
    "net.1.weight": np.ones((1, 3), "f4"), "net.1.bias": np.zeros(1, "f4"), "twice.weight": np.ones((1, 1), "f4"),
    "steps": np.array([3], "i8"),
}


def digest(parts):
    sum = 0
    for part in parts:
        sum = zlib.crc32(part, sum)
    return f"{sum & 0xFF:02x}"


# What Martlet reads a type as; others it refuses.
NPY_AS = {"f2": "f2", "f4": "f4", "f8": "f8", "i1": "i4", "i2": "i4", "i4": "i4", "i8": "i8", "u1": "u1", "u2": "i4",
          "u4": "i8", "b1": "b1"}


def npy_verdict(content):
    try:
        array = np.load(BytesIO(content))
    except Exception:
        return ".."
    kind = NPY_AS.get(array.dtype.str[1:])
    if kind is None:
        # An array all the same.
        return "00"
    return digest([array_content(array, kind)])


def array_content(array, kind):
    if kind == "b1":
        # Any byte but 0 is true, and stays what it is.
        array = array.view("u1") != 0
    array = np.ascontiguousarray(array).reshape(array.shape).astype("<" + kind)
    return f"{kind} {list(array.shape)} ".encode() + array.tobytes()


def npz_verdict(content):
    parts = []
    try:
        with np.load(BytesIO(content)) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                return ".."
            for name in sorted(file.files, key=str.encode):
                array = file[name]
                if not isinstance(array, np.ndarray):
                    return ".."
                kind = NPY_AS.get(array.dtype.str[1:])
                if kind is None:
                    return "00"
                parts.append(name.encode() + b" " + array_content(array, kind))
    except Exception:
        return ".."
    return digest(parts)


def safetensors_verdict(content):
    try:
        found = safetensors.deserialize(content)
    except Exception:
        return ".."
    parts = []
    for name, info in sorted(found, key=lambda pair: pair[0].encode()):
        parts += [f"{name} {info['dtype']} {info['shape']} ".encode(), bytes(info["data"])]
    return digest(parts)


def verdicts(content, verdict):
    def flipped(index, mask):
        return content[:index] + bytes([content[index] ^ mask]) + content[index + 1:]

    return {
        "whole": verdict(content),
        "cuts": "".join(verdict(content[:count]) for count in range(len(content))),
        "flips": {str(mask): "".join(verdict(flipped(index, mask)) for index in range(len(content))) for mask in MASKS},
    }


for name, content in CSV.items():
    write(f"csv/{name}", content)
    if name in ("numbers.csv", "labels.csv"):
        write(f"csv.gz/{name}.gz", compressed(content.encode()))
write("csv.gz/two-members.csv.gz", compressed(b"a,b\n1,2\n") + compressed(b"3,4\n") + b"\0\0")
for name, content in IDX.items():
    write(f"idx/{name}", content)
for name in ("bytes.idx", "float.idx"):
    write(f"idx.gz/{name}.gz", compressed(IDX[name]))
for name, content in NPY.items():
    write(f"npy/{name}", content)
for name, content in NPZ.items():
    write(f"npz/{name}", content)
for name, content in SAFETENSORS.items():
    write(f"safetensors/{name}", content)
write("model/whole.safetensors", safetensors.numpy.save(MODEL))
write("model/double.safetensors", safetensors.numpy.save(
    {name: array.astype("f8") if array.dtype == "f4" else array for name, array in MODEL.items()}))
write("model/incomplete.safetensors", safetensors.numpy.save({"steps": MODEL["steps"]}))

result = {
    "npy": {name: verdicts(content, npy_verdict) for name, content in NPY.items()},
    "npz": {name: verdicts(content, npz_verdict) for name, content in NPZ.items()},
    "safetensors": {name: verdicts(content, safetensors_verdict) for name, content in SAFETENSORS.items()},
}
(folder / "verdicts.json").write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
