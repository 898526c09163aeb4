"""Magnetic resonance imaging: sampling masks, sensitivities of coils, and the phantom's k-space in closed form.

A sensitivity is a short sum of plane waves, S(x) = Σ a_m exp(iπ q_m·x) on [-1, 1]². The Fourier integral of S · f is
then Σ a_m f̂(k - q_m), exact wherever f̂ is known [M. Guerquin-Kern et al., IEEE TMI 31 (2012), for sinusoidal
sensitivities], and the same sums on pixel centres are the maps of the discrete operator.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from torch import Tensor

from inrbench.tasks.core.base import draw
from inrbench.tasks.core.fourier import frequencies
from inrbench.tasks.signals.phantoms import Ellipse
from inrbench.tasks.signals.signal import pixel_centres

Floats = NDArray[np.float64]


# -- which frequencies are sampled -------------------------------------------------------------------------------------


def cartesian(shape: tuple[int, int], share: float, centre: float, seed: int) -> Tensor:
    """Whole rows of k-space: the ``centre`` share of the lowest ones, the others drawn at random up to ``share``.

    Returns:
        (K,) int64 indices on the grid of `torch.fft.fft2`, ascending.
    """
    height, width = shape
    order = torch.from_numpy(np.argsort(np.abs(np.fft.fftfreq(height)), kind="stable"))
    low = min(max(round(centre * height), 1), height)
    more = max(round(share * height) - low, 0)
    lines = torch.cat([order[:low], order[low:][draw(height - low, more, seed)]])
    return (lines[:, None] * width + torch.arange(width)).reshape(-1).sort().values


def radial(shape: tuple[int, int], share: float) -> Tensor:
    """The grid points nearest to spokes through the origin, evenly spread over half a turn.

    There are as many spokes as are needed to reach ``share`` of k-space, at least one.

    Returns:
        (K,) int64 indices on the grid of `torch.fft.fft2`, ascending.
    """
    height, width = shape
    least, most = 1, 2 * (height + width)
    while least < most:  # bisection: the share grows with the number of spokes, but for single points
        middle = (least + most) // 2
        least, most = (least, middle) if len(_spokes(shape, middle)) >= share * height * width else (middle + 1, most)
    return _spokes(shape, least)


def _spokes(shape: tuple[int, int], count: int) -> Tensor:
    angle = np.arange(count) * math.pi / count
    along = np.linspace(-1, 1, 4 * max(shape) + 1)
    down, right = (
        np.rint(np.outer(direction, along) * (n // 2)).astype(np.int64)
        for direction, n in zip((np.sin(angle), np.cos(angle)), shape, strict=True)
    )
    # An even side has the frequency -n/2 and not n/2, which wraps around to it.
    index = (down % shape[0]) * shape[1] + right % shape[1]
    samples: Tensor = torch.from_numpy(np.unique(index))
    return samples


def variable_density(shape: tuple[int, int], share: float, centre: float, seed: int) -> Tensor:
    """Single frequencies: a disc that holds the ``centre`` share, the others drawn with density (1 - r/√2)³.

    r is the distance from the origin, 1 at the middle of a side of k-space; for the polynomial densities see
    M. Lustig, D. Donoho and J. Pauly, Magn. Reson. Med. 58 (2007). Drawn without replacement, in the order of
    E_i / w_i with exponential E_i and weights w_i [P. Efraimidis and P. Spirakis, Inf. Process. Lett. 97 (2006)].

    Returns:
        (K,) int64 indices on the grid of `torch.fft.fft2`, ascending.
    """
    n = shape[0] * shape[1]
    radius = (frequencies(shape).double() / torch.tensor(shape) * 2).norm(dim=1)
    low = min(max(round(centre * n), 1), n)
    order = radius.argsort(stable=True)
    waiting = torch.empty(n, dtype=torch.float64).exponential_(generator=torch.Generator().manual_seed(seed))
    waiting = waiting / (1 - radius / math.sqrt(2)).clamp(min=1e-3) ** 3
    waiting[order[:low]] = 0
    first: Tensor = waiting.argsort(stable=True)[: max(round(share * n), low)]
    return first.sort().values


# -- coils and phase ---------------------------------------------------------------------------------------------------

PHASE = 2.0
"""Amplitude of the phase in radians."""
PHASE_WAVE = (0.45, 0.3)
"""Its wave in half cycles per side, down and to the right."""
PHASE_SHIFT = 0.4
"""Its phase at the centre of the picture."""
ORDERS = 16
"""Jacobi-Anger terms on each side: J_n(2) < 1e-14 beyond."""


@dataclass(frozen=True)
class Sensitivities:
    """Receiver coils times the phase of the picture, as sums of plane waves.

    Attributes:
        waves: (T, 2), q in half cycles per unit of [-1, 1], down and to the right.
        amplitudes: (coils, T) complex.
    """

    waves: Floats
    amplitudes: NDArray[np.complex128]

    def on_grid(self, shape: tuple[int, int]) -> Tensor:
        """(coils, H·W) complex128: the maps at the pixel centres."""
        down, right = (pixel_centres(n) for n in shape)
        rows, columns = (
            np.exp(1j * math.pi * np.outer(q, axis)) for q, axis in zip(self.waves.T, (down, right), strict=True)
        )
        maps = np.einsum("ct,th,tw->chw", self.amplitudes, rows, columns, optimize=True)
        return torch.from_numpy(maps.reshape(len(maps), -1))


def sensitivities(coils: int, phase: bool) -> Sensitivities:
    """One, two or four coils, with or without a smooth phase 2 sin(π(0.45 x₀ + 0.3 x₁) + 0.4) of the picture.

    Along an axis the coil at one end has the sensitivity cos θ and that at the other sin θ, θ = π(x + 1)/4; two coils
    share the first axis and four are the products over both. The squares sum to one everywhere. The phase is expanded
    by Jacobi and Anger: exp(iβ sin t) = Σ J_n(β) exp(int).

    Raises:
        ValueError: if there are not one, two or four coils.
    """
    if coils not in (1, 2, 4):
        raise ValueError(f"{coils} coils: choose 1, 2 or 4")
    ends = np.exp(0.25j * math.pi) / 2, np.exp(-0.25j * math.pi) / 2
    pair = np.array([[ends[0], ends[1]], [ends[0] / 1j, -ends[1] / 1j]])  # cos θ, sin θ on the waves 1/4, -1/4
    one = np.ones((1, 1))
    waves: Floats = np.zeros((1, 2))
    amplitudes: NDArray[np.complex128] = np.ones((1, 1), np.complex128)
    for axis, factor in enumerate((pair if coils > 1 else one, pair if coils > 2 else one)):
        along = np.array([0.25, -0.25]) if len(factor) > 1 else np.zeros(1)
        steps = along[:, None] * np.eye(2)[axis]
        waves = (waves[:, None] + steps).reshape(-1, 2)
        amplitudes = np.kron(amplitudes, factor).astype(np.complex128)
    if phase:
        n = np.arange(-ORDERS, ORDERS + 1)
        waves = (waves[:, None] + n[:, None] * np.array(PHASE_WAVE)).reshape(-1, 2)
        amplitudes = np.kron(amplitudes, scipy.special.jv(n, PHASE) * np.exp(1j * n * PHASE_SHIFT))
    return Sensitivities(waves, amplitudes)


# -- closed forms ------------------------------------------------------------------------------------------------------


def ellipses_transform(ellipses: Iterable[Ellipse], k: Floats) -> NDArray[np.complex128]:
    """The Fourier integral of a sum of ellipses, ∫ f(x) exp(-iπ k·x) dx over [-1, 1]².

    An ellipse of semi-axes a and b and intensity ρ has ρ π a b · 2 J₁(s)/s · exp(-iπ k·c), with s = π hypot(a k_u, b
    k_v), k_u and k_v along its axes and c its centre.

    Args:
        ellipses: in the convention of `inrbench.tasks.signals.phantoms.Ellipse`.
        k: (..., 2), in half cycles per unit, down and to the right.

    Returns:
        (...) complex.
    """
    right, up = k[..., 1], -k[..., 0]
    total = np.zeros(k.shape[:-1], np.complex128)
    for intensity, a, b, x0, y0, degrees in ellipses:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        s = math.pi * np.hypot(a * (right * cos + up * sin), b * (up * cos - right * sin))
        jinc = np.where(s > 1e-6, 2 * scipy.special.j1(s) / np.maximum(s, 1e-6), 1.0)
        total += intensity * math.pi * a * b * jinc * np.exp(-1j * math.pi * (right * x0 + up * y0))
    return total


def ellipses_kspace(
    ellipses: Sequence[Ellipse], shape: tuple[int, int], samples: Tensor, coils: Sensitivities
) -> NDArray[np.complex128]:
    """The samples that `SampledFourier` approximates with pixels, of ellipses behind coils, exact: (coils, K)."""
    k = frequencies(shape)[samples].numpy().astype(np.float64)
    spectra = np.zeros((len(coils.amplitudes), len(k)), np.complex128)
    for q, amplitude in zip(coils.waves, coils.amplitudes.T, strict=True):
        spectra += amplitude[:, None] * ellipses_transform(ellipses, k - q)
    return spectra * (math.sqrt(shape[0] * shape[1]) / 4)
