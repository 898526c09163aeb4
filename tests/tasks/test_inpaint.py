"""Inpainting: masks, and scores over unmeasured pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.core.metrics import psnr
from inrbench.tasks.core.operators import Mask
from inrbench.tasks.inpaint import Inpaint
from inrbench.tasks.signals.load import load


def test_the_share_is_exact_because_no_pixel_is_drawn_twice() -> None:
    problem = Inpaint(size=64).problem(load("astronaut"), seed=0)
    assert isinstance(problem.operator, Mask)
    rows = problem.operator.rows
    assert len(rows) == len(rows.unique()) == round(0.2 * 64 * 64)
    assert problem.unseen().sum() == 64 * 64 - len(rows)
    assert not problem.unseen()[rows].any()


def test_the_grid_is_every_second_pixel_both_ways() -> None:
    task = Inpaint(size=(9, 12), pattern="grid")
    unseen = task.problem(load("astronaut"), seed=0).unseen().reshape(9, 12)
    assert not unseen[::2, ::2].any()
    assert unseen[1::2].all()
    assert unseen[:, 1::2].all()
    assert not task.random


def test_the_headline_is_taken_over_unseen_pixels_only() -> None:
    task = Inpaint(size=32)
    problem = task.problem(load("astronaut"), seed=0)
    unseen = torch.from_numpy(problem.unseen())
    wrong_where_seen = problem.truth + 0.5 * ~unseen[:, None]
    score = task.score(problem, wrong_where_seen)
    assert score["psnr_unseen"] == np.inf
    assert score["psnr"] < 20
    wrong_elsewhere = problem.truth + 0.1 * unseen[:, None]
    score = task.score(problem, wrong_elsewhere)
    assert score["psnr_unseen"] == pytest.approx(20, abs=1e-3)
    assert score["psnr"] == pytest.approx(psnr(problem.grid(wrong_elsewhere), problem.grid(problem.truth)))
    assert next(iter(score)) == "psnr_unseen" == task.metrics[0]


def test_one_pixel_at_least_is_measured_and_one_is_not() -> None:
    for keep, seen in [(1e-6, 1), (0.999999, 63)]:
        assert Inpaint(size=(8, 8), keep=keep).problem(load("camera"), seed=0).operator.out_rows == seen


@pytest.mark.parametrize("bad", [{"keep": 0}, {"keep": 1.0}, {"pattern": "rows"}, {"pattern": "grid", "keep": 0.3}])
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Inpaint.model_validate(bad)


@pytest.mark.parametrize("seed", range(5))
def test_a_hole_is_one_block_inside_the_picture(seed: int) -> None:
    problem = Inpaint(size=(40, 60), pattern="hole", keep=0.8).problem(load("astronaut"), seed)
    unseen = problem.unseen().reshape(40, 60)
    rows, columns = (np.flatnonzero(unseen.any(axis=axis)) for axis in (1, 0))
    assert unseen[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
    assert unseen.sum() == len(rows) * len(columns)
    assert unseen.mean() == pytest.approx(0.2, rel=0.05)
    assert not unseen[[0, -1]].any()
    assert not unseen[:, [0, -1]].any()


def test_holes_lie_elsewhere_for_another_seed_and_are_filled_best_by_smoothness() -> None:
    task = Inpaint(size=48, pattern="hole", keep=0.9)
    assert len({task.problem(load("camera"), seed).unseen().tobytes() for seed in range(8)}) > 4
    found = dict.fromkeys(task.baselines(), 0.0)
    for seed in range(4):
        problem = task.problem(load("camera"), seed)
        for name, method in task.baselines().items():
            found[name] += task.score(problem, torch.from_numpy(method(problem)).reshape(-1, 1))["psnr_unseen"] / 4
    assert found["biharmonic"] > found["nearest"]
