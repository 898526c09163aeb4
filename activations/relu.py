"""ReLU: the plain multilayer perceptron.

It is the reference, because the other activations were designed to overcome its spectral bias.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation
from inrbench.activations.core.kernel import Kernel
from inrbench.activations.core.path_norm import layer_norms


def _relu(z: Tensor) -> Tensor:
    return torch.relu(z)


RELU = Kernel(_relu)
"""max(0, z), a kernel so that all networks of ReLUs of a depth are one code to compile."""


class Relu(Activation):
    """max(0, z) with weights and biases U(±1/√n) for fan-in n, the default of `torch.nn.Linear`.

    Published codes differ here: those of WIRE and BW-ReLU keep this default, that of SIREN initialises its ReLU
    baseline with the Kaiming normal distribution.
    """

    name, label, version = "relu", "ReLU", 1
    derivatives = 1

    def forward(self, z: Tensor) -> Tensor:
        return RELU(z)

    def path_norm(self, network: nn.Module) -> Tensor | None:
        """Path norm Σ_l Σ_k ‖w_k‖₂ ‖v_k‖₂; see `inrbench.activations.core.path_norm`."""
        norms = layer_norms(network)
        return None if norms is None else torch.stack(norms).sum()
