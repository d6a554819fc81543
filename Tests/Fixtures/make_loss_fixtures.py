#!/usr/bin/env python3
"""Makes losses.safetensors: losses and gradients of PyTorch, and of Keras where PyTorch has none.

    make_loss_fixtures.py           writes the file beside this script
    make_loss_fixtures.py --check   makes it in memory and compares it with the file

The operands are NAME in `operands.NAME`; a case has CASE.mean, CASE.sum and CASE.none, and CASE.gradient, that of the
mean with respect to the first operand, all in float64. LossFixtureTests.swift has the cases by the same names.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save_file

FILE = Path(__file__).resolve().parent / "losses.safetensors"
keras.backend.set_floatx("float64")


def operands():
    random = np.random.RandomState(7)
    x = random.standard_normal((6, 4)) * 2
    # What overflows a naive formula, and what loses its digits in one.
    x[5] = [1000, -1000, 60, 1e-4]
    y = random.standard_normal((6, 4))
    y[5] = [-3, 2, 60, 0]
    binary = (random.uniform(size=(6, 4)) < 0.5).astype(np.float64)
    binary[0] = [0.25, 1, 0, 0.9]
    soft = random.uniform(size=(6, 4)) + 0.01
    soft[1, 2] = 0
    soft /= soft.sum(axis=1, keepdims=True)
    probabilities = random.uniform(size=(6, 4)) + 0.05
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return {
        "x": x,
        "y": y,
        "z": random.standard_normal((6, 4)),
        "binary": binary,
        "hard": (binary > 0.5).astype(np.float64),
        "signs": np.where(binary > 0.5, 1.0, -1.0),
        "rowSigns": np.array([1.0, -1, 1, -1, -1, 1]),
        "counts": random.poisson(2.0, size=(6, 4)).astype(np.float64),
        "rates": random.uniform(size=(6, 4)) * 5,
        "variances": np.abs(random.standard_normal((6, 4))) + 0.1,
        "soft": soft,
        "probabilities": probabilities,
        "labels": np.array([0, 3, 1, 2, 3, 1]),
        "ignoring": np.array([0, -100, 1, 2, -100, 1]),
        "classWeights": np.array([0.5, 2.0, 1.0, 3.0]),
        "quantiles": np.array([0.1, 0.5, 0.9, 0.97]),
        "target": random.standard_normal(6),
        "sequences": random.standard_normal((2, 3, 4)),
        "words": np.array([[0, 3, -100], [2, -100, 1]]),
    }


def pinball(x, y, quantile, reduction):
    error = y - x
    losses = torch.maximum(quantile * error, (quantile - 1) * error)
    return losses if reduction == "none" else getattr(losses, reduction)()


def reduced(losses, reduction):
    return losses if reduction == "none" else getattr(losses, reduction)()


def rows(losses, reduction):
    """PyTorch's elementwise divergence, summed over classes: its `batchmean`."""
    return reduced(losses.sum(dim=-1), reduction)


def focal(x, labels, gamma, reduction):
    losses = F.cross_entropy(x, labels, reduction="none")
    return reduced((1 - torch.exp(-losses)) ** gamma * losses, reduction)


def binary_focal(x, y, reduction, alpha=0.25, gamma=2):
    """torchvision's sigmoid_focal_loss."""
    p = torch.sigmoid(x)
    losses = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    losses = losses * (1 - (p * y + (1 - p) * (1 - y))) ** gamma
    return reduced((alpha * y + (1 - alpha) * (1 - y)) * losses, reduction)


def cases(o):
    moderate = o["x"].clamp(-6, 6)
    o["moderate"] = moderate
    o["logs"] = F.log_softmax(moderate, dim=-1)
    o["distances"] = o["rates"] / 3
    x, y, labels, ignoring, weights = o["x"], o["y"], o["labels"], o["ignoring"], o["classWeights"]
    bce = F.binary_cross_entropy_with_logits
    return {
        "mse": ([x, y], F.mse_loss),
        "mae": ([x, y], F.l1_loss),
        "huber": ([x, y], F.huber_loss),
        "huber/delta": ([x, y], lambda x, y, reduction: F.huber_loss(x, y, delta=0.3, reduction=reduction)),
        "smoothL1": ([x, y], lambda x, y, reduction: F.smooth_l1_loss(x, y, beta=0.5, reduction=reduction)),
        "smoothL1/0": ([x, y], lambda x, y, reduction: F.smooth_l1_loss(x, y, beta=0, reduction=reduction)),
        "logCosh": ([moderate, y], lambda x, y, reduction: reduced(torch.log(torch.cosh(x - y)), reduction)),
        "quantile": ([x, y], lambda x, y, reduction: pinball(x, y, 0.8, reduction)),
        "quantiles": (
            [x, o["target"]],
            lambda x, y, reduction: pinball(x, y[:, None], o["quantiles"], reduction),
        ),
        "poisson/log": (
            [moderate, o["counts"]],
            lambda x, y, reduction: F.poisson_nll_loss(x, y, reduction=reduction),
        ),
        "poisson/rates": (
            [o["rates"], o["counts"]],
            lambda x, y, reduction: F.poisson_nll_loss(x, y, log_input=False, reduction=reduction),
        ),
        "gaussian": (
            [x, o["y"], o["variances"]],
            lambda x, y, v, reduction: F.gaussian_nll_loss(x, y, v, reduction=reduction),
        ),
        "bce": ([x, o["binary"]], bce),
        "bce/positive": (
            [x, o["binary"]],
            lambda x, y, reduction: bce(x, y, pos_weight=o["classWeights"], reduction=reduction),
        ),
        "bce/smoothing": ([x, o["binary"]], lambda x, y, reduction: bce(x, y * 0.8 + 0.1, reduction=reduction)),
        "bce/probabilities": ([o["probabilities"], o["binary"]], F.binary_cross_entropy),
        "binaryFocal": ([moderate, o["hard"]], binary_focal),
        "hinge": (
            [x, o["signs"]],
            lambda x, y, reduction: reduced(torch.clamp(1 - x * y, min=0), reduction),
        ),
        "ce": ([x, labels], F.cross_entropy),
        "ce/weights": ([x, labels], lambda x, y, reduction: F.cross_entropy(x, y, weights, reduction=reduction)),
        "ce/ignored": ([x, ignoring], F.cross_entropy),
        "ce/smoothing": (
            [x, labels],
            lambda x, y, reduction: F.cross_entropy(x, y, label_smoothing=0.2, reduction=reduction),
        ),
        "ce/all": (
            [x, ignoring],
            lambda x, y, reduction: F.cross_entropy(x, y, weights, label_smoothing=0.2, reduction=reduction),
        ),
        "ce/sequences": (
            [o["sequences"], o["words"]],
            lambda x, y, reduction: F.cross_entropy(
                x.transpose(1, 2), y, weights, label_smoothing=0.1, reduction=reduction
            ),
        ),
        "ce/soft": ([x, o["soft"]], F.cross_entropy),
        "ce/soft/all": (
            [x, o["soft"]],
            lambda x, y, reduction: F.cross_entropy(x, y, weights, label_smoothing=0.2, reduction=reduction),
        ),
        "nll": ([o["logs"], labels], F.nll_loss),
        "nll/all": ([o["logs"], ignoring], lambda x, y, reduction: F.nll_loss(x, y, weights, reduction=reduction)),
        "kl": ([o["logs"], o["soft"]], lambda x, y, reduction: rows(F.kl_div(x, y, reduction="none"), reduction)),
        "focal": ([moderate, labels], lambda x, y, reduction: focal(x, y, 2, reduction)),
        "cosine": (
            [x, y],
            lambda x, y, reduction: F.cosine_embedding_loss(
                x, y, torch.ones(6, dtype=torch.float64), reduction=reduction
            ),
        ),
        "cosineEmbedding": (
            [x, y, o["rowSigns"]],
            lambda x, y, t, reduction: F.cosine_embedding_loss(x, y, t, margin=0.1, reduction=reduction),
        ),
        "triplet": ([y, o["z"], moderate], lambda a, p, n, reduction: F.triplet_margin_loss(a, p, n, reduction=reduction)),
        "marginRanking": (
            [x, y, o["signs"]],
            lambda a, b, t, reduction: F.margin_ranking_loss(a, b, t, margin=0.5, reduction=reduction),
        ),
        "contrastive": (
            [o["distances"], o["hard"]],
            lambda d, y, reduction: reduced(y * d**2 + (1 - y) * torch.clamp(1 - d, min=0) ** 2, reduction),
        ),
    }


# What PyTorch has no function for is compared with Keras's losses of single rows, which average the last axis.
KERAS = {
    "logCosh": lambda x, y: keras.losses.log_cosh(y, x),
    "hinge": lambda x, y: keras.losses.hinge(y, x),
}


def make():
    o = {name: torch.from_numpy(value) for name, value in operands().items()}
    tensors = {}
    for name, (inputs, function) in cases(o).items():
        for reduction in ["mean", "sum", "none"]:
            tensors[f"{name}.{reduction}"] = function(*inputs, reduction=reduction).detach().numpy()
        first = inputs[0].detach().clone().requires_grad_()
        function(first, *inputs[1:], reduction="mean").backward()
        tensors[f"{name}.gradient"] = first.grad.numpy()
        if name in KERAS:
            answer = KERAS[name](*inputs).numpy()
            # Keras computes a constant of these in float32.
            if not np.allclose(answer, tensors[f"{name}.none"].mean(axis=-1), rtol=1e-6, atol=1e-7):
                sys.exit(f"Keras {keras.__version__} answers otherwise for {name}")
    for name, value in o.items():
        tensors[f"operands.{name}"] = value.detach().numpy()
    return {name: np.ascontiguousarray(value) for name, value in tensors.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    made = make()
    if not parser.parse_args().check:
        save_file(made, FILE)
        return
    held = load_file(FILE)
    same = held.keys() == made.keys() and all(
        np.allclose(held[name], made[name], rtol=1e-12, atol=1e-15) for name in made
    )
    if not same:
        sys.exit(f"{FILE.name} is not what PyTorch {torch.__version__} answers")
    print(f"{FILE.name} is as PyTorch {torch.__version__} answers")


if __name__ == "__main__":
    main()
