#!/usr/bin/env python3
"""Makes torch-operators.safetensors: operators that torch-operators.tsv lists, by PyTorch and SciPy, in double precision.

    make_torch_operator_fixtures.py           writes the file beside this script
    make_torch_operator_fixtures.py --check   makes it in memory and compares it with the file

Every operator stands here and, under the same name, in Tests/MartletNumericsTests/TorchOperatorFunctions.swift. The entries
are `name.input0` ..., `name.output0` ..., and where PyTorch has a derivative `name.cotangent0` ... and the gradients of the
sum of all output * cotangent as `name.gradient0` ....
"""

import sys
from pathlib import Path

import numpy as np
import scipy.special
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save_file

FILE = Path(__file__).resolve().parent / "torch-operators.safetensors"
S, L = torch.special, torch.linalg
OPERATORS = {}
ALL = object()


def draw(name, *shapes, low=-2.0, high=2.0):
    generator = np.random.default_rng(sum(map(ord, name)))
    return [generator.uniform(low, high, shape) for shape in shapes]


def operator(name, function, inputs, gradients=ALL):
    """Enters a function of tensors with its operands, and for which of them there are gradients: for none with NumPy's
    functions, which take arrays."""
    assert name not in OPERATORS, name
    OPERATORS[name] = (function, inputs, range(len(inputs)) if gradients is ALL else gradients)


def points(*numbers):
    return [np.array(numbers, np.float64)]


def at(name, low, high, *more):
    return [np.concatenate([*draw(name, (24,), low=low, high=high), np.array(more, np.float64)])]


# Special functions. PyTorch has no derivatives of most Bessel functions and polynomials, and its J0, J1, Y0 and Y1 are off by
# up to 2e-7 beyond 5: SciPy's.
for label, function in {"besselJ0": scipy.special.j0, "besselJ1": scipy.special.j1}.items():
    operator(label, function, at(label, -30, 30, 0.0, 100.5), ())
for label, function in {"besselY0": scipy.special.y0, "besselY1": scipy.special.y1}.items():
    operator(label, function, at(label, 0.05, 30, 100.5), ())
for label, function in {"besselI0": S.i0, "besselI1": S.i1, "besselI0Scaled": S.i0e, "besselI1Scaled": S.i1e}.items():
    operator(label, function, at(label, -12, 12, 7.99, 8.01, 30.5))
for label, function in {
    "besselK0": S.modified_bessel_k0, "besselK1": S.modified_bessel_k1, "besselK0Scaled": S.scaled_modified_bessel_k0,
    "besselK1Scaled": S.scaled_modified_bessel_k1}.items():
    operator(label, function, at(label, 0.05, 12, 1.99, 2.01, 30.5), ())
for label, function in {"J": scipy.special.jv, "I": scipy.special.iv, "K": scipy.special.kv, "Y": scipy.special.yv}.items():
    for order in (2, 5, -3):
        operator(
            f"bessel{label} of order {order}", lambda x, function=function, order=order: function(order, x),
            at(label, 0.5, 12, 200.0), ())
operator("erfcx", S.erfcx, at("erfcx", -3, 9, 30.0, 1e5))
operator("ndtr", S.ndtr, at("ndtr", -5, 5))
operator("ndtri", S.ndtri, at("ndtri", 0.02, 0.98, 1e-3, 1e-12, 1e-20, 1e-200))
operator("logNdtr", S.log_ndtr, at("logNdtr", -30, 5, -300.0))
# PyTorch has no derivative by the first operand.
operator("gammaBelow", torch.igamma, draw("igamma", (30,), (30,), low=0.1, high=12.0), (1,))
operator("gammaAbove", torch.igammac, draw("igammac", (30,), (30,), low=0.1, high=12.0), (1,))
operator("zeta", S.zeta, [*draw("zeta", (30,), low=1.2, high=9.0), *draw("zeta q", (30,), low=0.2, high=9.0)], (1,))
for p in (1, 3, 5):
    operator(f"lgamma of dimension {p}", lambda x, p=p: torch.mvlgamma(x, p), at("mvlgamma", 2.2, 9))
operator("entr", S.entr, at("entr", 0.05, 4))
operator("xlog1py", S.xlog1py, [*draw("xlog1py", (20,)), *draw("xlog1py y", (20,), low=-0.9, high=5.0)])
operator("logAddExp2", torch.logaddexp2, draw("logaddexp2", (20,), (20,), low=-30.0, high=30.0))
for family, function in {
    "chebyshevT": S.chebyshev_polynomial_t, "chebyshevU": S.chebyshev_polynomial_u, "chebyshevV": S.chebyshev_polynomial_v,
    "chebyshevW": S.chebyshev_polynomial_w, "legendre": S.legendre_polynomial_p, "hermite": S.hermite_polynomial_h,
    "hermiteProbability": S.hermite_polynomial_he, "laguerre": S.laguerre_polynomial_l}.items():
    for degree in (0, 1, 2, 5):
        operator(
            f"{family} {degree}", lambda x, function=function, degree=degree: function(x, degree),
            at(family, -0.95, 0.95), ())
for family, function in {
    "shifted chebyshevT": S.shifted_chebyshev_polynomial_t, "shifted chebyshevU": S.shifted_chebyshev_polynomial_u}.items():
    operator(family, lambda x, function=function: function(x, 4), at(family, 0.05, 0.95), ())

# Windows: PyTorch's, with one operand that is added, so that there is one.
W = torch.signal.windows
for count in (1, 2, 7, 8):
    for sym in (True, False):
        for label, window in {
            "hann": W.hann, "hamming": W.hamming, "blackman": W.blackman, "nuttall": W.nuttall, "bartlett": W.bartlett,
            "cosine": W.cosine, "kaiser": lambda n, **k: W.kaiser(n, beta=5.0, **k),
            "gaussian": lambda n, **k: W.gaussian(n, std=1.5, **k),
            "exponential": lambda n, **k: W.exponential(n, tau=2.5, **k),
            "general hamming": lambda n, **k: W.general_hamming(n, alpha=0.6, **k),
            "general cosine": lambda n, **k: W.general_cosine(n, a=[0.5, 0.3, 0.2], **k)}.items():
            operator(
                f"window {label} {count}{'' if sym else ' periodic'}",
                lambda x, window=window, count=count, sym=sym: x + window(count, sym=sym, dtype=torch.float64),
                [np.zeros(1)])

# Distances and normalisations.
for order in (0.5, 1.0, 2.0, 3.0, float("inf")):
    operator(f"distances {order}", lambda a, b, p=order: torch.cdist(a, b, p=p), draw("cdist", (2, 4, 3), (5, 3)))
    operator(f"pairDistances {order}", lambda a, p=order: F.pdist(a, p), draw("pdist", (5, 3)))
operator("cosineSimilarity", F.cosine_similarity, draw("cos", (3, 4, 2), (3, 4, 2)))
operator("cosineSimilarity broadcast", lambda a, b: F.cosine_similarity(a, b, dim=-1), draw("cos2", (3, 1, 4), (5, 4)))
operator("pairwiseDistance", F.pairwise_distance, draw("pair", (3, 4), (3, 4)))
operator("pairwiseDistance 1", lambda a, b: F.pairwise_distance(a, b, p=1, keepdim=True), draw("pair1", (3, 4), (4,)))
operator("normalized", F.normalize, draw("normalize", (3, 4, 2)))
operator("normalized 3", lambda x: F.normalize(x, p=3.0, dim=-1), draw("normalize3", (3, 4)))
operator("renormalized", lambda x: torch.renorm(x, 2, 1, 2.5), draw("renorm", (3, 4, 2)))
operator("rmsNormalized", lambda x, w: F.rms_norm(x, (4,), w, eps=1e-6), draw("rms", (2, 3, 4), (4,)))
operator("rmsNormalized plain", lambda x: F.rms_norm(x, (4,)), draw("rms2", (2, 4)))
operator("groupNormalized", lambda x, w, b: F.group_norm(x, 2, w, b), draw("group", (2, 6, 3), (6,), (6,)))
operator("groupNormalized instance", lambda x: F.instance_norm(x), draw("instance", (2, 3, 5)))
operator(
    "batchNormalized", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), draw("batch", (4, 3, 2), (3,), (3,)))
operator(
    "batchNormalized given", lambda x, m, v, w, b: F.batch_norm(x, m, v.abs() + 0.5, w, b),
    draw("batch2", (4, 3), (3,), (3,), (3,), (3,)), (0, 3, 4))

# Shapes and choices.
operator("diagonal of batches", lambda x: torch.diag_embed(x, 1), draw("embed", (2, 3)))
operator("blockDiagonal", lambda a, b, c: torch.block_diag(a, b, c), draw("block", (2, 3), (2,), ()))
operator("cartesianProduct", lambda a, b, c: torch.cartesian_prod(a, b, c), draw("product", (2,), (3,), (2,)))
operator("combinations", lambda x: torch.combinations(x, 3), draw("choose", (5,)))
operator("combinations replacement", lambda x: torch.combinations(x, 2, with_replacement=True), draw("choose2", (4,)))
operator("uniqueConsecutive", lambda x: torch.unique_consecutive(x), points(1, 1, 2, 2, 2, 1, 3, 3), ())
operator("minMax", lambda x: list(torch.aminmax(x, dim=1)), draw("aminmax", (3, 5)))

# Linear algebra.
operator("multiDot", lambda a, b, c, d: L.multi_dot([a, b, c, d]), draw("multi", (2, 7), (7, 3), (3, 9), (9, 2)))
operator("multiDot vectors", lambda a, b, c: L.multi_dot([a, b, c]), draw("multi2", (4,), (4, 3), (3,)))
operator("vandermonde", lambda x: L.vander(x, N=5), draw("vander", (2, 3)))
operator("vandermonde square", L.vander, draw("vander2", (4,)))
operator("tensorInverse", lambda a: L.tensorinv(a, ind=2), draw("tensorinv", (2, 3, 6)))
operator("tensorSolve", L.tensorsolve, draw("tensorsolve", (2, 3, 6), (2, 3)))
operator("logDeterminant", lambda a: torch.logdet(a @ a.mT + torch.eye(3)), draw("logdet", (2, 3, 3)))
operator(
    "choleskyInverse", lambda a: torch.cholesky_inverse(L.cholesky(a @ a.mT + torch.eye(3))), draw("cholinv", (2, 3, 3)))
operator("householderProduct", L.householder_product, draw("householder", (2, 4, 3), (2, 2)))


def polar(a):
    u, s, vt = L.svd(a, full_matrices=False)
    return [u @ vt, vt.mT @ (s[..., None] * vt)]


operator("polarDecomposition", polar, draw("polar", (2, 4, 3)))

# What takes a few operations: the expressions that torch-operators.tsv gives.
operator("addmm", lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2.0), draw("addmm", (2, 4), (2, 3), (3, 4)))
operator("baddbmm", torch.baddbmm, draw("baddbmm", (2, 2, 4), (2, 2, 3), (2, 3, 4)))
operator("addcdiv", lambda x, a, b: torch.addcdiv(x, a, b.abs() + 1, value=0.5), draw("addcdiv", (3,), (3,), (3,)))
operator("dist", lambda a, b: torch.dist(a, b, 3), draw("dist", (3, 2), (3, 2)))
operator("softmin", lambda x: F.softmin(x, dim=1), draw("softmin", (2, 4)))
operator("bilinear", F.bilinear, draw("bilinear", (5, 3), (5, 2), (4, 3, 2), (4,)))
operator("attention", F.scaled_dot_product_attention, draw("attention", (2, 3, 4), (2, 5, 4), (2, 5, 6)))
operator("channelShuffle", lambda x: F.channel_shuffle(x, 2), draw("shuffle", (2, 6, 2, 2)))
operator("pixelShuffle", lambda x: F.pixel_shuffle(x, 2), draw("pixel", (1, 8, 2, 3)))
operator("huber", lambda a, b: F.huber_loss(a, b, delta=0.7), draw("huber", (3, 4), (3, 4)))
operator("smoothL1", lambda a, b: F.smooth_l1_loss(a, b, beta=0.7), draw("smooth", (3, 4), (3, 4)))
operator("softMargin", lambda x: F.soft_margin_loss(x, torch.tensor([1.0, -1, 1, -1])), draw("soft", (4,)))
operator(
    "tripletMargin", lambda a, p, n: F.triplet_margin_loss(a, p, n), draw("triplet", (3, 4), (3, 4), (3, 4)))
operator(
    "gaussianNLL", lambda x, y, v: F.gaussian_nll_loss(x, y, v.abs() + 0.5), draw("gauss", (3, 4), (3, 4), (3, 4)))
operator("poissonNLL", F.poisson_nll_loss, draw("poisson", (3, 4), (3, 4)))
operator(
    "localResponse", lambda x: F.local_response_norm(x, 3, alpha=0.1), draw("response", (2, 5, 3)))
MASK = torch.tensor([[True, False, True], [False, True, True]])
for label, function in {
    "sum": torch.masked.sum, "prod": torch.masked.prod, "mean": torch.masked.mean, "amax": torch.masked.amax,
    "var": torch.masked.var, "softmax": torch.masked.softmax, "logsumexp": torch.masked.logsumexp}.items():
    operator(f"masked {label}", lambda x, function=function: function(x, 1, mask=MASK), draw("masked", (2, 3)))


def make():
    tensors = {}
    torch.manual_seed(1)
    for name, (function, inputs, differentiable) in OPERATORS.items():
        operands = [torch.from_numpy(np.array(x)).requires_grad_(i in differentiable) for i, x in enumerate(inputs)]
        try:
            results = function(*operands)
        except (RuntimeError, TypeError):
            if differentiable:
                raise
            results = function(*inputs)
        if not isinstance(results, (list, tuple)) and not torch.is_tensor(results):
            results = torch.from_numpy(np.asarray(results))
        results = list(results) if isinstance(results, (list, tuple)) else [results]
        for index, x in enumerate(inputs):
            tensors[f"{name}.input{index}"] = np.array(x)
        for index, y in enumerate(results):
            tensors[f"{name}.output{index}"] = y.detach().numpy().copy()
        if differentiable:
            generator = np.random.default_rng(5)
            cotangents = [torch.from_numpy(np.array(generator.uniform(-1, 1, tuple(y.shape)))) for y in results]
            total = sum((y * c).sum() for y, c in zip(results, cotangents))
            gradients = torch.autograd.grad(total, [operands[i] for i in differentiable])
            for index, c in enumerate(cotangents):
                tensors[f"{name}.cotangent{index}"] = c.numpy()
            for index, gradient in zip(differentiable, gradients):
                tensors[f"{name}.gradient{index}"] = gradient.numpy().copy()
    return {name: np.ascontiguousarray(x) if x.ndim else x for name, x in tensors.items()}


def main():
    tensors = make()
    if "--check" in sys.argv[1:]:
        stored = load_file(FILE)
        wrong = [
            name for name in sorted(set(stored) | set(tensors))
            if name not in stored or name not in tensors or stored[name].shape != tensors[name].shape
            or not np.allclose(stored[name], tensors[name], rtol=1e-10, atol=1e-12, equal_nan=True)]
        print("\n".join(f"{name} differs" for name in wrong) or "the file is what this script makes")
        sys.exit(1 if wrong else 0)
    save_file(tensors, FILE)
    FILE.chmod(0o644)
    print(f"{FILE.name}: {len(tensors)} tensors, {FILE.stat().st_size:,} bytes, {len(OPERATORS)} operators")


if __name__ == "__main__":
    main()
