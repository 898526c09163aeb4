"""Helmholtz's equation with a manufactured solution: the error of a network against the wave number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.fft import dstn, idstn
from torch import Tensor

from inrbench.tasks.core.base import Baseline, Problem, Task, grid_coords, require
from inrbench.tasks.core.metrics import METRICS
from inrbench.tasks.core.residuals import Derivatives, Residual, Sample, Unmeasured, uniform
from inrbench.tasks.signals.signal import Signal


@dataclass(frozen=True)
class Waves:
    """u(x, y) = Σ a sin(πpx) sin(πqy) over modes (p, q, a), (K, 3), and the source g = Δu + k²u."""

    modes: Tensor
    k: float

    def solution(self, points: Tensor) -> Tensor:
        """(P, 2) -> (P, 3): u, ∂u/∂x / k and ∂u/∂y / k, in float64."""
        p, q, amplitude = self.modes.double().unbind(1)
        x, y = (math.pi * points.double()).unbind(1)
        waves = (x[:, None] * p, y[:, None] * q)
        (sin_x, cos_x), (sin_y, cos_y) = ((torch.sin(wave), torch.cos(wave)) for wave in waves)
        along_x, along_y = math.pi / self.k * p * cos_x * sin_y, math.pi / self.k * q * sin_x * cos_y
        return torch.stack([(amplitude * each).sum(1) for each in (sin_x * sin_y, along_x, along_y)], dim=1)

    def source(self, points: Tensor) -> Tensor:
        """(P, 2) -> (P, 1), g/k² in float64."""
        p, q, amplitude = self.modes.double().unbind(1)
        x, y = (math.pi * points.double()).unbind(1)
        factor = amplitude * (1 - (math.pi / self.k) ** 2 * (p**2 + q**2))
        return (factor * torch.sin(x[:, None] * p) * torch.sin(y[:, None] * q)).sum(1, keepdim=True)


@dataclass(frozen=True)
class Inside:
    """Sampler of ``count`` points of the square with the source there."""

    waves: Waves
    count: int

    def __call__(self, seed: int) -> Sample:
        points = uniform(self.count, 2, seed)
        return Sample(points, self.waves.source(points).float())


class Helmholtz(Task):
    """Δu + k²u = g in the square [-1, 1]² with u = 0 on its sides, for a g whose solution is known.

    The solution is u = sin(πmx) sin(πmy) for m = ``cycles``, and k² = π²(m² + 1/8). An integer m alone would not do:
    the eigenvalues of the square are -π²(i² + j²)/4, and k = πm is among them for m = 5, where the equation has no
    unique solution. With the eighth k² keeps a distance of at least π²/8 from all. The loss is the mean square of

        (Δu + k²u - g) / k²    inside, and ``boundary`` times that of    u    on the sides,

    so that wave numbers compare. The score is ‖û - u‖ / ‖u‖ over a grid.

    The form ``second`` takes Δ by autograd and needs two derivatives, which a piecewise linear network has not: ReLU's
    Laplacian is zero almost everywhere whatever the network. The form ``first`` is the same equation as a system for u
    and v = ∇u / k, which the network has as two more channels: ∇·v / k + u - g / k² = 0 and ∇u / k - v = 0. One
    derivative is enough, and it is the form in which ReLU can be compared with the others fairly.

    Attributes:
        size: number of grid points along each side, for the scores and the baseline.
        cycles: m, the periods of the solution along each side; at most a quarter of ``size``.
        form: ``second`` or ``first``.
        points: number of points inside, drawn uniformly for each step.
        sides: number of points on the sides.
        boundary: weight of the boundary condition.
    """

    name, label, version = "helmholtz", "Helmholtz equation", 1
    kinds = ("waves",)
    metrics = ("rel_l2",)

    size: int = Field(64, ge=16, le=2048)
    cycles: int = Field(2, ge=1, le=1000)
    form: Literal["second", "first"] = "second"
    points: int = Field(1024, ge=1, le=1_000_000)
    sides: int = Field(256, ge=1, le=1_000_000)
    boundary: float = Field(10.0, gt=0)

    @model_validator(mode="after")
    def _grid_resolves_the_waves(self) -> Helmholtz:
        # With a point for each half period all of them are zeros of the sine, and with fewer the waves are aliased.
        if 4 * self.cycles > self.size:
            raise ValueError(
                f"a grid of size {self.size} does not resolve {self.cycles} cycles; "
                f"raise size to at least {4 * self.cycles} or lower cycles to at most {self.size // 4}"
            )
        return self

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=16), cls(size=16, form="first"))

    def signals(self) -> tuple[str, ...]:
        return ("standing-wave",)

    @property
    def derivatives(self) -> int:
        return 2 if self.form == "second" else 1

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, self.kinds, "choose standing-wave")
        modes = torch.from_numpy(signal.array) * torch.tensor([self.cycles, self.cycles, 1])
        waves = Waves(modes, math.pi * math.sqrt(self.cycles**2 + 1 / 8))
        shape = (self.size, self.size)
        coords = grid_coords(shape)
        truth = waves.solution(coords).float()
        inside, zero = Inside(waves, self.points), partial(_on_sides, self.sides)
        if self.form == "second":
            truth = truth[:, :1]
            equation = Residual(inside, partial(_second, waves.k), (1.0,), order=2)
        else:
            equation = Residual(inside, partial(_first, waves.k), (1.0, 1.0, 1.0))
        residuals = (equation, Residual(zero, _value, (self.boundary,)))
        return Problem(coords, Unmeasured(len(truth)), truth[:0], truth, shape, residuals=residuals)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"finite-differences": finite_differences}

    def comparable(self, values: Tensor) -> Tensor:
        """u as a picture, from -1 and 1 to 0 and 1."""
        return (1 + values[:, :1]) / 2

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        estimate, truth = (problem.grid(each[:, :1]) for each in (values, problem.truth))
        return {"rel_l2": METRICS["rel_l2"].function(estimate, truth)}


def _second(k: float, at: Derivatives, source: Tensor) -> Tensor:
    assert at.laplacian is not None
    return at.laplacian / k**2 + at.values - source


def _first(k: float, at: Derivatives, source: Tensor) -> Tensor:
    divergence = at.jacobian[:, 1, 0] + at.jacobian[:, 2, 1]
    equation = divergence / k + at.values[:, 0] - source[:, 0]
    return torch.cat((equation[:, None], at.jacobian[:, 0] / k - at.values[:, 1:]), dim=1)


def _value(at: Derivatives, given: Tensor) -> Tensor:
    return at.values[:, :1]


def _on_sides(count: int, seed: int) -> Sample:
    """Points drawn uniformly from the four sides in turn."""
    free = uniform(count, 1, seed)[:, 0]
    side = torch.arange(count) % 4
    fixed = (2 * (side % 2) - 1).float()
    points = torch.where((side < 2)[:, None], torch.stack((fixed, free), 1), torch.stack((free, fixed), 1))
    return Sample(points, torch.zeros(count, 0))


def finite_differences(problem: Problem) -> NDArray[np.float32]:
    """The solution of the five-point scheme on the grid of the problem: (H, W, C); v of the form ``first`` is zero.

    Half a cell lies between the border and the first point, so that the point beyond the border is minus it, and the
    DST-II diagonalises the scheme with the eigenvalues -(4/h²) sin²(πj/2n), j = 1 … n.
    """
    inside = problem.residuals[0].sample
    assert isinstance(inside, Inside)
    k, (height, width) = inside.waves.k, problem.shape
    source = inside.waves.source(problem.coords.cpu()).numpy().reshape(height, width) * k**2
    down, right = (-(n**2) * np.sin(np.pi * np.arange(1, n + 1) / (2 * n)) ** 2 for n in (height, width))
    found = idstn(dstn(source, type=2) / (down[:, None] + right + k**2), type=2)
    values = np.zeros((height, width, problem.truth.shape[1]), dtype=np.float32)
    values[..., 0] = found
    return values
