"""Writes Examples/gaussian-process/MaunaLoa.swift: carbon dioxide at Mauna Loa, and what scikit-learn makes of it.

The data comes with statsmodels: C.D. Keeling and T.P. Whorf, "Atmospheric CO2 concentrations derived from flask air
samples at sites in the SIO network", Carbon Dioxide Information Analysis Center, 2004; public domain. Each month is the
mean of its weeks.

scikit-learn's GaussianProcessRegressor has the example's kernel, at the example's first hyperparameters and at those
that its own L-BFGS finds, with the same months held out.

    python3 -m venv venv && venv/bin/pip install scikit-learn statsmodels
    venv/bin/python make_gaussian_process_data.py           # writes the file
    venv/bin/python make_gaussian_process_data.py --check   # only compares
"""

import pathlib
import re
import sys

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, ExpSineSquared, WhiteKernel
from statsmodels.datasets import co2

FILE = pathlib.Path(__file__).parents[2] / "Examples/gaussian-process/MaunaLoa.swift"
FIRST, END, FORECAST = 1965, 1989, 1985

TEMPLATE = """\
import Martlet

/// Carbon dioxide in the air at Mauna Loa, Hawaii, in parts per million: the mean of each month from January {first} to
/// December {last}.
///
/// Source: C.D. Keeling and T.P. Whorf, "Atmospheric CO2 concentrations derived from flask air samples at sites in the SIO
/// network", Carbon Dioxide Information Analysis Center, 2004; public domain. Written by
/// Tests/Fixtures/make_gaussian_process_data.py.
enum MaunaLoa {{
  /// The middle of each month, in years.
  static var years: Tensor<Double> {{ {first} + (Tensor.arange(Double(concentrations.count)) + 0.5) / 12 }}

  /// What scikit-learn's GaussianProcessRegressor finds with the same kernel and the same months held out: the log
  /// marginal likelihood at the first hyperparameters, and at the best that its L-BFGS arrives at.
  static let scikitLearn = (first: {at_first:.6f}, best: {at_best:.6f})

  static let concentrations: [Double] = [
{rows}
  ]
}}
"""


def main():
    months = co2.load_pandas().data["co2"].resample("MS").mean()[str(FIRST) : str(END - 1)]
    values = np.round(months.to_numpy(), 2)
    assert len(values) == 12 * (END - FIRST) and np.isfinite(values).all()
    years = FIRST + (np.arange(len(values)) + 0.5) / 12
    training = (years < FORECAST) & (np.arange(len(values)) % 5 != 2)
    x, y = years[training, None], values[training] - values[training].mean()

    kernel = (
        ConstantKernel(50.0**2) * RBF(50.0)
        + ConstantKernel(2.0**2) * RBF(50.0) * ExpSineSquared(1.0, 1.0, periodicity_bounds="fixed")
        + ConstantKernel(0.5**2) * RBF(1.0)
        + WhiteKernel(0.2**2)
    )
    first = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(x, y)
    best = GaussianProcessRegressor(kernel, alpha=0).fit(x, y)
    print(best.kernel_)

    rows = "\n".join(
        "    " + ", ".join(f"{value:.2f}" for value in values[start : start + 12]) + ","
        for start in range(0, len(values), 12)
    )
    text = TEMPLATE.format(
        first=FIRST, last=END - 1, rows=rows,
        at_first=first.log_marginal_likelihood_value_, at_best=best.log_marginal_likelihood_value_,
    )
    if "--check" not in sys.argv[1:]:
        FILE.write_text(text)
        return
    numbers = [np.array(re.findall(r"-?\d+\.\d+", t), dtype=float) for t in (text, FILE.read_text())]
    if len(numbers[0]) != len(numbers[1]) or not np.allclose(*numbers, rtol=1e-5):
        sys.exit(f"{FILE} has other numbers")
    print("the file has these numbers")


main()
