"""WINNER: SIREN whose first two layers get noise, by how high the frequencies of the measurements are."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Domain, Param
from inrbench.activations.core.mlp import MLP
from inrbench.activations.core.sine_init import SineInitialised

SCALES = {1: (3500.0, 7.0, 3.0), 2: (50.0, 5.0, 0.4)}
"""(a, b, c) of s0 = a (1 - e^(-b κ / C)) and s1 = c κ / C by the number of coordinates: of sound and of pictures."""


class Winner(SineInitialised):
    """sin(omega0 * z), SIREN's weights plus noise N(0, s0/omega0) and N(0, s1/omega0) in layers 1 and 2 [WINNER, 2025].

    Also called SIREN²; arXiv 2509.09719, and the code of its authors, github.com/hemanthgrylls/SIREN-square. Standard
    deviations are s0 / omega0 and s1 / omega0. The scales follow from the spectral centroid κ of the C channels,

    - of one coordinate: s0 = 3500 (1 - e^(-7 κ / C)), s1 = 3 κ / C;
    - of two: s0 = 50 (1 - e^(-5 κ / C)), s1 = 0.4 κ / C;

    as in that code, which divides by C here and once more in κ, see `spectral_centroid`. There κ is of the target; here
    it is of the measurements, with their noise, so the truth is not used where it differs from them. Tasks that do not
    measure every point of the grid by itself (ct, mri, superres, inpaint, equations) have no such κ and are refused,
    unless ``s0`` and ``s1`` are set. For three coordinates the code has no formula, and they have to be set too.

    Attributes:
        s0, s1: scales of the noise in the first and in the second layer; None for those of κ.
    """

    name, label, version = "winner", "WINNER", 1
    derivatives = 2

    s0: float | None = Param(None, ge=0)
    s1: float | None = Param(None, ge=0)

    @property
    def adapts(self) -> bool:
        return self.s0 is None or self.s1 is None

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(self.omega0 * z)

    def finish(self, mlp: MLP, domain: Domain) -> nn.Module:
        if self.s0 is not None and self.s1 is not None:
            self._add_noise(mlp, self.s0, self.s1)
        return mlp

    def adapt(self, network: nn.Module, samples: Tensor) -> None:
        if self.adapts:
            assert isinstance(network, MLP)
            s0, s1 = noise_scales(samples)
            self._add_noise(network, s0 if self.s0 is None else self.s0, s1 if self.s1 is None else self.s1)

    @torch.no_grad()
    def _add_noise(self, mlp: MLP, *scales: float) -> None:
        for layer, scale in zip(mlp.layers, scales, strict=False):  # a network of one layer has no second
            linear = next(layer.children())
            assert isinstance(linear, nn.Linear)
            linear.weight += torch.randn_like(linear.weight) * (scale / self.omega0)


def noise_scales(samples: Tensor) -> tuple[float, float]:
    """s0 and s1 for samples (*shape, C).

    Raises:
        ValueError: if there is no formula for that many coordinates.
    """
    coordinates, channels = samples.dim() - 1, samples.shape[-1]
    if coordinates not in SCALES:
        raise ValueError(f"WINNER has no formula of its noise for {coordinates} coordinates; set s0 and s1")
    a, b, c = SCALES[coordinates]
    kappa = spectral_centroid(samples) / channels
    return a * (1 - math.exp(-b * kappa)), c * kappa


def spectral_centroid(samples: Tensor) -> float:
    """κ in [0, 1] of samples (*shape, C): the mean over channels of 2 Σ f |F(f)| / Σ |F(f)|, divided by C.

    F is the discrete Fourier transform of all samples of a channel in one line, a picture row after row, and f its
    frequencies up to 1/2, zero among them. Pictures are taken about the middle of their range, as the code scales them
    to [-1, 1]; a factor does not matter. Samples that are all zero have κ = 0.
    """
    middle = 0.5 if samples.dim() == 3 else 0.0
    line = samples.reshape(-1, samples.shape[-1]).double() - middle
    spectrum = torch.fft.rfft(line, dim=0).abs()
    frequencies = torch.fft.rfftfreq(len(line), dtype=torch.float64)
    total = spectrum.sum(0)
    centroids = torch.where(total > 0, frequencies @ spectrum / total.clamp(min=1e-300), 0.0)
    return float(2 * centroids.mean() / samples.shape[-1])
