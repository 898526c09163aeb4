"""Linear operators in the frequency domain: sampled Fourier transform, convolution, randomised cosine transform.

Each is applied by fast or separable transforms in the precision of its argument and has an exact adjoint, so that a
training step costs little more than one of the task `image`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inrbench.tasks.core.operators import Operator

COMPLEX = {torch.float32: torch.complex64, torch.float64: torch.complex128}


class SampledFourier(Operator):
    """k-space of a picture behind receiver coils, at some frequencies: y = P F (S · x) for each coil S.

    F is the orthonormal DFT about the centre of the picture: the frequency k, in cycles per side, has the phase
    exp(-iπ k·x) at the pixel centre x in (-1, 1)², so that y approximates √(HW)/4 times the continuous Fourier integral
    over [-1, 1]². Where Σ abs(S)² ≤ 1 over the coils, ‖A‖ ≤ 1.

    Args:
        shape: (H, W), the grid.
        kept: (K,) int64, indices of the frequencies sampled on the grid of `torch.fft.fft2`, row-major.
        maps: (coils, H·W) complex128, the sensitivity of each coil.
        complex_picture: False for real pictures: (N, C) -> (2 · coils · K, C), the real parts before the imaginary
            ones. True for a complex picture whose channels are its real and its imaginary part: (N, 2) ->
            (coils · K, 2).

    Raises:
        ValueError: if ``maps`` or ``kept`` do not fit the grid.
    """

    def __init__(self, shape: tuple[int, int], kept: Tensor, maps: Tensor, complex_picture: bool = False) -> None:
        self.in_rows = shape[0] * shape[1]
        if maps.ndim != 2 or maps.shape[1] != self.in_rows:
            raise ValueError(f"maps must have the shape (coils, {self.in_rows}), not {tuple(maps.shape)}")
        if kept.ndim != 1 or not kept.numel() or int(kept.min()) < 0 or int(kept.max()) >= self.in_rows:
            raise ValueError(f"kept must be a non-empty vector of indices below {self.in_rows}")
        self.shape = shape
        self.complex_picture = complex_picture
        samples = len(maps) * len(kept)
        self.out_rows = samples if complex_picture else 2 * samples
        k = frequencies(shape)[kept]
        centre = k.double() @ torch.tensor([1 - 1 / n for n in shape], dtype=torch.float64)
        self._kept, self._maps = kept, maps
        self._ramp = torch.polar(torch.ones_like(centre), math.pi * centre)

    def forward(self, x: Tensor) -> Tensor:
        kind = COMPLEX[x.dtype]
        picture = torch.view_as_complex(x.contiguous())[None] if self.complex_picture else x.T.to(kind)
        behind = (picture[:, None] * self._maps.to(kind)).reshape(len(picture), -1, *self.shape)
        spectrum = torch.fft.fft2(behind, norm="ortho").reshape(*behind.shape[:2], -1)
        y = (spectrum[..., self._kept] * self._ramp.to(kind)).reshape(len(picture), -1)
        return torch.view_as_real(y[0]) if self.complex_picture else torch.cat([y.real, y.imag], dim=1).T

    def adjoint(self, y: Tensor) -> Tensor:
        kind = COMPLEX[y.dtype]
        if self.complex_picture:
            samples = torch.view_as_complex(y.contiguous())[None]
        else:
            samples = torch.complex(*y.T.contiguous().chunk(2, dim=1))
        samples = samples.reshape(len(samples), len(self._maps), -1) * self._ramp.conj().to(kind)
        spectrum = samples.new_zeros(*samples.shape[:2], self.in_rows).index_add(2, self._kept, samples)
        behind = torch.fft.ifft2(spectrum.reshape(*samples.shape[:2], *self.shape), norm="ortho")
        picture = (behind.reshape(*samples.shape[:2], -1) * self._maps.conj().to(kind)).sum(dim=1)
        return torch.view_as_real(picture[0]) if self.complex_picture else picture.real.T


def frequencies(shape: tuple[int, int]) -> Tensor:
    """(H·W, 2) int64, the signed frequencies of the grid of `torch.fft.fft2` in cycles per side, row-major."""
    axes = [torch.from_numpy((np.fft.fftfreq(n) * n).round().astype(np.int64)) for n in shape]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, 2)


class Convolution(Operator):
    """Convolution with a known kernel, on the valid region: (H·W, C) -> ((H-h+1)·(W-w+1), C).

    Every measurement is a weighted mean of pixels of the picture, so nothing is assumed beyond its border.

    Args:
        shape: (H, W), the grid.
        kernel: (h, w) weights. The measurement at (i, j) is Σ kernel[a, b] · x[i + h-1-a, j + w-1-b].

    Attributes:
        valid: (H-h+1, W-w+1), the grid of the measurements.

    Raises:
        ValueError: if the kernel is larger than the grid.
    """

    def __init__(self, shape: tuple[int, int], kernel: NDArray[np.float64]) -> None:
        if any(k > n for k, n in zip(kernel.shape, shape, strict=True)):
            raise ValueError(f"a kernel of {kernel.shape} does not fit into a picture of {shape}")
        self.shape, self.kernel = shape, kernel
        self.valid = shape[0] - kernel.shape[0] + 1, shape[1] - kernel.shape[1] + 1
        self.in_rows, self.out_rows = shape[0] * shape[1], self.valid[0] * self.valid[1]
        # Rows 0 … h-2 of a circular convolution wrap around; the others are the valid region.
        self._spectrum = torch.fft.rfft2(torch.from_numpy(kernel), s=shape)

    def forward(self, x: Tensor) -> Tensor:
        (top, left) = (self.shape[0] - self.valid[0], self.shape[1] - self.valid[1])
        planes, spectrum = x.T.reshape(-1, *self.shape), self._spectrum.to(COMPLEX[x.dtype])
        blurred: Tensor = _Circular.apply(planes, spectrum)[:, top:, left:]  # type: ignore[no-untyped-call]
        return blurred.reshape(len(blurred), -1).T

    def adjoint(self, y: Tensor) -> Tensor:
        (top, left) = (self.shape[0] - self.valid[0], self.shape[1] - self.valid[1])
        padded = torch.nn.functional.pad(y.T.reshape(-1, *self.valid), (left, 0, top, 0))
        picture = _circular(padded, self._spectrum.conj().to(COMPLEX[y.dtype]))
        return picture.reshape(len(padded), -1).T


class _Circular(torch.autograd.Function):
    """Circular convolution, whose gradient is that with the reflected kernel: half of the time of autograd's, which
    differentiates one transform after the other."""

    @staticmethod
    def forward(ctx: Any, planes: Tensor, spectrum: Tensor) -> Tensor:
        ctx.spectrum = spectrum
        return _circular(planes, spectrum)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return _Circular.apply(gradients[0], ctx.spectrum.conj()), None  # type: ignore[no-untyped-call]


def _circular(planes: Tensor, spectrum: Tensor) -> Tensor:
    """(C, H, W) planes times a spectrum (H, W // 2 + 1), in the frequency domain."""
    product: Tensor = torch.fft.irfft2(torch.fft.rfft2(planes) * spectrum, s=planes.shape[1:])
    return product


class RandomCosine(Operator):
    """Some rows of a randomised cosine transform: y = P D (s · x) with random signs s and the orthonormal DCT-II D.

    The signs spread every picture over all frequencies, so that each row weighs all pixels alike and no row is more
    important than another [T. Do, L. Gan, N. Nguyen and T. Tran, IEEE TSP 60 (2012)]. The rows are orthonormal:
    A Aᵀ = I, and the adjoint is the pseudo-inverse.

    Args:
        shape: (H, W), the grid.
        rows: (M,) int64 distinct indices of coefficients, row-major.
        signs: (H·W,) of ±1.
    """

    def __init__(self, shape: tuple[int, int], rows: Tensor, signs: Tensor) -> None:
        self.shape = shape
        self.in_rows, self.out_rows = shape[0] * shape[1], len(rows)
        self._kept, self._signs = rows, signs.double()[:, None]
        self._down, self._right = (cosine_matrix(n) for n in shape)

    def forward(self, x: Tensor) -> Tensor:
        signed = (x * self._signs.to(x.dtype)).T.reshape(-1, *self.shape)
        spectrum = self._down.to(x.dtype) @ signed @ self._right.T.to(x.dtype)
        return spectrum.reshape(len(spectrum), -1)[:, self._kept].T

    def adjoint(self, y: Tensor) -> Tensor:
        spectrum = y.new_zeros(self.in_rows, y.shape[1]).index_copy(0, self._kept, y).T.reshape(-1, *self.shape)
        signed = self._down.T.to(y.dtype) @ spectrum @ self._right.to(y.dtype)
        return signed.reshape(len(signed), -1).T * self._signs.to(y.dtype)


def cosine_matrix(n: int) -> Tensor:
    """(n, n) float64, the orthonormal DCT-II: row k is √(2/n) cos(πk(2i+1)/2n), row 0 is √(1/n)."""
    k, i = torch.arange(n, dtype=torch.float64)[:, None], torch.arange(n, dtype=torch.float64)
    matrix = math.sqrt(2 / n) * torch.cos(math.pi * k * (2 * i + 1) / (2 * n))
    matrix[0] /= math.sqrt(2)
    return matrix
