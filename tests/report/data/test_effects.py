"""Effects on the scale of the classical methods."""

from __future__ import annotations

import pytest

from inrbench.report.data.effects import scales, typical
from inrbench.report.data.load import load
from tests.report.laboratory import Lab


def classical(lab: Lab, task: str, **levels: float) -> None:
    for name, level in levels.items():
        for signal, easier in (("camera", 0.0), ("coins", 10.0)):
            lab.job(name, level + easier, task=task, signal=signal, kind="baseline")


def test_the_weakest_classical_method_is_0_and_the_best_1_whoever_else_enters(lab: Lab) -> None:
    classical(lab, "ct", tv=28.0, fbp=20.0)
    for signal, final in (("camera", 24.0), ("coins", 32.0)):
        lab.job("siren", final, task="ct", signal=signal)
    (scale,) = scales(load(lab.store))
    assert (scale.weakest.key, scale.best.key, scale.unit) == ("fbp", "tv", 8.0)
    # 4 dB above filtered backprojection on one signal, 2 on the other: 4/8 and 2/8.
    assert scale.effects["siren"] == pytest.approx({"camera": 0.5, "coins": 0.25})
    assert scale.mean("siren") == pytest.approx(0.375)
    for signal in ("camera", "coins"):
        lab.job("relu", 90.0, task="ct", signal=signal)
        lab.job("gauss", 1.0, task="ct", signal=signal)
    (again,) = scales(load(lab.store))
    assert again.effects["siren"] == scale.effects["siren"]


def test_a_task_on_which_all_networks_fail_does_not_outweigh_the_others(lab: Lab) -> None:
    for task, final in (("ct", 24.0), ("mri", 22.0), ("sdf", -900.0)):
        lab.job("tv", 28.0, task=task, kind="baseline")
        lab.job("fbp", 20.0, task=task, kind="baseline")
        lab.job("siren", final, task=task)
    lab.job("relu", 24.0, task="ct")
    suite = load(lab.store)
    assert typical(scales(suite), "siren") == pytest.approx(0.25)
    assert typical(scales(suite), "relu") is None


def test_a_mean_needs_all_signals(lab: Lab) -> None:
    classical(lab, "ct", tv=28.0, fbp=20.0)
    lab.job("siren", 24.0, task="ct")
    (scale,) = scales(load(lab.store))
    assert scale.mean("siren") is None
    assert scale.mean("nobody") is None


def test_one_classical_method_or_two_that_are_alike_give_no_scale(lab: Lab) -> None:
    classical(lab, "denoise", noisy=20.0)
    classical(lab, "function", linear=15.4, cubic=15.1)
    for task in ("denoise", "function"):
        lab.job("siren", task=task)
    assert scales(load(lab.store)) == []
