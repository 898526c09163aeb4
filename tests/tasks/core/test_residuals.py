"""Residuals: the loss of their columns, the empty operator, and problems that would have both kinds of data."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from inrbench.tasks.core.base import Problem, grid_coords
from inrbench.tasks.core.operators import Identity
from inrbench.tasks.core.residuals import Derivatives, Residual, Sample, Unmeasured, uniform


class At(NamedTuple):
    values: Tensor
    jacobian: Tensor
    laplacian: Tensor | None = None


def columns(at: Derivatives, given: Tensor) -> Tensor:
    return torch.cat((at.values - given, at.jacobian[:, 0, :1]), dim=1)


def residual(power: int, weights: tuple[float, ...] = (3.0, 0.5)) -> Residual:
    return Residual(lambda seed: Sample(uniform(4, 2, seed), torch.zeros(4, 1)), columns, weights, power=power)  # type: ignore[arg-type]


@pytest.mark.parametrize("power", [1, 2])
def test_the_loss_is_the_weighted_sum_of_powers(power: int) -> None:
    at, given = At(torch.randn(4, 1), torch.randn(4, 1, 2)), torch.randn(4, 1)
    first, second = (at.values - given).abs() ** power, at.jacobian[:, 0, 0].abs() ** power
    torch.testing.assert_close(residual(power).loss(at, given), 3 * first.sum() + 0.5 * second.sum())


def test_each_column_needs_a_weight() -> None:
    at = At(torch.randn(4, 1), torch.randn(4, 1, 2))
    with pytest.raises(ValueError, match=r"shape \(4, 2\) at 4 points has 3 weights"):
        residual(2, (1.0, 1.0, 1.0)).loss(at, torch.zeros(4, 1))


def test_uniform_points_depend_on_their_seed() -> None:
    points = uniform(10_000, 3, 1)
    assert torch.equal(points, uniform(10_000, 3, 1))
    assert not torch.equal(points, uniform(10_000, 3, 2))
    assert float(points.abs().max()) <= 1
    torch.testing.assert_close(points.square().mean(0), torch.full((3,), 1 / 3), atol=0.02, rtol=0)


def test_nothing_is_measured_on_the_grid() -> None:
    operator, x = Unmeasured(12), torch.randn(12, 2)
    assert operator.forward(x).shape == (0, 2)
    assert torch.equal(operator.adjoint(torch.zeros(0, 2)), torch.zeros(12, 2))
    case = Problem(grid_coords((3, 4)), operator, x[:0], x, (3, 4), residuals=(residual(2),))
    assert case.unseen().all()
    with pytest.raises(ValueError, match="measurements or residuals"):
        replace(case, operator=Identity(12), measured=x)
