#!/usr/bin/env python3
"""Makes the fixtures that Martlet's derivatives are held to: gradients and Hessians by PyTorch, in double precision.

    make_autodiff_fixtures.py           writes the .safetensors files beside this script
    make_autodiff_fixtures.py --check   makes them in memory and compares them with the files

Each function stands here and, under the same name, in Tests/MartletTests/AutodiffFunctions*.swift. README.md beside
this script says what the files hold.
"""

import argparse
import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parent
GRADIENTS = {}
HESSIANS = {}


def gradient(name, *operands):
    """Enters a function of tensors of any shape. An operand is a shape (drawn from the normal distribution), a pair
    (shape, function of the drawn tensor), or a nested list of values."""

    def enter(function):
        assert name not in GRADIENTS, name
        GRADIENTS[name] = (function, operands)
        return function

    return enter


def hessian(name, operand):
    """Enters a scalar-valued function of one tensor."""

    def enter(function):
        assert name not in HESSIANS, name
        HESSIANS[name] = (function, operand)
        return function

    return enter


def positive(x):
    return np.abs(x) + 0.3


def unit(x):
    return 0.9 * np.tanh(x)


def probabilities(x):
    e = np.exp(x)
    return e / e.sum(-1, keepdims=True)


# --- Nets: 3 -> 5 -> 2 with every activation -------------------------------------------------------------------------

NET = ((4, 3), (5, 3), (5,), (2, 5), (2,), (4, 2))
ACTIVATIONS = {
    "identity": lambda x: x,
    "relu": F.relu,
    "leakyReLU 0.25": lambda x: F.leaky_relu(x, 0.25),
    "elu": F.elu,
    "elu 1.25": lambda x: F.elu(x, 1.25),
    "selu": F.selu,
    "gelu": F.gelu,
    "geluTanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": F.softplus,
    "softmax": lambda x: F.softmax(x, -1),
    "logSoftmax": lambda x: F.log_softmax(x, -1),
}
for activation_name, activation in ACTIVATIONS.items():

    @gradient(f"net/{activation_name}", *NET)
    def net(x, w1, b1, w2, b2, target, activation=activation):
        return F.mse_loss(F.linear(activation(F.linear(x, w1, b1)), w2, b2), target)


@gradient("net/fused relu, tanh and sigmoid", (4, 3), (5, 3), (5,), (6, 5), (6,), (2, 6), (2,))
def fused(x, w1, b1, w2, b2, w3, b3):
    h = torch.tanh(F.linear(torch.relu(F.linear(x, w1, b1)), w2, b2))
    return torch.sigmoid(F.linear(h, w3, b3))


@gradient("net/leaky relu of slope 0.01 and log sigmoid", (4, 3), (5, 3))
def leaky(x, w):
    return F.logsigmoid(F.leaky_relu(x @ w.T))


# --- Losses ------------------------------------------------------------------------------------------------------------

LABELS = torch.tensor([2, 0, 1, 2])


@gradient("loss/mean squared error", (4, 3), (4, 3))
def mean_squared_error(a, b):
    return F.mse_loss(a, b)


@gradient("loss/mean absolute error", (4, 3), (4, 3))
def mean_absolute_error(a, b):
    return F.l1_loss(a, b)


@gradient("loss/mean absolute error where equal", [[1.0, 2.0], [3.0, 4.0]], [[1.0, 1.0], [5.0, 4.0]])
def mean_absolute_error_equal(a, b):
    return F.l1_loss(a, b)


@gradient("loss/binary cross-entropy", (4, 3), ((4, 3), lambda x: 1 / (1 + np.exp(-x))))
def binary_cross_entropy(logits, target):
    return F.binary_cross_entropy_with_logits(logits, target)


@gradient("loss/binary cross-entropy of large logits", [[30.0, -40.0], [-0.5, 300.0]], [[1.0, 0.0], [1.0, 0.0]])
def binary_cross_entropy_large(logits, target):
    return F.binary_cross_entropy_with_logits(logits, target)


@gradient("loss/cross-entropy", (4, 3))
def cross_entropy(logits):
    return F.cross_entropy(logits, LABELS)


@gradient("loss/cross-entropy of a net", (4, 3), (5, 3), (5,), (3, 5), (3,))
def cross_entropy_net(x, w1, b1, w2, b2):
    return F.cross_entropy(F.linear(F.gelu(F.linear(x, w1, b1)), w2, b2), LABELS)


@gradient("loss/cross-entropy each, weighted", (4, 3), (4,))
def cross_entropy_each(logits, weights):
    return F.cross_entropy(logits, LABELS, reduction="none") * weights


@gradient("loss/negative log likelihood", (4, 3))
def negative_log_likelihood(logits):
    return F.nll_loss(F.log_softmax(logits, -1), LABELS)


@gradient("loss/Kullback-Leibler divergence", (4, 3), ((4, 3), probabilities))
def kullback_leibler(logits, p):
    return (p * (p.log() - F.log_softmax(logits, -1))).sum(-1)


@gradient("loss/Huber", (4, 3), (4, 3))
def huber(a, b):
    return F.huber_loss(a, b, delta=0.7)


@gradient("loss/hinge", (4, 3), ((4, 3), np.sign))
def hinge(x, y):
    return torch.clamp(1 - x * y, min=0).mean()


@gradient("loss/Gaussian with a learnt variance", (4, 3), (4, 3), (3,))
def gaussian(mean, x, log_variance):
    return (0.5 * (x - mean) ** 2 * torch.exp(-log_variance) + 0.5 * log_variance).mean()


@gradient("loss/contrastive", (4, 3), (4, 3))
def contrastive(a, b):
    a = a / a.square().sum(-1, keepdim=True).sqrt()
    b = b / b.square().sum(-1, keepdim=True).sqrt()
    logits = a @ b.T / 0.5
    labels = torch.arange(4)
    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2


# --- einsum --------------------------------------------------------------------------------------------------------------

EINSUMS = {
    "ij,jk->ik": ((3, 4), (4, 2)),
    "ij,kj": ((3, 4), (2, 4)),
    "ij,jk": ((3, 4), (4, 2)),
    "ba": ((3, 4),),
    "ij,ij": ((3, 4), (3, 4)),
    "i,j->ij": ((3,), (4,)),
    "ii->i": ((3, 3),),
    "ii": ((3, 3),),
    "ij->": ((3, 4),),
    "bij,bjk->bik": ((2, 3, 4), (2, 4, 2)),
    "bij,jk->kib": ((2, 3, 4), (4, 2)),
    "bhqd,bhkd->bhqk": ((2, 2, 3, 4), (2, 2, 3, 4)),
    "ij,jk,kl->il": ((3, 4), (4, 2), (2, 3)),
    "a,ab,bc,c->": ((3,), (3, 4), (4, 2), (2,)),
    "bij,bjk,bk->bi": ((2, 3, 4), (2, 4, 2), (2, 2)),
    "ijk,jil->kl": ((2, 3, 4), (3, 2, 2)),
    "aab,bc->ac": ((3, 3, 2), (2, 4)),
    "ij,ij,ij->i": ((3, 4), (3, 4), (3, 4)),
    "nc,cd,nd->n": ((3, 4), (4, 2), (3, 2)),
}
for expression, shapes in EINSUMS.items():

    @gradient(f"einsum/{expression}", *shapes)
    def einsum(*operands, expression=expression):
        return torch.einsum(expression, *operands)


@gradient("einsum/attention", (2, 3, 2, 4), (2, 5, 2, 4), (2, 5, 2, 4))
def einsum_attention(q, k, v):
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / 2
    return torch.einsum("bhqk,bkhd->bqhd", F.softmax(scores, -1), v)


# --- Indexing, on both sides of = -------------------------------------------------------------------------------------


@gradient("index/element, slice, step and ellipsis", (3, 4, 5))
def index_read(x):
    return x[1, 2, 3] * x[0:2, 1] * x[..., 2].sum() + x[-1, ::2].sum(0) * x[2, 3, 1:].sum()


@gradient("index/backwards", (5, 3))
def index_backwards(x):
    return x.flip(0)[::2] * x[:3] ** 2


@gradient("index/new axis", (3,), (4,))
def index_new_axis(a, b):
    return torch.sin(a[:, None] * b[None, :])


@gradient("index/assign a slice", (3, 4), (2,))
def assign_slice(x, y):
    z = x * 2
    z[0:2, 1] = y * y
    return z * x


@gradient("index/assign a scalar to a block", (3, 4), ())
def assign_scalar(x, y):
    z = torch.tanh(x).clone()  # PyTorch's tanh needs its result untouched
    z[1:, 2:] = y
    return z * z


@gradient("index/assign with a step, and again", (6,), (3,), (2,))
def assign_step(x, y, w):
    z = x.clone()
    z[::2] = y * x[:3]
    z[1:3] = w * z[3:5].clone()
    return z * x


@gradient("index/add to a row in place", (3, 4), (4,))
def add_row(x, y):
    first, second = x[0] * x[0], x[1] * x[1] * y  # in new tensors, since PyTorch refuses this in place
    return torch.stack([first, second, x[2] * x[2] + second * first])


@gradient("index/assign into a constant", (4,), (2,))
def assign_constant(x, y):
    z = torch.zeros(3, 4, dtype=torch.float64)
    z[0] = x
    z[2, 1:3] = y * x[0]
    return z * z + z


@gradient("index/replace rows", (5, 3), (2, 3))
def replace_rows(x, rows):
    z = x * x
    z[torch.tensor([3, 0])] = torch.sin(rows)
    return z * x


@gradient("index/read rows twice", (4, 3))
def read_rows(x):
    return torch.exp(x[torch.tensor([[2, 0], [2, 3]])])


@gradient("scatter/add rows, indices repeated", (4, 3), (5, 3))
def scatter_add(x, rows):
    return torch.index_add(x, 0, torch.tensor([1, 3, 1, 1, 0]), rows * rows) ** 2


@gradient("gather/embedding and mean", (6, 4), (4, 2))
def embedding(table, w):
    return torch.tanh(table[torch.tensor([[0, 5, 5], [2, 0, 0]])].mean(1) @ w)


@gradient("gather/columns", (3, 4))
def gather_columns(x):
    return torch.index_select(x, 1, torch.tensor([3, 0, 3, 1])) ** 2


@gradient("gather/along the last axis", (3, 4))
def gather_along(x):
    return torch.gather(x.sin(), 1, torch.tensor([[0, 0], [3, 1], [2, 2]]))


@gradient("gather/along the first axis", (3, 4))
def gather_along_first(x):
    return torch.gather(x * x, 0, torch.tensor([[2, 1, 0, 2], [2, 2, 0, 0]]))


# --- Order and running totals ---------------------------------------------------------------------------------------------


@gradient("order/sorted", (3, 5))
def sort(x):
    return torch.sort(x, dim=-1, stable=True).values * torch.arange(1, 6, dtype=torch.float64)


@gradient("order/sorted downwards along the first axis", (4, 3))
def sort_down(x):
    return torch.sort(x, dim=0, descending=True, stable=True).values ** 3


@gradient("order/sorted with ties", [[2.0, 1.0, 2.0, 1.0]])
def sort_ties(x):
    return torch.sort(x, dim=-1, stable=True).values * torch.arange(1, 5, dtype=torch.float64)


@gradient("order/largest two", (3, 5))
def top_two(x):
    return torch.topk(x, 2, dim=-1).values.exp()


@gradient("order/smallest two of the first axis", (4, 3))
def smallest_two(x):
    return torch.topk(x, 2, dim=0, largest=False).values ** 2


@gradient("order/median by sorting", (3, 5))
def median(x):
    return torch.sort(x, dim=1, stable=True).values[:, 2]


@gradient("running/sum", (3, 4))
def running_sum(x):
    return torch.cumsum(x * x, 1) * x


@gradient("running/sum along the first axis", (4, 2, 3))
def running_sum_first(x):
    return torch.cumsum(x, 0) ** 2


@gradient("running/product", (3, 4))
def running_product(x):
    return torch.cumprod(x, 1)


@gradient("running/product along the first axis", (4, 3))
def running_product_first(x):
    return torch.sin(torch.cumprod(x, 0))


@gradient("running/product with one zero and with more", [[1.5, 0.0, -2.0, 3.0], [0.0, 2.0, 0.0, 1.0], [0.5, 1, 2, 3]])
def running_product_zeros(x):
    return torch.cumprod(x, 1)


@gradient("running/discounted returns", (5,), ())
def discounted(rewards, gamma):
    powers = torch.cumprod(gamma.expand(5), 0)
    return torch.cumsum(rewards * powers, 0)


# --- Choices, joins and views -----------------------------------------------------------------------------------------------


@gradient("where/two branches", (3, 4), (3, 4))
def where(a, b):
    return torch.where(a > b, a * b, a - b)


@gradient("where/a mask that broadcasts", (3, 4), (4,))
def where_broadcast(a, b):
    mask = torch.tensor([[True], [False], [True]])
    return torch.where(mask, a.exp(), b * b)


@gradient("where/nested", (3, 4))
def where_nested(x):
    return torch.where(x > 0.5, x * x, torch.where(x < -0.5, x.sin(), x * 3))


@gradient("join/concatenate, also with itself", (2, 3), (1, 3))
def concatenate(a, b):
    return torch.cat([a, b, a * 2, b * b], 0) ** 2


@gradient("join/stack along the last axis", (2, 3), (2, 3))
def stack(a, b):
    return torch.stack([a, b, a * b], -1).sin()


@gradient("join/split into unequal parts", (3, 6))
def split(x):
    a, b, c = torch.split(x, [1, 2, 3], 1)
    return a * b.sum() + c * c + b[:, :1]


@gradient("join/pad and flip", (2, 3))
def pad(x):
    padded = F.pad(x, (1, 2, 0, 1), value=1.5)
    return padded * padded.flip(1)


@gradient("view/transposed, sliced and reshaped", (4, 6))
def views(x):
    return x.T[::2].reshape(2, 6) * x[1:3].flip(1)


@gradient("view/permuted and broadcast", (2, 3, 4), (3, 1))
def permuted(x, y):
    return x.permute(2, 0, 1) * y.T + y.expand(3, 2).T


@gradient("view/swapped axes into a product", (2, 3, 4), (2, 3, 5))
def swapped(a, b):
    return a.transpose(1, 2) @ b


@gradient("view/windows: a convolution", (8, 2), (3, 2, 4))
def convolution(x, kernel):
    return sum(x[i : i + 6] @ kernel[i] for i in range(3))


@gradient("view/max pooling with ties", [[1.0, 3.0, 3.0, 2.0], [5.0, 5.0, 5.0, 5.0]])
def pooling(x):
    return x.reshape(2, 2, 2).amax(-1) ** 2


# --- Products of matrices ------------------------------------------------------------------------------------------------------

for name, shapes in {
    "batch": ((2, 3, 4), (2, 4, 2)),
    "shared right": ((2, 3, 4), (4, 2)),
    "shared left": ((3, 4), (2, 4, 2)),
    "batches that broadcast": ((2, 1, 3, 4), (3, 4, 2)),
    "vector and vector": ((4,), (4,)),
    "matrix and vector": ((2, 3, 4), (4,)),
    "vector and matrix": ((3,), (2, 3, 4)),
}.items():

    @gradient(f"matmul/{name}", *shapes)
    def product(a, b):
        return torch.matmul(a, b)


@gradient("matmul/strided and transposed operands", (6, 4), (5, 6))
def strided(a, b):
    return a[::2].T @ b.T[1::2]


@gradient("matmul/of itself, cubed", (3, 3))
def cube(a):
    return a @ a @ a.T


@gradient("matmul/quadratic form", (4,), (4, 4))
def quadratic(x, a):
    return x @ a @ x


# --- Normalisation and statistics --------------------------------------------------------------------------------------------


@gradient("normal/layer norm with scale and shift", (3, 6), (6,), (6,))
def layer_norm(x, scale, shift):
    return F.layer_norm(x, (6,), scale, shift)


@gradient("normal/layer norm of large epsilon", (2, 3, 4))
def layer_norm_epsilon(x):
    return F.layer_norm(x, (4,), eps=0.1)


@gradient("normal/batch norm", (5, 3), (3,), (3,))
def batch_norm(x, scale, shift):
    return F.batch_norm(x, None, None, scale, shift, training=True)


@gradient("normal/root mean square norm", (3, 6), (6,))
def rms_norm(x, scale):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * scale


@gradient("normal/variance", (3, 5))
def variance(x):
    return x.var(1, correction=0)


@gradient("normal/sample variance over two axes", (3, 2, 4))
def sample_variance(x):
    return x.var((0, 2), correction=1, keepdim=True)


@gradient("normal/standard deviation", (3, 5))
def standard_deviation(x):
    return x.std(correction=1)


@gradient("normal/log-sum-exp", (3, 5))
def log_sum_exp(x):
    return torch.logsumexp(x, 1)


@gradient("normal/log-sum-exp of the first axis, large", [[1000.0, -1000.0], [999.0, -1001.0]])
def log_sum_exp_large(x):
    return torch.logsumexp(x, 0)


@gradient("normal/softmax of the first axis with a temperature", (4, 3), ((), positive))
def softmax_temperature(x, t):
    return F.softmax(x / t, 0)


@gradient("normal/Euclidean norms", (3, 4))
def norms(x):
    return x.norm() * x.norm(dim=1)


@gradient("normal/p-norm", ((3, 4), positive), ((), positive))
def p_norm(x, p):
    return (x**p).sum(1) ** (1 / p)


@gradient("normal/cosine similarity", (3, 4), (3, 4))
def cosine(a, b):
    return F.cosine_similarity(a, b)


@gradient("normal/distances between all pairs", (3, 4), (2, 4))
def distances(a, b):
    return ((a[:, None] - b[None]) ** 2).sum(-1).sqrt()


@gradient("normal/covariance", (5, 3))
def covariance(x):
    centred = x - x.mean(0)
    return centred.T @ centred / 4


# --- Extremes and kinks ------------------------------------------------------------------------------------------------------------


@gradient("kink/maximum and minimum with ties", [1.0, 2.0, 3.0, -1.0], [1.0, 3.0, 2.0, -1.0])
def extremes(a, b):
    return torch.maximum(a, b) * 2 + torch.minimum(a, b) * torch.tensor([1.0, 2, 3, 4], dtype=torch.float64)


@gradient("kink/largest and smallest along axes with ties", [[1.0, 3.0, 3.0], [0.0, 0.0, 0.0], [3.0, 2.0, 1.0]])
def amax_ties(x):
    return x.amax(1) + x.amin(0) * 2 + x.amax()


@gradient("kink/relu, abs, sign, floor at zero", [-1.0, 0.0, 0.0, 2.0])
def at_zero(x):
    return torch.relu(x) + 3 * x.abs() + torch.sign(x) * x + torch.floor(x) * x


@gradient("kink/leaky relu, elu and selu at zero", [-1.0, 0.0, 2.0])
def rectifiers_at_zero(x):
    return F.leaky_relu(x, 0.25) + F.elu(x, 1.25) + F.selu(x)


@gradient("kink/clip inside, outside and at the bounds", [-2.0, -1.0, 0.0, 1.0, 3.0])
def clip(x):
    return x.clip(-1, 1) * 3 + x.clip(-1, 1) ** 2


@gradient("kink/products with zeros", [[1.5, 0.0, -2.0], [0.0, 2.0, 0.0], [0.5, 1.0, 2.0]])
def products(x):
    return x.prod(1) * x.prod(0)


# --- Elementwise compositions --------------------------------------------------------------------------------------------------------


@gradient("element/powers", ((3, 4), positive), (3, 4))
def powers(a, b):
    return a**b + b**3 + a**-0.5 + 2**b


@gradient("element/power at a base of zero", [0.0, 0.0, 0.0, 2.0], [0.0, 1.0, 2.0, 0.0])
def power_zero(a, b):
    return a**b


@gradient("element/atan2 and hypot", (3, 4), (4,))
def polar(y, x):
    return torch.atan2(y, x) * torch.hypot(y, x)


@gradient("element/remainder", (3, 4), ((4,), positive))
def remainder(a, b):
    return torch.remainder(a, b) * a


@gradient("element/trigonometric", ((3, 4), unit))
def trigonometric(x):
    return x.sin() * x.cos() + x.tan() + x.asin() * x.acos() - x.atan()


@gradient("element/hyperbolic", ((3, 4), unit))
def hyperbolic(x):
    return x.sinh() * x.cosh() - x.tanh() + x.asinh() * x.atanh() + (x + 3).acosh()


@gradient("element/exponentials and logarithms", ((3, 4), positive))
def exponentials(x):
    return x.exp() * x.log() + x.expm1() * x.log1p() + x.exp2() * x.log2() - x.log10() + x.sqrt() * x.rsqrt() / x


@gradient("element/error functions", (3, 4))
def errors(x):
    return x.erf() * (x / 2).erfc() + torch.reciprocal(x.square() + 1)


@gradient("element/entropy of a softmax", (3, 4))
def entropy(x):
    p = F.softmax(x, -1)
    return -(p * p.log()).sum(-1)


@gradient("element/a variable that takes no part", (3,), (2,))
def unused(a, b):
    return a * a


@gradient("element/one variable in many places", (3,))
def shared(x):
    y = x * x
    z = y + x * y
    return z * y + z.sum() * x + (x * z).mean()


# --- Larger pieces ---------------------------------------------------------------------------------------------------------------------


@gradient("model/recurrent, shared weights", (4, 3), (5, 3), (5, 5), (5,))
def recurrent(xs, w, u, b):
    h = torch.zeros(5, dtype=torch.float64)
    for x in xs:
        h = torch.tanh(w @ x + u @ h + b)
    return h


@gradient("model/long short-term memory cell", (2, 3), (2, 4), (2, 4), (16, 7), (16,))
def lstm(x, h, c, w, b):
    i, f, g, o = F.linear(torch.cat([x, h], -1), w, b).chunk(4, -1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c)


@gradient("model/causal attention", (2, 4, 6), (6, 6), (6, 6), (6, 6))
def attention(x, wq, wk, wv):
    q, k, v = ((x @ w).reshape(2, 4, 2, 3).transpose(1, 2) for w in (wq, wk, wv))
    mask = torch.tril(torch.ones(4, 4, dtype=torch.bool))
    scores = torch.where(mask, q @ k.transpose(-1, -2) / math.sqrt(3), -1e9)
    return (F.softmax(scores, -1) @ v).transpose(1, 2).reshape(2, 4, 6)


@gradient("model/transformer block", (3, 4), (4, 4), (8, 4), (8,), (4, 8), (4,), (4,), (4,))
def block(x, wo, w1, b1, w2, b2, scale, shift):
    h = F.layer_norm(x, (4,), scale, shift)
    h = x + F.softmax(h @ h.T / 2, -1) @ h @ wo
    return h + F.linear(F.gelu(F.linear(F.layer_norm(h, (4,), scale, shift), w1, b1)), w2, b2)


@gradient("model/radial basis functions", (4, 2), (3, 2), (3,), (3,))
def radial(x, centres, log_width, weights):
    square = ((x[:, None] - centres[None]) ** 2).sum(-1)
    return torch.exp(-square * log_width.exp()) @ weights


@gradient("model/mixture of experts", (4, 3), (2, 3), (2, 5, 3))
def experts(x, gate, weights):
    p = F.softmax(x @ gate.T, -1)
    each = torch.einsum("ni,eoi->neo", x, weights)
    return torch.einsum("ne,neo->no", p, torch.tanh(each))


@gradient("model/unrolled gradient descent", (4,), (4, 4), ())
def unrolled(x, a, rate):
    for _ in range(3):
        x = x - rate * torch.tanh((a + a.T) @ x)
    return x.square().sum()


# --- Hessians ------------------------------------------------------------------------------------------------------------------------------


@hessian("rosenbrock", (4,))
def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


@hessian("quadratic form", (3, 3))
def quadratic_form(a):
    v = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    return v @ a.T @ a @ v


@hessian("logistic regression", (3,))
def logistic(w):
    x = torch.tensor([[1.0, 2, -1], [0.5, -1, 2], [-2, 0.3, 1], [1, 1, 1]], dtype=torch.float64)
    y = torch.tensor([1.0, 0, 1, 0], dtype=torch.float64)
    return F.binary_cross_entropy_with_logits(x @ w, y)


@hessian("cross-entropy", (3, 4))
def cross_entropy_hessian(x):
    return F.cross_entropy(x, torch.tensor([3, 0, 2]))


@hessian("tanh net by its weights", (17,))
def net_hessian(p):
    x = torch.tensor([[0.5, -1.0], [1.5, 0.3], [-0.7, 0.9]], dtype=torch.float64)
    h = torch.tanh(F.linear(x, p[:8].reshape(4, 2), p[8:12]))
    y = F.linear(h, p[12:16].reshape(1, 4), p[16:17])
    return F.mse_loss(y, torch.tensor([[1.0], [-1.0], [0.5]], dtype=torch.float64))


@hessian("smooth activations", (7,))
def activations_hessian(x):
    return (
        F.gelu(x) + F.gelu(x, approximate="tanh") * 2 + F.silu(x) * 3 + F.mish(x) * 4 + F.softplus(x) * x
        + F.logsigmoid(x) + torch.sigmoid(x) * torch.tanh(x) + F.elu(x) * x + F.selu(x) * 2
    ).sum()  # fmt: skip


@hessian("log-sum-exp and softmax", (2, 4))
def log_sum_exp_hessian(x):
    return torch.logsumexp(x, 1).square().sum() + (F.softmax(x, -1) * x).sum() + F.log_softmax(x, 0)[0].prod()


@hessian("layer norm", (2, 4))
def layer_norm_hessian(x):
    weights = torch.arange(8, dtype=torch.float64).reshape(2, 4).sin()
    return (F.layer_norm(x, (4,)) * weights).sum() ** 2


@hessian("variance and norms", (2, 3))
def variance_hessian(x):
    return x.var(1, correction=1).log().sum() + x.norm() + x.norm(dim=0).prod()


@hessian("products, one of them with zeros", [[1.5, 0.0, -2.0], [0.5, 2.0, 3.0]])
def product_hessian(x):
    return x.prod(1).sum() * 2 + x.prod(0).sum() * x.sum()


@hessian("running product with a zero", [2.0, 0.0, -1.5, 3.0])
def running_product_hessian(x):
    return (torch.cumprod(x, 0) * torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)).sum() + torch.cumsum(x, 0).prod()


@hessian("powers", ((4,), positive))
def powers_hessian(x):
    return (x**3 + x**-0.5 + x**x + 2**x).sum() + (x[0] ** x[1]) * x[2] ** 2


@hessian("polar coordinates", (2, 3))
def polar_hessian(x):
    return (torch.atan2(x[0], x[1]) * torch.hypot(x[0], x[1])).sum()


@hessian("elementary functions", ((6,), lambda x: 0.3 + 0.3 * np.tanh(x)))
def elementary_hessian(x):
    return (
        x.sin() * x.cos() + x.tan() + x.asin() * x.acos() + x.atan() * x.sinh() + x.cosh() * x.asinh() + x.atanh()
        + (x + 2).acosh() + x.log() * x.log1p() + x.log2() * x.exp2() + x.log10() + x.expm1() * x.erf()
        + x.erfc() * x.sqrt() + x.rsqrt() + torch.reciprocal(x)
    ).sum()  # fmt: skip


@hessian("einsum and sorting", (3, 3))
def einsum_hessian(x):
    ordered = torch.sort(x, dim=1, stable=True).values
    return torch.einsum("ij,jk,ki->", x, x, ordered) + torch.einsum("ii->i", x).exp().prod()


@hessian("gather, scatter and assignment", (5,))
def gather_hessian(x):
    y = x[torch.tensor([0, 2, 2, 4])] ** 3
    z = torch.index_add(x * x, 0, torch.tensor([1, 1, 3, 0]), y)
    z = torch.cat([z[:2], z[:2] * x[3:5], z[4:]])
    return (z * x).sum()


@hessian("where, maximum and clipping off their kinks", (6,))
def kinked_hessian(x):
    y = torch.where(x > 0.1, x**3, x.sin()) * torch.maximum(x, x * x - 0.3)
    return (y * x.clip(-1.2, 1.2)).sum() * x.amax() + torch.relu(x).square().sum()


# --- Files -------------------------------------------------------------------------------------------------------------------------------------


def drawn(random, operand):
    if isinstance(operand, list):
        return np.array(operand, dtype=np.float64)
    shape, change = operand if len(operand) == 2 and callable(operand[1]) else (operand, lambda x: x)
    return np.asarray(change(random.standard_normal(shape)), dtype=np.float64)


def make():
    """Every function draws from a generator of its own, so that a new one does not move the others' numbers."""
    gradients, hessians = {}, {}
    for name, (function, operands) in GRADIENTS.items():
        random = np.random.RandomState(sum(map(ord, name)))
        inputs = [torch.tensor(drawn(random, operand), requires_grad=True) for operand in operands]
        output = function(*inputs)
        cotangent = torch.from_numpy(np.asarray(random.standard_normal(output.shape)))
        results = torch.autograd.grad((output * cotangent).sum(), inputs, allow_unused=True)
        gradients[f"{name}.output"] = output
        gradients[f"{name}.cotangent"] = cotangent
        for index, (x, g) in enumerate(zip(inputs, results)):
            gradients[f"{name}.input{index}"] = x
            gradients[f"{name}.gradient{index}"] = torch.zeros_like(x) if g is None else g
    for name, (function, operand) in HESSIANS.items():
        x = torch.tensor(drawn(np.random.RandomState(sum(map(ord, name))), operand))
        hessians[f"{name}.input"] = x
        hessians[f"{name}.hessian"] = torch.autograd.functional.hessian(function, x)
    files = {"autodiff-gradients.safetensors": gradients, "autodiff-hessians.safetensors": hessians}
    for name, tensors in files.items():
        for entry, tensor in tensors.items():
            tensors[entry] = np.ascontiguousarray(tensor.detach().numpy()).reshape(tuple(tensor.shape))
            assert np.isfinite(tensors[entry]).all(), f"{name}: {entry} is not finite"
    return files


def check(files):
    failures = 0
    for name, tensors in files.items():
        with safe_open(HERE / name, "numpy") as stored:
            if set(stored.keys()) != set(tensors):
                print(f"{name}: the entries differ: {sorted(set(stored.keys()) ^ set(tensors))[:10]}")
                failures += 1
                continue
            for entry, expected in tensors.items():
                actual = stored.get_tensor(entry)
                scale = max(1, np.abs(expected).max(initial=0))
                if actual.shape != expected.shape or np.abs(actual - expected).max(initial=0) > 1e-12 * scale:
                    print(f"{name}: {entry} differs")
                    failures += 1
    print("the files are what this script makes" if failures == 0 else f"{failures} differences")
    return failures == 0


def main():
    parser = argparse.ArgumentParser(description="Makes the fixtures of Martlet's autodiff tests.")
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    arguments = parser.parse_args()
    torch.use_deterministic_algorithms(True)
    files = make()
    if arguments.check:
        sys.exit(0 if check(files) else 1)
    for name, tensors in files.items():
        save_file(tensors, HERE / name)
        print(f"{name}: {len(tensors)} tensors, {(HERE / name).stat().st_size:,} bytes")
    print(f"{len(GRADIENTS)} functions with gradients, {len(HESSIANS)} with Hessians")


if __name__ == "__main__":
    main()
