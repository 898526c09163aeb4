"""The conformance suite: what every activation must do before its scores mean anything.

`inrbench check NAME` runs it for one activation, and the project's own tests for all of them. A check is a function
of an activation that raises `AssertionError` with a message its author can act on; its docstring says what it holds
them to::

    for finding in check(Siren()):
        print(finding)

Networks here are small, so that the whole suite takes about a second an activation.
"""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import ValidationError
from torch import Tensor, nn

from activations.core.base import Activation, Domain, build, count_params
from activations.core.width_solver import params_at

WIDTH, DEPTH, SIDE = 32, 3, 16
"""Size of the networks and of the grids they are checked on."""

Check = Callable[[Activation], None]


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        name: of the check.
        status: ``"passed"``, ``"failed"`` or ``"skipped"``.
        message: why it failed or was skipped; empty for a check that passed.
    """

    name: str
    status: Literal["passed", "failed", "skipped"]
    message: str = ""

    @property
    def ok(self) -> bool:
        """False for a failure only."""
        return self.status != "failed"

    def __str__(self) -> str:
        return f"{self.status:<8}{self.name}" + (f": {self.message}" if self.message else "")


class Skip(Exception):
    """Raised by a check that does not apply to an activation."""


def check(activation: Activation) -> list[Finding]:
    """Run every check on one activation; no failure keeps the others from running."""
    return [run_check(one, activation) for one in CHECKS]


def run_check(one: Check, activation: Activation) -> Finding:
    """Run one check. Whatever a plugin raises is a finding, because it is the plugin that is under test."""
    name = one.__name__.removeprefix("check_")
    try:
        one(activation)
    except Skip as reason:
        return Finding(name, "skipped", str(reason))
    except AssertionError as error:
        return Finding(name, "failed", str(error))
    except Exception as error:
        return Finding(name, "failed", f"{type(error).__name__}: {error}")
    return Finding(name, "passed")


# -- material
# --------------------------------------------------------------------------------------------------------------


def domain_of(in_features: int = 2, out_features: int = 1) -> Domain:
    return Domain(in_features, out_features, (SIDE,) * in_features)


def grid(in_features: int = 2) -> Tensor:
    """Pixel centres of the domain, (N, d), at most SIDE² of them."""
    axis = (2 * torch.arange(SIDE) + 1) / SIDE - 1
    points = torch.cartesian_prod(*[axis] * in_features).reshape(-1, in_features)
    return points[:: max(1, len(points) // SIDE**2)]


def small(activation: Activation, domain: Domain | None = None, seed: int = 0) -> nn.Module:
    return build(activation, domain or domain_of(), width=WIDTH, depth=DEPTH, seed=seed)


def smooth(x: Tensor) -> Tensor:
    """A signal that any of these networks can begin to fit."""
    return 0.5 + 0.4 * torch.cos(2 * x).prod(dim=-1, keepdim=True)


def same_weights(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


# -- the checks
# ------------------------------------------------------------------------------------------------------------


def check_configuration(activation: Activation) -> None:
    """Parameters are frozen, unknown ones are refused, and those declared rebuild an equal activation."""
    kind = type(activation)
    assert kind(**activation.model_dump()) == activation, "its own parameters do not rebuild an equal activation"
    for field in kind.model_fields:
        try:
            setattr(activation, field, getattr(activation, field))
        except ValidationError:
            continue
        raise AssertionError(f"parameter {field!r} can be changed after construction; the model must be frozen")
    try:
        kind.model_validate({**activation.model_dump(), "no_such_parameter": 1})
    except ValidationError:
        return
    raise AssertionError("an unknown parameter is accepted, so a typo in a suite would go unnoticed")


def check_identity(activation: Activation) -> None:
    """Name, label and version are there: the name in lower case with dashes, the version a positive integer."""
    name, label, version = activation.name, activation.label, activation.version
    plain = isinstance(name, str) and name.replace("-", "").isalnum() and name == name.lower()
    assert plain, f"name {name!r} must be lower case letters, digits and dashes"
    assert isinstance(label, str), f"label must be a string, not {label!r}"
    assert label.strip(), "label is empty, but stands in tables and figures"
    assert isinstance(version, int), f"version must be an integer, not {version!r}"
    assert version >= 1, f"version must be an integer from 1, not {version}"


def check_shapes(activation: Activation) -> None:
    """(N, d) becomes (N, C), real float32, for d = 1, 2, 3 and C = 1, 3."""
    for d in (1, 2, 3):
        for channels in (1, 3):
            x = grid(d)
            y = small(activation, domain_of(d, channels))(x)
            expected = (len(x), channels)
            assert tuple(y.shape) == expected, f"d={d}, C={channels}: output {tuple(y.shape)}, expected {expected}"
            assert y.dtype == torch.float32, f"d={d}, C={channels}: output is {y.dtype}, expected real torch.float32"


def check_finite(activation: Activation) -> None:
    """Outputs and gradients are finite at initialisation, and every trained parameter gets a gradient."""
    for seed in range(3):
        network = small(activation, seed=seed)
        y = network(grid())
        assert torch.isfinite(y).all(), f"seed {seed}: the output at initialisation is not finite"
        (y - smooth(grid())).square().mean().backward()
        for name, p in network.named_parameters():
            assert not p.requires_grad or p.grad is not None, f"parameter {name} gets no gradient; freeze or remove it"
            assert p.grad is None or torch.isfinite(p.grad).all(), f"seed {seed}: the gradient of {name} is not finite"


def check_seed(activation: Activation) -> None:
    """The same seed gives the same weights, another seed others, and the caller's random state is left alone.

    Weights that all start at one value need not differ.
    """
    state = torch.get_rng_state()
    a, b, c = small(activation, seed=1), small(activation, seed=1), small(activation, seed=2)
    assert torch.equal(state, torch.get_rng_state()), "building a network moves the caller's random state"
    assert same_weights(a, b), "the same seed gives different weights; draw them from torch's generator only"
    drawn = [p for p in a.parameters() if p.numel() and not torch.equal(p, p.flatten()[0].expand_as(p))]
    if not drawn:
        return  # a constant start, such as a grid's, has nothing to draw
    assert not same_weights(a, c), "another seed gives the same weights"


def check_params(activation: Activation) -> None:
    """The parameter count is that of the real numbers trained, also without weights, and grows with the width."""
    network = small(activation)
    real = [torch.view_as_real(p) if p.is_complex() else p for p in network.parameters() if p.requires_grad]
    independent = sum(math.prod(p.shape) for p in real)
    counted = count_params(network)
    assert counted == independent, f"count_params says {counted}, the network trains {independent} real numbers"
    meta = params_at(activation, domain_of(), width=WIDTH, depth=DEPTH)
    assert meta == counted, f"{meta} parameters on the meta device, where widths are solved, but {counted} in truth"
    wider = params_at(activation, domain_of(), width=2 * WIDTH, depth=DEPTH)
    assert wider > counted, f"twice the width has {wider} parameters, once has {counted}"


def check_double(activation: Activation) -> None:
    """``network.double()`` computes in float64, and nearly what float32 does."""
    network = small(activation)
    single = network(grid())
    double = network.double()(grid().double())
    assert double.dtype == torch.float64, f"in float64 the output is {double.dtype}"
    error = (double - single).abs().max().item()
    limit = 1e-3 * (1 + double.abs().max().item())
    assert error < limit, f"float32 and float64 differ by {error:.2g}: a constant or a buffer is not exact enough"


def check_rows(activation: Activation) -> None:
    """f(x)[rows] is f(x[rows]): training goes through the rows in blocks, so no row may see another."""
    network, x = small(activation).double(), grid().double()
    rows = torch.arange(len(x) // 3, len(x) // 2)
    whole, part = network(x)[rows], network(x[rows])
    error = (whole - part).abs().max().item()
    limit = 1e-6 * (1 + whole.abs().max().item())
    assert error < limit, f"a row's value changes by {error:.2g} with the other rows present"


def check_learns(activation: Activation) -> None:
    """Three Adam steps lower the loss on a smooth signal, at one learning rate at least of 1e-2, 1e-3, 1e-4, 1e-5."""
    x = grid()
    reached: list[str] = []
    for lr in (1e-2, 1e-3, 1e-4, 1e-5):
        network = small(activation)
        optimiser = torch.optim.Adam(network.parameters(), lr=lr)
        losses = []
        for _ in range(4):
            optimiser.zero_grad()
            loss = (network(x) - smooth(x)).square().mean()
            losses.append(loss.item())
            loss.backward()
            optimiser.step()
        if losses[-1] < losses[0]:
            return
        reached.append(f"{losses[0]:.3g} -> {losses[-1]:.3g} at {lr:g}")
    raise AssertionError("three Adam steps do not lower the loss: " + ", ".join(reached))


def check_init(activation: Activation) -> None:
    """The weights of the first and of a later layer have mean 0 and the declared `weight_std`, to 5 %."""
    if type(activation).network is not Activation.network:
        raise Skip("it builds its own network, so no layer-wise statistics are declared")
    encoding = activation.encoding(domain_of())
    fan_in = domain_of().in_features if encoding is None else int(encoding.out_features)  # type: ignore[arg-type]
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        layers = {
            True: (activation.layer(fan_in, 8192, first=True), fan_in),
            False: (activation.layer(256, 256, first=False), 256),
        }
    for first, (layer, features) in layers.items():
        where = "first" if first else "hidden"
        # Attributes, not parameters: with weight normalisation the effective weight is computed from parameters.
        found = [getattr(module, "weight", None) for module in layer.modules()]
        weights = [weight for weight in found if isinstance(weight, Tensor) and weight.dim() >= 2]
        if not weights:
            raise Skip(f"the {where} layer has no weight")
        declared = activation.weight_std(features, first=first)
        if math.isnan(declared):
            raise Skip("weight_std declares no value")
        for weight in weights:
            values = torch.view_as_real(weight.detach()) if weight.is_complex() else weight.detach()
            std, mean = values.std().item(), values.mean().item()
            assert abs(std / declared - 1) < 0.05, (
                f"{where} layer, fan-in {features}: weights have standard deviation {std:.4g}, "
                f"weight_std declares {declared:.4g}"
            )
            assert abs(mean) < 0.05 * declared, f"{where} layer: weights have mean {mean:.3g}, expected 0"


def check_curve(activation: Activation) -> None:
    """`curve` gives the figure finite values, one for each point, or None."""
    z = torch.linspace(-2, 2, 101)
    values = activation.curve(z)
    if values is None:
        return
    assert values.shape == z.shape, f"curve of {tuple(z.shape)} points has shape {tuple(values.shape)}"
    assert torch.isfinite(torch.view_as_real(values) if values.is_complex() else values).all(), "curve is not finite"


def check_copies(activation: Activation) -> None:
    """A network survives deepcopy, pickle and its state dict: the copies give the same output."""
    network, x = small(activation), grid()
    expected = network(x)
    assert torch.equal(copy.deepcopy(network)(x), expected), "a deep copy gives another output"
    assert torch.equal(pickle.loads(pickle.dumps(network))(x), expected), "an unpickled network gives another output"
    other = small(activation, seed=1)
    other.load_state_dict(network.state_dict())
    assert torch.equal(other(x), expected), "the state dict misses something: the restored network gives another output"


CHECKS: tuple[Check, ...] = (
    check_identity,
    check_configuration,
    check_shapes,
    check_finite,
    check_seed,
    check_params,
    check_double,
    check_rows,
    check_learns,
    check_init,
    check_curve,
    check_copies,
)
