"""What the scripts of the articles "From NumPy" and "From PyTorch" share: the results of their tables' left columns.

The entries "EXPRESSION#0", "EXPRESSION#1" ... of a fixture are the results of a row.
"""

import argparse
import ast
import importlib.machinery
import importlib.util
import sys
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent


def article(library):
    """A library's article, as Scripts/article-table reads it."""
    loader = importlib.machinery.SourceFileLoader("article_table", str(HERE.parent.parent / "Scripts/article-table"))
    sys.dont_write_bytecode = True
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module.ARTICLES[library]


def evaluate(row, names, copy):
    """The result of a row's left column."""
    if row.target:
        names[row.target] = copy(names["m" if row.target == "x" else "i"])
    body = ast.parse(row.other.replace("; ", "\n")).body
    last = body.pop() if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), row.other, "exec"), names)
    value = eval(compile(ast.Expression(last.value), row.other, "eval"), names) if last else None
    return names[row.target] if row.target else value


def results(table, names, copy, parts):
    """The results of all rows; `names` are those that the article does not define itself, and `parts` gives a result's arrays."""
    exec(table.block("python"), names)
    entries = {}
    for row in table.rows():
        try:
            value = evaluate(row, names, copy)
        except Exception as error:
            sys.exit(f"{table.name}:{row.line}: {row.other}: {error!r}")
        if value is None:
            sys.exit(f"{table.name}:{row.line}: {row.other}: gives nothing")
        for index, part in enumerate(parts(value)):
            entries[f"{row.other}#{index}"] = np.array(part, order="C")
    return entries


def same(a, b, tolerance):
    if a is None or b is None or a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind != "f":
        return np.array_equal(a, b)
    return np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)


def main(name, make, tolerance):
    """Writes what `make` gives to the file of this name, or compares it with the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    check, path, made = parser.parse_args().check, HERE / name, make()
    if check:
        with safe_open(path, framework="numpy") as file:
            stored = {name: file.get_tensor(name) for name in file.keys()}
        names = sorted(stored.keys() | made.keys())
        wrong = [name for name in names if not same(stored.get(name), made.get(name), tolerance)]
        if wrong:
            sys.exit(f"{path.name} differs in {wrong}")
        print(f"{path.name}: {len(made)} results are the same")
    else:
        save_file(made, path)
        path.chmod(0o644)
        print(f"{path.name}: {len(made)} results, {path.stat().st_size} bytes")
