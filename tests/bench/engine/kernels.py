"""The kernels of all plugins, with inputs."""

from __future__ import annotations

import torch

from inrbench.activations import mfn, wire, wire_2d, wire_real
from inrbench.activations.core import mlp
from inrbench.activations.core import spline_wavelet as wavelet
from inrbench.activations.core.kernel import Kernel

KERNELS: dict[str, tuple[Kernel, tuple[float, ...]]] = {
    "wavelet": (wavelet.WAVELET, (3.0,)),
    "sine": (mlp.SINE, ()),
    "gabor": (wire.GABOR, (10.0, -100.0)),
    "gabor-of-real": (wire.GABOR_OF_REAL, (10.0, -100.0)),
    "gabor-2d": (wire_2d.GABOR, (10.0, -100.0)),
    "gabor-2d-of-real": (wire_2d.GABOR_OF_REAL, (10.0, -100.0)),
    "real-gabor": (wire_real.GABOR, (10.0, -100.0)),
    "filter": (mfn.GABOR, ()),
}
"""Kernel and constants."""


def inputs(
    name: str, rows: int = 37, units: int = 12, dtype: torch.dtype = torch.float32
) -> tuple[torch.Tensor, torch.Tensor]:
    """A gradient from above and pre-activations."""
    generator = torch.Generator().manual_seed(0)
    before, after = KERNELS[name][0].columns
    z = 0.4 * torch.randn(rows, before * units, generator=generator, dtype=dtype)
    return torch.randn(rows, after * units, generator=generator, dtype=dtype), z
