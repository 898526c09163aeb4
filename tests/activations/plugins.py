"""The activations of the project, found as the benchmark finds them, and helpers for tests of their initial weights."""

from __future__ import annotations

import importlib
import math
import pkgutil

import pytest
import torch
from torch import Tensor, nn

from inrbench import Activation, Domain, activations
from inrbench.activations.core.base import build

IMAGE = Domain(2, 3, (256, 256))


def every() -> list[type[Activation]]:
    """All plugin classes, sorted by name; a class without a name is an intermediate base class."""
    modules = [
        importlib.import_module(f"inrbench.activations.{info.name}")
        for info in pkgutil.iter_modules(activations.__path__)
        if not info.ispkg
    ]
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Activation) and value.__module__ == module.__name__
        if hasattr(value, "name")
    }
    return sorted(found, key=lambda plugin: plugin.name)


EVERY = every()

OWN_LAYERS = {"grid", "instant-ngp", "futon", "cafe"}
"""Networks for which width and depth are a budget, with a number of layers of their own."""


def grid(side: int) -> Tensor:
    """Pixel centres of a square: (side², 2)."""
    axis = (2 * torch.arange(side) + 1) / side - 1
    return torch.cartesian_prod(axis, axis)


def linears(activation: Activation, width: int = 512) -> list[nn.Linear]:
    """The linear layers of a network on two coordinates with three nonlinear layers, the head last."""
    network = build(activation, IMAGE, width=width, depth=3, seed=0)
    return [module for module in network.modules() if isinstance(module, nn.Linear)]


def assert_uniform(values: Tensor, bound: float, tolerance: float = 0.03) -> None:
    """U(±bound): the largest value is close to the bound, and the standard deviation is bound/√3."""
    largest = values.detach().abs().max().item()
    assert bound * 0.97 < largest <= bound * (1 + 1e-6)
    assert values.std().item() == pytest.approx(bound / math.sqrt(3), rel=tolerance)


def assert_default_weights(activation: Activation) -> None:
    """PyTorch's U(±1/√n) for weights and biases of every nonlinear layer."""
    for linear in linears(activation)[:-1]:
        bound = 1 / math.sqrt(linear.in_features)
        assert_uniform(linear.weight, bound, 0.05)
        assert_uniform(linear.bias, bound, 0.1)


def assert_sine_weights(activation: Activation, omega0: float) -> None:
    """SIREN's weights: U(±1/n) in the first layer, U(±√(6/n)/omega0) in all others and the head; default biases."""
    first, *later, head = linears(activation)
    assert_uniform(first.weight, 1 / 2, 0.05)
    for linear in [*later, head]:
        assert_uniform(linear.weight, math.sqrt(6 / 512) / omega0)
    for linear in later:
        assert_uniform(linear.bias, 1 / math.sqrt(512), 0.1)
