#!/usr/bin/env python3
"""Makes numpy-table.safetensors: what NumPy answers for the rows of the article "From NumPy".

    make_numpy_table_fixtures.py           writes the file beside this script
    make_numpy_table_fixtures.py --check   makes it in memory and compares it with the file

The entries "EXPRESSION#0", "EXPRESSION#1" ... are the results of a row's left column, a text as its bytes. The rows, and the
names that they use, are those of the article: Scripts/numpy-table reads it, and makes the program that compares Martlet's
column, which Scripts/check-documentation builds and runs.
"""

import argparse
import ast
import importlib.machinery
import importlib.util
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import scipy.integrate
import scipy.linalg
import scipy.special
import scipy.stats
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
FILE = HERE / "numpy-table.safetensors"


def table():
    """Scripts/numpy-table as a module."""
    path = HERE.parent.parent / "Scripts/numpy-table"
    loader = importlib.machinery.SourceFileLoader("numpy_table", str(path))
    sys.dont_write_bytecode = True
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("numpy_table", loader))
    loader.exec_module(module)
    return module


def evaluate(row, names):
    """The result of a row's left column."""
    if row.target:
        names[row.target] = names["m" if row.target == "x" else "i"].copy()
    body = ast.parse(row.numpy.replace("; ", "\n")).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), row.numpy, "exec"), names)
    value = eval(compile(ast.Expression(last.value), row.numpy, "eval"), names) if last else None
    return names[row.target] if row.target else value


def parts(value):
    """A result as arrays: one, or several."""
    if isinstance(value, str):
        return [np.frombuffer(value.encode(), np.uint8)]
    if isinstance(value, (list, tuple)) and any(isinstance(part, (np.ndarray, np.generic)) for part in value):
        return [np.asarray(part) for part in value]
    return [np.asarray(value)]


def results():
    module = table()
    names = {"np": np, "scipy": scipy, "rng": np.random.default_rng(0)}
    exec(module.block("python"), names)
    entries = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for row in module.rows():
            try:
                value = evaluate(row, names)
            except Exception as error:
                sys.exit(f"{module.ARTICLE.name}:{row.line}: {row.numpy}: {error!r}")
            if value is None:
                sys.exit(f"{module.ARTICLE.name}:{row.line}: {row.numpy}: gives nothing")
            for index, part in enumerate(parts(value)):
                entries[f"{row.numpy}#{index}"] = np.array(part, order="C")
    return entries


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    made = results()
    if parser.parse_args().check:
        with safe_open(FILE, framework="numpy") as file:
            stored = {name: file.get_tensor(name) for name in file.keys()}
        wrong = [name for name in sorted(stored.keys() | made.keys()) if not same(stored.get(name), made.get(name))]
        if wrong:
            sys.exit(f"{FILE.name} differs in {wrong}")
        print(f"{FILE.name}: {len(made)} results are the same")
    else:
        save_file(made, FILE)
        print(f"{FILE.name}: {len(made)} results, {FILE.stat().st_size} bytes")


def same(a, b):
    if a is None or b is None or a.dtype != b.dtype or a.shape != b.shape:
        return False
    return np.allclose(a, b, rtol=1e-12, atol=1e-12, equal_nan=True) if a.dtype.kind == "f" else np.array_equal(a, b)


if __name__ == "__main__":
    main()
