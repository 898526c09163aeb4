"""Video task: frames that are measured and scored, coded exposures, baselines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.core.exposure import CodedExposure
from inrbench.tasks.core.metrics import psnr, ssim
from inrbench.tasks.core.operators import Identity, Mask
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.resize import resize
from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.video import Video


def scores(task: Video, name: str) -> dict[str, float]:
    problem = task.problem(load(name), seed=0)
    return {
        method: task.score(problem, torch.from_numpy(baseline(problem)).reshape(problem.truth.shape))["psnr"]
        for method, baseline in task.baselines().items()
    }


def test_the_default_problem() -> None:
    problem = Video().problem(load("echo"), seed=0)
    assert problem.shape == (16, 64, 64)
    assert problem.truth.shape == (16 * 64 * 64, 1)
    assert isinstance(problem.operator, Identity)
    assert not Video().random


def test_every_frame_is_resized_like_a_picture() -> None:
    clip = load("moving-discs").array
    problem = Video(frames=5, size=(32, 48)).problem(load("moving-discs"), seed=0)
    found = problem.grid(problem.truth)
    assert found.shape == (5, 32, 48, 3)
    np.testing.assert_allclose(found[3], resize(clip[3], (32, 48)), atol=1e-6)


@pytest.mark.parametrize(("frames", "unseen"), [(8, [1, 3, 5]), (9, [1, 3, 5, 7])])
def test_held_out_frames_lie_between_measured_ones(frames: int, unseen: list[int]) -> None:
    task = Video(mode="held-out", frames=frames, size=16)
    problem = task.problem(load("echo"), seed=0)
    assert np.flatnonzero(problem.unseen().reshape(frames, -1).all(axis=1)).tolist() == unseen
    estimate = problem.grid(problem.truth).copy()
    estimate[[t for t in range(frames) if t not in unseen]] = 9
    estimate[unseen] += 0.1
    found = task.score(problem, torch.from_numpy(estimate).reshape(-1, 1))
    truth = problem.grid(problem.truth)
    assert found["psnr"] == pytest.approx(psnr(estimate[unseen], truth[unseen]))
    assert found["ssim"] == pytest.approx(np.mean([ssim(estimate[t], truth[t]) for t in unseen]))


def test_baselines_rank_as_expected() -> None:
    held_out = scores(Video(mode="held-out", size=32), "echo")
    assert held_out["linear"] > held_out["nearest"] + 2
    coded = scores(Video(mode="coded", frames=8, size=32, noise=0.01), "moving-discs")
    assert coded["tv"] > coded["static"] + 3


def test_a_pixel_open_in_one_frame_is_a_choice_of_grid_points() -> None:
    kept = Video(mode="coded", opened=1, frames=8, size=16).problem(load("echo"), seed=0)
    assert isinstance(kept.operator, Mask)
    assert kept.operator.out_rows == 16 * 16
    assert (np.bincount(kept.operator.rows.numpy() % 256) == 1).all()
    mixed = Video(mode="coded", frames=16, size=16).problem(load("echo"), seed=0)
    assert isinstance(mixed.operator, CodedExposure)
    assert mixed.operator.out_rows == 2 * 16 * 16


def test_unsuitable_signals_are_refused_with_the_remedy() -> None:
    with pytest.raises(SignalError, match="'echo' has 28 frames; lower frames, which is 64"):
        Video(frames=64).problem(load("echo"), seed=0)
    with pytest.raises(SignalError, match=r"'camera' is of kind image-gray .* choose a clip such as echo"):
        Video().problem(load("camera"), seed=0)
    with pytest.raises(SignalError, match="'echo' is 128 x 128 pixels and would have to be enlarged"):
        Video(size=129).problem(load("echo"), seed=0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"mode": "coded", "frames": 12}, "12 frames do not fill groups of 8"),
        ({"mode": "coded", "opened": 8}, "must be less than group"),
        ({"mode": "all", "group": 4}, "no effect on the mode all"),
        ({"mode": "odd"}, "Input should be"),
    ],
)
def test_bad_parameters_are_refused(bad: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Video.model_validate(bad)
