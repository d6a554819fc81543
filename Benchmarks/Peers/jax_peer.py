"""JAX: every expression, prediction and whole training step through `jit`, with donated buffers in training."""

import functools
import os

import protocol

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import workloads as w  # noqa: E402


def muladd_chain(a, b, c):
    for _ in range(4):
        a = a * b + c
    return a


def chain_sum(length, a, b, c, d):
    for _ in range(length // 4):
        a = jnp.maximum((a - b) * c + d, 0)
    return a.sum()


def layer_norm(x, scale, shift):
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + shift


swish_gradient = jax.grad(lambda a, b: (a * jax.nn.sigmoid(a * b) + 0.1 * a).sum())

ELEMENTWISE = {
    "add": lambda a, b: a + b,
    "muladd": lambda a, b, c: a * b + c,
    "muladd-chain4": muladd_chain,
    **{name: functools.partial(chain_sum, length) for name, length in w.CHAINS.items()},
    "swish-gradient": swish_gradient,
    "exp": jnp.exp,
    "log": jnp.log,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "gelu": functools.partial(jax.nn.gelu, approximate=False),
    "gelu-tanh": jax.nn.gelu,
    "relu": jax.nn.relu,
    "sum-all": jnp.sum,
    "softmax": jax.nn.softmax,
    "layernorm": layer_norm,
    "sum-axis0": lambda a: a.sum(0),
    "sum-axis1": lambda a: a.sum(1),
    "max-axis1": lambda a: a.max(1),
    "add-row": lambda a, b: a + b,
    "transpose-copy": lambda a: a.T,
    "strided-copy": lambda a: a[:, ::2],
}


@functools.cache
def compiled(operation: str):
    return jax.jit(ELEMENTWISE[operation])


@functools.cache
def compiled_layer():
    return jax.jit(lambda a, b, c: jax.nn.relu(a @ b + c))


@functools.cache
def compiled_product(transposed_a: bool, transposed_b: bool, sliced: bool):
    """With the views taken inside, as a user's function would have them."""

    def product(a, b):
        a = a.T if transposed_a else a[:512, :512] if sliced else a
        b = b.T if transposed_b else b[:512, :512] if sliced else b
        return a @ b

    return jax.jit(product)


def expression(function, operands, context=None) -> protocol.Work:
    work = protocol.Work(
        "function(*operands).block_until_ready()",
        {"function": function, "operands": operands},
        check=lambda: w.check_value(function(*operands)),
    )
    if context is not None:
        work.context = context
    return work


def product(name: str) -> protocol.Work:
    if w.is_layer(name):
        return expression(compiled_layer(), [jnp.asarray(operand) for operand in w.matmul_operands(name)])
    a, b = w.matmul_operands(name)
    context = functools.partial(jax.enable_x64, True) if a.dtype == np.float64 else None
    sliced = name == "matmul/sliced-512"
    # What lies in memory; the views are taken in the compiled function.
    transposed = [operand.ndim == 2 and not sliced and not operand.flags.c_contiguous for operand in (a, b)]
    stored = [operand.T if turned else operand.base if sliced else operand for operand, turned in zip((a, b), transposed)]
    if sliced:
        stored = [operand.reshape(1024, 1024) for operand in stored]
    function = compiled_product(*transposed, sliced)
    if context is None:
        return expression(function, [jnp.asarray(operand) for operand in stored])
    with context():
        return expression(function, [jnp.asarray(operand) for operand in stored], context)


def logits(parameters, x):
    *hidden, (last_weight, last_bias) = parameters
    for weight, bias in hidden:
        x = jax.nn.relu(x @ weight + bias)
    return x @ last_weight + last_bias


def mean_squared_error(parameters, x, y):
    return jnp.mean(jnp.square(logits(parameters, x) - y))


def cross_entropy(parameters, x, y):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits(parameters, x)), y[:, None], 1))


def parameters_of(layers):
    """Weights as [in, out], JAX's custom."""
    return [(jnp.array(weight.T), jnp.array(bias)) for weight, bias in layers]


def initial_state(parameters, rule: str):
    if rule == "sgd":
        return None
    zeros = functools.partial(jax.tree.map, jnp.zeros_like)
    return zeros(parameters), zeros(parameters), jnp.zeros((), jnp.int32)


@functools.cache
def compiled_step(regression: bool, rule: str, rate: float):
    loss_function = mean_squared_error if regression else cross_entropy

    def adam(parameters, state, gradients):
        first, second, count = state
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * jnp.square(g), second, gradients)
        first_scale, second_scale = rate / (1 - 0.9**count), 1 / (1 - 0.999**count)
        parameters = jax.tree.map(
            lambda p, m, v: p - first_scale * m / (jnp.sqrt(v * second_scale) + 1e-8), parameters, first, second
        )
        return parameters, (first, second, count)

    def step(parameters, state, x, y):
        loss, gradients = jax.value_and_grad(loss_function)(parameters, x, y)
        if rule == "sgd":
            parameters = jax.tree.map(lambda p, g: p - rate * g, parameters, gradients)
        else:
            parameters, state = adam(parameters, state, gradients)
        return parameters, state, loss

    return jax.jit(step, donate_argnums=(0, 1))


class Training:
    def __init__(self, name: str):
        network, self.rule = w.NETWORKS[w.TRAINING[name][0]], w.TRAINING[name][1]
        layers, x, y = w.training_data(name)
        self.first = parameters_of(layers)
        self.x, self.y = jnp.asarray(x), jnp.asarray(y)
        self.compiled = compiled_step(network.regression, self.rule, network.rate(self.rule))
        self.loss_function = mean_squared_error if network.regression else cross_entropy
        self.restart()

    def restart(self) -> None:
        self.parameters = jax.tree.map(jnp.copy, self.first)
        self.state = initial_state(self.parameters, self.rule)
        self.finish()

    def step(self) -> None:
        self.parameters, self.state, self.loss = self.compiled(self.parameters, self.state, self.x, self.y)

    def restart_warm(self) -> None:
        self.restart()
        self.step()
        self.step()
        self.finish()

    def finish(self) -> None:
        jax.block_until_ready(self.parameters)

    def check(self) -> float:
        self.restart()
        for _ in range(w.CHECKED_STEPS):
            self.step()
        return float(self.loss_function(self.parameters, self.x, self.y))


def training(name: str) -> protocol.Work:
    state = Training(name)
    # Steps are dispatched one after another and awaited at the end of a sample, as a training loop would do.
    return protocol.Work(
        "step()",
        {"step": state.step, "finish": state.finish},
        check=state.check,
        finish="finish()",
        minimum_sample=4e-3,
        calls_before_restart=w.CALLS_BEFORE_RESTART,
        restart=state.restart_warm,
    )


def quickstart() -> protocol.Work:
    x, y = w.quickstart_data()
    step = compiled_step(True, "adam", w.QUICKSTART_NETWORK.rate("adam"))
    generator = np.random.default_rng(0)

    def fit(parameters, shuffle: bool):
        state = initial_state(parameters, "adam")
        for _ in range(w.QUICKSTART_EPOCHS):
            order = generator.permutation(len(x)) if shuffle else np.arange(len(x))
            for start in range(0, len(x), w.QUICKSTART_BATCH):
                rows = order[start : start + w.QUICKSTART_BATCH]
                parameters, state, _ = step(parameters, state, x[rows], y[rows])
        return jax.block_until_ready(parameters)

    def whole() -> None:
        uniform = lambda *shape: generator.uniform(-0.3, 0.3, shape).astype(np.float32)
        layers = [(uniform(10, 64), np.zeros(64, np.float32)), (uniform(64, 1), np.zeros(1, np.float32))]
        fit([(jnp.array(weight), jnp.array(bias)) for weight, bias in layers], shuffle=True)

    def check() -> float:
        return float(mean_squared_error(fit(parameters_of(w.QUICKSTART_NETWORK.layers), shuffle=False), x, y))

    return protocol.Work("whole()", {"whole": whole}, check=check)


compiled_logits = jax.jit(logits)


def inference(name: str) -> protocol.Work:
    network, rows = w.INFERENCE[name]
    x = jnp.asarray(w.NETWORKS[network].features(rows))
    return expression(compiled_logits, [parameters_of(w.NETWORKS[network].layers), x])


def prepare(name: str) -> protocol.Work:
    match name.split("/")[0]:
        case "training":
            return training(name)
        case "quickstart-fit":
            return quickstart()
        case "inference":
            return inference(name)
        case "matmul":
            return product(name)
        case "elementwise":
            operands = [jnp.asarray(operand) for operand in w.elementwise_operands(name)]
            return expression(compiled(w.elementwise_operation(name)), operands)
        case _:
            operands = [jnp.asarray(operand) for operand in w.small_operands()]
            function = compiled("add") if name == "overhead/add-8x8" else compiled_product(False, False, False)
            return expression(function, operands)


def main() -> None:
    channel = protocol.Channel()
    threads = protocol.threads_from_arguments()
    # XLA's pool has as many threads as NPROC says, or as the process has processors; its flags change nothing (measured
    # as processor time ÷ time of a product).
    hello = {
        "contestant": "JAX",
        "version": jax.__version__,
        "blas": "XLA's own (Eigen and generated code)",
        "core": f"jaxlib {jax.lib.__version__}",
        "threads": min(threads, int(os.environ.get("NPROC", threads)), len(os.sched_getaffinity(0))),
    }
    # A chain of additions would be folded into one by the compiler, so the recorded ones are left out.
    overhead = ["overhead/add-8x8", "overhead/matmul-8x8"]
    names = [*w.TRAINING, "quickstart-fit", *w.INFERENCE, *w.MATMUL, *w.ELEMENTWISE, *overhead]
    protocol.serve(channel, hello, names, prepare, w.LATENCY, w.training_data)


if __name__ == "__main__":
    main()
