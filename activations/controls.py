"""Controls: smooth activations of ordinary networks, and bells and waves beside Gauss and SIREN.

The first four show how far a smooth nonlinearity alone goes; the others show that Gauss is one of a family [Ramasinghe
& Lucey, ECCV 2022]. The super-Gaussian (e^(-z²/2a²))^b is left out: it is Gauss with scale √b/(√2 a). A scale of 1, the
default of a widespread code, makes the bells nearly constant layer after layer, hence the defaults here.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from inrbench.activations.core.base import Activation, LogUniform, Param
from inrbench.activations.core.sine_init import SineInitialised


class Tanh(Activation):
    """tanh(z), weights U(±√(6/(n + m))) for n inputs and m outputs (Xavier), biases PyTorch's.

    With it the features are nearly linear in the coordinates, a plain case of spectral bias.
    """

    name, label, version = "tanh", "tanh", 1
    derivatives = 2

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(z)

    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        nn.init.xavier_uniform_(linear.weight)

    def weight_std(self, fan_in: int, *, first: bool) -> float:
        return math.nan


class _KaimingNormal(Activation):
    """Base of those with weights N(0, 2/n) for fan-in n (Kaiming), biases PyTorch's."""

    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")

    def weight_std(self, fan_in: int, *, first: bool) -> float:
        return math.sqrt(2 / fan_in)


class Gelu(_KaimingNormal):
    """z Φ(z), Φ the distribution function of N(0, 1), not its tanh approximation; weights N(0, 2/n)."""

    name, label, version = "gelu", "GELU", 1
    derivatives = 2

    def forward(self, z: Tensor) -> Tensor:
        return F.gelu(z)


class Silu(_KaimingNormal):
    """z / (1 + e^-z), also called swish; weights N(0, 2/n)."""

    name, label, version = "silu", "SiLU", 1
    derivatives = 2

    def forward(self, z: Tensor) -> Tensor:
        return F.silu(z)


class Softplus(_KaimingNormal):
    """log(1 + e^z); weights N(0, 2/n)."""

    name, label, version = "softplus", "softplus", 1
    derivatives = 2

    def forward(self, z: Tensor) -> Tensor:
        return F.softplus(z)


class Quadratic(Activation):
    """1 / (1 + (scale * z)²), PyTorch's default initialisation."""

    name, label, version = "quadratic", "quadratic", 1
    derivatives = 2

    scale: float = Param(10.0, gt=0, tune=LogUniform(3, 100))

    def forward(self, z: Tensor) -> Tensor:
        return 1 / (1 + (self.scale * z).square())


class Multiquadric(Activation):
    """1 / √(1 + (scale * z)²), PyTorch's default initialisation: the inverse multiquadric."""

    name, label, version = "multiquadric", "multiquadric", 1
    derivatives = 2

    scale: float = Param(10.0, gt=0, tune=LogUniform(3, 100))

    def forward(self, z: Tensor) -> Tensor:
        return torch.rsqrt(1 + (self.scale * z).square())


class Laplacian(Activation):
    """exp(-scale * |z|), PyTorch's default initialisation; the published form e^(-|z|/a) has scale = 1/a.

    The slope at the kink z = 0 is taken as 0.
    """

    name, label, version = "laplacian", "Laplacian", 1
    derivatives = 1

    scale: float = Param(10.0, gt=0, tune=LogUniform(3, 100))

    def forward(self, z: Tensor) -> Tensor:
        return torch.exp(-self.scale * z.abs())


class ExpSin(SineInitialised):
    """exp(-sin(omega0 * z)), SIREN's initialisation."""

    name, label, version = "exp-sin", "ExpSin", 1
    derivatives = 2

    def forward(self, z: Tensor) -> Tensor:
        return torch.exp(-torch.sin(self.omega0 * z))
