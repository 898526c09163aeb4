"""Initial weights as a factor of their own, instead of an activation's: PyTorch's, or those that keep the variance.

``variance`` is VI3NR [Koneputugodage et al., CVPR 2025]: for any nonlinearity σ the weights of a hidden layer with n
inputs are U(±g √(3/n)) with g² = σ_p² / E[σ(z)²], z ~ N(0, σ_p²), where E[σ²] = μ² + Var σ. Then the pre-activations
of every layer have the variance σ_p², if those before it have. Of the first layer g² = σ_p² / E[x²] for its inputs x,
the coordinates or their encoding. σ_p is the only number to choose.

Biases and the head stay those of the activation; biases add their own variance to that of the pre-activations.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.kernel import Kernel, KernelCode, Number, using
from inrbench.activations.core.linear import NormedLinear
from inrbench.activations.core.mlp import MLP

POINTS, REACH = 20_001, 9.0
"""Points and half width, in standard deviations, of the integral over a normal distribution of one variable."""

DRAWS = 4096
"""Rows of normal pre-activations, where a unit has several of them and the mean is taken over draws."""

ROWS = 4096
"""The most coordinates over which the mean square of the first layer's inputs is taken."""


def reinitialise(network: nn.Module, shape: tuple[int, ...], init: str, sigma_p: float = 1.0) -> None:
    """Draw new weights for a network, from torch's random numbers.

    Args:
        network: with the activation's own weights, on the CPU.
        shape: number of samples along each coordinate.
        init: ``torch`` or ``variance``; ``plugin`` leaves all as it is.
        sigma_p: of ``variance``.

    Raises:
        ValueError: if ``variance`` has no meaning for the network: it is not an MLP whose layers are each one linear
            map and a nonlinearity; or ``torch``: it has no linear layer.
    """
    if init == "torch":
        linears = [module for module in network.modules() if isinstance(module, nn.Linear | NormedLinear)]
        if not linears:
            raise ValueError(f"init: torch is for linear layers, and {type(network).__name__} has none; leave it out")
        for linear in linears:
            linear.reset_parameters()
    elif init == "variance":
        _keep_variance(network, shape, sigma_p)


@torch.no_grad()
def _keep_variance(network: nn.Module, shape: tuple[int, ...], sigma_p: float) -> None:
    mlp = getattr(network, "mlp", None)
    if not isinstance(mlp, MLP):
        raise ValueError(f"init: variance is for MLPs, and {type(network).__name__} is not one; leave it out")
    inputs = coordinates(shape)
    square = (mlp[0](inputs) if mlp.encoded else inputs).square().mean().item()
    for layer in mlp.layers:
        linear, nonlinearity = _parts(layer)
        pairs = linear.weight.dim() == 3
        fan_in = linear.weight.shape[1]
        gain = sigma_p / math.sqrt(square)
        bound = gain * math.sqrt(3 / fan_in) * (math.sqrt(0.5) if pairs else 1)  # of a real and of an imaginary part
        nn.init.uniform_(linear.weight, -bound, bound)
        square = mean_square(nonlinearity, linear, sigma_p)


def _parts(layer: nn.Module) -> tuple[nn.Linear, nn.Module]:
    """The linear map and the nonlinearity of a layer; the linear map may be one of complex pairs."""
    parts = list(layer.children())
    weight = parts[0]._parameters.get("weight") if len(parts) == 2 else None
    if weight is None or any(p.dim() > 1 for p in parts[1].parameters()):
        raise ValueError(
            "init: variance is for layers that are one linear map and a nonlinearity; this network has others, such as "
            "normalised weights; leave it out"
        )
    return parts[0], parts[1]  # type: ignore[return-value]


class _Columns(KernelCode):
    """Notes the columns that a nonlinearity's kernel has for each unit; (1, 1) without a kernel."""

    columns = (1, 1)

    def value(self, kernel: Kernel, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        self.columns = kernel.columns
        return super().value(kernel, z, constants)


def mean_square(nonlinearity: nn.Module, linear: nn.Module, sigma_p: float) -> float:
    """E[|σ(z)|²] of a layer's features for pre-activations N(0, σ_p²), of complex ones E[|z|²] = σ_p².

    By the trapezoidal rule where a unit has one real pre-activation, else as a mean over draws.
    """
    weight: Tensor = linear._parameters["weight"]  # type: ignore[assignment]
    pairs = weight.dim() == 3
    inputs = len(weight) * (2 if pairs else 1)
    noted = _Columns()
    with using(noted):
        outputs = nonlinearity(torch.zeros(1, inputs)).shape[1]
    # The widths do not tell: WIRE-2D makes one complex feature of two real pre-activations.
    mixed = noted.columns != (1, 1)
    if not pairs and not mixed and outputs == inputs:
        z = torch.linspace(-REACH, REACH, POINTS, dtype=torch.float64)
        density = torch.exp(-z.square() / 2) / math.sqrt(2 * math.pi)
        values = nonlinearity((sigma_p * z).to(weight.dtype)[:, None].expand(-1, inputs)).double()
        return torch.trapezoid((values.square().mean(1) * density), z).item()
    scale = sigma_p * (math.sqrt(0.5) if pairs else 1)
    total = nonlinearity(torch.randn(DRAWS, inputs) * scale).double().square().sum(1)
    # Without a kernel, as many columns as pairs are taken for complex features.
    complex_ = pairs or outputs == 2 * inputs
    features = inputs // noted.columns[0] if mixed else outputs // 2 if complex_ else outputs
    return float(total.mean() / features)


def coordinates(shape: tuple[int, ...]) -> Tensor:
    """Pixel centres of a grid, at most about `ROWS` of them, evenly thinned along each axis: (N, d)."""
    stride = max(1, math.ceil((math.prod(shape) / ROWS) ** (1 / len(shape))))
    axes = [((2 * torch.arange(n) + 1) / n - 1)[::stride] for n in shape]
    return torch.cartesian_prod(*axes).reshape(-1, len(shape))


def layer_spreads(network: nn.Module, shape: tuple[int, ...]) -> list[float]:
    """Root mean square of the pre-activations of each layer over the grid, centred over the points.

    Raises:
        ValueError: as `reinitialise`.
    """
    mlp = getattr(network, "mlp", None)
    if not isinstance(mlp, MLP):
        raise ValueError(f"{type(network).__name__} is not an MLP")
    spreads: list[float] = []
    hooks = [
        _parts(layer)[0].register_forward_hook(
            lambda _module, _inputs, z: spreads.append(float((z - z.mean(0)).square().mean().sqrt()))
        )
        for layer in mlp.layers
    ]
    with torch.no_grad():
        network(coordinates(shape))
    for hook in hooks:
        hook.remove()
    return spreads
