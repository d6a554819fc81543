#!/usr/bin/env python3
"""Makes linear-algebra.safetensors: values by NumPy and SciPy, gradients by PyTorch, in double precision.

    make_linear_algebra_fixtures.py           writes the file beside this script
    make_linear_algebra_fixtures.py --check   makes it in memory and compares it with the file

Every operation stands here and, under the same name, in Tests/MartletNumericsTests/LinearAlgebraOperations.swift, with
outputs that do not depend on the signs of vectors or the order of eigenvalues. The entries are `name.input0` ...,
`name.output0` ..., `name.cotangent0` ..., and the gradients of the sum of all output * cotangent as `name.gradient0` ....
The outputs come from NumPy and SciPy where a second implementation is given, and else from PyTorch.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import scipy.linalg
import torch
from safetensors.numpy import load_file, save_file

FILE = Path(__file__).resolve().parent / "linear-algebra.safetensors"
L = torch.linalg
OPERATIONS = {}


def operation(name, *inputs, numpy=None):
    """Enters a function of tensors, the shapes of its inputs, and the same in NumPy where there is such a thing."""

    def enter(function):
        assert name not in OPERATIONS, name
        OPERATIONS[name] = (inputs, function, numpy)
        return function

    return enter


def each(function):
    """A function of one matrix for a batch of them."""

    def batched(x):
        return np.stack([function(m) for m in x.reshape(-1, *x.shape[-2:])]).reshape(*x.shape[:-2], *x.shape[-2:])

    return batched


def square(x):
    """A matrix of moderate condition from random numbers."""
    return x + 3 * (torch.eye(x.shape[-1], dtype=x.dtype) if torch.is_tensor(x) else np.eye(x.shape[-1]))


def definite(x):
    t = x.mT if torch.is_tensor(x) else np.swapaxes(x, -1, -2)
    return x @ t + (torch.eye(x.shape[-2], dtype=x.dtype) if torch.is_tensor(x) else np.eye(x.shape[-2]))


def symmetric(x):
    return x + (x.mT if torch.is_tensor(x) else np.swapaxes(x, -1, -2))


def H(x):
    return np.swapaxes(x, -1, -2)


operation("solve", (2, 4, 4), (2, 4, 3), numpy=lambda a, b: [np.linalg.solve(square(a), b)])(
    lambda a, b: [L.solve(square(a), b)])
operation("solveBroadcast", (4, 4), (3, 4, 2), numpy=lambda a, b: [np.linalg.solve(square(a)[None], b)])(
    lambda a, b: [L.solve(square(a), b)])
operation("solveVector", (3, 4, 4), (4,), numpy=lambda a, b: [np.linalg.solve(square(a), b)])(
    lambda a, b: [L.solve(square(a), b.expand(3, 4))])
operation("triangularLower", (2, 4, 4), (2, 4, 3))(
    lambda a, b: [L.solve_triangular(square(a).tril(), b, upper=False)])
operation("triangularUpper", (4, 4), (2, 4, 3))(
    lambda a, b: [L.solve_triangular(square(a).triu(), b, upper=True)])
operation("triangularTransposed", (4, 4), (4, 3))(
    lambda a, b: [L.solve_triangular(square(a).tril().mT, b, upper=True)])
operation("triangularUnit", (2, 4, 4), (4,))(
    lambda a, b: [L.solve_triangular(a.tril(), b[:, None].expand(2, 4, 1), upper=False, unitriangular=True)[..., 0]])
operation("inverse", (2, 4, 4), numpy=lambda a: [np.linalg.inv(square(a))])(lambda a: [L.inv(square(a))])
operation("determinant", (2, 4, 4), numpy=lambda a: [np.linalg.det(a)])(lambda a: [L.det(a)])
operation("signAndLogDeterminant", (3, 4, 4), numpy=lambda a: list(np.linalg.slogdet(a)))(lambda a: list(L.slogdet(a)))
operation("cholesky", (2, 4, 6), numpy=lambda a: [np.linalg.cholesky(definite(a))])(lambda a: [L.cholesky(definite(a))])
operation("choleskySolve", (2, 4, 6), (4,), numpy=lambda a, b: [np.linalg.solve(definite(a), b)])(
    lambda a, b: [L.solve(definite(a), b.expand(2, 4))])
for label, shape in (("Square", (2, 4, 4)), ("Wide", (2, 3, 5)), ("Tall", (2, 5, 3))):
    operation(f"lu{label}", shape)(lambda a: list(L.lu(a))[1:])
    operation(f"qr{label}", shape, numpy=lambda a: list(np.linalg.qr(a)))(lambda a: list(L.qr(a)))
    operation(f"pseudoInverse{label}", shape, numpy=lambda a: [np.linalg.pinv(a)])(lambda a: [L.pinv(a)])

    @operation(f"svd{label}", shape)
    def _(a):
        u, s, vt = L.svd(a, full_matrices=False)
        return [s, u * u, vt * vt, (u * (s * s)[..., None, :]) @ vt]

    operation(f"singularValues{label}", shape, numpy=lambda a: [np.linalg.svd(a, compute_uv=False)])(
        lambda a: [L.svdvals(a)])
operation("luSolve", (2, 4, 4), (4, 2), numpy=lambda a, b: [np.linalg.solve(square(a), b[None])])(
    lambda a, b: [L.solve(square(a), b)])
operation("qrCompleteWide", (2, 3, 5), numpy=lambda a: list(np.linalg.qr(a, mode="complete")))(
    lambda a: list(L.qr(a, mode="complete")))
operation("pseudoInverseDeficient", (4, 2), (2, 3), numpy=lambda a, b: [np.linalg.pinv(a @ b, rtol=1e-10)])(
    lambda a, b: [L.pinv(a @ b, rtol=1e-10)])


@operation("symmetricEigen", (2, 4, 4))
def _(a):
    w, v = L.eigh(symmetric(a))
    return [w, v * v, (v * (w**3)[..., None, :]) @ v.mT]


operation("symmetricEigenvalues", (2, 4, 4), numpy=lambda a: [np.linalg.eigvalsh(symmetric(a))])(
    lambda a: [L.eigvalsh(symmetric(a))])


def spectrum(w, v, absolute):
    size = absolute(v) ** 2
    return [(size * w.real[..., None, :]).sum(-1), (size * (w.imag**2)[..., None, :]).sum(-1)]


operation("eigen", (2, 5, 5), numpy=lambda a: spectrum(*np.linalg.eig(a), np.abs))(
    lambda a: spectrum(*L.eig(a), torch.abs))
operation(
    "eigenvalues", (2, 5, 5),
    numpy=lambda a: [(np.linalg.eigvals(a).real ** 3).sum(-1), (np.linalg.eigvals(a).imag ** 2).sum(-1)])(
    lambda a: [(L.eigvals(a).real ** 3).sum(-1), (L.eigvals(a).imag ** 2).sum(-1)])


def residuals(a, b, x):
    return [x, ((b - a @ x) ** 2).sum(-2)]


operation(
    "leastSquaresTall", (5, 3), (5, 2),
    numpy=lambda a, b: [np.linalg.lstsq(a, b)[0], np.linalg.lstsq(a, b)[1], np.linalg.lstsq(a, b)[3]])(
    lambda a, b: residuals(a, b, L.pinv(a) @ b) + [L.svdvals(a)])
operation("leastSquaresWide", (2, 3, 5), (2, 3, 2))(
    lambda a, b: residuals(a, b, L.pinv(a) @ b) + [L.svdvals(a)])
operation("leastSquaresVector", (5, 3), (5,), numpy=lambda a, b: [np.linalg.lstsq(a, b)[0]])(
    lambda a, b: [L.pinv(a) @ b])
for name, norm in (("Frobenius", "fro"), ("Nuclear", "nuc"), ("Spectral", 2), ("One", 1), ("Infinity", np.inf)):
    operation(f"matrixNorm{name}", (2, 3, 4), numpy=lambda a, n=norm: [np.linalg.norm(a, n, axis=(-2, -1))])(
        lambda a, n=norm: [L.matrix_norm(a, n)])
for name, order in (
    ("Two", 2), ("One", 1), ("Three", 3), ("Infinity", np.inf), ("MinusInfinity", -np.inf), ("Half", 0.5), ("MinusOne", -1)):
    operation(f"vectorNorm{name}", (3, 4), numpy=lambda x, o=order: [np.linalg.norm(x, o, axis=-1)])(
        lambda x, o=order: [L.vector_norm(x, o, dim=-1)])
operation("conditionNumber", (2, 3, 4), numpy=lambda a: [np.linalg.cond(a)])(lambda a: [L.cond(a)])
operation("conditionNumberOne", (2, 4, 4), numpy=lambda a: [np.linalg.cond(square(a), 1)])(
    lambda a: [L.matrix_norm(square(a), 1) * L.matrix_norm(L.inv(square(a)), 1)])
for exponent, name in ((5, "Five"), (-2, "MinusTwo")):
    operation(f"matrixPower{name}", (2, 3, 3), numpy=lambda a, e=exponent: [np.linalg.matrix_power(square(a), e)])(
        lambda a, e=exponent: [L.matrix_power(square(a) if e > 0 else L.inv(square(a)), abs(e))])
for scale, name in ((0.003, "Tiny"), (0.1, "Small"), (0.5, "Medium"), (1, ""), (8, "Large")):
    operation(f"matrixExponential{name}", (2, 4, 4), numpy=lambda a, s=scale: [scipy.linalg.expm(s * a)])(
        lambda a, s=scale: [L.matrix_exp(s * a)])


def through_eigen(a, function):
    w, v = L.eig(a)
    return [((v * function(w)[..., None, :]) @ L.inv(v)).real]


operation("matrixSquareRoot", (2, 5, 5), numpy=lambda a: [each(lambda m: scipy.linalg.sqrtm(m).real)(square(a))])(
    lambda a: through_eigen(square(a), torch.sqrt))
operation("matrixLogarithm", (2, 5, 5), numpy=lambda a: [each(lambda m: scipy.linalg.logm(m).real)(square(a))])(
    lambda a: through_eigen(square(a), torch.log))
operation("trace", (2, 3, 4), numpy=lambda a: [np.trace(a, axis1=-2, axis2=-1)])(
    lambda a: [a.diagonal(dim1=-2, dim2=-1).sum(-1)])
# Of a norm for which the approximant of degree 9 is too coarse, and that of degree 13 needs no scaling.
operation("matrixExponentialThirteen", (2, 4, 4), numpy=lambda a: [scipy.linalg.expm(1.6 * a)])(
    lambda a: [L.matrix_exp(1.6 * a)])


def make():
    entries = {}
    for number, (name, (inputs, function, second)) in enumerate(OPERATIONS.items()):
        random = np.random.default_rng(number)
        arrays = [random.uniform(-1, 1, shape) for shape in inputs]
        tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
        outputs = function(*tensors)
        cotangents = [random.uniform(-1, 1, tuple(output.shape)) for output in outputs]
        total = sum((output * torch.tensor(c)).sum() for output, c in zip(outputs, cotangents))
        gradients = torch.autograd.grad(total, tensors)
        values = [output.detach().numpy() for output in outputs]
        for value, other in zip(values, second(*arrays) if second else []):
            assert value.shape == other.shape and np.allclose(value, other, rtol=1e-10, atol=1e-10), name
        values = [np.asarray(v) for v in second(*arrays)] + values[len(second(*arrays)):] if second else values
        for kind, many in (
            ("input", arrays), ("output", values), ("cotangent", cotangents), ("gradient", [g.numpy() for g in gradients])):
            for index, array in enumerate(many):
                entries[f"{name}.{kind}{index}"] = np.ascontiguousarray(array, dtype=np.float64).reshape(np.shape(array))
    return entries


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args()
    entries = make()
    if not options.check:
        save_file(entries, FILE)
        print(f"{FILE.name}: {len(OPERATIONS)} operations")
        return
    stored = load_file(FILE)
    bad = [name for name in entries if name not in stored or not np.allclose(entries[name], stored[name], rtol=1e-9, atol=1e-9)]
    bad += [name for name in stored if name not in entries]
    print(f"{len(entries)} entries, {len(bad)} differ: {bad[:10]}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
