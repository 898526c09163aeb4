"""Weight normalisation: a linear layer whose rows have length and direction as separate parameters.

torch's own parametrisation computes the same, but networks with it cannot be pickled.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from activations.core.linear import FirstLinear, first_linear


class NormedLinear(nn.Module):
    """Wx + b with the rows W_k = gain_k direction_k / ‖direction_k‖ [Salimans & Kingma, NeurIPS 2016, eq. 2].

    Initially it equals the layer ``plain`` from which it is made. Initialise the weights before that: ``weight`` is
    computed from gain and direction, so that changing it later has no effect.
    """

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = plain.in_features, plain.out_features
        self._first = isinstance(plain, FirstLinear)
        direction = plain.weight.detach()
        self.direction = nn.Parameter(direction.clone())
        self.gain = nn.Parameter(torch.linalg.vector_norm(direction, dim=1, keepdim=True))
        self.bias = nn.Parameter(plain.bias.detach().clone())

    @property
    def weight(self) -> Tensor:
        """Effective weights (out, in), differentiable in gain and direction."""
        lengths: Tensor = torch.linalg.vector_norm(self.direction, dim=-1, keepdim=True)
        return self.direction * (self.gain / lengths)

    def affine(self) -> tuple[Tensor, Tensor]:
        """Effective weights (out, in) and bias (out,)."""
        return self.weight, self.bias

    def forward(self, x: Tensor) -> Tensor:
        return (first_linear if self._first else F.linear)(x, *self.affine())

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}"
