"""Phase retrieval: what is left open, its removal, and refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from inrbench.tasks.phase import Phase, orientation
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError


@pytest.mark.parametrize(
    ("task", "left_open"),
    [
        (Phase(size=24), [lambda x: x, lambda x: -x]),
        (Phase(size=24, pattern="oversampled"), [lambda x: x, lambda x: -x, lambda x: x.flip(0), lambda x: -x.flip(0)]),
    ],
)
def test_what_is_left_open_measures_and_scores_like_the_truth(task: Phase, left_open: list) -> None:  # type: ignore[type-arg]
    problem = task.problem(load("camera"), seed=0)
    for change in left_open:
        torch.testing.assert_close(
            problem.operator.forward(change(problem.truth)), problem.measured, rtol=1e-4, atol=1e-5
        )
        assert task.score(problem, change(problem.truth))["psnr"] == np.inf


def test_with_masks_a_turned_picture_is_another_one() -> None:
    task = Phase(size=24)
    problem = task.problem(load("camera"), seed=0)
    turned = problem.truth.flip(0)
    assert float((problem.operator.forward(turned) - problem.measured).abs().max()) > 0.1
    assert task.score(problem, turned)["psnr"] < 20


def test_a_turn_has_the_opposite_orientation() -> None:
    x = torch.rand(35, 1)
    assert orientation(x.flip(0)) == pytest.approx(-orientation(x))


def test_masks_are_random_signs_and_noise_has_the_declared_spread() -> None:
    task = Phase(size=24, noise=0.05)
    first, other = (task.problem(load("camera"), seed) for seed in (0, 1))
    assert not torch.equal(first.operator.forward(first.truth), other.operator.forward(first.truth))
    noise = first.measured - first.operator.forward(first.truth)
    assert float(noise.std()) == pytest.approx(0.05, rel=0.05)


def test_a_picture_that_is_its_own_turn_is_refused() -> None:
    signal = load("camera")
    both = replace(signal, array=(0.5 * (signal.array + signal.array[::-1, ::-1])).astype(np.float32))
    with pytest.raises(SignalError, match="too much like itself turned by 180"):
        Phase(size=32, pattern="oversampled").problem(both, seed=0)
    assert len(Phase(size=32).problem(both, seed=0).truth) == 1024
    with pytest.raises(SignalError, match="has 3 channels and phase retrieval needs one"):
        Phase(size=32).problem(load("coffee"), seed=0)


def test_a_picture_that_can_be_moved_is_refused() -> None:
    signal = load("camera")
    for side in ((0,), (-1,), (slice(None), 0), (slice(None), -1)):
        array = signal.array.copy()[:32, :32]
        array[side] = 0
        dark = replace(signal, array=array)
        with pytest.raises(SignalError, match="'camera' has a black row or column at its border"):
            Phase(pattern="oversampled").problem(dark, seed=0)
        assert len(Phase().problem(dark, seed=0).truth) == 1024


@pytest.mark.parametrize("name", ["camera", "coins"])
def test_the_pictures_of_the_suite_are_accepted(name: str) -> None:
    for size in (24, 32):
        assert len(Phase(size=size, pattern="oversampled").problem(load(name), seed=0).measured)
