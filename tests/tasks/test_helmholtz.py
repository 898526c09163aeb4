"""Helmholtz's equation: the manufactured solution solves both forms, no resonance, second order of the baseline."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from inrbench.activations.core.derivatives import differentiate
from inrbench.tasks.core.base import Problem
from inrbench.tasks.helmholtz import Helmholtz, Inside
from inrbench.tasks.signals.load import load


def problem(task: Helmholtz) -> Problem:
    return task.problem(load("standing-wave"), 0)


class Solution(nn.Module):
    """u, and for the form ``first`` ∇u/k, written anew."""

    def __init__(self, cycles: int, first: bool) -> None:
        super().__init__()
        self.m, self.first = math.pi * cycles, first
        self.k = math.pi * math.sqrt(cycles**2 + 1 / 8)

    def forward(self, points: Tensor) -> Tensor:
        x, y = self.m * points[:, :1], self.m * points[:, 1:]
        u = torch.sin(x) * torch.sin(y)
        if not self.first:
            return u
        return torch.cat(
            (u, self.m / self.k * torch.cos(x) * torch.sin(y), self.m / self.k * torch.sin(x) * torch.cos(y)), 1
        )


@pytest.mark.parametrize("cycles", [1, 5])
@pytest.mark.parametrize("form", ["first", "second"])
def test_the_truth_has_no_residual_and_a_perturbed_one_has(form: str, cycles: int) -> None:
    task = Helmholtz(form=form, cycles=cycles, size=32)  # type: ignore[arg-type]
    case, solution = problem(task), Solution(cycles, form == "first").double()
    torch.testing.assert_close(case.truth, solution(case.coords.double()).float(), atol=1e-5, rtol=0)
    assert task.score(case, case.truth) == {"rel_l2": 0}
    for residual in case.residuals:
        sample = residual.sample(3)
        points, given = sample.points.double(), sample.given.double()
        loss = residual.loss(differentiate(solution, points, residual.order), given).item() / len(points)
        assert loss < 1e-11
        other = Solution(cycles + 1, form == "first").double()
        wrong = residual.loss(differentiate(other, points * 0.97, residual.order), given)
        assert wrong.item() / len(points) > 1e-3
    assert max(residual.order for residual in case.residuals) == task.derivatives


def test_points_are_inside_and_evenly_on_the_four_sides() -> None:
    inside, sides = (residual.sample(1).points for residual in problem(Helmholtz()).residuals)
    assert (len(inside), len(sides)) == (1024, 256)
    on = [sides[:, axis] == side for axis in (0, 1) for side in (-1, 1)]
    assert [int(each.sum()) for each in on] == [64] * 4
    assert float(sides.abs().max()) == 1
    assert float(inside.abs().max()) < 1


def test_no_wave_number_is_an_eigenvalue_of_the_square() -> None:
    eigenvalues = np.pi**2 / 4 * np.add.outer(np.arange(1, 80) ** 2, np.arange(1, 80) ** 2)
    for cycles in range(1, 30):
        sampler = problem(Helmholtz(cycles=cycles, size=4 * cycles + 16)).residuals[0].sample
        assert isinstance(sampler, Inside)
        assert np.abs(eigenvalues - sampler.waves.k**2).min() >= np.pi**2 / 8 - 1e-6
    assert np.abs(eigenvalues - (5 * np.pi) ** 2).min() < 1e-6  # the reason for the eighth


def test_more_cycles_than_the_grid_resolves_are_refused() -> None:
    for cycles in (17, 32, 64):
        with pytest.raises(ValidationError, match=f"raise size to at least {4 * cycles} or lower cycles to at most 16"):
            Helmholtz(size=64, cycles=cycles)
    truth = problem(Helmholtz(size=64, cycles=16)).truth
    assert float(truth.square().mean()) == pytest.approx(0.25, rel=1e-3)


def test_finite_differences_have_second_order() -> None:
    errors = []
    for size in (32, 64, 128):
        task = Helmholtz(size=size)
        case = problem(task)
        found = task.baselines()["finite-differences"](case)
        errors.append(task.score(case, torch.from_numpy(found).reshape(-1, 1))["rel_l2"])
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.1)


def test_the_score_is_of_u_alone_and_pictures_lie_in_the_unit_range() -> None:
    task = Helmholtz(form="first", size=32)
    case = problem(task)
    assert case.truth.shape == (1024, 3)
    spoilt = case.truth.clone()
    spoilt[:, 1:] = 7
    assert task.score(case, spoilt) == {"rel_l2": 0}
    assert task.score(case, 1.1 * case.truth)["rel_l2"] == pytest.approx(0.1, rel=1e-4)
    drawn = task.comparable(case.truth)
    assert drawn.shape == (1024, 1)
    assert 0 <= float(drawn.min()) < 0.03
    assert 0.97 < float(drawn.max()) <= 1
