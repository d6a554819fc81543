#!/usr/bin/env python3
"""Makes metrics.json: what scikit-learn measures.

    make_metric_fixtures.py           writes the file beside this script
    make_metric_fixtures.py --check   makes it in memory and compares it with the file

Each case has its operands and, under `plain` and `weighted`, scikit-learn's answers without and with weights of rows.
Answers that are NaN are null. ScikitLearnTests.swift has the names of the scores.
"""

import argparse
import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics as m
from sklearn.calibration import calibration_curve

FILE = Path(__file__).resolve().parent / "metrics.json"


def number(value):
    value = float(value)
    return None if math.isnan(value) else value


def numbers(values):
    return [number(value) for value in values]


def classes(labels, predictions, names=None):
    def answers(w):
        o = {"sample_weight": w}
        found = {
            "accuracy": number(m.accuracy_score(labels, predictions, **o)),
            "balanced": number(m.balanced_accuracy_score(labels, predictions, **o)),
            "matthews": number(m.matthews_corrcoef(labels, predictions, **o)),
            "kappa": number(m.cohen_kappa_score(labels, predictions, **o)),
            "kappa/linear": number(m.cohen_kappa_score(labels, predictions, weights="linear", **o)),
            "kappa/quadratic": number(m.cohen_kappa_score(labels, predictions, weights="quadratic", **o)),
            "report": m.classification_report(labels, predictions, target_names=names, **o),
            "report/4": m.classification_report(labels, predictions, digits=4, **o),
        }
        for zero, suffix in [(0, ""), (np.nan, "/nan")]:
            z = {"zero_division": zero, **o}
            for average in ["macro", "micro", "weighted"]:
                key = f"/{average}{suffix}"
                found["precision" + key] = number(m.precision_score(labels, predictions, average=average, **z))
                found["recall" + key] = number(m.recall_score(labels, predictions, average=average, **z))
                found["f1" + key] = number(m.f1_score(labels, predictions, average=average, **z))
                found["f2" + key] = number(m.fbeta_score(labels, predictions, beta=2, average=average, **z))
        matrices = m.multilabel_confusion_matrix(labels, predictions, **o)
        found["specificity/macro"] = number(np.mean([c[0, 0] / (c[0, 0] + c[0, 1]) for c in matrices]))
        return found

    weights = np.random.RandomState(3).randint(0, 5, size=len(labels)) / 4 + 0.125
    return {
        "labels": [int(v) for v in labels],
        "predictions": [int(v) for v in predictions],
        "weights": numbers(weights),
        "names": names,
        "plain": answers(None),
        "weighted": answers(weights),
    }


def expected_error(labels, probabilities, weights, bins):
    """The bins of calibration_curve, weighted."""
    edges = np.linspace(0, 1, bins + 1)
    ids = np.searchsorted(edges[1:-1], probabilities)
    weights = np.ones(len(labels)) if weights is None else weights
    distances = [abs(np.sum((weights * (probabilities - labels))[ids == i])) for i in range(bins)]
    return sum(distances) / weights.sum()


def scores(labels, probabilities):
    def answers(w):
        o = {"sample_weight": w}
        roc = m.roc_curve(labels, probabilities, drop_intermediate=False, **o)
        curve = m.precision_recall_curve(labels, probabilities, **o)
        shares, means = calibration_curve(labels, probabilities, n_bins=10)
        return {
            "auc": number(m.roc_auc_score(labels, probabilities, **o)),
            "ap": number(m.average_precision_score(labels, probabilities, **o)),
            "logLoss": number(m.log_loss(labels, probabilities, **o)),
            "brier": number(m.brier_score_loss(labels, probabilities, **o)),
            "ece": number(expected_error(labels, probabilities, w, 10)),
            "roc": [numbers(roc[0]), numbers(roc[1])],
            "precisionRecall": [numbers(curve[0]), numbers(curve[1]), numbers(curve[2])],
            "calibration": [numbers(means), numbers(shares)],
        }

    weights = np.random.RandomState(4).randint(0, 5, size=len(labels)) / 4 + 0.125
    return {
        "labels": [int(v) for v in labels],
        "probabilities": numbers(probabilities),
        "weights": numbers(weights),
        "plain": answers(None),
        "weighted": answers(weights),
    }


def first_above(probabilities):
    """The probabilities, of which the first of equal ones is the largest: scikit-learn takes the last, Martlet the first, as for
    the largest of all."""
    return probabilities - 1e-9 * np.arange(probabilities.shape[1])


def several(labels, probabilities):
    def answers(w):
        o = {"sample_weight": w}
        found = {
            "logLoss": number(m.log_loss(labels, probabilities, **o)),
            "brier": number(m.brier_score_loss(labels, probabilities, **o)),
            "top2": number(m.top_k_accuracy_score(labels, first_above(probabilities), k=2, **o)),
        }
        for average in ["macro", "micro", "weighted"]:
            area = m.roc_auc_score(labels, probabilities, multi_class="ovr", average=average, **o)
            found[f"auc/{average}"] = number(area)
            onehot = np.eye(probabilities.shape[1])[labels]
            found[f"ap/{average}"] = number(m.average_precision_score(onehot, probabilities, average=average, **o))
        return found

    weights = np.random.RandomState(5).randint(0, 5, size=len(labels)) / 4 + 0.125
    return {
        "labels": [int(v) for v in labels],
        "probabilities": [numbers(row) for row in probabilities],
        "weights": numbers(weights),
        "plain": answers(None),
        "weighted": answers(weights),
    }


def regression(expected, predicted):
    def answers(w):
        o = {"sample_weight": w}
        return {
            "mae": number(m.mean_absolute_error(expected, predicted, **o)),
            "mse": number(m.mean_squared_error(expected, predicted, **o)),
            "rmse": number(m.mean_squared_error(expected, predicted, **o) ** 0.5),
            "mape": number(m.mean_absolute_percentage_error(expected, predicted, **o)),
            "median": number(m.median_absolute_error(expected, predicted, **o)) if expected.ndim == 1 else None,
            "r2": number(m.r2_score(expected, predicted, **o)),
            "ev": number(m.explained_variance_score(expected, predicted, **o)),
        }

    weights = np.random.RandomState(6).randint(0, 5, size=len(expected)) / 4 + 0.125
    rows = np.reshape(expected, (len(expected), -1)), np.reshape(predicted, (len(expected), -1))
    return {
        "expected": [numbers(row) for row in rows[0]],
        "predicted": [numbers(row) for row in rows[1]],
        "weights": numbers(weights),
        "plain": answers(None),
        "weighted": answers(weights),
    }


def make():
    random = np.random.RandomState(8)
    labels = random.randint(0, 4, size=40)
    noisy = np.where(random.uniform(size=40) < 0.6, labels, random.randint(0, 4, size=40))
    # Class 1 is never predicted, class 3 has no rows.
    lacking = (np.array([0, 0, 1, 2, 2, 2, 1, 0]), np.array([0, 2, 2, 2, 3, 0, 0, 0]))
    binary = random.randint(0, 2, size=50)
    # Every float32 is exact in JSON and in float64.
    certain = np.float32(np.clip(0.35 * binary + random.uniform(size=50) * 0.65, 0, 1)).astype(np.float64)
    tied = np.round(certain * 8) / 8
    logits = random.standard_normal((30, 3)) * 2
    three = random.randint(0, 3, size=30)
    logits[np.arange(30), three] += 1
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    # Multiples of 1/1024, so that float32 holds them and rows add up to 1.
    probabilities = np.floor(probabilities * 1024) / 1024
    probabilities[:, 0] += 1 - probabilities.sum(axis=1)
    target = np.float32(random.standard_normal(30) * 3 + 100).astype(np.float64)
    near = np.float32(target + random.standard_normal(30)).astype(np.float64)
    table = np.float32(random.standard_normal((20, 3))).astype(np.float64)
    return {
        "classes": {
            "four": classes(labels, noisy, ["cat", "dog", "hippopotamus", "bird"]),
            "lacking": classes(*lacking),
            "binary": classes(binary, (certain > 0.5).astype(int), ["no", "yes"]),
        },
        "scores": {
            "distinct": scores(binary, certain),
            "ties": scores(binary, tied),
        },
        "several": {"three": several(three, probabilities)},
        "regression": {
            "vector": regression(target, near),
            "table": regression(table, np.float32(table + 0.3 * random.standard_normal((20, 3))).astype(np.float64)),
        },
    }


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-15) if isinstance(a, float) else a == b


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    with warnings.catch_warnings():
        # Of scores without rows or predictions, which some cases have.
        warnings.simplefilter("ignore")
        made = json.loads(json.dumps(make()).replace("Infinity", "null"))
    if not parser.parse_args().check:
        FILE.write_text(json.dumps(made) + "\n")
        return
    if not same(json.loads(FILE.read_text()), made):
        sys.exit(f"{FILE.name} is not what scikit-learn {sklearn.__version__} answers")
    print(f"{FILE.name} is as scikit-learn {sklearn.__version__} answers")


if __name__ == "__main__":
    main()
