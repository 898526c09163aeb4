"""Signed distance task: measured points, scores of the band, baselines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.core.metrics import BAND
from inrbench.tasks.core.operators import Mask
from inrbench.tasks.sdf import Sdf
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError


def test_the_default_problem() -> None:
    problem = Sdf().problem(load("sdf-torus"), seed=0)
    assert problem.shape == (48, 48, 48)
    assert isinstance(problem.operator, Mask)
    rows = problem.operator.rows
    assert len(rows.unique()) == len(rows) == round(0.05 * 48**3)
    x, y, z = problem.coords.double().T
    expected = torch.hypot(torch.hypot(x, y) - 0.6, z) - 0.25
    torch.testing.assert_close(problem.truth[:, 0].double(), expected, atol=1e-6, rtol=0)
    in_band = float((problem.measured.abs() < BAND).float().mean())
    uniform = float((problem.truth.abs() < BAND).float().mean())
    assert in_band == pytest.approx(0.5 + 0.5 * uniform, abs=0.05)


def test_without_a_preference_points_are_uniform() -> None:
    problem = Sdf(near=0.0).problem(load("sdf-torus"), seed=0)
    share = [float((values.abs() < BAND).float().mean()) for values in (problem.measured, problem.truth)]
    assert share[0] == pytest.approx(share[1], abs=0.02)


def test_some_points_of_the_band_are_always_left_for_the_score() -> None:
    task = Sdf(size=16, train_share=0.9, near=1.0)
    problem = task.problem(load("sdf-sphere"), seed=0)
    assert np.isfinite(task.score(problem, problem.truth + 0.1)["mae_surface"])


def test_a_shift_of_the_distance_is_an_error_of_values_and_not_of_normals() -> None:
    task = Sdf(size=32, near=0.0)
    problem = task.problem(load("sdf-sphere"), seed=0)
    found = task.score(problem, problem.truth + 0.1)
    assert found["mae_surface"] == pytest.approx(0.1, abs=1e-6)
    assert found["normal_angle"] == pytest.approx(0, abs=1e-3)
    assert found["iou"] == pytest.approx((0.5 / 0.6) ** 3, rel=0.05)


def test_measured_points_are_not_scored() -> None:
    task = Sdf(size=16)
    problem = task.problem(load("sdf-box"), seed=0)
    unseen = torch.from_numpy(problem.unseen())[:, None]
    found = task.score(problem, torch.where(unseen, problem.truth, problem.truth + 5))
    assert found["mae_surface"] == 0
    assert found["iou"] == 1


def test_the_biharmonic_spline_beats_linear_interpolation_of_a_smooth_field() -> None:
    task = Sdf(size=24)
    problem = task.problem(load("sdf-torus"), seed=0)
    scores = {
        name: task.score(problem, torch.from_numpy(baseline(problem)).reshape(-1, 1))
        for name, baseline in task.baselines().items()
    }
    assert scores["biharmonic"]["mae_surface"] < 0.7 * scores["linear"]["mae_surface"] < 0.02
    assert scores["biharmonic"]["normal_angle"] < scores["linear"]["normal_angle"] < 15


def test_a_shape_that_is_only_inside_or_outside_is_refused() -> None:
    with pytest.raises(SignalError, match=r"'torus' is of kind shape-3d .* choose a signed distance such as sdf-box"):
        Sdf(size=16).problem(load("torus"), seed=0)


@pytest.mark.parametrize("bad", [{"size": 15}, {"train_share": 1.0}, {"near": 1.1}, {"near": -0.1}])
def test_bad_parameters_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Sdf.model_validate(bad)
