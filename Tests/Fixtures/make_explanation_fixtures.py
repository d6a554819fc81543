#!/usr/bin/env python3
"""Writes explanations.npz: small models in float64 and what Captum says of them.

    pip install captum==0.9.0 torch numpy
    ./make_explanation_fixtures.py

table: 5 numbers to 3 classes by two layers with ReLU and a softmax; image: 6 by 6 pixels, a convolution by hand (patches
of 3 by 3 times a matrix), ReLU, a maximum over patches and a layer. Captum casts the weights of its quadrature and the
means of its occlusion to float32, so that they are right to some 1e-7 alone. Its DeepLift through ReLU and then a maximum
is not complete here, which image.deep_lift is kept to show; through the maximum alone it is.
"""

from pathlib import Path

import numpy as np
import torch
from captum.attr import DeepLift, InputXGradient, IntegratedGradients, Occlusion, Saliency

PATH = Path(__file__).resolve().parent / "explanations.npz"
torch.manual_seed(7)
torch.set_default_dtype(torch.float64)


class Table(torch.nn.Module):
    def __init__(self, activation, output):
        super().__init__()
        self.first, self.second = torch.nn.Linear(5, 7), torch.nn.Linear(7, 3)
        self.activation, self.output = activation, output

    def forward(self, x):
        return self.output(self.second(self.activation(self.first(x))))


class Image(torch.nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.convolution, self.activation = torch.nn.Conv2d(1, 4, 3), activation
        self.pool, self.last = torch.nn.MaxPool2d(2), torch.nn.Linear(16, 2)

    def forward(self, x):
        return self.last(self.pool(self.activation(self.convolution(x))).flatten(1))


def numbers(tensor):
    return tensor.detach().numpy()


arrays = {}
x, baseline = torch.randn(4, 5), torch.randn(1, 5)
classes = torch.tensor([0, 2, 1, 0])
kinked = Table(torch.nn.ReLU(), torch.nn.Identity())
smooth = Table(torch.nn.Tanh(), torch.nn.Softmax(dim=1))
smooth.load_state_dict(kinked.state_dict())
for name, tensor in kinked.state_dict().items():
    arrays[f"table.{name}"] = numbers(tensor)
arrays |= {"table.x": numbers(x), "table.baseline": numbers(baseline), "table.classes": numbers(classes)}
arrays["table.saliency"] = numbers(Saliency(kinked).attribute(x, target=classes))
arrays["table.input_x_gradient"] = numbers(InputXGradient(kinked).attribute(x, target=classes))
arrays["table.integrated_gradients"] = numbers(
    IntegratedGradients(smooth).attribute(x, baseline, target=classes, n_steps=64)
)
arrays["table.deep_lift"] = numbers(DeepLift(kinked).attribute(x, baseline, target=classes))
tanh = Table(torch.nn.Tanh(), torch.nn.Identity())
tanh.load_state_dict(kinked.state_dict())
arrays["table.deep_lift_tanh"] = numbers(DeepLift(tanh).attribute(x, baseline, target=classes))

image, straight = Image(torch.nn.ReLU()), Image(torch.nn.Identity())
straight.load_state_dict(image.state_dict())
pixels, blank = torch.randn(3, 1, 6, 6), torch.randn(1, 1, 6, 6)
for name, tensor in image.state_dict().items():
    arrays[f"image.{name}"] = numbers(tensor)
arrays |= {"image.x": numbers(pixels), "image.baseline": numbers(blank)}
arrays["image.deep_lift_straight"] = numbers(DeepLift(straight).attribute(pixels, blank, target=1))
arrays["image.deep_lift"] = numbers(DeepLift(image).attribute(pixels, blank, target=1))
arrays["image.occlusion"] = numbers(
    Occlusion(image).attribute(pixels, (1, 3, 2), strides=(1, 2, 2), baselines=0, target=1)
)
np.savez(PATH, **arrays)
print(PATH, PATH.stat().st_size)
