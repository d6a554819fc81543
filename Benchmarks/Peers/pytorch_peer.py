"""PyTorch, eager: modules, autograd, fused optimisers; predictions in inference mode."""

import functools
import re

import operations
import protocol
import torch
import torch.nn.functional as F
import workloads as w

CHAIN = "(((a * b + c) * b + c) * b + c) * b + c"
GRADIENT = "torch.autograd.grad((a * (a * b).sigmoid() + 0.1 * a).sum(), a)[0]"
ELEMENTWISE = {
    "add": "a + b", "muladd": "a * b + c",
    "muladd-chain4": CHAIN,
    "muladd-chain4-compiled": CHAIN,
    "swish-gradient": GRADIENT,
    "swish-gradient-fused": GRADIENT,
    "exp": "a.exp()", "log": "a.log()", "tanh": "a.tanh()", "sigmoid": "a.sigmoid()",
    "gelu": "F.gelu(a)", "gelu-tanh": "F.gelu(a, approximate='tanh')", "relu": "a.relu()", "sum-all": "a.sum()",
    "softmax": "a.softmax(-1)", "layernorm": "F.layer_norm(a, (768,), b, c, 1e-5)",
    "sum-axis0": "a.sum(0)", "sum-axis1": "a.sum(1)", "max-axis1": "a.amax(1)", "add-row": "a + b",
    "transpose-copy": "a.t().contiguous()", "strided-copy": "a[:, ::2].contiguous()",
}  # fmt: skip
WITH_OUTPUT = {
    "add": "torch.add(a, b, out=o)", "muladd": "torch.addcmul(c, a, b, out=o)", "exp": "torch.exp(a, out=o)",
    "log": "torch.log(a, out=o)", "tanh": "torch.tanh(a, out=o)", "sigmoid": "torch.sigmoid(a, out=o)",
    "softmax": "torch.softmax(a, -1, out=o)", "sum-axis0": "torch.sum(a, 0, out=o)",
    "sum-axis1": "torch.sum(a, 1, out=o)", "max-axis1": "torch.amax(a, 1, out=o)", "add-row": "torch.add(a, b, out=o)",
    "transpose-copy": "o.copy_(a.t())", "strided-copy": "o.copy_(a[:, ::2])",
}  # fmt: skip


def expression(statement: str, operands: list[torch.Tensor], with_output: str | None = None) -> protocol.Work:
    names = {"torch": torch, "F": F} | dict(zip("abc", operands))
    result = functools.partial(eval, statement, names)
    if with_output:
        names["o"] = result()
    return protocol.Work(
        statement,
        names,
        check=lambda: w.check_value(result().detach().numpy()),
        alternative=("out=", with_output) if with_output else None,
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
            return expression("a @ b", operands, "torch.matmul(a, b, out=o)")
        case "elementwise":
            operation = w.elementwise_operation(name)
            operands = [torch.from_numpy(operand) for operand in w.elementwise_operands(name)]
            operands[0].requires_grad_(ELEMENTWISE[operation] == GRADIENT)
            return expression(ELEMENTWISE[operation], operands, WITH_OUTPUT.get(operation))
        case "operations":
            return operations.work(name, {"torch": torch}, torch.from_numpy, lambda row: row.torch)
        case _:
            return overhead(name)


def main() -> None:
    channel = protocol.Channel()
    threads = protocol.threads_from_arguments()
    torch.set_num_threads(threads)
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
