"""3-D CT: exact data, score in the ball, baselines."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks import ct3d
from inrbench.tasks.core.ray_sums import hemisphere, ray_matrix
from inrbench.tasks.core.sparse import SparseMatrix
from inrbench.tasks.ct3d import CT3D
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError


def test_the_problem_of_a_scene() -> None:
    problem = CT3D(size=24, views=5, noise=0.0).problem(load("blobs"), seed=0)
    assert problem.shape == (24, 24, 24)
    assert isinstance(problem.operator, SparseMatrix)
    assert problem.operator.out_rows == 5 * 24 * 24
    assert problem.noise_std is None


def test_the_data_are_not_made_by_the_operator() -> None:
    problem = CT3D(size=24, noise=0.0).problem(load("helix"), seed=0)
    difference = float((problem.operator.forward(problem.truth) - problem.measured).norm() / problem.measured.norm())
    assert 0.005 < difference < 0.2


def test_noise_is_a_share_of_the_largest_value() -> None:
    noisy, exact = (CT3D(size=24, noise=level).problem(load("blobs"), seed=0) for level in (0.05, 0.0))
    std = float((noisy.measured - exact.measured).std())
    assert std == pytest.approx(0.05 * float(exact.measured.max()), rel=0.03)
    assert noisy.noise_std == pytest.approx(std, rel=0.03)


def test_only_the_ball_is_scored() -> None:
    task = CT3D(size=16)
    problem = task.problem(load("blobs"), seed=0)
    outside = problem.coords.norm(dim=1, keepdim=True) > 1.01
    assert task.score(problem, torch.where(outside, 7.0, problem.truth))["mae"] == 0
    assert task.score(problem, problem.truth + 0.1)["psnr"] == pytest.approx(20, abs=1e-4)


@pytest.mark.parametrize("geometry", ["hemisphere", "orbit"])
def test_baselines_of_few_views(geometry: str) -> None:
    task = CT3D.model_validate({"size": 24, "geometry": geometry})
    problem = task.problem(load("blobs"), seed=0)
    scores = {
        name: task.score(problem, torch.from_numpy(baseline(problem)).reshape(-1, 1))["psnr"]
        for name, baseline in task.baselines().items()
    }
    assert scores["tv"] > scores["cgls"] + 3
    assert scores["cgls"] > 30


def test_a_shape_is_refused() -> None:
    with pytest.raises(SignalError, match=r"'torus' is of kind shape-3d .* choose a scene such as blobs or helix"):
        CT3D(size=16).problem(load("torus"), seed=0)


def test_a_matrix_that_is_too_large_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ct3d, "ray_matrix", None)
    with pytest.raises(SignalError, match=r"'blobs' with 128 voxels .* and 60 views .* lower size or views"):
        CT3D(size=128, views=60).problem(load("blobs"), seed=0)


def test_the_entries_of_a_ray_are_not_underestimated() -> None:
    matrix = ray_matrix(hemisphere(6), 16)
    assert matrix.nnz < 5 * 6 * 16**3


@pytest.mark.parametrize("bad", [{"views": 0}, {"geometry": "cone"}, {"noise": -1.0}, {"iterations": 0}])
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CT3D.model_validate(bad)
