"""Classical tomography: filtered backprojection, and least squares with total variation.

The first is the standard linear method, the second the standard regularised one.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from inrbench.tasks.baselines import total_variation
from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.radon import Radon


def fbp(problem: Problem) -> NDArray[np.float32]:
    """Filtered backprojection for n angles evenly spaced over 180°: (H, W, C).

    The ramp filter is the band-limited one sampled in space, h(0) = 1/4, h(odd k) = -1/(πk)², 0 elsewhere, which
    preserves the mean where a ramp sampled in frequency does not [A. C. Kak and M. Slaney, Principles of Computerized
    Tomographic Imaging, 1988, eq. 3-61]. The detector is padded with zeros to a power of two of at least twice its
    length, so that the convolution does not wrap around. The integral over angles is π/n times the adjoint operator.
    """
    operator = _operator(problem)
    with torch.no_grad():
        # the filter is for pixels of unit side, and the operator has the longer side as its unit of length
        projections = operator.sinogram(problem.measured.cpu().double()) * operator.length
        bins = operator.detectors
        padded = 2 ** math.ceil(math.log2(2 * bins))
        distance = torch.minimum(torch.arange(padded), padded - torch.arange(padded)).double()
        kernel = torch.where(distance % 2 == 1, -1 / (math.pi * distance.clamp(min=1)) ** 2, 0.0)
        kernel[0] = 0.25
        spectrum = torch.fft.rfft(projections, n=padded, dim=1) * torch.fft.rfft(kernel)[:, None]
        filtered = torch.fft.irfft(spectrum, n=padded, dim=1)[:, :bins]
        rows = filtered.reshape(operator.out_rows, -1).float()
        picture = operator.to("cpu").adjoint(rows) * (operator.length * math.pi / operator.angles.size)
        return problem.grid(picture)


def tv(problem: Problem, weight: float, iterations: int = 200) -> NDArray[np.float32]:
    """Least squares with total variation: the minimiser (H, W, C) over x ≥ 0 of ½‖Ax - y‖² + weight ‖A‖² TV(x).

    See `inrbench.tasks.baselines.total_variation.tv`, started here from filtered backprojection. Densities are not
    negative. The factor ‖A‖² makes ``weight`` independent of the number of angles.
    """
    norm = square_norm(_operator(problem).to("cpu"))
    return total_variation.tv(problem, weight, fbp(problem), square_norm=norm, lowest=0, iterations=iterations)


def pwls(problem: Problem, weight: float, iterations: int = 200) -> NDArray[np.float32]:
    """Penalised weighted least squares [J.-B. Thibault et al., Med. Phys. 34 (2007)], with total variation: (H, W, C).

    `tv` in which each measurement has its weight: the minimiser over x ≥ 0 of ½‖√w (Ax - y)‖² + weight ‖A‖² TV(x).
    """
    assert problem.weights is not None
    largest = float(problem.weights.max())
    norm = largest * square_norm(_operator(problem).to("cpu"))
    return total_variation.tv(
        problem, weight / largest, fbp(problem), square_norm=norm, lowest=0, weighted=True, iterations=iterations
    )


def square_norm(operator: Radon, iterations: int = 20) -> float:
    """Upper estimate of ‖A‖², the largest eigenvalue of AᵀA, by power iteration from a constant picture.

    A has no negative entries, so its leading singular vector has none either, and a constant picture is close to it.
    The iteration converges from below, so 1 % is added.
    """
    x = torch.ones(operator.in_rows, 1)
    value = 0.0
    for _ in range(iterations):
        x = operator.adjoint(operator.forward(x / x.norm()))
        value = float(x.norm())
    return 1.01 * value


def _operator(problem: Problem) -> Radon:
    assert isinstance(problem.operator, Radon)
    return problem.operator
