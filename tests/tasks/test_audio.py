"""Audio: parts of a recording, subsets of its samples, and scores over the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.audio import Audio
from inrbench.tasks.core.operators import Mask
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError


def test_the_default_problem_measures_every_sample() -> None:
    problem = Audio().problem(load("ecg"), seed=0)
    assert problem.shape == (10000,)
    assert problem.operator.rows == slice(None)
    assert problem.coords[:, 0].tolist() == pytest.approx([(2 * i + 1) / 10000 - 1 for i in range(10000)], abs=1e-6)
    np.testing.assert_array_equal(problem.truth, load("ecg").array)
    assert Audio().baselines() == {}


def test_a_part_is_cut_out_and_the_signal_left_alone() -> None:
    signal = load("ecg")
    problem = Audio(samples=100, start=250).problem(signal, seed=0)
    np.testing.assert_array_equal(problem.truth, signal.array[250:350])
    assert Audio(start=9000).problem(signal, seed=0).shape == (1000,)
    problem.truth.zero_()
    assert signal.array[250:350].any()


@pytest.mark.parametrize("bad", [{"samples": 10_001}, {"samples": 100, "start": 9950}, {"start": 9990}])
def test_more_than_there_is_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(SignalError, match=r"'ecg' has 10000 samples, .* lower samples or start"):
        Audio(**bad).problem(load("ecg"), seed=0)


def test_every_fourth_sample() -> None:
    task = Audio(samples=1000, factor=4)
    problem = task.problem(load("ecg"), seed=0)
    assert isinstance(problem.operator, Mask)
    assert problem.operator.rows.tolist() == list(range(0, 1000, 4))
    assert problem.unseen().mean() == 0.75
    scores = {
        name: task.score(problem, torch.from_numpy(baseline(problem))) for name, baseline in task.baselines().items()
    }
    assert scores["cubic"]["snr"] > scores["linear"]["snr"] > 25
    # the measured samples are exact, so that the error is all in the other three quarters
    for score in scores.values():
        assert score["snr"] - score["snr_unseen"] == pytest.approx(10 * np.log10(4 / 3), abs=0.1)
    assert "snr_unseen" not in Audio(samples=1000).score(problem, problem.truth)


def test_a_recording_whose_unmeasured_samples_are_silent_has_no_signal_to_noise_ratio_there() -> None:
    signal = load("ecg")
    clicks = np.zeros_like(signal.array)
    clicks[::4] = 0.5
    task = Audio(factor=4)
    problem = task.problem(replace(signal, array=clicks), seed=0)
    score = task.score(problem, problem.truth + 0.1)
    assert np.isnan(score["snr_unseen"])
    assert np.isfinite(score["snr"])


@pytest.mark.parametrize("bad", [{"factor": 1}, {"factor": 33}, {"samples": 63}, {"start": -1}, {"rate": 8000}])
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Audio.model_validate(bad)
