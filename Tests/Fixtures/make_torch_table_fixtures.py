#!/usr/bin/env python3
"""Makes torch-table.safetensors: what PyTorch answers for the rows of the article "From PyTorch".

    make_torch_table_fixtures.py           writes the file beside this script
    make_torch_table_fixtures.py --check   makes it in memory and compares it with the file

The entries "EXPRESSION#0", "EXPRESSION#1" ... are the results of a row's left column. The rows, and the names that they use, are
those of the article: Scripts/torch-table reads it, and makes the program that compares Martlet's column, which
Scripts/check-documentation builds and runs.
"""

import argparse
import ast
import importlib.machinery
import importlib.util
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
FILE = HERE / "torch-table.safetensors"


def table():
    """The article's reader, Scripts/torch-table."""
    path = HERE.parent.parent / "Scripts/torch-table"
    loader = importlib.machinery.SourceFileLoader("torch_table", str(path))
    sys.dont_write_bytecode = True
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("torch_table", loader))
    loader.exec_module(module)
    return module.reader()


def evaluate(row, names):
    """The result of a row's left column."""
    if row.target:
        names[row.target] = names["m" if row.target == "x" else "i"].clone()
    body = ast.parse(row.numpy.replace("; ", "\n")).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), row.numpy, "exec"), names)
    value = eval(compile(ast.Expression(last.value), row.numpy, "eval"), names) if last else None
    return names[row.target] if row.target else value


def array(value):
    return value.detach().numpy() if torch.is_tensor(value) else np.asarray(value)


def parts(value):
    """A result as arrays: one, or several."""
    if isinstance(value, (list, tuple)) and any(torch.is_tensor(part) for part in value):
        return [array(part) for part in value]
    return [array(value)]


def results():
    module = table()
    names = {"torch": torch, "F": F}
    torch.manual_seed(0)
    exec(module.block("python"), names)
    entries = {}
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


def same(a, b):
    if a is None or b is None or a.dtype != b.dtype or a.shape != b.shape:
        return False
    return np.allclose(a, b, rtol=1e-9, atol=1e-9, equal_nan=True) if a.dtype.kind == "f" else np.array_equal(a, b)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    made = results()
    if arguments.check:
        with safe_open(FILE, framework="numpy") as file:
            stored = {name: file.get_tensor(name) for name in file.keys()}
        wrong = [name for name in sorted(stored.keys() | made.keys()) if not same(stored.get(name), made.get(name))]
        if wrong:
            sys.exit(f"{FILE.name} differs in {wrong}")
        print(f"{FILE.name}: {len(made)} results are the same")
    else:
        save_file(made, FILE)
        FILE.chmod(0o644)
        print(f"{FILE.name}: {len(made)} results, {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
