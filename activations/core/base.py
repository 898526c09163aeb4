"""Base class of activations: a nonlinearity, its initialisation, and the network that is built from them.

An activation plugin consists of frozen, typed parameters (such as ``omega0``) and of methods that build a
``torch.nn.Module`` of a given width and depth, so that networks of different activations are comparable. The usual
network is an MLP::

    coords -> encoding -> depth x (linear, nonlinearity) -> linear head

A plugin overrides only the parts that differ: `forward` for a pointwise nonlinearity, `layer` for one that is not
pointwise or not real, `encoding` for a map of the coordinates before the first layer, `network` for other networks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from inrbench.activations.core.hidden_matrices import HiddenMatrix, hidden_matrices
from inrbench.activations.core.initialisation import reinitialise
from inrbench.activations.core.kernel import current_code
from inrbench.activations.core.linear import FirstLinear
from inrbench.activations.core.mlp import MLP


@dataclass(frozen=True)
class Domain:
    """Input and output sizes of a network and the sampling grid of its problem, but no value of the signal.

    Attributes:
        in_features: number of coordinates d.
        out_features: number of channels C.
        shape: number of samples along each coordinate, e.g. ``(256, 256)``. ReLU+PE derives its octaves from it.
    """

    in_features: int
    out_features: int
    shape: tuple[int, ...]


@dataclass(frozen=True)
class LogUniform:
    """Search range of a hyperparameter, uniform in the logarithm, from ``low`` to ``high``."""

    low: float
    high: float

    def at(self, fraction: float) -> float:
        """Value at a fraction in [0, 1] of the range."""
        return float(self.low * (self.high / self.low) ** fraction)


def Param(default: Any, *, tune: LogUniform | None = None, **constraints: Any) -> Any:
    """Parameter of an activation, as a field of its class.

    A parameter that is added later must be None by default and then have no effect, because every other value becomes
    part of the identity of jobs.

    Args:
        default: value if a suite sets none.
        tune: search range for ``inrbench tune``; None excludes the parameter from the search.
        constraints: bounds, e.g. ``gt``, ``ge``, ``lt`` and ``le``, as for `pydantic.Field`.

    Example:
        ``omega0: float = Param(30.0, gt=0, tune=LogUniform(5, 200))``
    """
    info: Any = Field(default, **constraints)
    info.metadata += [tune] if tune else []  # as in `Annotated[float, tune]`
    return info


def search_ranges(cls: type[BaseModel]) -> dict[str, LogUniform]:
    """The ranges that fields of a class declare, by the field's name."""
    return {
        name: item
        for name, field in cls.model_fields.items()
        for item in field.metadata
        if isinstance(item, LogUniform)
    }


@dataclass(frozen=True)
class ParamGroup:
    """Parameters of a network that share the settings of the optimiser.

    Attributes:
        parameters: parameters of one network.
        lr_factor: factor of the suite's learning rate.
        options: settings of optimisers for these parameters, by the optimiser's name: ``{"adam": {"eps": 1e-15}}``. The
            suite's settings override them.
    """

    parameters: list[nn.Parameter]
    lr_factor: float = 1.0
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Activation(BaseModel):
    """Base class of activations.

    Class attributes:
        name: lower-case name with dashes, as written in suites and on the command line.
        label: name in tables and figures.
        version: number to raise when the same parameters give another network or other training; it is part of every
            job's identity.
        derivatives: how often a network is differentiable in its coordinates almost everywhere, such that each
            derivative integrates to the one below: 1 for continuous kinks such as ReLU's, 2 for a continuous slope; no
            task needs more. Tasks that train on derivatives (`inrbench.tasks.core.residuals`) refuse activations
            with too few. The default, 0, promises nothing. `inrbench check` tests the declaration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    name: ClassVar[str]
    label: ClassVar[str]
    version: ClassVar[int]
    derivatives: ClassVar[int] = 0

    @classmethod
    def search_space(cls) -> dict[str, LogUniform]:
        """Search ranges of the parameters that ``inrbench tune`` varies, by the parameter's name."""
        return search_ranges(cls)

    # -- overridden by most plugins ------------------------------------------------------------------------------------

    def forward(self, z: Tensor) -> Tensor:
        """The nonlinearity at pre-activations ``z`` of any shape; the result has the same shape."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(z); define it, or override layer or network")

    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        """Initialise a linear layer in place. The default keeps PyTorch's U(±1/√fan_in) for weights and biases."""

    def init_head(self, linear: nn.Linear) -> None:
        """Initialise the last, linear layer in place. The default keeps PyTorch's initialisation."""

    def weight_std(self, fan_in: int, *, first: bool) -> float:
        """Standard deviation of the weights after `init_layer`, which `inrbench check` compares with the actual one.

        For complex weights it is the standard deviation of the real part, equal to that of the imaginary part. NaN if
        it depends on more than the fan-in; then the plugin needs a test of its own.
        """
        return 1 / math.sqrt(3 * fan_in)

    def curve(self, z: Tensor) -> Tensor | None:
        """Values for the figure of the activations at real ``z`` (n,): real or complex (n,), or None for no curve.

        The default is `forward`, and None for a plugin that overrides `layer` or `network` instead.
        """
        return None if type(self).forward is Activation.forward else self.forward(z)

    # -- overridden by some plugins ------------------------------------------------------------------------------------

    def encoding(self, domain: Domain) -> nn.Module | None:
        """Module that maps coordinates (N, d) to (N, ``out_features``), an attribute of it; None for no encoding."""
        return None

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        """Nonlinear layer: (N, in_features) -> (N, out_features)."""
        linear = (FirstLinear if first else nn.Linear)(in_features, out_features)
        self.init_layer(linear, first=first)
        return nn.Sequential(linear, Pointwise(self.of_layer(first=first)))

    def of_layer(self, *, first: bool) -> Self:
        """The activation with the parameters of a layer, for those whose first layer has others; by default itself."""
        return self

    def head(self, in_features: int, out_features: int) -> nn.Module:
        """Linear last layer: (N, in_features) -> (N, out_features), real."""
        linear = nn.Linear(in_features, out_features)
        self.init_head(linear)
        return linear

    def hidden_width(self, width: int) -> int:
        """Number of units that have as many weights as ``width`` real units; a complex unit of WIRE counts √2."""
        return width

    def finish(self, mlp: MLP, domain: Domain) -> nn.Module:
        """Network made from its MLP, for parts that concern several layers or are parallel to the MLP."""
        return mlp

    def network(self, domain: Domain, *, width: int, depth: int) -> nn.Module:
        """Network from coordinates (N, d) to values (N, C) with ``depth`` layers that apply the nonlinearity.

        A network that is not an MLP should have the methods `features` and `stages` of
        `inrbench.activations.core.mlp.MLP`, which `inrbench.activations.core.layer_statistics` needs.
        """
        encoding = self.encoding(domain)
        features = domain.in_features if encoding is None else int(encoding.out_features)  # type: ignore[arg-type]
        units = self.hidden_width(width)
        layers: list[nn.Module] = [] if encoding is None else [encoding]
        for index in range(depth):
            layers.append(self.layer(features, units, first=index == 0))
            features = units
        mlp = MLP(*layers, self.head(features, domain.out_features))
        mlp.encoded = encoding is not None
        return self.finish(mlp, domain)

    def path_norm(self, network: nn.Module) -> Tensor | None:
        """Path norm of a network of this activation, a scalar that is differentiable in its parameters.

        None means that the activation has no path norm; a suite that penalises it is refused.
        """
        return None

    def penalty(self, network: nn.Module) -> Tensor | None:
        """Penalty added to the data loss, a scalar differentiable in the network's parameters; None if there is none.

        Its weight is a parameter of the plugin (``tv`` of the grid), so it is part of a job's identity.
        """
        return None

    def optimizer_groups(self, network: nn.Module) -> list[ParamGroup]:
        """Parameter groups of the optimiser, each trained parameter in exactly one; by default a single usual group.

        Their settings follow from the plugin's parameters and version, so they are part of a job's identity; a
        change of them raises the version.
        """
        return [ParamGroup([p for p in network.parameters() if p.requires_grad])]

    @property
    def adapts(self) -> bool:
        """Whether initial weights depend on the measurements, by `adapt`; by default they do not.

        Such an activation takes part in tasks that measure every grid point by itself, without ``train.holdout``; it is
        refused elsewhere when a suite is laid out.
        """
        return False

    def adapt(self, network: nn.Module, samples: Tensor) -> None:
        """Change the initial weights of a network, in place, by what was measured; it may draw by torch's generator.

        Args:
            network: of this activation, on the CPU.
            samples: (*shape, C), a copy of the measurements, with their noise, one at each point of the grid.
        """

    def hidden_matrices(self, network: nn.Module) -> list[HiddenMatrix]:
        """Matrices between hidden units, which optimisers such as Muon update each as one; by default those that
        `inrbench.activations.core.hidden_matrices` finds in the network's ``stages``."""
        return hidden_matrices(network)


class Pointwise(nn.Module):
    """An activation's `forward` as a module, so that it is visible in a printed network and can have hooks."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self.activation = activation

    def forward(self, z: Tensor) -> Tensor:
        return current_code().pointwise(self.activation.forward, z)

    def extra_repr(self) -> str:
        return repr(self.activation)


def count_params(network: nn.Module) -> int:
    """Number of real degrees of freedom: a complex weight counts two, a frozen parameter none."""
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


def mlp_params(domain: Domain, *, width: int, depth: int) -> int:
    """Real degrees of freedom of the plain MLP of linear layers: (d + 1) W + (D - 1)(W + 1) W + (W + 1) C.

    A network without units, such as a grid, takes the width and the depth of a suite as this budget, so that it is
    compared with networks of its own size.
    """
    return (domain.in_features + 1) * width + (depth - 1) * (width + 1) * width + (width + 1) * domain.out_features


def bounded(network: nn.Module, inputs: tuple[Any, ...], values: Tensor) -> Tensor:
    """(1 + tanh v) / 2 of a network's values v, as a forward hook.

    It is the tanh output of codes that scale their targets from [0, 1] to [-1, 1], brought back to [0, 1]. The loss is
    a quarter of theirs, which Adam does not notice.
    """
    return (1 + torch.tanh(values)) / 2


def build(
    activation: Activation,
    domain: Domain,
    *,
    width: int,
    depth: int,
    seed: int,
    tanh: bool = False,
    init: str = "plugin",
    sigma_p: float = 1.0,
    samples: Tensor | None = None,
) -> nn.Module:
    """Network with initial weights on the CPU, so that one seed gives the same weights for every device.

    The weights are those of the activation, or others, see `inrbench.activations.core.initialisation`. ``samples`` are
    for `Activation.adapt`; without them, and with other weights than its own, nothing is adapted.

    Its values are unbounded, or those of `bounded` with ``tanh``. A hook does that, so that features, stages and path
    norm stay those of the network before it.
    """
    # torch.manual_seed would also seed the generators of CUDA devices, which fork_rng does not restore here.
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)
        network = activation.network(domain, width=width, depth=depth)
        if samples is not None and init == "plugin":
            activation.adapt(network, samples)
        reinitialise(network, domain.shape, init, sigma_p)
    if tanh:
        network.register_forward_hook(bounded)
    return network
