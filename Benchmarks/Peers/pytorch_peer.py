"""PyTorch, eager: modules, autograd, fused optimisers; predictions in inference mode. Chains compiled too."""

import functools
import os
import re

import operations
import protocol

# Else it keeps processes for compiling, which stand beside those that are timed.
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
import workloads as w  # noqa: E402

FOUR_IN_PLACE = "torch.sub({}, b, out=o).mul_(c).add_(d).relu_()"
SWISH = "(a * (a * b).sigmoid() + 0.1 * a).sum()"
GRADIENT = "torch.autograd.grad({}, a)[0]"
ELEMENTWISE = {
    "add": "a + b", "muladd": "a * b + c",
    "muladd-chain4": "(((a * b + c) * b + c) * b + c) * b + c",
    **{name: w.nested(length, "(({} - b) * c + d).relu()", "{}.sum()") for name, length in w.CHAINS.items()},
    "swish-gradient": GRADIENT.format(SWISH),
    "exp": "a.exp()", "log": "a.log()", "tanh": "a.tanh()", "sigmoid": "a.sigmoid()",
    "gelu": "F.gelu(a)", "gelu-tanh": "F.gelu(a, approximate='tanh')", "relu": "a.relu()", "sum-all": "a.sum()",
    "softmax": "a.softmax(-1)", "layernorm": "F.layer_norm(a, (768,), b, c, 1e-5)",
    "sum-axis0": "a.sum(0)", "sum-axis1": "a.sum(1)", "max-axis1": "a.amax(1)", "add-row": "a + b",
    "transpose-copy": "a.t().contiguous()", "strided-copy": "a[:, ::2].contiguous()",
}  # fmt: skip
WITH_OUTPUT = {
    "add": "torch.add(a, b, out=o)", "muladd": "torch.addcmul(c, a, b, out=o)",
    "muladd-chain4": "; ".join(f"torch.addcmul(c, {first}, b, out=o)" for first in "aooo"),
    **{name: w.in_place(length, FOUR_IN_PLACE, "o.sum()") for name, length in w.CHAINS.items()},
    "exp": "torch.exp(a, out=o)",
    "log": "torch.log(a, out=o)", "tanh": "torch.tanh(a, out=o)", "sigmoid": "torch.sigmoid(a, out=o)",
    "softmax": "torch.softmax(a, -1, out=o)", "sum-axis0": "torch.sum(a, 0, out=o)",
    "sum-axis1": "torch.sum(a, 1, out=o)", "max-axis1": "torch.amax(a, 1, out=o)", "add-row": "torch.add(a, b, out=o)",
    "transpose-copy": "o.copy_(a.t())", "strided-copy": "o.copy_(a[:, ::2])",
}  # fmt: skip


LAYER = "(a @ b + c).relu()"

# What is given to `torch.compile`: an expression, and what is done with the compiled function.
COMPILED = {name: (ELEMENTWISE[name], "{}") for name in ("muladd-chain4", *w.CHAINS)} | {
    "swish-gradient": (SWISH, GRADIENT), "layer": (LAYER, "{}"),
}  # fmt: skip


@functools.cache
def compiled(operation: str, operands: int):
    """The function, which is compiled at its first call, once for each shape."""
    function = eval(f"lambda {', '.join('abcd'[:operands])}: {COMPILED[operation][0]}", {"torch": torch})
    return torch.compile(function, dynamic=False)


def expression(
    statement: str, operands: list[torch.Tensor], with_output: str | None = None, operation: str | None = None
) -> protocol.Work:
    names = {"torch": torch, "F": F} | dict(zip("abcd", operands))
    result = functools.partial(eval, statement, names)
    check = lambda spelling: w.check_value(protocol.result_of(spelling, names).detach().numpy())
    alternatives, unavailable = {}, {}
    if with_output:
        # A sum at the end has its chain's memory given, which is that of an operand.
        names["o"] = torch.empty_like(operands[0]) if with_output.endswith("o.sum()") else result()
        alternatives["out="] = protocol.Alternative(with_output, functools.partial(check, with_output))
    if operation in COMPILED:
        names["compiled"] = compiled(operation, len(operands))
        spelling = COMPILED[operation][1].format(f"compiled({', '.join('abcd'[:len(operands)])})")
        try:
            check(spelling)
            alternatives["torch.compile"] = protocol.Alternative(spelling, functools.partial(check, spelling))
        except Exception as error:  # it needs a C++ compiler and its headers
            unavailable["torch.compile"] = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}"
    return protocol.Work(
        statement, names, check=functools.partial(check, statement), alternatives=alternatives, unavailable=unavailable
    )


def model_of(parameters) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    for weight, bias in parameters:
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight))
            linear.bias.copy_(torch.from_numpy(bias))
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


class Training:
    def __init__(self, name: str):
        network, rule = w.NETWORKS[w.TRAINING[name][0]], w.TRAINING[name][1]
        layers, *data = w.training_data(name)
        self.kind = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[rule]
        self.rate = network.rate(rule)
        self.model = model_of(layers)
        self.first = [parameter.detach().clone() for parameter in self.model.parameters()]
        self.x, y = map(torch.from_numpy, data)
        self.y, self.loss = (y, F.mse_loss) if network.regression else (y.long(), F.cross_entropy)
        self.restart()

    def restart(self) -> None:
        with torch.no_grad():
            for parameter, value in zip(self.model.parameters(), self.first):
                parameter.copy_(value)
        self.optimizer = self.kind(self.model.parameters(), lr=self.rate, fused=True)

    def restart_warm(self) -> None:
        """The first steps make the optimiser's moments."""
        self.restart()
        self.step()
        self.step()

    def step(self) -> None:
        self.optimizer.zero_grad()
        loss = self.loss(self.model(self.x), self.y)
        loss.backward()
        self.optimizer.step()

    def check(self) -> float:
        self.restart()
        for _ in range(w.CHECKED_STEPS):
            self.step()
        with torch.no_grad():
            return self.loss(self.model(self.x), self.y).item()


def training(name: str) -> protocol.Work:
    state = Training(name)
    return protocol.Work(
        "step()",
        {"step": state.step},
        check=state.check,
        calls_before_restart=w.CALLS_BEFORE_RESTART,
        restart=state.restart_warm,
    )


def quickstart() -> protocol.Work:
    x, y = map(torch.from_numpy, w.quickstart_data())

    def fit(model: torch.nn.Module, shuffle: bool) -> None:
        optimizer = torch.optim.Adam(model.parameters(), fused=True)
        for _ in range(w.QUICKSTART_EPOCHS):
            order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
            for rows in order.split(w.QUICKSTART_BATCH):
                optimizer.zero_grad()
                F.mse_loss(model(x[rows]), y[rows]).backward()
                optimizer.step()

    def whole() -> None:
        fit(torch.nn.Sequential(torch.nn.Linear(10, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1)), shuffle=True)

    def check() -> float:
        model = model_of(w.QUICKSTART_NETWORK.layers)
        fit(model, shuffle=False)
        with torch.no_grad():
            return F.mse_loss(model(x), y).item()

    return protocol.Work("whole()", {"whole": whole}, check=check)


def inference(name: str) -> protocol.Work:
    network, rows = w.INFERENCE[name]
    model = model_of(w.NETWORKS[network].layers).eval()
    x = torch.from_numpy(w.NETWORKS[network].features(rows))
    return protocol.Work(
        "model(x)",
        {"model": model, "x": x},
        check=lambda: w.check_value(model(x).numpy()),
        context=torch.inference_mode,
    )


def overhead(name: str) -> protocol.Work:
    a, b = map(torch.from_numpy, w.small_operands())
    if name == "overhead/add-8x8":
        return expression("a + b", [a, b])
    if name == "overhead/matmul-8x8":
        return expression("a @ b", [a, b])
    a.requires_grad_()

    def chain() -> torch.Tensor:
        x = a
        for _ in range(w.CHAIN_LENGTH):
            x = x + b
        return x

    def backward() -> torch.Tensor:
        return torch.autograd.grad(chain().sum(), a)[0]

    function = chain if name.endswith("recorded") else backward
    return protocol.Work(
        "function()",
        {"function": function},
        check=lambda: w.check_value(function().detach().numpy()),
        operations=w.CHAIN_LENGTH,
    )


def prepare(name: str) -> protocol.Work:
    match name.split("/")[0]:
        case "training":
            return training(name)
        case "quickstart-fit":
            return quickstart()
        case "inference":
            return inference(name)
        case "matmul":
            operands = [torch.from_numpy(operand) for operand in w.matmul_operands(name)]
            if w.is_layer(name):
                return expression(LAYER, operands, "torch.addmm(c, a, b, out=o).relu_()", "layer")
            return expression("a @ b", operands, "torch.matmul(a, b, out=o)")
        case "elementwise":
            operation = w.elementwise_operation(name)
            operands = [torch.from_numpy(operand) for operand in w.elementwise_operands(name)]
            operands[0].requires_grad_(operation == "swish-gradient")
            return expression(ELEMENTWISE[operation], operands, WITH_OUTPUT.get(operation), operation)
        case "operations":
            return operations.work(name, {"torch": torch}, torch.from_numpy, lambda row: row.torch)
        case _:
            return overhead(name)


def limit_compiler() -> None:
    """`torch.compile` takes its own vectors from that variable too, and lets the C++ compiler use all that the processor has."""
    import torch._inductor.config

    torch._inductor.config.cpp.march = "x86-64-v3"


def main() -> None:
    channel = protocol.Channel()
    threads = protocol.threads_from_arguments()
    torch.set_num_threads(threads)
    if os.environ.get("ATEN_CPU_CAPABILITY") == "avx2":
        limit_compiler()
    library = re.search(r"oneAPI Math Kernel Library Version (\S+)", torch.__config__.show())
    hello = {
        "contestant": "PyTorch",
        "version": torch.__version__,
        "blas": f"MKL {library.group(1).removesuffix('-Product')}" if library else torch.__config__.show()[:200],
        "core": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }
    names = [*w.TRAINING, "quickstart-fit", *w.INFERENCE, *w.MATMUL, *w.ELEMENTWISE, *operations.OPERATIONS, *w.OVERHEAD]
    protocol.serve(channel, hello, names, prepare, w.LATENCY, w.training_data)


if __name__ == "__main__":
    main()
