#!/usr/bin/env python3
"""Makes calibration.json: how scikit-learn and PyTorch calibrate outputs.

    make_calibration_fixtures.py           writes the file beside this script
    make_calibration_fixtures.py --check   makes it in memory and compares it with the file

`binary` has a logit and `classes` three logits for each row, with labels and weights, all exact in `float32`. Under `plain`
and `weighted` are, without and with the weights, the temperature by PyTorch's L-BFGS and by scikit-learn's search, a vector's slopes by
L-BFGS, slopes and offsets of Platt's loss by both (scikit-learn's within the tolerance that it stops at), isotonic regression's thresholds and
values, and the probabilities that each method makes of the rows. `isotonic` has numbers with ties and weights. `errors` are
calibration errors in bins of equal mass.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from scipy.special import expit, logsumexp, softmax
from sklearn.calibration import _sigmoid_calibration, _TemperatureScaling
from sklearn.isotonic import IsotonicRegression

FILE = Path(__file__).resolve().parent / "calibration.json"


def lbfgs(start, loss):
    parameters = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [parameters], max_iter=500, tolerance_grad=1e-14, tolerance_change=1e-18, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        value = loss(parameters)
        value.backward()
        return value

    optimizer.step(closure)
    return parameters.detach().numpy().tolist()


def temperature(logits, labels, weights):
    z, y, w = torch.tensor(logits), torch.tensor(labels), torch.tensor(weights)
    if z.ndim == 1:
        z = torch.stack([torch.zeros_like(z), z], 1)
    cost = lambda t: (torch.nn.functional.cross_entropy(z * t, y, reduction="none") * w).sum() / w.sum()
    return 1 / lbfgs([1.0], cost)[0]


def line(odds, positive, weights):
    """Platt's loss, with its smoothed targets."""
    n = weights[positive].sum(), weights[~positive].sum()
    targets = torch.tensor(np.where(positive, (n[0] + 1) / (n[0] + 2), 1 / (n[1] + 2)))
    z, w = torch.tensor(odds), torch.tensor(weights)
    cost = lambda p: (torch.nn.functional.binary_cross_entropy_with_logits(
        p[0] * z + p[1], targets, reduction="none") * w).sum() / w.sum()
    return lbfgs([0.0, float(np.log((n[0] + 1) / (n[1] + 1)))], cost)


def vector(logits, labels, weights):
    """Slopes and offsets of least log loss, from 1 and 0 on; of one logit z, those of (0, z)."""
    z, y, w = torch.tensor(logits), torch.tensor(labels), torch.tensor(weights)
    if z.ndim == 1:
        z = z[:, None]

    def scaled(p):
        lines = z * p[0] + p[1]
        return lines if lines.shape[1] > 1 else torch.cat([torch.zeros_like(lines), lines], 1)

    cost = lambda p: (torch.nn.functional.cross_entropy(scaled(p), y, reduction="none") * w).sum() / w.sum()
    found = lbfgs([[1.0] * z.shape[1], [0.0] * z.shape[1]], cost)
    probabilities = torch.softmax(scaled(torch.tensor(found)), 1).numpy()
    return found, (probabilities[:, 1] if logits.ndim == 1 else probabilities)


def normalized(columns):
    table = np.stack(columns, 1)
    sums = table.sum(1, keepdims=True)
    return np.where(sums == 0, 1 / table.shape[1], table / np.where(sums == 0, 1, sums))


def answers(logits, labels, weights):
    if logits.ndim == 1:
        odds, classes = logits[:, None], [1]
        scaled = lambda t: expit(logits / t)
    else:
        others = [np.delete(logits, k, 1) for k in range(logits.shape[1])]
        odds = np.stack([logits[:, k] - logsumexp(other, axis=1) for k, other in enumerate(others)], 1)
        classes = range(logits.shape[1])
        scaled = lambda t: softmax(logits / t, axis=1)
    finish = (lambda columns: columns[0]) if logits.ndim == 1 else normalized
    lines = [line(odds[:, j], labels == k, weights) for j, k in enumerate(classes)]
    given = [_sigmoid_calibration(odds[:, j], (labels == k).astype(int), weights) for j, k in enumerate(classes)]
    curves = [
        IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(expit(odds[:, j]), labels == k, weights)
        for j, k in enumerate(classes)]
    t = temperature(logits, labels, weights)
    vectors, scaledByVector = vector(logits, labels, weights)
    found = _TemperatureScaling().fit(logits, labels, weights)
    return {
        "temperature": t,
        # Of one logit z, scikit-learn makes the two -z and z, so its temperature is twice that of z.
        "temperature/sklearn": float(1 / found.beta_) / (2 if logits.ndim == 1 else 1),
        "temperature/probabilities": scaled(t).tolist(),
        "vector/slopes": vectors[0], "vector/probabilities": scaledByVector.tolist(),
        "slopes": [a for a, _ in lines], "offsets": [b for _, b in lines],
        "slopes/sklearn": [float(-a) for a, _ in given], "offsets/sklearn": [float(-b) for _, b in given],
        "platt/probabilities": finish([expit(a * odds[:, j] + b) for j, (a, b) in enumerate(lines)]).tolist(),
        "thresholds": [curve.X_thresholds_.tolist() for curve in curves],
        "values": [curve.y_thresholds_.tolist() for curve in curves],
        "isotonic/probabilities": finish([c.predict(expit(odds[:, j])) for j, c in enumerate(curves)]).tolist(),
    }


def equal_mass(confidences, outcomes, weights, bins):
    """Equal confidences are in one bin, that of the middle of their weight."""
    order = np.unique(confidences)
    below, distance, total = 0.0, np.zeros(bins), weights.sum()
    for confidence in order:
        held = confidences == confidence
        weight = weights[held].sum()
        place = min(int(bins * (below + weight / 2) / total), bins - 1)
        distance[place] += (weights[held] * (confidence - outcomes[held])).sum()
        below += weight
    return float(np.abs(distance).sum() / total)


def make():
    random = np.random.RandomState(7)
    rounded = lambda x: np.round(x * 64) / 64
    logits = rounded(random.normal(0.3, 3, 100))
    labels = (random.uniform(size=100) < expit(0.4 * logits - 0.2)).astype(int)
    table = rounded(random.normal(0, 2.5, (90, 3)))
    kinds = np.array([random.choice(3, p=softmax(row * 0.5)) for row in table])
    result = {}
    for name, (z, y) in {"binary": (logits, labels), "classes": (table, kinds)}.items():
        weights = random.randint(0, 5, len(y)) / 4
        ones = np.ones(len(y))
        p = expit(z) if z.ndim == 1 else softmax(z, axis=1)
        confidences, outcomes = (p, y) if z.ndim == 1 else (p.max(1), (p.argmax(1) == y).astype(int))
        result[name] = {
            "logits": z.tolist(), "labels": y.tolist(), "weights": weights.tolist(),
            "plain": answers(z, y, ones), "weighted": answers(z, y, weights),
            "errors": {
                f"{kind}/{bins}": equal_mass(confidences, outcomes, w, bins)
                for kind, w in [("plain", ones), ("weighted", weights)] for bins in (5, 15)},
        }
    x = random.randint(0, 12, 40) / 4
    y = rounded(x + random.normal(0, 1, 40))
    weights = random.randint(0, 4, 40) / 2
    queries = np.linspace(-1, 4, 41)
    result["isotonic"] = {"x": x.tolist(), "y": y.tolist(), "weights": weights.tolist(), "queries": queries.tolist()}
    for kind, w in [("plain", np.ones(40)), ("weighted", weights)]:
        fit = IsotonicRegression(out_of_bounds="clip").fit(x, y, w)
        result["isotonic"][kind] = {
            "thresholds": fit.X_thresholds_.tolist(), "values": fit.y_thresholds_.tolist(),
            "answers": fit.predict(queries).tolist()}
    return result


def differences(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [found for key in a for found in differences(a[key], b[key], f"{path}/{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [found for index in range(len(a)) for found in differences(a[index], b[index], f"{path}/{index}")]
    isNumber = isinstance(a, (int, float)) and isinstance(b, (int, float))
    return [] if isNumber and abs(a - b) <= 1e-7 + 1e-5 * abs(b) else [path]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    made = make()
    if parser.parse_args().check:
        found = differences(made, json.loads(FILE.read_text()))
        sys.exit("calibration.json differs at " + ", ".join(found) if found else 0)
    FILE.write_text(json.dumps(made) + "\n")


main()
