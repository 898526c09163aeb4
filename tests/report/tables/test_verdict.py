"""Verdicts: one sentence a task, which names a classical method where that is clearly better."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inrbench.report.data.load import load
from inrbench.report.tables import winners
from inrbench.report.tables.verdict import caveat, verdicts
from tests.report.laboratory import Lab


def texts(lab: Lab) -> list[str]:
    return [verdict.text for verdict in verdicts(load(lab.store))]


def runs(lab: Lab, method: str, *values: float, **options: Any) -> None:
    for repeat, value in enumerate(values):
        lab.job(method, value, repeat=repeat, **options)


def test_the_best_network_with_its_lead_over_the_best_classical_method(lab: Lab) -> None:
    runs(lab, "siren", 33.0, 33.1, 33.2)
    runs(lab, "relu", 20.0, 20.1, 20.2)
    lab.job("nearest", 15.0, kind="baseline", label="nearest")
    runs(lab, "bicubic", 30.0, 30.0, 30.0, kind="baseline", label="bicubic")
    assert texts(lab) == ["image: SIREN leads with 33.10 dB. Bicubic interpolation is 3.10 dB behind."]


def test_a_classical_method_that_ran_once_is_compared_with_every_repeat(lab: Lab) -> None:
    """Its measurements are the same in all; the first repeat alone would give a lead of 4.00 dB."""
    runs(lab, "siren", 34.0, 33.0, 33.5)
    lab.job("bicubic", 30.0, kind="baseline", label="bicubic")
    assert texts(lab) == ["image: SIREN leads with 33.50 dB. Bicubic interpolation is 3.50 dB behind."]


def test_a_classical_method_where_it_is_clearly_better(lab: Lab) -> None:
    runs(lab, "siren", 33.0, 33.1, 33.2)
    runs(lab, "tv", 48.0, 48.0, 48.0, kind="baseline", label="tv")
    (found,) = verdicts(load(lab.store))
    assert found.text == "image: use total variation (48.00 dB). The best network, SIREN, is 14.90 dB behind."
    assert found.answer == "total variation"


@pytest.mark.parametrize(
    ("level", "said"), [(34.0, "Total variation is not clearly better."), (32.0, "Nor is total variation.")]
)
def test_a_difference_within_the_spread_is_not_called_one(lab: Lab, level: float, said: str) -> None:
    runs(lab, "siren", 30.0, 33.0, 36.0)
    runs(lab, "relu", 29.0, 32.5, 36.5)
    runs(lab, "tv", level, level, level, kind="baseline", label="tv")
    assert texts(lab) == [f"image: SIREN leads with 33.00 dB. relu is not clearly worse. {said}"]


def test_methods_that_are_not_clearly_worse_are_named_or_counted(lab: Lab) -> None:
    for place, method in enumerate(["siren", "relu", "wire", "gauss", "finer"]):
        runs(lab, method, 30.0 - 0.1 * place, 33.0 + 0.1 * place, 36.0 - 0.3 * place)
    (found,) = texts(lab)
    assert found == "image: SIREN leads with 33.00 dB. relu, wire and 2 more are not clearly worse."


def test_a_network_that_is_first_on_few_signals_does_not_lead(lab: Lab) -> None:
    """One signal decides the mean."""
    for method, values in {"siren": (50.0, 30.0, 30.0), "relu": (31.0, 31.0, 31.0)}.items():
        for signal, value in zip("abc", values, strict=True):
            runs(lab, method, value, value + 0.01, signal=signal)
    assert texts(lab) == ["image: SIREN has the best mean, 36.67 dB, but is first on 1 of 3 signals."]
    (winner,) = winners.of(load(lab.store))
    assert (winner.first_on, winner.signals) == (1, 3)


def test_a_metric_without_a_unit_is_named_and_has_no_exponent(lab: Lab) -> None:
    for repeat in range(2):
        lab.job("siren", metric="mse", repeat=repeat, extra=[lab.score("mse", 100, 0.00622 + 1e-6 * repeat, -1)])
    assert texts(lab) == ["image: SIREN leads with MSE 0.00622."]
    for repeat in range(2):
        lab.job("siren", metric="mse", repeat=repeat, extra=[lab.score("mse", 100, 1.234e-5 + 1e-9 * repeat, -1)])
    assert texts(lab) == ["image: SIREN leads with MSE 0.0000123."]


def test_a_best_network_of_another_size_is_called_that(lab: Lab) -> None:
    size = json.dumps({"params": 10_000})
    for repeat in range(2):
        lab.job("siren", 33.0 + repeat / 10, repeat=repeat, params=20_000, model=size)
        lab.job("relu", 20.0 + repeat / 10, repeat=repeat, params=10_000, model=size)
    assert texts(lab) == [
        "image: SIREN leads with 33.05 dB. Its number of parameters is more than 5% off the common one."
    ]


def test_few_repeats_are_a_caveat(lab: Lab) -> None:
    lab.job("siren", 33.0)
    assert caveat(load(lab.store)) == "One repeat: the order may be chance."
    runs(lab, "siren", 30.0, 30.1, task="ct")
    assert caveat(load(lab.store)) == "One or two repeats: the order may be chance."
    runs(lab, "siren", 33.0, 33.1, 33.2)
    assert caveat(load(lab.store)) == "Two repeats on ct: the order may be chance."
    runs(lab, "siren", 30.0, 30.1, 30.2, task="ct")
    assert caveat(load(lab.store)) == ""
    lab.job("siren", 30.0, task="ct", signal="head")
    assert caveat(load(lab.store)) == "One repeat on ct: the order may be chance."


def test_runs_of_the_best_network_that_failed_are_counted(lab: Lab) -> None:
    runs(lab, "siren", 33.0, 33.1)
    runs(lab, "finer", 20.0, 20.1, 20.2)
    for repeat in (2, 3):
        lab.job("siren", repeat=repeat, status="diverged")
    assert texts(lab) == ["image: SIREN leads with 33.05 dB. 2 of its 4 runs failed."]


def test_a_lead_is_that_of_the_means_where_some_signals_have_one_repeat(lab: Lab) -> None:
    runs(lab, "siren", 30.0, 34.0, signal="a")
    runs(lab, "siren", 40.0, signal="b")
    lab.job("tv", 25.0, signal="a", kind="baseline", label="tv")
    lab.job("tv", 30.0, signal="b", kind="baseline", label="tv")
    assert texts(lab) == ["image: SIREN leads with 36.00 dB. Total variation is 8.50 dB behind."]


def test_a_task_without_a_value_has_no_verdict(lab: Lab) -> None:
    lab.job("siren", status="diverged")
    assert texts(lab) == []
