"""The network of a job: its width, its initial weights, the penalties on it, and the curve of its nonlinearity."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain
from inrbench.activations.core.width_solver import solve_width
from inrbench.bench.config.settings import Model
from inrbench.bench.training.descent import Penalty


def width_of(activation: Activation, domain: Domain, model: Model) -> int:
    """The width that a model asks for, solved where it asks for a number of parameters."""
    if model.width is not None:
        return model.width
    assert model.params is not None
    return solve_width(activation, domain, model.depth, model.params)


def penalty_of(activation: Activation, weight: float | None) -> Penalty:
    """The activation's own penalty, if it has one, and λ · path norm, if there is a weight λ.

    Raises:
        ValueError: if the activation has no path norm: a penalty that is silently none would be worse.
    """

    def penalty(network: nn.Module) -> Tensor | None:
        own = activation.penalty(network)
        if weight is None:
            return own
        norm = activation.path_norm(network)
        if norm is None:
            raise ValueError(f"{activation.label} has no path norm; leave train.path_norm out for it")
        return weight * norm if own is None else weight * norm + own

    return penalty


def curve(activation: Activation) -> dict[str, NDArray[np.float32]]:
    """The nonlinearity over pre-activations in [-1, 1], for the figure of all of them; empty where there is none."""
    z = torch.linspace(-1, 1, 2001)
    values = activation.curve(z)
    if values is None:
        return {}
    arrays = {"curve_z": z.numpy(), "curve": (values.real if values.is_complex() else values).float().numpy()}
    if values.is_complex():
        arrays["curve_imag"] = values.imag.float().numpy()
    return arrays
