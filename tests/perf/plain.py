"""The networks and the step as a paper's code writes them: the whole batch at once, autograd, complex numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from inrbench.tasks.core.base import Problem


class SevenRelus(nn.Module):
    """The wavelet of BW-ReLU as the sum of seven ReLUs of c·z, one after another."""

    def __init__(self, c: float) -> None:
        super().__init__()
        self.c = c

    def forward(self, z: Tensor) -> Tensor:
        x = self.c * z
        weights = (1 / 6, -8 / 6, 23 / 6, -16 / 3, 23 / 6, -8 / 6, 1 / 6)
        out = torch.zeros_like(x)
        for index, weight in enumerate(weights):
            out = out + weight * torch.relu(x - index / 2)
        return out


class ComplexGabor(nn.Module):
    """WIRE's nonlinearity in complex arithmetic."""

    def __init__(self, omega0: float, s0: float) -> None:
        super().__init__()
        self.omega0, self.s0 = omega0, s0

    def forward(self, z: Tensor) -> Tensor:
        return torch.exp(1j * self.omega0 * z - (self.s0 * z).abs().square())


class Pointwise(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, z: Tensor) -> Tensor:
        return self.function(z)


NONLINEARITIES: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "siren": lambda: Pointwise(lambda z: torch.sin(30 * z)),
    "gauss": lambda: Pointwise(lambda z: torch.exp(-((10 * z) ** 2))),
    "bw-relu": lambda: SevenRelus(3.0),
    "wire": lambda: ComplexGabor(10.0, 10.0),
}


class Real(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return z.real


def network(name: str, d: int, channels: int, width: int, depth: int) -> nn.Module:
    """A plain network of the same sizes; the initialisation is PyTorch's, which does not matter for time."""
    dtype = torch.complex64 if name == "wire" else torch.float32
    units = math.isqrt(width**2 // 2) if name == "wire" else width
    layers: list[nn.Module] = [nn.Linear(d, units), NONLINEARITIES[name]()]
    for _ in range(depth - 1):
        layers += [nn.Linear(units, units, dtype=dtype), NONLINEARITIES[name]()]
    layers.append(nn.Linear(units, channels, dtype=dtype))
    if name == "wire":
        layers.append(Real())
    return nn.Sequential(*layers)


def step(net: nn.Module, problem: Problem) -> Callable[[], None]:
    """One step on the whole batch as one would write it first."""
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)

    def run() -> None:
        adam.zero_grad()
        loss = (problem.operator.forward(net(problem.coords)) - problem.measured).square().mean()
        loss.backward()
        adam.step()

    return run
