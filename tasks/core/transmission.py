"""Transmission of X-rays: expected counts of photons behind an absorber, by Beer and Lambert."""

from __future__ import annotations

import torch
from torch import Tensor

from inrbench.tasks.core.operators import Operator
from inrbench.tasks.core.radon import Radon


class Transmission(Operator):
    """Expected counts dose · exp(-attenuation · A x) of line integrals A x: (N, 1) -> (M, 1). Not linear.

    Args:
        radon: A.
        dose: photons of a bin without an absorber.
        attenuation: of a path of unit length through values of 1.
    """

    linear = False

    def __init__(self, radon: Radon, dose: float, attenuation: float) -> None:
        self.radon, self.dose, self.attenuation = radon, dose, attenuation
        self.in_rows, self.out_rows, self.group = radon.in_rows, radon.out_rows, radon.group

    def forward(self, x: Tensor) -> Tensor:
        return self.dose * torch.exp(-self.attenuation * self.radon.forward(x))

    def logs(self, counts: Tensor) -> Tensor:
        """The line integrals that counts (M, 1) stand for; no count counts as half of one."""
        return -torch.log(counts.clamp(min=0.5) / self.dose) / self.attenuation

    def to(self, device: torch.device | str) -> Transmission:
        return Transmission(self.radon.to(device), self.dose, self.attenuation)
