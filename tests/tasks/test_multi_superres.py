"""Multi-image super-resolution: frames against scipy's interpolation, data of a finer grid, baselines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.ndimage import map_coordinates

from inrbench.tasks.core.operators import AreaAverage
from inrbench.tasks.core.sparse import SparseMatrix
from inrbench.tasks.multi_superres import MultiSuperRes, frames_matrix, random_motions
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError

Floats = NDArray[np.float64]


def camera(picture: Floats, factor: int, down: float, right: float, degrees: float) -> Floats:
    """A frame by scipy: rotate and shift all pixels, then block means; blocks that leave the picture are nan."""
    height, width = picture.shape
    row, column = np.mgrid[:height, :width].astype(np.float64)
    row, column = row - (height - 1) / 2, column - (width - 1) / 2
    angle = np.deg2rad(degrees)
    moved = np.stack(
        [
            np.cos(angle) * row - np.sin(angle) * column + (height - 1) / 2 + down,
            np.sin(angle) * row + np.cos(angle) * column + (width - 1) / 2 + right,
        ]
    )
    warped = map_coordinates(picture, moved, order=1, mode="constant", cval=np.nan)
    blocks: Floats = warped.reshape(height // factor, factor, width // factor, factor).mean(axis=(1, 3))
    return blocks


@pytest.mark.parametrize("motion", [(0.0, 0.0, 0.0), (1.3, -2.6, 0.0), (0.4, 0.7, 11.0), (-3.0, 2.0, -30.0)])
def test_a_frame_is_that_of_scipy(motion: tuple[float, float, float]) -> None:
    picture = np.random.default_rng(0).random((24, 32))
    theirs = camera(picture, 4, *motion)
    ours = frames_matrix((24, 32), 4, np.array([motion])) @ picture.ravel()
    known = theirs[np.isfinite(theirs)]
    # ours keeps a block that touches the border, where scipy has no neighbour to interpolate with
    assert len(known) <= len(ours) <= 48
    assert all(np.abs(ours - value).min() < 1e-12 for value in known)


def test_the_adjoint_of_the_frames() -> None:
    operator = SparseMatrix(frames_matrix((24, 32), 4, random_motions(3, 4.0, 5.0, seed=0)))
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(operator.in_rows, 3, generator=generator, dtype=torch.float64)
    y = torch.randn(operator.out_rows, 3, generator=generator, dtype=torch.float64)
    left, right = float((operator.forward(x) * y).sum()), float((x * operator.adjoint(y)).sum())
    assert left == pytest.approx(right, rel=1e-12)


def test_every_measurement_is_a_mean() -> None:
    matrix = frames_matrix((24, 32), 4, random_motions(4, 4.0, 5.0, seed=1), finer=2)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)


def test_the_first_frame_is_the_area_average() -> None:
    matrix = frames_matrix((24, 32), 4, random_motions(2, 4.0, 5.0, seed=0))
    values = torch.rand(24 * 32, 1, dtype=torch.float64)
    expected = AreaAverage((24, 32), 4).forward(values)[:, 0]
    np.testing.assert_allclose((matrix @ values[:, 0].numpy())[:48], expected)


def test_motions_are_in_range_and_seeded() -> None:
    motions = random_motions(200, 4.0, 5.0, seed=0)
    assert not motions[0].any()
    for column, largest in zip(np.abs(motions).T, (4, 4, 5), strict=True):
        assert 0.9 * largest < column.max() <= largest
    assert not np.array_equal(motions, random_motions(200, 4.0, 5.0, seed=1))


def test_the_data_come_from_a_finer_grid_that_has_the_same_frames() -> None:
    problem = MultiSuperRes(size=(96, 144), noise=0.0).problem(load("coffee"), seed=0)
    difference = float((problem.operator.forward(problem.truth) - problem.measured).std())
    assert 1e-4 < difference < 0.01
    assert problem.measured.shape[0] == problem.operator.out_rows
    assert 0.8 * 4 * 24 * 36 < problem.operator.out_rows < 4 * 24 * 36


def test_more_frames_help_and_only_those_who_use_them() -> None:
    scores: dict[int, dict[str, float]] = {}
    for frames in (1, 8):
        task = MultiSuperRes(size=(96, 144), frames=frames)
        problem = task.problem(load("coffee"), seed=0)
        scores[frames] = {
            name: task.score(problem, torch.from_numpy(baseline(problem)).reshape(-1, 3))["psnr"]
            for name, baseline in task.baselines().items()
        }
    assert scores[8]["tikhonov"] > scores[1]["tikhonov"] + 3
    assert scores[8]["shift-and-add"] > scores[1]["shift-and-add"] + 1
    assert scores[8]["tikhonov"] > scores[8]["bicubic"] + 3
    assert scores[8]["bicubic"] == pytest.approx(scores[1]["bicubic"], abs=0.3)


def test_without_a_size_the_truth_has_half_of_the_pixels() -> None:
    problem = MultiSuperRes(frames=1).problem(load("text"), seed=0)
    assert problem.shape == (84, 224)


def test_sizes_that_do_not_fit_are_refused_with_the_remedy() -> None:
    with pytest.raises(SignalError, match=r"cannot be cut into blocks of side 4; set size: \[84, 128\]"):
        MultiSuperRes(size=128).problem(load("chelsea"), seed=0)
    with pytest.raises(SignalError, match="holds no block of side 400; lower factor"):
        MultiSuperRes(factor=200).problem(load("text"), seed=0)


@pytest.mark.parametrize("bad", [{"factor": 1}, {"frames": 0}, {"rotation": 90.0}, {"shift": -1.0}])
def test_bad_parameters_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        MultiSuperRes.model_validate(bad)
