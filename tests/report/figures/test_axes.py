"""Parts of charts: curves, logarithmic ticks, labels that keep their distance."""

from __future__ import annotations

import pytest

from inrbench.report.figures.axes import power, series, spread, tick
from tests.report.laboratory import Lab


def test_spread_keeps_order_and_gap() -> None:
    moved = spread([0.9, 0.1, 0.52, 0.5, 0.51], gap=0.1)
    assert moved[:2] == [0.9, 0.1]
    assert sorted(moved)[1:4] == pytest.approx([0.41, 0.51, 0.61])


def test_ticks_are_plain_digits_or_powers_of_ten() -> None:
    assert [tick(value) for value in (0.05, 20000)] == ["0.05", "20000"]
    assert [power(value) for value in (1000, 3e-5)] == ["$10^{3}$", r"$3{\cdot}10^{-5}$"]


def test_a_mean_is_taken_only_at_steps_that_all_runs_scored(lab: Lab) -> None:
    lab.job("siren", curve={1: 10.0, 10: 20.0, 100: 30.0})
    lab.job("siren", repeat=1, curve={1: 12.0, 100: 32.0})
    (method,) = lab.task().activations
    assert [(step, seconds, item.mean) for step, seconds, item in series(method, "psnr")] == [
        (1, 0.125, 11.0),
        (100, 12.5, 31.0),
    ]


def test_a_series_of_one_timing_has_only_its_runs(lab: Lab) -> None:
    lab.job("siren", curve={1: 10.0, 100: 30.0}, engine="mlp")
    lab.job("siren", repeat=1, curve={1: 12.0, 100: 32.0}, engine="autograd")
    (method,) = lab.task().activations
    autograd, compiled = method.timings
    assert [item.mean for *_, item in series(method, "psnr", autograd)] == [12.0, 32.0]
    assert [item.mean for *_, item in series(method, "psnr", compiled)] == [10.0, 30.0]
