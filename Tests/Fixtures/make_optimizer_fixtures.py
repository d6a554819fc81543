#!/usr/bin/env python3
"""Makes optimizers.safetensors: parameters after some of 50 steps of PyTorch's optimisers, and of Lion and LAMB.

    make_optimizer_fixtures.py           writes the file beside this script
    make_optimizer_fixtures.py --check   makes it in memory and compares it with the file

PyTorch has no Lion and no LAMB: these follow the papers' formulas in NumPy. README.md beside this script says what it holds. The names of the cases stand in UpdateRuleTests.swift too.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

FILE = Path(__file__).resolve().parent / "optimizers.safetensors"

STEPS = 50
KEPT = [0, 1, 2, 3, 4, 5, 9, 19, 34, 49]


class Lion:
    """Chen et al., 2023, arXiv:2302.06675, algorithm 2."""

    def __init__(self, parameters, lr, betas=(0.9, 0.99), weight_decay=0):
        self.p, self.lr, self.betas, self.decay = parameters[0], lr, betas, weight_decay
        self.m = np.zeros_like(self.p.detach().numpy())

    def step(self):
        p, g, (b1, b2) = self.p.data.numpy(), self.p.grad.numpy(), self.betas
        c = p.dtype.type(b1) * self.m + p.dtype.type(1 - b1) * g
        p -= p.dtype.type(self.lr) * (np.sign(c) + p.dtype.type(self.decay) * p)
        self.m = p.dtype.type(b2) * self.m + p.dtype.type(1 - b2) * g


class LAMB:
    """You et al., 2020, arXiv:1904.00962, algorithm 2, with the identity as the scaling function."""

    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01):
        self.p, self.lr, self.betas, self.eps, self.decay = parameters[0], lr, betas, eps, weight_decay
        self.m = self.v = np.zeros(self.p.shape)
        self.t = 0

    def step(self):
        p, g, (b1, b2) = self.p.data.numpy(), self.p.grad.numpy().astype(np.float64), self.betas
        self.t += 1
        self.m = b1 * self.m + (1 - b1) * g
        self.v = b2 * self.v + (1 - b2) * g * g
        u = self.m / (1 - b1**self.t) / (np.sqrt(self.v / (1 - b2**self.t)) + self.eps) + self.decay * p
        of_p, of_u = np.linalg.norm(p.astype(np.float64)), np.linalg.norm(u)
        p -= (self.lr * (of_p / of_u if of_p > 0 and of_u > 0 else 1) * u).astype(p.dtype)


CASES = {
    "sgd": (torch.optim.SGD, {}),
    "sgd/nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    "sgd/dampening": (torch.optim.SGD, {"momentum": 0.9, "dampening": 0.5}),
    "sgd/maximize": (torch.optim.SGD, {"momentum": 0.9, "weight_decay": 0.1, "maximize": True}),
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
    "nadam": (torch.optim.NAdam, {}),
    "nadam/coupled": (torch.optim.NAdam, {"betas": (0.8, 0.99), "weight_decay": 0.1, "momentum_decay": 0.1}),
    "nadam/decoupled": (torch.optim.NAdam, {"weight_decay": 0.1, "decoupled_weight_decay": True, "momentum_decay": 0}),
    "radam": (torch.optim.RAdam, {}),
    "radam/coupled": (torch.optim.RAdam, {"betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    "radam/decoupled": (torch.optim.RAdam, {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "adagrad/all": (
        torch.optim.Adagrad,
        {"lr_decay": 0.1, "initial_accumulator_value": 0.1, "eps": 1e-3, "weight_decay": 0.1},
    ),
    "adadelta": (torch.optim.Adadelta, {}),
    "adadelta/all": (torch.optim.Adadelta, {"rho": 0.5, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    "adamax": (torch.optim.Adamax, {}),
    "adamax/all": (torch.optim.Adamax, {"betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    "lion": (Lion, {}),
    "lion/decay": (Lion, {"betas": (0.8, 0.9), "weight_decay": 0.1}),
    "lamb": (LAMB, {}),
    "lamb/all": (LAMB, {"betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.3}),
}


def runs():
    # NAdam keeps the product of its momenta in this type, whatever the parameters' is.
    torch.set_default_dtype(torch.float64)
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
            tensors[f"{kind}.{name}"] = np.stack([after[step] for step in KEPT])
    return tensors | lbfgs(random)


def lbfgs(random):
    """A small network's parameters, loss and number of evaluations after so many iterations of L-BFGS."""
    x = random.standard_normal((20, 2))
    y = np.sin(2 * x[:, :1]) * x[:, 1:]
    initial = {"first": random.standard_normal((2, 4)), "bias": np.zeros(4), "second": random.standard_normal((4, 1))}
    tensors = {"lbfgs.x": x, "lbfgs.y": y} | {f"lbfgs.{name}": value for name, value in initial.items()}
    for case, iterations, options in [
        ("one", 1, {}), ("two", 2, {"max_eval": 9}), ("five", 5, {}), ("twelve", 12, {"history_size": 3}),
        ("far", 6, {"lr": 30, "max_eval": 30}), ("end", 100, {"tolerance_grad": 0.03}),
    ]:
        p = {name: torch.nn.Parameter(torch.from_numpy(value.copy())) for name, value in initial.items()}
        options = {"history_size": 10} | options
        optimizer = torch.optim.LBFGS(p.values(), max_iter=iterations, line_search_fn="strong_wolfe", **options)
        evaluations = 0

        def closure():
            nonlocal evaluations
            evaluations += 1
            optimizer.zero_grad()
            predicted = torch.tanh(torch.from_numpy(x) @ p["first"] + p["bias"]) @ p["second"]
            loss = ((predicted - torch.from_numpy(y)) ** 2).mean()
            loss.backward()
            return loss

        optimizer.step(closure)
        made = optimizer.state[p["first"]]
        tensors[f"lbfgs.{case}.counts"] = np.array([made["n_iter"], made["func_evals"]])
        tensors[f"lbfgs.{case}.loss"] = closure().detach().numpy().reshape(1).copy()
        for name, value in p.items():
            tensors[f"lbfgs.{case}.{name}"] = value.detach().numpy()
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
