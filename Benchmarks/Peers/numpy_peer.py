"""NumPy: products, elementwise expressions, its own operations and predictions, as one writes them."""

import functools

import numpy as np
import operations
import protocol
import workloads as w

FOUR = "np.maximum(({} - b) * c + d, 0)"
FOUR_IN_PLACE = "np.subtract({}, b, out=o); np.multiply(o, c, out=o); np.add(o, d, out=o); np.maximum(o, 0, out=o)"
MULADD = "np.multiply({}, b, out=o); np.add(o, c, out=o)"
ELEMENTWISE = {
    "add": "a + b", "muladd": "a * b + c",
    "muladd-chain4": "(((a * b + c) * b + c) * b + c) * b + c",
    **{name: w.nested(length, FOUR, "{}.sum()") for name, length in w.CHAINS.items()},
    "exp": "np.exp(a)", "log": "np.log(a)", "tanh": "np.tanh(a)", "relu": "np.maximum(a, 0)", "sum-all": "a.sum()",
    "softmax": "softmax(a)", "sum-axis0": "a.sum(0)", "sum-axis1": "a.sum(1)", "max-axis1": "a.max(1)",
    "add-row": "a + b", "transpose-copy": "a.T.copy()", "strided-copy": "a[:, ::2].copy()",
}  # fmt: skip
WITH_OUTPUT = {
    "add": "np.add(a, b, out=o)", "muladd": MULADD.format("a"),
    "muladd-chain4": "; ".join(MULADD.format(first) for first in "aooo"),
    **{name: w.in_place(length, FOUR_IN_PLACE, "o.sum()") for name, length in w.CHAINS.items()},
    "exp": "np.exp(a, out=o)", "log": "np.log(a, out=o)", "tanh": "np.tanh(a, out=o)",
    "relu": "np.maximum(a, 0, out=o)", "sum-axis0": "np.sum(a, 0, out=o)", "sum-axis1": "np.sum(a, 1, out=o)",
    "max-axis1": "np.max(a, 1, out=o)", "add-row": "np.add(a, b, out=o)", "transpose-copy": "np.copyto(o, a.T)",
    "strided-copy": "np.copyto(o, a[:, ::2])",
}  # fmt: skip


def softmax(a: np.ndarray) -> np.ndarray:
    e = np.exp(a - a.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def expression(statement: str, operands, with_output: str | None = None) -> protocol.Work:
    names = {"np": np, "softmax": softmax} | dict(zip("abcd", operands))
    result = functools.partial(eval, statement, names)
    alternatives = {}
    if with_output:
        # A sum at the end has its chain's memory given, which is that of an operand.
        names["o"] = np.empty_like(operands[0]) if with_output.endswith("o.sum()") else np.array(result(), order="C")
        check = lambda: w.check_value(protocol.result_of(with_output, names))
        alternatives["out="] = protocol.Alternative(with_output, check)
    return protocol.Work(statement, names, check=lambda: w.check_value(result()), alternatives=alternatives)


def inference(name: str) -> protocol.Work:
    network, rows = w.INFERENCE[name]
    *hidden, (last_weight, last_bias) = w.NETWORKS[network].layers
    x = w.NETWORKS[network].features(rows)

    def model(x: np.ndarray) -> np.ndarray:
        for weight, bias in hidden:
            x = np.maximum(x @ weight.T + bias, 0)
        return x @ last_weight.T + last_bias

    return protocol.Work("model(x)", {"model": model, "x": x}, check=lambda: w.check_value(model(x)))


def prepare(name: str) -> protocol.Work:
    match name.split("/")[0]:
        case "inference":
            return inference(name)
        case "matmul" if w.is_layer(name):
            in_place = "np.matmul(a, b, out=o); np.add(o, c, out=o); np.maximum(o, 0, out=o)"
            return expression("np.maximum(a @ b + c, 0)", w.matmul_operands(name), in_place)
        case "matmul":
            return expression("a @ b", w.matmul_operands(name), "np.matmul(a, b, out=o)")
        case "elementwise":
            operation = w.elementwise_operation(name)
            return expression(ELEMENTWISE[operation], w.elementwise_operands(name), WITH_OUTPUT.get(operation))
        case "operations":
            names = {"np": np, "rng": np.random.default_rng(1)}
            return operations.work(name, names, np.array, lambda row: row.numpy)
        case _:
            return expression("a + b" if name == "overhead/add-8x8" else "a @ b", w.small_operands())


def main() -> None:
    channel = protocol.Channel()
    threads = protocol.threads_from_arguments()
    hello = {"contestant": "NumPy", "version": np.__version__, "threads": threads}
    try:
        import threadpoolctl

        threadpoolctl.threadpool_limits(threads)
        pool = next(pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas")
        hello |= {
            "blas": f"{pool['internal_api']} {pool['version']}",
            "core": pool.get("architecture"),
            "threads": pool["num_threads"],
        }
    except (ImportError, StopIteration):  # OPENBLAS_NUM_THREADS has limited it already
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        hello |= {"blas": f"{blas['name']} {blas['version']}", "core": None}
    elementwise = [name for name in w.ELEMENTWISE if w.elementwise_operation(name) in ELEMENTWISE]
    names = [*w.INFERENCE, *w.MATMUL, *elementwise, *operations.OPERATIONS, "overhead/add-8x8", "overhead/matmul-8x8"]
    protocol.serve(channel, hello, names, prepare, w.LATENCY)


if __name__ == "__main__":
    main()
