"""The kernels of all plugins, with inputs."""

from __future__ import annotations

import torch

from inrbench.activations import finer, gauss, mfn, relu, siren, wire
from inrbench.activations.core import spline_wavelet as wavelet
from inrbench.activations.core.kernel import Kernel

KERNELS: dict[str, tuple[Kernel, tuple[float, ...], float]] = {
    "relu": (relu.RELU, (), 1),
    "sine": (siren.SINE, (30.0,), 1),
    "bell": (gauss.BELL, (-100.0,), 1),
    "chirp": (finer.CHIRP, (30.0,), 1),
    "wavelet": (wavelet.WAVELET, (3.0,), 1),
    "gabor": (wire.GABOR, (10.0, -100.0), 1),
    "gabor-of-real": (wire.GABOR_OF_REAL, (10.0, -100.0), 2),
    "filter": (mfn.GABOR, (), 0.5),
}
"""Kernel, constants, number of columns out for a column in."""


def inputs(
    name: str, rows: int = 37, columns: int = 22, dtype: torch.dtype = torch.float32
) -> tuple[torch.Tensor, torch.Tensor]:
    """A gradient from above and pre-activations."""
    generator = torch.Generator().manual_seed(0)
    z = 0.4 * torch.randn(rows, columns, generator=generator, dtype=dtype)
    return torch.randn(rows, int(columns * KERNELS[name][2]), generator=generator, dtype=dtype), z
