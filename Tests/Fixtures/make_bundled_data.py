"""Writes Sources/MartletData/Bundled/TableArchives.swift: small tables that scikit-learn ships, as CSV compressed with
gzip, in base64.

    python make_bundled_data.py           # writes the file
    python make_bundled_data.py --check   # only compares
"""

import base64
import gzip
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

FILE = Path(__file__).parents[2] / "Sources/MartletData/Bundled/TableArchives.swift"

HEAD = """\
/// The tables of `Datasets` as CSV compressed with gzip, in base64; made by `Tests/Fixtures/make_bundled_data.py` from
/// those that scikit-learn ships. `BundledTable` has their sources.
///
/// They are in the source so that a program needs no resource bundle beside it: see `DigitsArchive`.
enum TableArchives {
"""


def number(value):
    text = repr(float(value))
    return text[:-2] if text.endswith(".0") else text


def csv(bunch, target):
    rows = [",".join([*bunch.feature_names, target])]
    for x, y in zip(bunch.data, bunch.target):
        label = bunch.target_names[y].replace("_", " ") if "target_names" in bunch else number(y)
        rows.append(",".join([*map(number, x), label]))
    return "\n".join(rows) + "\n"


def text():
    tables = {
        "iris": csv(load_iris(), "species"),
        "wine": csv(load_wine(), "cultivar"),
        "breastCancer": csv(load_breast_cancer(), "diagnosis"),
        "diabetes": csv(load_diabetes(scaled=False), "progression"),
    }
    result = HEAD
    for index, (name, table) in enumerate(tables.items()):
        # Without a time, so that the bytes are always the same.
        letters = base64.b64encode(gzip.compress(table.encode(), 9, mtime=0)).decode()
        lines = [letters[at:at + 114] for at in range(0, len(letters), 114)]
        result += ("\n" if index else "") + f'  static let {name}: StaticString = """\n'
        result += "".join(f"    {line}\n" for line in lines) + '    """\n'
    return result + "}\n"


if __name__ == "__main__":
    made = text()
    if "--check" in sys.argv:
        if FILE.read_text() != made:
            sys.exit("TableArchives.swift is not what this script makes")
        print("the same")
    else:
        FILE.write_text(made)
