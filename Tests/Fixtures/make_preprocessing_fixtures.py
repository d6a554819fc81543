"""Writes preprocessing.csv, a table of mixed columns, and preprocessing.safetensors: what scikit-learn's transformers,
fitted to the rows of its part 0, make of those of its part 1.

The cases stand under the same names in PreprocessorTests.swift; a name in one place alone fails the tests.

    python make_preprocessing_fixtures.py           # writes the files
    python make_preprocessing_fixtures.py --check   # only compares
"""

import io
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, RobustScaler, StandardScaler,
)

TABLE = Path(__file__).with_name("preprocessing.csv")
FILE = Path(__file__).with_name("preprocessing.safetensors")
TRAIN, TEST = 83, 24


def table():
    """The columns by name; None or NaN is missing."""
    rng = np.random.default_rng(7)
    count = TRAIN + TEST
    normal = rng.normal(3, 2, count)
    gaps = rng.normal(-100, 30, count).round(2)
    gaps[rng.random(count) < 0.2] = np.nan
    ties = rng.integers(0, 6, count).astype(float)
    ties[rng.random(count) < 0.1] = np.nan
    words = np.array(["pear", "apple", "Zürich", "été", "a, b", 'say "x"'], dtype=object)
    texts = rng.choice(words, count, p=[0.3, 0.3, 0.1, 0.1, 0.1, 0.1])
    holes = rng.choice(words[:3], count)
    holes[rng.random(count) < 0.25] = None
    large = 1e3 + rng.normal(0, 1, count)
    tail = np.exp(rng.normal(0, 3, count))
    repeated = np.where(rng.random(count) < 0.6, 1.0, rng.random(count).round(1))
    part = np.r_[np.zeros(TRAIN), np.ones(TEST)]
    constant = np.full(count, 4.25)
    return {
        "part": part, "normal": normal, "gaps": gaps, "ties": ties, "texts": texts, "holes": holes, "large": large,
        "tail": tail, "repeated": repeated, "constant": constant,
    }


def csv(columns):
    def field(value):
        if value is None or value != value:
            return ""
        if isinstance(value, str):
            return '"' + value.replace('"', '""') + '"'
        return repr(float(value))

    text = io.StringIO()
    text.write(",".join(columns) + "\n")
    for row in zip(*columns.values()):
        text.write(",".join(field(value) for value in row) + "\n")
    return text.getvalue()


NUMBERS = ["normal", "gaps", "ties", "large", "tail", "repeated", "constant"]
WHOLE = ["normal", "large", "tail", "repeated"]
AVERAGED = {"quantile_method": "averaged_inverted_cdf"}
CASES = {
    "standard": (NUMBERS, StandardScaler()),
    "minMax": (NUMBERS, MinMaxScaler()),
    "minMax -1 1": (NUMBERS, MinMaxScaler((-1, 1))),
    "robust": (NUMBERS, RobustScaler()),
    "robust 10 90": (NUMBERS, RobustScaler(quantile_range=(10, 90))),
    "mean": (["gaps", "ties"], SimpleImputer(strategy="mean")),
    "median": (["gaps", "ties"], SimpleImputer(strategy="median")),
    "mostFrequent": (["gaps", "ties"], SimpleImputer(strategy="most_frequent")),
    "constant": (["gaps", "ties"], SimpleImputer(strategy="constant", fill_value=-1.5)),
    "indicator": (["gaps"], SimpleImputer(strategy="mean", add_indicator=True)),
    "median standard": (["gaps", "ties"], make_pipeline(SimpleImputer(strategy="median"), StandardScaler())),
    "oneHot": (["texts"], OneHotEncoder(sparse_output=False)),
    "oneHot numbers": (
        ["ties"], make_pipeline(SimpleImputer(strategy="median"), OneHotEncoder(sparse_output=False))),
    "oneHot dropFirst": (["texts"], OneHotEncoder(sparse_output=False, drop="first")),
    "oneHot imputed": (
        ["holes"],
        make_pipeline(SimpleImputer(missing_values=None, strategy="most_frequent"), OneHotEncoder(sparse_output=False))),
    "ordinal": (["texts"], OrdinalEncoder()),
    "ordinal ignored": (
        ["texts"],
        OrdinalEncoder(
            categories=[["pear", "apple"]], handle_unknown="use_encoded_value", unknown_value=-1)),
    "bins quantile": (WHOLE, KBinsDiscretizer(4, encode="ordinal", strategy="quantile", subsample=None, **AVERAGED)),
    "bins uniform": (WHOLE, KBinsDiscretizer(5, encode="ordinal", strategy="uniform", subsample=None)),
    "bins oneHot": (
        ["normal"],
        KBinsDiscretizer(3, encode="onehot-dense", strategy="quantile", subsample=None, **AVERAGED)),
}


def values():
    import warnings

    warnings.simplefilter("ignore", UserWarning)
    columns = table()
    result = {}
    for name, (names, transformer) in CASES.items():
        isText = any(columns[column].dtype == object for column in names)
        rows = np.stack([columns[column] for column in names], 1).astype(object if isText else float)
        train, test = rows[:TRAIN], rows[TRAIN:]
        if name == "ordinal ignored":
            train = train[np.isin(train[:, 0].astype(str), ["pear", "apple"])]
        # NaN, which scalers pass on, is compared as it is.
        result[name] = np.ascontiguousarray(transformer.fit(train).transform(test).astype(np.float64))
    return result


INVERSES = [
    "standard", "minMax", "minMax -1 1", "robust", "robust 10 90", "indicator", "oneHot", "oneHot dropFirst", "ordinal",
    "ordinal ignored",
]


def inverses():
    """What `inverse_transform` makes of features that are not those of any row: as they are for `inverse NAME features`,
    and the columns for `inverse NAME`. Texts are numbers: their places among the training rows' in order; -1 is none."""
    rng = np.random.default_rng(8)
    columns = table()
    words = sorted(set(columns["texts"][:TRAIN]))
    result = {}
    for name in INVERSES:
        names, transformer = CASES[name]
        rows = np.stack([columns[column] for column in names], 1)[:TRAIN]
        if name == "ordinal ignored":
            rows = rows[np.isin(rows[:, 0].astype(str), ["pear", "apple"])]
        transformer.fit(rows)
        if name == "indicator":
            features = np.c_[rng.normal(0, 50, 12), rng.integers(0, 2, 12)]
        elif name == "ordinal":
            features = rng.integers(0, len(words), (12, 1)).astype(float)
        elif name == "ordinal ignored":
            features = rng.integers(-1, 2, (12, 1)).astype(float)
        elif name.startswith("oneHot"):
            width = len(words) - name.endswith("dropFirst")
            features = rng.random((12, width))
            if name.endswith("dropFirst"):
                features[:3] = 0
        else:
            features = rng.normal(0, 3, (12, len(names)))
        columns_again = transformer.inverse_transform(features)
        if names == ["texts"]:
            columns_again = np.array([[words.index(word) if word is not None else -1] for (word,) in columns_again])
        result[f"inverse {name} features"] = np.ascontiguousarray(features)
        result[f"inverse {name}"] = np.ascontiguousarray(columns_again.astype(np.float64))
    return result


def main():
    text, new = csv(table()), values() | inverses()
    if "--check" in sys.argv:
        if TABLE.read_text() != text:
            sys.exit("preprocessing.csv is not what this script makes")
        old = load_file(FILE)
        if old.keys() != new.keys():
            sys.exit(f"the cases differ: {old.keys() ^ new.keys()}")
        for name in new:
            np.testing.assert_allclose(new[name], old[name], rtol=1e-12, atol=1e-12, err_msg=name)
        print("the same")
        return
    TABLE.write_text(text)
    save_file(new, FILE)


if __name__ == "__main__":
    main()
