"""Interpolation between measured points: exact for planes, nearest outside."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from inrbench.tasks.baselines.interpolation import bicubic_spline, biharmonic_spline, cubic, linear, nearest
from inrbench.tasks.core.base import Problem, Task, draw, grid_coords
from inrbench.tasks.core.operators import Mask
from inrbench.tasks.inpaint import Inpaint
from inrbench.tasks.occupancy import Occupancy
from inrbench.tasks.signals.load import load


def problem_of(truth: torch.Tensor, shape: tuple[int, ...], rows: torch.Tensor) -> Problem:
    operator = Mask(len(truth), rows)
    return Problem(grid_coords(shape), operator, operator.forward(truth), truth, shape)


def test_linear_gives_back_a_plane_and_beyond_its_points_the_nearest() -> None:
    shape = (20, 30)
    truth = grid_coords(shape) @ torch.tensor([[0.3, 1.0], [-0.5, 2.0]])
    corners = torch.tensor([0, 29, 19 * 30, 599])
    rows = torch.cat([corners, draw(600, 60, seed=0)]).unique()
    np.testing.assert_allclose(linear(problem_of(truth, shape, rows)), truth.reshape(20, 30, 2), atol=1e-5)
    inner = problem_of(truth, shape, torch.tensor([5 * 30 + 5, 5 * 30 + 20, 15 * 30 + 12]))
    assert np.isfinite(linear(inner)).all()
    np.testing.assert_array_equal(linear(inner)[0, 0], truth[5 * 30 + 5])


def test_nearest_counts_distances_in_grid_steps() -> None:
    # a wide grid: in coordinates the point above would be nearer than that to the right
    truth = torch.arange(8 * 80.0)[:, None]
    found = nearest(problem_of(truth, (8, 80), torch.tensor([0 * 80 + 40, 4 * 80 + 43])))
    assert found[4, 41, 0] == 4 * 80 + 43
    assert found[0, 41, 0] == 40


@pytest.mark.parametrize("step", [3, 7])
def test_one_dimension(step: int) -> None:
    x = grid_coords((100,))
    rows = torch.arange(0, 100, step)
    cube = problem_of(x**3 - x, (100,), rows)
    last = int(rows[-1])
    np.testing.assert_allclose(cubic(cube)[: last + 1], cube.truth[: last + 1], atol=1e-6)
    np.testing.assert_allclose(cubic(cube)[last:], np.broadcast_to(cube.truth[last], (100 - last, 1)), atol=1e-6)
    line = problem_of(torch.cat([x, -2 * x], dim=1), (100,), rows)
    np.testing.assert_allclose(linear(line)[: last + 1], line.truth[: last + 1], atol=1e-6)
    np.testing.assert_allclose(linear(line)[last:], np.broadcast_to(line.truth[last], (100 - last, 2)), atol=1e-6)


def test_the_biharmonic_spline_solves_its_linear_system() -> None:
    shape, rows = (5, 6, 7), draw(210, 30, seed=0)
    truth = torch.rand(210, 2, generator=torch.Generator().manual_seed(0))
    found = biharmonic_spline(problem_of(truth, shape, rows), neighbors=30).reshape(210, 2)
    at = np.indices(shape).reshape(3, -1).T.astype(np.float64)
    known = at[rows.numpy()]

    def rows_of(points: NDArray[np.float64]) -> NDArray[np.float64]:
        radial = np.linalg.norm(points[:, None] - known, axis=2)
        return np.concatenate([radial, np.ones((len(points), 1)), points], axis=1)

    # the weights are at right angles to all polynomials of degree one
    polynomials = rows_of(known)[:, 30:]
    system = np.block([[rows_of(known)], [polynomials.T, np.zeros((4, 4))]])
    weights = np.linalg.solve(system, np.concatenate([truth[rows].double().numpy(), np.zeros((4, 2))]))
    np.testing.assert_allclose(found, rows_of(at) @ weights, atol=1e-5)


@pytest.mark.parametrize("step", [2, 3])
def test_the_bicubic_spline_gives_back_cubics_up_to_the_border(step: int) -> None:
    shape = (24, 31)
    y, x = grid_coords(shape).T
    truth = torch.stack([y**3 * x - x**3, y * x**2], dim=1)
    rows = torch.arange(24 * 31).reshape(shape)[::step, 1::step].reshape(-1)
    np.testing.assert_allclose(
        bicubic_spline(problem_of(truth, shape, rows)), truth.reshape(24, 31, 2), rtol=0, atol=1e-5
    )


@pytest.mark.parametrize(
    ("shape", "rows"),
    [((8, 8), [5]), ((8, 8), [5, 30]), ((8, 8), [0, 9, 18, 27]), ((4, 4, 4), [0, 5, 9]), ((4, 4, 4), [*range(16)])],
)
def test_points_that_span_no_plane_are_continued_by_the_nearest(shape: tuple[int, ...], rows: list[int]) -> None:
    truth = torch.rand(64, 2, generator=torch.Generator().manual_seed(0))
    problem = problem_of(truth, shape, torch.tensor(rows))
    for method in (linear, biharmonic_spline):
        np.testing.assert_array_equal(method(problem), nearest(problem))


@pytest.mark.parametrize(
    ("task", "signal"), [(Inpaint(size=8, keep=0.02), "camera"), (Occupancy(size=8, train_share=0.003), "csg")]
)
def test_the_smallest_shares_have_classical_methods(task: Task, signal: str) -> None:
    problem = task.problem(load(signal), seed=0)
    for method in task.baselines().values():
        assert np.isfinite(method(problem)).all()
