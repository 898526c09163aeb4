"""Filtered backprojection and total variation against scikit-image and their objective."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.transform import iradon, radon

from inrbench.tasks.baselines.tomography import fbp, square_norm, tv
from inrbench.tasks.core.base import Problem, grid_coords
from inrbench.tasks.core.metrics import psnr
from inrbench.tasks.core.radon import Radon, half_turn, radon_matrix
from inrbench.tasks.ct import CT
from inrbench.tasks.signals.load import load


def test_fbp_is_as_good_as_iradon() -> None:
    problem = CT(size=96, angles=120).problem(load("shepp-logan"), seed=0)
    truth = problem.grid(problem.truth)
    angles = half_turn(120)
    sinogram = radon(truth[..., 0], theta=angles, circle=False)
    theirs = iradon(sinogram, theta=angles, circle=False, filter_name="ramp", output_size=96).astype(np.float32)
    ours = psnr(fbp(problem), truth)
    assert ours > 25
    assert ours > psnr(theirs[..., None], truth) - 0.5


def test_fbp_keeps_the_level_of_a_disc_in_any_grid() -> None:
    for shape in [(64, 64), (50, 71)]:
        coords = grid_coords(shape) * torch.tensor(shape) / 2
        truth = (coords.norm(dim=1, keepdim=True) < 20).float()
        operator = Radon(shape, half_turn(90))
        picture = fbp(Problem(coords, operator, operator.forward(truth), truth, shape))
        inner = (coords.norm(dim=1) < 16).reshape(shape).numpy()
        outer = (coords.norm(dim=1) > 24).reshape(shape).numpy()
        assert picture[inner].mean() == pytest.approx(1, abs=0.01)
        assert np.abs(picture[outer]).max() < 0.1


def test_square_norm_bounds_the_largest_singular_value_closely() -> None:
    operator = Radon((12, 15), half_turn(9))
    largest = float(np.linalg.norm(radon_matrix((12, 15), tuple(half_turn(9))).toarray(), ord=2)) ** 2
    assert largest <= square_norm(operator) <= 1.02 * largest


def test_tv_lowers_its_objective_and_stays_above_zero() -> None:
    problem = CT(size=48, angles=20, noise=0.02).problem(load("shepp-logan"), seed=0)
    norm = square_norm(problem.operator)  # type: ignore[arg-type]

    def objective(picture: np.ndarray) -> float:
        values = torch.from_numpy(picture).reshape(-1, 1)
        misfit = float((problem.operator.forward(values) - problem.measured).square().sum()) / 2
        down, right = np.diff(picture[..., 0], axis=0)[:, :-1], np.diff(picture[..., 0], axis=1)[:-1]
        return misfit + 1e-3 * norm * float(np.hypot(down, right).sum())

    values = [objective(tv(problem, 1e-3, iterations)) for iterations in (1, 10, 50)]
    assert values[0] > values[1] > values[2]
    assert tv(problem, 1e-3, 10).min() >= 0
    assert values[2] < objective(np.maximum(fbp(problem), 0))
