#!/usr/bin/env python3
"""Makes torch-table.safetensors: what PyTorch answers for the rows of the article "From PyTorch".

    make_torch_table_fixtures.py           writes the file beside this script
    make_torch_table_fixtures.py --check   makes it in memory and compares it with the file

The entries "EXPRESSION#0", "EXPRESSION#1" ... are the results of a row's left column. The rows, and the names that they use, are
those of the article: Scripts/article-table reads it, and makes the program that compares Martlet's column, which
Scripts/check-documentation builds and runs.
"""

import warnings

import numpy as np
import torch
import torch.nn.functional as F

import table_fixtures


def array(value):
    return value.detach().numpy() if torch.is_tensor(value) else np.asarray(value)


def parts(value):
    """A result as arrays: one, or several."""
    if isinstance(value, (list, tuple)) and any(torch.is_tensor(part) for part in value):
        return [array(part) for part in value]
    return [array(value)]


def results():
    warnings.filterwarnings("ignore")
    torch.manual_seed(0)
    table = table_fixtures.article("torch")
    return table_fixtures.results(table, {"torch": torch, "F": F}, torch.clone, parts)


if __name__ == "__main__":
    table_fixtures.main("torch-table.safetensors", results, tolerance=1e-9)
