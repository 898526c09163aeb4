"""Classical phase retrieval by projections: onto the measured magnitudes, and onto what is known of the picture."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.magnitude import FourierMagnitude

BETA = 0.9
STARTS = 8


def hio(problem: Problem, iterations: int = 400, last: int = 100) -> NDArray[np.float32]:
    """Hybrid input-output with β = 0.9, then error reduction [J. Fienup, Appl. Opt. 21 (1982)]: (H, W, 1).

    The picture is known to be non-negative and zero in the frame around it. Of eight random starts the one that meets
    the magnitudes best is the result.

    Args:
        problem: of one mask of ones, oversampled.
        iterations: of hybrid input-output.
        last: of error reduction.
    """
    operator, measured = _parts(problem)
    support = torch.zeros(operator.frame, dtype=torch.bool)
    support[: operator.shape[0], : operator.shape[1]] = True
    results = []
    for start in range(STARTS):
        generator = torch.Generator().manual_seed(start)
        g = torch.rand(operator.frame, generator=generator, dtype=torch.float64) * support
        for iteration in range(iterations + last):
            spectrum = torch.fft.rfft2(g, norm="ortho")
            picture = torch.fft.irfft2(_with_magnitude(spectrum, measured[0]), s=operator.frame, norm="ortho")
            right = support & (picture >= 0)
            g = torch.where(right, picture, g - BETA * picture if iteration < iterations else torch.zeros_like(g))
        results.append(g[: operator.shape[0], : operator.shape[1]].reshape(-1, 1).clamp(min=0))
    return _best(problem, results)


def alternating_projections(problem: Problem, iterations: int = 500) -> NDArray[np.float32]:
    """Error reduction over all masks at once [R. Gerchberg and W. Saxton, Optik 35 (1972)]: (H, W, 1).

    Each mask gives a picture with the measured magnitudes and the phases of the present one; the next is their least
    squares fit, without its negative values. Of eight random starts the one that meets the magnitudes best is the
    result.
    """
    operator, measured = _parts(problem)
    masks = operator.masks.cpu().double()
    weight = masks.square().sum(dim=0).clamp(min=1e-9)
    results = []
    for start in range(STARTS):
        generator = torch.Generator().manual_seed(start)
        x = torch.rand(operator.in_rows, generator=generator, dtype=torch.float64)
        for _ in range(iterations):
            spectrum = operator.spectrum(x[:, None])
            planes = torch.fft.irfft2(_with_magnitude(spectrum, measured), s=operator.frame, norm="ortho")
            inside = planes[:, : operator.shape[0], : operator.shape[1]].reshape(len(masks), -1)
            x = ((masks * inside).sum(dim=0) / weight).clamp(min=0)
        results.append(x[:, None])
    return _best(problem, results)


def _parts(problem: Problem) -> tuple[FourierMagnitude, Tensor]:
    """The operator on the CPU, and the measured magnitudes (L, P, Q // 2 + 1)."""
    operator = problem.operator
    assert isinstance(operator, FourierMagnitude)
    shape = (len(operator.masks), operator.frame[0], operator.frame[1] // 2 + 1)
    return operator.to("cpu"), problem.measured.cpu().double().reshape(shape)


def _with_magnitude(spectrum: Tensor, magnitude: Tensor) -> Tensor:
    return torch.polar(magnitude.clamp(min=0), spectrum.angle())


def _best(problem: Problem, results: list[Tensor]) -> NDArray[np.float32]:
    operator, measured = _parts(problem)
    misfits = [float((operator.forward(x) - measured.reshape(-1, 1)).square().sum()) for x in results]
    return problem.grid(results[int(np.argmin(misfits))])
