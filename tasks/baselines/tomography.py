"""Classical tomography: filtered backprojection, and least squares with total variation.

The first is the standard linear method, the second the standard regularised one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tasks.core.base import Problem
from tasks.core.radon import Radon


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

    The iteration is FISTA [A. Beck and M. Teboulle, IEEE TIP 18 (2009)], started from filtered backprojection. Its
    proximal step is A. Chambolle's algorithm (2004), followed by the projection onto x ≥ 0, because densities are not
    negative. The factor ‖A‖² makes ``weight`` independent of the number of angles; the step size is 1/‖A‖².
    """
    from skimage.restoration import denoise_tv_chambolle

    operator = _operator(problem).to("cpu")
    with torch.no_grad():
        measured = problem.measured.cpu()
        step = 1 / square_norm(operator)
        x = ahead = torch.from_numpy(fbp(problem)).reshape(operator.in_rows, -1).clamp(min=0)
        t = 1.0
        for _ in range(iterations):
            descended = ahead - step * operator.adjoint(operator.forward(ahead) - measured)
            grid: Any = denoise_tv_chambolle(  # type: ignore[no-untyped-call]
                problem.grid(descended), weight=weight, max_num_iter=10, eps=0, channel_axis=-1
            )
            new = torch.from_numpy(np.asarray(grid, dtype=np.float32)).reshape(x.shape).clamp(min=0)
            t_new = (1 + math.sqrt(1 + 4 * t * t)) / 2
            ahead = new + (t - 1) / t_new * (new - x)
            x, t = new, t_new
        return problem.grid(x)


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
