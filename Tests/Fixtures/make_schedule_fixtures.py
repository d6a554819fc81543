#!/usr/bin/env python3
"""Makes schedules.safetensors: learning rates of PyTorch's schedulers at each of 60 steps.

    make_schedule_fixtures.py           writes the file beside this script
    make_schedule_fixtures.py --check   makes it in memory and compares it with the file

The names of the cases stand in ScheduleTests.swift too. Momenta, where they are cycled, are under `name/momentum`.
"""

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch.optim import lr_scheduler as schedulers

FILE = Path(__file__).resolve().parent / "schedules.safetensors"
STEPS = 60
RATE = 0.1

CASES = {
    "stepDecay": lambda o: schedulers.StepLR(o, 7, gamma=0.3),
    "multiStep": lambda o: schedulers.MultiStepLR(o, [5, 20, 21], gamma=0.5),
    "exponential": lambda o: schedulers.ExponentialLR(o, 0.93),
    "linear": lambda o: schedulers.LinearLR(o, 1.0, 0.25, total_iters=40),
    "polynomial": lambda o: schedulers.PolynomialLR(o, total_iters=50, power=2.5),
    "cosine": lambda o: schedulers.CosineAnnealingLR(o, STEPS, eta_min=0.003),
    "cosineRestarts": lambda o: schedulers.CosineAnnealingWarmRestarts(o, 8, T_mult=2, eta_min=0.001),
    "cosineRestarts/equal": lambda o: schedulers.CosineAnnealingWarmRestarts(o, 7),
    "inverseSquareRoot": lambda o: schedulers.LambdaLR(o, lambda t: min((t + 1) / 10, (10 / (t + 1)) ** 0.5)),
    "oneCycle": lambda o: schedulers.OneCycleLR(o, 0.1, total_steps=STEPS),
    "oneCycle/linear": lambda o: schedulers.OneCycleLR(
        o, 0.1, total_steps=STEPS, pct_start=0.45, anneal_strategy="linear", three_phase=True, div_factor=10,
        final_div_factor=100, base_momentum=0.8, max_momentum=0.9,
    ),
    "warmedUp": lambda o: schedulers.SequentialLR(
        o,
        [schedulers.LinearLR(o, 0.2, 1.0, total_iters=6), schedulers.ExponentialLR(o, 0.9)],
        milestones=[6],
    ),
}


def runs():
    tensors = {}
    for name, make in CASES.items():
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE, momentum=0.9)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scheduler = make(optimizer)
            rates, momenta = [], []
            for step in range(STEPS):
                rates.append(optimizer.param_groups[0]["lr"])
                momenta.append(optimizer.param_groups[0]["momentum"])
                optimizer.step()
                if step < STEPS - 1:
                    scheduler.step()
        tensors[name] = np.array(rates)
        if name.startswith("oneCycle"):
            tensors[f"{name}/momentum"] = np.array(momenta)
    # ReduceLROnPlateau: measures with plateaus, ups and downs, and the rates after each.
    measures = np.concatenate([np.linspace(1, 0.5, 10), np.full(20, 0.5), [0.4], np.linspace(0.45, 0.6, 29)])
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    plateau = schedulers.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=3, threshold=0.01, threshold_mode="abs", cooldown=2, min_lr=0.002
    )
    rates = []
    for measure in measures:
        plateau.step(measure)
        rates.append(optimizer.param_groups[0]["lr"])
    tensors["plateau/measures"], tensors["plateau"] = measures, np.array(rates)
    return tensors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    made = runs()
    if not parser.parse_args().check:
        save_file(made, FILE)
        return
    held = load_file(FILE)
    if held.keys() != made.keys() or not all(np.allclose(held[name], made[name], rtol=1e-12, atol=0) for name in made):
        sys.exit(f"{FILE.name} is not what PyTorch {torch.__version__} answers")
    print(f"{FILE.name} is as PyTorch {torch.__version__} answers")


if __name__ == "__main__":
    main()
