#!/usr/bin/env python3
"""Makes layers.safetensors: what PyTorch's layers answer, how they train, and their state.

    make_layer_fixtures.py           writes the file beside this script
    make_layer_fixtures.py --check   makes it in memory and compares it with the file

For every case: `NAME.state.*`, the state_dict at first; `NAME.input0` …; in training mode `NAME.train.output`, the
gradients of sum(output * cotangent) as `NAME.train.gradient.*` (parameters by name, inputs as `input0` …) and the
state afterwards, `NAME.train.state.*`; the same in inference mode, from the state that training left, as `NAME.eval.*`;
and `NAME.steps.*`, the state after 50 steps of SGD from the first state. README.md beside this script has the rest. The
names of the cases stand in TorchLayerTests.swift too.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch import nn

FILE = Path(__file__).resolve().parent / "layers.safetensors"
STEPS = 50

random = np.random.RandomState(11)


def floats(*shape):
    return torch.from_numpy(random.standard_normal(shape).astype(np.float32) * 1.5 + 0.4)


def indices(below, *shape):
    return torch.from_numpy(random.randint(0, below, shape))


def cases():
    # Two bags of several, an empty one, one of a single index, and the rest.
    offsets = torch.tensor([0, 3, 3, 4])
    bag, flat = indices(9, 4, 5), indices(9, 11)
    return {
        "batchnorm": (nn.BatchNorm1d(5), [floats(8, 5)]),
        "batchnorm/positions": (nn.BatchNorm1d(3, eps=1e-3, momentum=0.3), [floats(4, 3, 6)]),
        "batchnorm/images": (nn.BatchNorm2d(3), [floats(2, 3, 4, 2)]),
        "batchnorm/cumulative": (nn.BatchNorm1d(5, momentum=None), [floats(8, 5)]),
        "batchnorm/plain": (nn.BatchNorm1d(5, affine=False), [floats(8, 5)]),
        "batchnorm/trackless": (nn.BatchNorm1d(5, track_running_stats=False), [floats(8, 5)]),
        "layernorm": (nn.LayerNorm(7), [floats(6, 7)]),
        "layernorm/shape": (nn.LayerNorm([3, 4], eps=1e-3), [floats(5, 3, 4)]),
        "layernorm/scale": (nn.LayerNorm(7, bias=False), [floats(6, 7)]),
        "layernorm/plain": (nn.LayerNorm(7, elementwise_affine=False), [floats(2, 3, 7)]),
        "rmsnorm": (nn.RMSNorm(7), [floats(6, 7)]),
        "rmsnorm/shape": (nn.RMSNorm([3, 4], eps=1e-2), [floats(5, 3, 4)]),
        "groupnorm": (nn.GroupNorm(2, 6), [floats(5, 6)]),
        "groupnorm/positions": (nn.GroupNorm(3, 6, eps=1e-3), [floats(4, 6, 5)]),
        "groupnorm/plain": (nn.GroupNorm(2, 6, affine=False), [floats(5, 6)]),
        "embedding": (nn.Embedding(9, 4), [indices(9, 3, 5)]),
        "embedding/padding": (nn.Embedding(9, 4, padding_idx=2), [torch.cat([indices(9, 3, 5), torch.full((3, 1), 2)], 1)]),
        "embedding/norm": (nn.Embedding(9, 4, max_norm=1.5), [indices(9, 3, 5)]),
        "bag/sum": (nn.EmbeddingBag(9, 4, mode="sum"), [bag]),
        "bag/mean": (nn.EmbeddingBag(9, 4, mode="mean"), [bag]),
        "bag/max": (nn.EmbeddingBag(9, 4, mode="max"), [bag]),
        "bag/sum/offsets": (nn.EmbeddingBag(9, 4, mode="sum"), [flat, offsets]),
        "bag/mean/offsets": (nn.EmbeddingBag(9, 4, mode="mean"), [flat, offsets]),
        "bag/max/offsets": (nn.EmbeddingBag(9, 4, mode="max"), [flat, offsets]),
        "bag/sum/padding": (nn.EmbeddingBag(9, 4, mode="sum", padding_idx=flat[3].item()), [flat, offsets]),
        "bag/mean/padding": (nn.EmbeddingBag(9, 4, mode="mean", padding_idx=flat[3].item()), [flat, offsets]),
        "bag/weights": (nn.EmbeddingBag(9, 4, mode="sum"), [flat, offsets, floats(11)]),
        "bilinear": (nn.Bilinear(3, 5, 2), [floats(4, 3) / 4, floats(4, 5) / 4]),
        "bilinear/axes": (nn.Bilinear(3, 5, 2, bias=False), [floats(2, 3, 3) / 4, floats(2, 3, 5) / 4]),
        "prelu": (nn.PReLU(), [floats(4, 3)]),
        "prelu/channels": (nn.PReLU(3), [floats(2, 3, 4)]),
    }


def state(module):
    return {name: tensor.detach().numpy().copy() for name, tensor in module.state_dict().items()}


def answers(module, inputs, cotangent):
    leaves = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
    module.zero_grad(set_to_none=True)
    output = module(*leaves)
    result = {"output": output.detach().numpy()}
    if output.requires_grad:
        (output * cotangent).sum().backward()
        result |= {f"gradient.{name}": p.grad.numpy().copy() for name, p in module.named_parameters()}
        result |= {f"gradient.input{i}": x.grad.numpy() for i, x in enumerate(leaves) if x.is_floating_point()}
    return result | {f"state.{name}": tensor for name, tensor in state(module).items()}


def trained(module, inputs, target):
    """50 steps towards the target, on inputs that change their size from step to step."""
    parameters = list(module.parameters())
    optimizer = torch.optim.SGD(parameters, lr=0.01, momentum=0.9) if parameters else None
    for step in range(STEPS):
        batch = [x * (1 + 0.1 * (step % 5)) if x.is_floating_point() else x for x in inputs]
        loss = ((module(*batch) - target) ** 2).mean()
        if optimizer:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return state(module)


def make():
    torch.manual_seed(7)
    tensors = {}
    for name, (module, inputs) in cases().items():
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(floats(*parameter.shape))
            if isinstance(module, (nn.Embedding, nn.EmbeddingBag)) and module.padding_idx is not None:
                module.weight[module.padding_idx] = 0
        if name.startswith("bag/weights"):
            call = lambda indices, offsets, weights, module=module: nn.EmbeddingBag.forward(
                module, indices, offsets, per_sample_weights=weights)
            module.forward = call
        first = {key: tensor.clone() for key, tensor in module.state_dict().items()}
        cotangent = floats(*module.train()(*inputs).shape)
        module.load_state_dict(first)
        parts = {f"state.{key}": tensor.numpy().copy() for key, tensor in first.items()}
        parts |= {f"input{i}": x.numpy() for i, x in enumerate(inputs)} | {"cotangent": cotangent.numpy()}
        for mode in ["train", "eval"]:
            getattr(module, mode)()
            parts |= {f"{mode}.{key}": value for key, value in answers(module, inputs, cotangent).items()}
        module.load_state_dict(first)
        parts |= {f"steps.{key}": value for key, value in trained(module.train(), inputs, cotangent).items()}
        tensors |= {f"{name}.{key}": np.array(value, order="C") for key, value in parts.items()}
    return tensors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    arguments = parser.parse_args()
    made = make()
    if not arguments.check:
        save_file(made, FILE)
        return
    held = load_file(FILE)
    same = held.keys() == made.keys() and all(
        np.allclose(held[name], made[name], rtol=1e-4, atol=1e-5) for name in made
    )
    if not same:
        sys.exit(f"{FILE.name} is not what PyTorch {torch.__version__} answers")
    print(f"{FILE.name} is as PyTorch {torch.__version__} answers")


if __name__ == "__main__":
    main()
