"""Functions of one variable: sampling, and the error of each frequency."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.core.operators import Mask
from inrbench.tasks.function import Function, lines
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError


def test_every_function_fits_the_task() -> None:
    for name in ("blocks", "bumps", "heavisine", "doppler", "piecewise-linear", "piecewise-constant"):
        problem = Function().problem(load(name), seed=0)
        assert problem.shape == (1024,)
        np.testing.assert_allclose(problem.truth, load(name).array, atol=1e-5)  # which is rounded
        assert set(Function().score(problem, problem.truth)) == {"snr", "mse"}


def test_samples_are_spread_from_the_first_to_the_last_point() -> None:
    problem = Function(samples=20).problem(load("piecewise-linear"), seed=0)
    assert isinstance(problem.operator, Mask)
    rows = problem.operator.rows.tolist()
    assert (rows[0], rows[-1], len(rows)) == (0, 1023, 20)
    assert set(np.diff(rows)) <= {53, 54}
    whole = Function(points=64, samples=64).problem(load("doppler"), seed=0)
    assert torch.equal(whole.measured, whole.truth)


def test_the_period_of_the_sines_holds_each_point_once() -> None:
    problem = Function().problem(load("sum-of-sines"), seed=0)
    assert problem.shape == (201,)
    truth = problem.grid(problem.truth).astype(np.float64)
    spectrum = np.abs(np.fft.rfft(truth[:, 0])) / (201 / 2)
    np.testing.assert_allclose(spectrum[[1, 3, 5]], 1, atol=1e-6)
    np.testing.assert_allclose(np.delete(spectrum, [1, 3, 5]), 0, atol=1e-6)


@pytest.mark.parametrize("points", [None, 64, 1000])
def test_the_error_of_each_frequency_is_scored(points: int | None) -> None:
    task = Function(points=points)
    problem = task.problem(load("sum-of-sines"), seed=0)
    u = np.pi * problem.coords[:, 0].double()
    smooth = (torch.sin(u) + 0.9 * torch.sin(3 * u)).float()[:, None]  # as a network learns it: low frequencies first
    score = task.score(problem, smooth)
    assert score["freq_error/1"] == pytest.approx(0, abs=1e-5)
    assert score["freq_error/3"] == pytest.approx(0.1, abs=1e-5)
    assert score["freq_error/5"] == pytest.approx(1, abs=1e-5)


def test_lines_are_found_only_where_they_are_few() -> None:
    u = 2 * np.pi * np.arange(100) / 100
    wave = np.sin(np.outer(u, np.arange(1, 9))).sum(axis=1, keepdims=True).astype(np.float32)
    assert lines(wave) == tuple(range(1, 9))
    assert lines(wave + np.sin(9 * u)[:, None].astype(np.float32)) == ()
    assert lines(wave + np.float32(1)) == ()  # a constant is one more


@pytest.mark.parametrize(("name", "better"), [("heavisine", 25), ("piecewise-linear", 25)])
def test_baselines_interpolate(name: str, better: float) -> None:
    task = Function(samples=100)
    problem = task.problem(load(name), seed=0)
    for baseline in task.baselines().values():
        values = torch.from_numpy(baseline(problem))
        torch.testing.assert_close(problem.operator.forward(values), problem.measured)
        assert task.score(problem, values)["snr"] > better
    assert Function().baselines() == {}


def test_more_samples_than_points_are_refused() -> None:
    with pytest.raises(
        SignalError, match="'sum-of-sines' on a grid of 201 points has fewer than 202 samples; lower samples"
    ):
        Function(samples=202).problem(load("sum-of-sines"), seed=0)


@pytest.mark.parametrize("bad", [{"points": 15}, {"samples": 3}, {"points": 64.0}])
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Function.model_validate(bad)
