"""What an activation is: a nonlinearity with its initialisation, and how it becomes a network.

An activation plugin is a frozen, typed configuration (its parameters, such as ``omega0``) together with the methods
that turn a width and a depth into a ``torch.nn.Module``. The usual network is a chain::

    coords -> encoding -> depth x (linear, nonlinearity) -> linear head

A plugin overrides as little of it as it needs: `forward` for a pointwise nonlinearity, `layer` where the nonlinearity
is not pointwise or not real, `encoding` where coordinates are lifted first, `network` where the net is no chain at
all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from activations.core.chain import Chain
from activations.core.linear import FirstLinear


@dataclass(frozen=True)
class Domain:
    """What a network may know of its problem: the sizes and the sampling grid, never a value of the signal.

    Attributes:
        in_features: number of coordinates d.
        out_features: number of channels C.
        shape: samples along each coordinate, e.g. ``(256, 256)``. ReLU+PE takes its number of frequencies from it.
    """

    in_features: int
    out_features: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class LogUniform:
    """A range for hyperparameter search, uniform in the logarithm."""

    low: float
    high: float

    def at(self, fraction: float) -> float:
        """The value at a fraction in [0, 1] of the range."""
        return float(self.low * (self.high / self.low) ** fraction)


def Param(default: Any, *, tune: LogUniform | None = None, **constraints: Any) -> Any:
    """Declare an activation's parameter: its default, its bounds (``gt``, ``ge``, ``lt``, ``le``) and its search range.

    Example:
        ``omega0: float = Param(30.0, gt=0, tune=LogUniform(5, 200))``
    """
    return Field(default, json_schema_extra={"tune": [tune.low, tune.high]} if tune else None, **constraints)


class Activation(BaseModel):
    """Base of every activation.

    Class attributes:
        name: what suites and the command line call it, lower case with dashes.
        label: what tables and figures call it.
        version: raise it whenever the same parameters give a different network: it enters every job's identity.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    name: ClassVar[str]
    label: ClassVar[str]
    version: ClassVar[int]

    # -- what most plugins override ------------------------------------------------------------------------------------

    def forward(self, z: Tensor) -> Tensor:
        """The nonlinearity, applied to pre-activations ``z`` of any shape; returns the same shape."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(z), or override layer or network")

    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        """Initialise one linear layer in place. PyTorch's default U(±1/√fan_in) stands already when this is called."""

    def init_head(self, linear: nn.Linear) -> None:
        """Initialise the last, linear layer in place. PyTorch's default stands already."""

    def weight_std(self, fan_in: int, *, first: bool) -> float:
        """The standard deviation that `init_layer` gives the weights; `inrbench check` holds the plugin to it.

        It is that of real numbers: of the real and of the imaginary part, each for itself, where weights are complex.
        NaN where it depends on more than the fan-in: then only the plugin's own tests hold it to a value.
        """
        return 1 / math.sqrt(3 * fan_in)

    def curve(self, z: Tensor) -> Tensor | None:
        """What the figure of the activations draws at real ``z`` (n,): real or complex (n,), or None for nothing."""
        return self.forward(z)

    # -- what some override --------------------------------------------------------------------------------------------

    def encoding(self, domain: Domain) -> nn.Module | None:
        """A module applied to the coordinates first, with an attribute ``out_features``; None for none."""
        return None

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        """One nonlinear layer: (N, in_features) -> (N, out_features)."""
        linear = (FirstLinear if first else nn.Linear)(in_features, out_features)
        self.init_layer(linear, first=first)
        return nn.Sequential(linear, Pointwise(self))

    def head(self, in_features: int, out_features: int) -> nn.Module:
        """The last layer, linear: (N, in_features) -> (N, out_features), real."""
        linear = nn.Linear(in_features, out_features)
        self.init_head(linear)
        return linear

    def hidden_width(self, width: int) -> int:
        """The number of units a layer gets when a suite asks for ``width`` real ones. WIRE's complex units count √2."""
        return width

    def finish(self, chain: Chain, domain: Domain) -> nn.Module:
        """The network from its chain: for what concerns several layers at once, or stands beside the chain."""
        return chain

    def network(self, domain: Domain, *, width: int, depth: int) -> nn.Module:
        """The network: (N, d) coordinates -> (N, C) values, with ``depth`` layers that apply the nonlinearity.

        One that is no chain should have the methods `features` and `stages` of `activations.core.chain.Chain`, so that
        it can be diagnosed.
        """
        encoding = self.encoding(domain)
        features = domain.in_features if encoding is None else int(encoding.out_features)  # type: ignore[arg-type]
        units = self.hidden_width(width)
        layers: list[nn.Module] = [] if encoding is None else [encoding]
        for index in range(depth):
            layers.append(self.layer(features, units, first=index == 0))
            features = units
        chain = Chain(*layers, self.head(features, domain.out_features))
        chain.encoded = encoding is not None
        return self.finish(chain, domain)

    def path_norm(self, network: nn.Module) -> Tensor | None:
        """The path norm of a network of this activation, a scalar differentiable in its parameters.

        None: there is none for this activation, so a suite that penalises or reports it must be refused.
        """
        return None


class Pointwise(nn.Module):
    """An activation's `forward` as a module, so that it shows in a printed network and can carry hooks."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.activation = activation

    def forward(self, z: Tensor) -> Tensor:
        return self.activation.forward(z)

    def extra_repr(self) -> str:
        return repr(self.activation)


def count_params(network: nn.Module) -> int:
    """Real degrees of freedom: a complex weight counts two. Frozen parameters do not count."""
    return sum(p.numel() * (2 if p.is_complex() else 1) for p in network.parameters() if p.requires_grad)


def count_frozen(network: nn.Module) -> int:
    """Real numbers that the network needs beside the trained ones, such as RFF's matrix of frequencies.

    They are what its state dict holds beyond trained parameters: a number that was drawn must be a persistent buffer
    (or a parameter without gradient), or a saved network would lose it. One that follows from the configuration is a
    buffer that is not persistent, and does not count.
    """
    trained = {name for name, p in network.named_parameters(remove_duplicate=False) if p.requires_grad}
    others = {name: value for name, value in network.state_dict().items() if name not in trained}
    return sum(value.numel() * (2 if value.is_complex() else 1) for value in others.values())


def chain_params(domain: Domain, *, width: int, depth: int) -> int:
    """Real degrees of freedom of the plain chain of linear layers: (d + 1) W + (D - 1)(W + 1) W + (W + 1) C.

    A network without units, such as a grid, takes the width and the depth of a suite as this budget, so that it is
    compared with networks of its own size.
    """
    return (domain.in_features + 1) * width + (depth - 1) * (width + 1) * width + (width + 1) * domain.out_features


def build(activation: Activation, domain: Domain, *, width: int, depth: int, seed: int) -> nn.Module:
    """The network with its initial weights, on the CPU: the same seed gives the same weights wherever they then go."""
    # Only the CPU's generator is seeded, which is the one that fork_rng restores; torch.manual_seed would
    # seed those of CUDA devices as well.
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)
        return activation.network(domain, width=width, depth=depth)
