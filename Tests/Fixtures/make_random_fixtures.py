"""Writes random.safetensors: what SciPy says of the distributions that random numbers are drawn from.

For each case `name.edges`, some places x in ascending order; `name.probabilities`, those of x <= the first edge, of each
interval between two edges, and of what is above the last; and `name.limits`: the largest distance of the distribution
functions at the edges and the largest chi-square that 20000 draws have with probability 0.9999.

The cases stand under the same names in RandomDistributionTests.swift; a name in one place alone fails the tests.

    python make_random_fixtures.py           # writes the file
    python make_random_fixtures.py --check   # only compares
"""

import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from scipy import stats

COUNT = 20_000
FILE = Path(__file__).with_name("random.safetensors")

inf = np.inf
CASES = {
    "uniform": stats.uniform(-2, 5),
    "normal": stats.norm(3, 2),
    "log-normal": stats.lognorm(0.75, scale=np.exp(-0.5)),
    "exponential": stats.expon(scale=2.5),
    "laplace": stats.laplace(1, 2),
    "gumbel": stats.gumbel_r(-1, 3),
    "truncated normal, two sides": stats.truncnorm(-1, 0.5, 1, 2),
    "truncated normal, wide": stats.truncnorm(-0.5, 4, 0, 1),
    "truncated normal, one side": stats.truncnorm(-0.25, inf, 0.5, 2),
    "truncated normal, upper tail": stats.truncnorm(8, inf),
    "truncated normal, lower tail": stats.truncnorm(-inf, -3),
    "truncated normal, narrow in the tail": stats.truncnorm(5, 5.1),
    "truncated normal, none": stats.norm(),
    "gamma 0.1": stats.gamma(0.1, scale=3),
    "gamma 0.999": stats.gamma(0.999),
    "gamma 1": stats.gamma(1),
    "gamma 4.5": stats.gamma(4.5, scale=0.2),
    "gamma 1e6": stats.gamma(1e6),
    "gamma 1e12": stats.norm(1e12, 1e6),
    "beta 0.5 0.5": stats.beta(0.5, 0.5),
    "beta 2 5": stats.beta(2, 5),
    "beta 0.1 3": stats.beta(0.1, 3),
    "beta 1000 2000": stats.beta(1000, 2000),
    "von Mises 0": stats.uniform(-np.pi, 2 * np.pi),
    "von Mises 1e-6": stats.uniform(-np.pi, 2 * np.pi),
    "von Mises 0.5": stats.vonmises(0.5),
    "von Mises 4": stats.vonmises(4),
    "von Mises 1e8": stats.norm(0, 1e-4),
    "dirichlet": stats.beta(0.7, 3.5),
    "integers": stats.randint(-3, 7),
    "bernoulli": stats.bernoulli(0.3),
    "categorical": stats.rv_discrete(values=([0, 1, 2, 3], [0.1, 0.0, 0.6, 0.3])),
    "categorical by logits": stats.rv_discrete(values=([0, 1, 2], np.exp([-1, 0, 0.5]) / np.exp([-1, 0, 0.5]).sum())),
    "binomial 1 0.3": stats.binom(1, 0.3),
    "binomial 20 0.2": stats.binom(20, 0.2),
    "binomial 20 0.8": stats.binom(20, 0.8),
    "binomial 100 0.5": stats.binom(100, 0.5),
    "binomial 40 0.99": stats.binom(40, 0.99),
    "binomial 1e6 0.3": stats.binom(1_000_000, 0.3),
    "binomial 1e9 1e-9": stats.binom(1_000_000_000, 1e-9),
    "binomial 2^53 0.25": stats.norm(2.0**51, np.sqrt(2.0**53 * 0.1875)),
    "multinomial": stats.binom(30, 0.3),
    "poisson 0.01": stats.poisson(0.01),
    "poisson 3": stats.poisson(3),
    "poisson 9.99": stats.poisson(9.99),
    "poisson 10": stats.poisson(10),
    "poisson 1000": stats.poisson(1000),
    "poisson 1e9": stats.poisson(1e9),
    "poisson 1e15": stats.norm(1e15, np.sqrt(1e15)),
    "geometric 0.99": stats.geom(0.99),
    "geometric 0.3": stats.geom(0.3),
    "geometric 1e-6": stats.geom(1e-6),
}


def case(distribution):
    edges = np.unique(distribution.ppf(np.linspace(0, 1, 41)[1:-1])).astype(np.float64)
    # Of equal numbers in a row, those with which an interval is expected to hold at least 8 draws.
    kept = []
    below = 0.0
    for edge in edges:
        at = distribution.cdf(edge)
        if (at - below) * COUNT >= 8 and (1 - at) * COUNT >= 8:
            kept.append(edge)
            below = at
    edges = np.array(kept)
    probabilities = np.diff(np.concatenate([[0.0], distribution.cdf(edges), [1.0]]))
    limits = np.array([stats.kstwobign.ppf(0.9999) / np.sqrt(COUNT), stats.chi2.ppf(0.9999, len(edges))])
    return edges, probabilities, limits


def make():
    tensors = {}
    for name, distribution in CASES.items():
        for part, values in zip(["edges", "probabilities", "limits"], case(distribution)):
            tensors[f"{name}.{part}"] = values
    return tensors


tensors = make()
if "--check" in sys.argv:
    old = load_file(FILE)
    assert old.keys() == tensors.keys(), old.keys() ^ tensors.keys()
    for name, values in tensors.items():
        np.testing.assert_allclose(values, old[name], rtol=1e-9, atol=1e-12, err_msg=name)
    print(f"{FILE.name}: {len(CASES)} cases are the same")
else:
    save_file(tensors, FILE)
    print(f"{FILE.name}: {len(CASES)} cases, {FILE.stat().st_size} bytes")
