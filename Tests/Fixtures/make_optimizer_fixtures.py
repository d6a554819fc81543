#!/usr/bin/env python3
"""Makes optimizers.safetensors: parameters after each step of PyTorch's optimisers.

    make_optimizer_fixtures.py           writes the file beside this script
    make_optimizer_fixtures.py --check   makes it in memory and compares it with the file

README.md beside this script says what it holds. The names of the cases stand in UpdateRuleTests.swift too.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

FILE = Path(__file__).resolve().parent / "optimizers.safetensors"

STEPS = 8
CASES = {
    "sgd": (torch.optim.SGD, {}),
    "sgd/nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    "adam": (torch.optim.Adam, {}),
    "adam/amsgrad": (torch.optim.Adam, {"betas": (0.8, 0.9), "weight_decay": 0.1, "amsgrad": True}),
    "adamw": (torch.optim.AdamW, {"weight_decay": 0.1}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "rmsprop/momentum": (torch.optim.RMSprop, {"momentum": 0.9}),
    "rmsprop/centered": (torch.optim.RMSprop, {"centered": True}),
    "rmsprop/decay": (torch.optim.RMSprop, {"weight_decay": 0.1}),
    "rmsprop/all": (
        torch.optim.RMSprop,
        {"alpha": 0.9, "eps": 1e-3, "weight_decay": 0.02, "momentum": 0.5, "centered": True},
    ),
}


def runs():
    random = np.random.RandomState(5)
    shape = (5, 7)
    initial = random.standard_normal(shape)
    # Of unlike sizes, and one step without any.
    gradients = random.standard_normal((STEPS, *shape)) * np.logspace(-3, 1, shape[1])
    gradients[3] = 0
    tensors = {}
    for dtype, kind in [(np.float32, "float32"), (np.float64, "float64")]:
        tensors[f"{kind}.initial"] = initial.astype(dtype)
        tensors[f"{kind}.gradients"] = gradients.astype(dtype)
        for name, (make, options) in CASES.items():
            parameter = torch.nn.Parameter(torch.from_numpy(initial.astype(dtype)))
            optimizer = make([parameter], lr=0.01, **options)
            after = []
            for gradient in gradients:
                parameter.grad = torch.from_numpy(gradient.astype(dtype))
                optimizer.step()
                after.append(parameter.detach().numpy().copy())
            tensors[f"{kind}.{name}"] = np.stack(after)
    return tensors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    made = runs()
    if not parser.parse_args().check:
        save_file(made, FILE)
        return
    held = load_file(FILE)
    same = held.keys() == made.keys() and all(
        np.allclose(held[name], made[name], rtol=1e-5 if made[name].dtype == np.float32 else 1e-12, atol=0)
        for name in made
    )
    if not same:
        sys.exit(f"{FILE.name} is not what PyTorch {torch.__version__} answers")
    print(f"{FILE.name} is as PyTorch {torch.__version__} answers")


if __name__ == "__main__":
    main()
