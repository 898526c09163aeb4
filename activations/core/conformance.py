"""Conformance checks: properties that every activation must have for its scores to be comparable.

`inrbench check NAME` runs them for one activation, and the tests of the project for all. A check is a function of an
activation that raises `AssertionError` with a message for the plugin's author; its docstring is the requirement.
"""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, build, count_params, mlp_params
from inrbench.activations.core.derivatives import integration_error
from inrbench.activations.core.initialisation import layer_spreads
from inrbench.activations.core.width_solver import params_at
from inrbench.checks import Finding, Skip, require, require_frozen, require_identity, run_check

WIDTH, DEPTH, SIDE = 32, 3, 16
"""Size of the networks, and side of the grids on which they are checked."""

WIDE = 1024
"""The width at which parameters are compared, where those of an encoding are few beside them."""

Check = Callable[[Activation], str | None]


def check(activation: Activation) -> list[Finding]:
    """Results of all checks of one activation; all of them run, also after a failure."""
    return [run_check(one, activation) for one in CHECKS]


def domain_of(in_features: int = 2, out_features: int = 1) -> Domain:
    """Domain with `SIDE` samples along each coordinate."""
    return Domain(in_features, out_features, (SIDE,) * in_features)


def grid(in_features: int = 2) -> Tensor:
    """At most SIDE² pixel centres of the domain: (N, d)."""
    axis = (2 * torch.arange(SIDE) + 1) / SIDE - 1
    points = torch.cartesian_prod(*[axis] * in_features).reshape(-1, in_features)
    return points[:: max(1, len(points) // SIDE**2)]


def small(activation: Activation, domain: Domain | None = None, seed: int = 0) -> nn.Module:
    """Network of width `WIDTH` and depth `DEPTH`."""
    return build(activation, domain or domain_of(), width=WIDTH, depth=DEPTH, seed=seed)


def smooth(x: Tensor) -> Tensor:
    """Smooth signal (N, 1) at coordinates (N, d), which any of these networks can begin to fit."""
    return 0.5 + 0.4 * torch.cos(2 * x).prod(dim=-1, keepdim=True)


def same_weights(a: nn.Module, b: nn.Module) -> bool:
    """Whether all parameters of two networks have the same bits."""
    return all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


# -- checks ------------------------------------------------------------------------------------------------------------


def check_configuration(activation: Activation) -> None:
    """Parameters are frozen, unknown ones are an error, and the declared ones rebuild an equal activation."""
    kind = type(activation)
    require(kind(**activation.model_dump()) == activation, "its parameters do not rebuild it; keep all state in fields")
    require_frozen(activation)


def check_identity(activation: Activation) -> None:
    """The name has lower-case letters, digits and dashes, the label is a string, the version a positive integer."""
    require_identity(activation)


def check_shapes(activation: Activation) -> None:
    """The network maps (N, d) to real float32 values (N, C) for d = 1, 2, 3 and C = 1, 3."""
    for d in (1, 2, 3):
        for channels in (1, 3):
            x = grid(d)
            y, expected = small(activation, domain_of(d, channels))(x), (len(x), channels)
            require(tuple(y.shape) == expected, f"d={d}, C={channels}: output {tuple(y.shape)}, expected {expected}")
            require(y.dtype == torch.float32, f"d={d}, C={channels}: output is {y.dtype}, expected real torch.float32")


def check_finite(activation: Activation) -> None:
    """Outputs and gradients are finite at initialisation, and every trainable parameter gets a gradient."""
    for seed in range(3):
        network = small(activation, seed=seed)
        y = network(grid())
        require(torch.isfinite(y).all(), f"seed {seed}: the output at initialisation is not finite")
        (y - smooth(grid())).square().mean().backward()
        for name, p in network.named_parameters():
            require(
                not p.requires_grad or p.grad is not None, f"parameter {name} gets no gradient; freeze or remove it"
            )
            require(
                p.grad is None or torch.isfinite(p.grad).all(), f"seed {seed}: the gradient of {name} is not finite"
            )


def check_seed(activation: Activation) -> None:
    """Equal seeds give equal weights, other seeds other weights, and the caller's random state does not change.

    Weights that all start at one value need not differ.
    """
    state = torch.get_rng_state()
    a, b, c = small(activation, seed=1), small(activation, seed=1), small(activation, seed=2)
    require(torch.equal(state, torch.get_rng_state()), "building a network changes the caller's random state")
    require(same_weights(a, b), "the same seed gives different weights; draw them from torch's generator only")
    random = [p for p in a.parameters() if p.numel() and not torch.equal(p, p.flatten()[0].expand_as(p))]
    require(not (random and same_weights(a, c)), "another seed gives the same weights")


def check_params(activation: Activation) -> str:
    """The count is right, also on the meta device, and grows with the width; groups have each parameter just once.

    It tells where a wide network has more than an MLP of linear layers, and no `hidden_width` makes up for it.
    """
    network = small(activation)
    trained = [p for p in network.parameters() if p.requires_grad]
    independent = sum(math.prod((torch.view_as_real(p) if p.is_complex() else p).shape) for p in trained)
    counted = count_params(network)
    require(counted == independent, f"count_params gives {counted}, but the network trains {independent} real numbers")
    meta = params_at(activation, domain_of(), width=WIDTH, depth=DEPTH)
    require(meta == counted, f"{meta} parameters on the meta device, where widths are solved, but {counted} on the CPU")
    wider = params_at(activation, domain_of(), width=2 * WIDTH, depth=DEPTH)
    require(wider > counted, f"twice the width has {wider} parameters, the width itself {counted}")
    grouped = [p for group in activation.optimizer_groups(network) for p in group.parameters]
    once = sorted(map(id, grouped)) == sorted(map(id, trained))
    require(once, f"optimizer_groups has {len(grouped)} parameters of {len(trained)} trained; name each exactly once")
    if type(activation).hidden_width is not Activation.hidden_width:
        return ""
    size = {"width": WIDE, "depth": DEPTH}
    surplus = params_at(activation, domain_of(), **size) / mlp_params(domain_of(), **size) - 1
    return f"{surplus:.0%} more parameters than an MLP of this width; define hidden_width" if surplus > 0.05 else ""


def check_double(activation: Activation) -> None:
    """``network.double()`` computes in float64, with nearly the values of float32."""
    network = small(activation).eval()
    single = network(grid())
    double = network.double()(grid().double())
    require(double.dtype == torch.float64, f"in float64 the output is {double.dtype}")
    error = (double - single).abs().max().item()
    limit = 1e-3 * (1 + double.abs().max().item())
    require(error < limit, f"float32 and float64 differ by {error:.2g}: a constant or a buffer is not exact enough")


def check_rows(activation: Activation) -> None:
    """f(x)[rows] equals f(x[rows]): networks are evaluated in blocks of rows, so no row may depend on another one.

    Where that holds in evaluation mode alone, as with batch normalisation, each step of training is one block.
    """
    network, x = small(activation).double(), grid().double()
    rows = torch.arange(len(x) // 3, len(x) // 2)

    def error() -> float:
        with torch.no_grad():
            return float((network(x)[rows] - network(x[rows])).abs().max())

    limit = 1e-6 * (1 + network.eval()(x).abs().max().item())
    cause = ", ".join(sorted(modes(network))) or "its own code"
    require(error() < limit, f"the value of a row changes by {error():.2g} with the other rows present, by {cause}")
    network.train()
    if error() >= limit:
        raise Skip(
            f"in training the value of a row depends on other rows or on chance, by {cause}: a step is one block"
        )


def modes(network: nn.Module) -> set[str]:
    """Names of the classes of torch.nn whose instances in a network compute something else in training."""
    kinds = [nn.Dropout, nn.AlphaDropout, nn.FeatureAlphaDropout, nn.BatchNorm1d, nn.InstanceNorm1d]
    return {type(module).__name__ for module in network.modules() if isinstance(module, tuple(kinds))}


def check_derivatives(activation: Activation) -> None:
    """Derivatives up to the declared order integrate to the one below, within 5 %."""
    if not activation.derivatives:
        raise Skip("derivatives = 0, so tasks that train on derivatives refuse it; declare 1 or 2 in its class")
    network = small(activation, domain_of(1)).double().eval()
    with torch.no_grad():
        for p in network.parameters():  # a grid is constant at the start, and any derivative would do
            p.add_(1e-3 * torch.randn(p.shape, generator=torch.Generator().manual_seed(0)))
    for order, name in ((1, "first"), (2, "second"))[: activation.derivatives]:
        error = integration_error(network, order)
        require(error < 0.05, f"the integral of the {name} derivative is off by {error:.1%}; declare fewer derivatives")


def check_learns(activation: Activation) -> None:
    """Three Adam steps reduce the loss on a smooth signal for at least one learning rate of 1e-2, 1e-3, 1e-4, 1e-5."""
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
    """The weights of the first and of a later layer have mean 0 and the declared `weight_std`, within 5 %."""
    if type(activation).network is not Activation.network:
        raise Skip("it overrides network, so weight_std does not apply")
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
        # Attributes instead of parameters, because weight normalisation computes the effective weight.
        attributes = [getattr(module, "weight", None) for module in layer.modules()]
        weights = [weight for weight in attributes if isinstance(weight, Tensor) and weight.dim() >= 2]
        if not weights:
            raise Skip(f"the {where} layer has no weight")
        declared = activation.weight_std(features, first=first)
        if math.isnan(declared):
            raise Skip("weight_std declares no value")
        for weight in weights:
            values = torch.view_as_real(weight.detach()) if weight.is_complex() else weight.detach()
            std, mean = values.std().item(), values.mean().item()
            require(
                abs(std / declared - 1) < 0.05,
                f"{where} layer, fan-in {features}: weights have standard deviation {std:.4g}, "
                f"weight_std declares {declared:.4g}",
            )
            require(abs(mean) < 0.05 * declared, f"{where} layer: weights have mean {mean:.3g}, expected 0")


def check_adapt(activation: Activation) -> None:
    """Weights that adapt to measurements are finite, the same for the same ones, and change neither these nor the size.

    Nothing else may enter them: `Activation.adapt` is called once, before the first step.
    """
    if not activation.adapts:
        raise Skip("its initial weights do not depend on the measurements")
    plain, x = small(activation), grid()
    for samples in (smooth(x), torch.rand(len(x), 1, generator=torch.Generator().manual_seed(0))):
        samples = samples.reshape(SIDE, SIDE, 1)
        before = samples.clone()
        first, again = (
            build(activation, domain_of(), width=WIDTH, depth=DEPTH, seed=0, samples=samples) for _ in range(2)
        )
        require(torch.equal(samples, before), "adapt changes the samples; work on a copy")
        require(same_weights(first, again), "the same samples and seed give different weights")
        require(count_params(first) == count_params(plain), "adapt changes the number of parameters")
        require(all(torch.isfinite(p).all() for p in first.parameters()), "adapted weights are not finite")


def check_depth(activation: Activation) -> str:
    """Tells with which initial weights (`Model.init`) pre-activations keep their spread from the second to the sixth
    layer, within a factor of two. It never fails: a vanishing spread is a property, and often a published one."""
    shape = (2 * SIDE, 2 * SIDE)
    verdicts = []
    for init in ("plugin", "torch", "variance"):
        try:
            network = build(activation, Domain(2, 1, shape), width=4 * WIDTH, depth=6, seed=0, init=init)
            _, second, *_, last = layer_spreads(network, shape)
        except ValueError as error:
            raise Skip(f"{error}".partition(";")[0]) from error
        ratio = last / second if second > 0 else 0.0
        verdicts.append(f"{init} {'keeps it' if 0.5 <= ratio <= 2 else f'x {ratio:.2g}'}")
    return "spread of pre-activations from layer 2 to 6: " + ", ".join(verdicts)


def check_curve(activation: Activation) -> None:
    """`curve` returns one finite value for each point, or None."""
    z = torch.linspace(-2, 2, 101)
    values = activation.curve(z)
    if values is None:
        return
    require(values.shape == z.shape, f"curve of {tuple(z.shape)} points has shape {tuple(values.shape)}")
    require(torch.isfinite(torch.view_as_real(values) if values.is_complex() else values).all(), "curve is not finite")


def check_copies(activation: Activation) -> None:
    """Copies of a network by deepcopy, pickle and its state dict have the same output."""
    network, x = small(activation).eval(), grid()
    expected = network(x)
    require(torch.equal(copy.deepcopy(network)(x), expected), "a deep copy gives another output")
    require(torch.equal(pickle.loads(pickle.dumps(network))(x), expected), "an unpickled network gives another output")
    other = small(activation, seed=1).eval()
    other.load_state_dict(network.state_dict())
    require(torch.equal(other(x), expected), "the state dict is incomplete: the restored network gives another output")


CHECKS: tuple[Check, ...] = (
    check_identity,
    check_configuration,
    check_shapes,
    check_finite,
    check_seed,
    check_params,
    check_double,
    check_rows,
    check_derivatives,
    check_learns,
    check_init,
    check_adapt,
    check_depth,
    check_curve,
    check_copies,
)
