"""Novel views: what is scored is not what is measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.views import HeldOut, Views, visual_hull

TASK = Views(size=24, views=10, held_out=3, pixels=24)


def test_pictures_from_other_directions_are_scored() -> None:
    problem = TASK.problem(load("still-life"), seed=0)
    operator = problem.operator
    assert isinstance(operator, HeldOut)
    assert problem.measured.shape == (10 * 24**2, 3)
    assert operator.pictures.shape == (3 * 24**2, 3)
    novel = operator.novel(problem.truth)
    assert novel.shape == (3, 24, 24, 3)
    error = float(np.square(novel.reshape(-1, 3) - operator.pictures.numpy()).mean())
    assert TASK.score(problem, problem.truth)["psnr"] == pytest.approx(-10 * np.log10(error), abs=1e-4)
    assert TASK.score(problem, torch.cat([problem.truth[:, :1] * 0 - 1, problem.truth[:, 1:]], dim=1))["psnr"] < 15


def test_the_hull_holds_the_scene_and_is_not_much_more() -> None:
    problem = TASK.problem(load("still-life"), seed=0)
    hull, truth = visual_hull(problem)[..., 0] > 0, problem.grid(problem.truth)[..., 0] > 0
    assert (hull & truth).sum() > 0.7 * truth.sum()
    assert hull.sum() < 2 * truth.sum()


def test_other_signals_and_too_large_grids_are_refused() -> None:
    with pytest.raises(SignalError, match="choose a scene of solids such as still-life or pillars"):
        TASK.problem(load("blobs"), seed=0)
    with pytest.raises(SignalError, match="entries of a matrix; lower one"):
        Views(size=128, views=64, pixels=128).problem(load("pillars"), seed=0)


def test_a_single_picture_is_refused_as_no_other_lies_between() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 2"):
        Views(views=1)
    problem = Views(size=8, views=2, held_out=4, pixels=8).problem(load("still-life"), seed=0)
    assert isinstance(problem.operator, HeldOut)
    assert (len(problem.measured), len(problem.operator.pictures)) == (2 * 64, 4 * 64)
