"""Spectra of a network: eigenvalues of its empirical neural tangent kernel (NTK), and power at each frequency.

Under gradient flow on the mean square, and as long as the kernel stays what it is, the part of the residual along an
eigenvector decays at a rate proportional to its eigenvalue [Jacot, Gabriel & Hongler, NeurIPS 2018]. A spectrum that
falls fast is therefore the same thing as spectral bias.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inrbench.activations.core.layer_statistics import spread_rows
from inrbench.tasks.core.base import Problem, Task

POINTS, FEWEST = 128, 64
"""Number of points of the kernel; the smaller one for a network so large that `KEPT_BYTES` do not hold the Jacobian."""

KEPT_BYTES = 2 << 30
"""Memory for rows of the Jacobian; more rows than fit are computed again."""

Array = NDArray[np.float32]


class Spectra:
    """Observer of a network in training, outside the training clock: its kernel and its spectrum at two moments.

    Args:
        task, problem: whose values are compared; see `Task.comparable`.

    Attributes:
        arrays: what was observed so far, for the job's artifact: ``ntk_MOMENT`` (P·C,), eigenvalues, the largest first;
            ``spectrum_MOMENT`` and ``spectrum_truth`` (K,), power at each frequency.
    """

    def __init__(self, task: Task, problem: Problem) -> None:
        self._task, self._problem = task, problem
        self.arrays: dict[str, Array] = {"spectrum_truth": self._power(problem.truth)}

    def observe(self, moment: str, network: nn.Module, values: Tensor) -> dict[str, float]:
        """Keep the spectra of a network with values (N, C) at all coordinates as those of a moment; returns scores."""
        eigenvalues = ntk_eigenvalues(network, self._problem.coords)
        self.arrays[f"ntk_{moment}"] = eigenvalues.astype(np.float32)
        self.arrays[f"spectrum_{moment}"] = self._power(values)
        return {"ntk_rank": effective_rank(eigenvalues), "ntk_decay": decay(eigenvalues)}

    def _power(self, values: Tensor) -> Array:
        return power_spectrum(self._problem.grid(self._task.comparable(values))).astype(np.float32)


def ntk_eigenvalues(network: nn.Module, coords: Tensor) -> NDArray[np.float64]:
    """Eigenvalues of K = J Jᵀ, the largest first: (P·C,) for at most `POINTS` P of the coordinates (N, d).

    J (P·C, parameters) is the Jacobian of the network's values in its trained parameters, by autograd. A complex
    parameter counts as its real and its imaginary part. The computation uses a float64 copy of the network, because
    eigenvalues beyond the seventh decade are rounding errors in float32. The network and the random state are not
    modified. NaN if a value of K is not finite.
    """
    double = copy.deepcopy(network).double()
    parameters = [p for p in double.parameters() if p.requires_grad]
    with torch.no_grad():
        channels = double(coords[:1].double()).shape[1]
    size = channels * sum(p.numel() * (2 if p.is_complex() else 1) for p in parameters)
    block = max(1, KEPT_BYTES // (8 * size))
    points = spread_rows(len(coords), POINTS if block >= POINTS else FEWEST)
    rows = coords[points.to(coords.device)].double()

    def jacobian(first: int, last: int) -> Iterator[Tensor]:
        for point in rows[first:last]:
            values = double(point[None])[0]
            for index, value in enumerate(values):
                gradients = torch.autograd.grad(
                    value, parameters, retain_graph=index + 1 < len(values), allow_unused=True
                )
                yield torch.cat([_flat(p, gradient) for p, gradient in zip(parameters, gradients, strict=True)])

    kernel = rows.new_zeros(len(rows) * channels, len(rows) * channels)
    for first in range(0, len(rows), block):
        part = torch.stack([*jacobian(first, first + block)])
        here = slice(first * channels, first * channels + len(part))
        kernel[here, here] = part @ part.T
        for index, row in enumerate(jacobian(first + block, len(rows)), start=here.stop):
            kernel[here, index] = kernel[index, here] = part @ row
    if not bool(torch.isfinite(kernel).all()):
        return np.full(len(kernel), math.nan)
    eigenvalues: NDArray[np.float64] = torch.linalg.eigvalsh(kernel).flip(0).clamp(min=0).cpu().numpy()
    return eigenvalues


def _flat(parameter: Tensor, gradient: Tensor | None) -> Tensor:
    if gradient is None:
        gradient = torch.zeros_like(parameter)
    return (torch.view_as_real(gradient) if gradient.is_complex() else gradient).flatten()


def effective_rank(eigenvalues: NDArray[np.float64]) -> float:
    """exp of the entropy of λ / Σλ: n for n equal eigenvalues, 1 for a single one; 0 if all are zero."""
    if not eigenvalues.sum() > 0:
        return 0.0
    share = eigenvalues[eigenvalues > 0] / eigenvalues.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


def decay(eigenvalues: NDArray[np.float64]) -> float:
    """Slope a of the least-squares fit log λᵢ = a log i + b, i = 1, 2, …: negative, and 0 for equal eigenvalues.

    Eigenvalues below the rounding of the largest one are left out; NaN if fewer than two are left.
    """
    floor = len(eigenvalues) * np.finfo(np.float64).eps * eigenvalues.max(initial=0)
    above = eigenvalues[eigenvalues > floor]
    if len(above) < 2:
        return math.nan
    return float(np.polyfit(np.log(np.arange(1, len(above) + 1)), np.log(above), 1)[0])


def power_spectrum(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Power of values on a grid (*shape, C) at the frequencies 0, 1, …, ⌊longest side / 2⌋, in cycles over the domain.

    The mean is removed and a Hann window applied in every direction, as the values have no period: without it the jump
    from one end to the other has a power of 1/k² that hides all others. A sine of the frequency k has a sixth of its
    power at k - 1 and at k + 1 each. The power of every coefficient goes to the nearest integer to the length of its
    frequency vector, and the channels are added up; vectors longer than the last frequency are left out.
    """
    grid = values.astype(np.float64)
    *shape, _ = grid.shape
    axes = tuple(range(len(shape)))
    grid = grid - grid.mean(axis=axes)
    lengths = np.zeros(shape)
    for axis, n in enumerate(shape):
        along = [-1 if other == axis else 1 for other in axes]
        window = 1 - np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
        grid = grid * window.reshape(*along, 1)
        lengths = lengths + (np.fft.fftfreq(n, 1 / n) ** 2).reshape(along)
    power = (np.abs(np.fft.fftn(grid, axes=axes)) ** 2).sum(axis=-1) / math.prod(shape) ** 2
    bins, last = np.rint(np.sqrt(lengths)).astype(int), max(shape) // 2
    spectrum = np.bincount(bins.ravel(), power.ravel(), minlength=last + 1)
    return spectrum[: last + 1].astype(np.float64)
