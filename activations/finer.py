"""FINER: a sine whose frequency grows with the absolute value of its pre-activation.

Large biases of the first layer then give high frequencies, so that the spectrum can be set by the initialisation.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import LogUniform, Param
from inrbench.activations.core.kernel import constant
from inrbench.activations.core.sine_init import SineInitialised


class Finer(SineInitialised):
    """sin(omega0 (|z| + 1) z) with (|z| + 1) excluded from the gradient, as in the code of [Liu et al., CVPR 2024].

    The derivative used in training is therefore omega0 (|z| + 1) cos(…), not the true omega0 (2|z| + 1) cos(…). The
    weights are those of SIREN for fan-in n: U(±1/n) in the first layer, U(±√(6/n)/omega0) in all others and the head.
    `first_bias` = k draws the biases of the first layer from U(±k), which widens the range of frequencies; None keeps
    PyTorch's U(±1/√n), as does the image script of the published code. All other biases are PyTorch's default.
    """

    name, label, version = "finer", "FINER", 1
    derivatives = 2

    first_bias: float | None = Param(None, gt=0, tune=LogUniform(0.5, 20))

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(self.omega0 * constant(z.abs() + 1) * z)

    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        super().init_layer(linear, first=first)
        if first and self.first_bias is not None:
            nn.init.uniform_(linear.bias, -self.first_bias, self.first_bias)
