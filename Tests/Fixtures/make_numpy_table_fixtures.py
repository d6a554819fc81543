#!/usr/bin/env python3
"""Makes numpy-table.safetensors: what NumPy answers for the rows of the article "From NumPy".

    make_numpy_table_fixtures.py           writes the file beside this script
    make_numpy_table_fixtures.py --check   makes it in memory and compares it with the file

The entries "EXPRESSION#0", "EXPRESSION#1" ... are the results of a row's left column, a text as its bytes. The rows, and the
names that they use, are those of the article: Scripts/article-table reads it, and makes the program that compares Martlet's
column, which Scripts/check-documentation builds and runs.
"""

import os
import tempfile

import numpy as np
import scipy.integrate
import scipy.linalg
import scipy.special
import scipy.stats

import table_fixtures


def parts(value):
    """A result as arrays: one, or several."""
    if isinstance(value, str):
        return [np.frombuffer(value.encode(), np.uint8)]
    if isinstance(value, (list, tuple)) and any(isinstance(part, (np.ndarray, np.generic)) for part in value):
        return [np.asarray(part) for part in value]
    return [np.asarray(value)]


def results():
    names = {"np": np, "scipy": scipy, "rng": np.random.default_rng(0)}
    table = table_fixtures.article("numpy")
    # Rows write files.
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        return table_fixtures.results(table, names, np.copy, parts)


if __name__ == "__main__":
    table_fixtures.main("numpy-table.safetensors", results, tolerance=1e-12)
