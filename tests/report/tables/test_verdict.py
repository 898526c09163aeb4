"""Verdicts: one sentence a task, which names a classical method where that is clearly better."""

from __future__ import annotations

from typing import Any

from inrbench.report.data.load import load
from inrbench.report.tables.verdict import verdicts
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
    assert texts(lab) == ["image: SIREN (33.10 dB); 3.10 dB ahead of bicubic."]


def test_a_classical_method_that_ran_once_is_compared_with_every_repeat(lab: Lab) -> None:
    """Its measurements are the same in all; the first repeat alone would give a lead of 4.00 dB."""
    runs(lab, "siren", 34.0, 33.0, 33.5)
    lab.job("bicubic", 30.0, kind="baseline", label="bicubic")
    assert texts(lab) == ["image: SIREN (33.50 dB); 3.50 dB ahead of bicubic."]


def test_a_classical_method_where_it_is_clearly_better(lab: Lab) -> None:
    runs(lab, "siren", 33.0, 33.1, 33.2)
    runs(lab, "tv", 48.0, 48.0, 48.0, kind="baseline", label="tv")
    assert texts(lab) == ["image: TV (classical, 48.00 dB); the best network, SIREN, is 14.90 dB behind."]


def test_a_difference_within_the_spread_is_not_called_one(lab: Lab) -> None:
    runs(lab, "siren", 30.0, 33.0, 36.0)
    runs(lab, "tv", 34.0, 34.0, 34.0, kind="baseline", label="tv")
    assert texts(lab) == ["image: SIREN (33.00 dB); not clearly better than TV."]


def test_methods_that_are_not_clearly_worse_are_named_or_counted(lab: Lab) -> None:
    for place, method in enumerate(["siren", "relu", "wire", "gauss", "finer"]):
        runs(lab, method, 30.0 - 0.1 * place, 33.0 + 0.1 * place, 36.0 - 0.3 * place)
    (found,) = texts(lab)
    assert found == "image: SIREN (33.00 dB); relu, wire and 2 more are not clearly worse."


def test_a_task_without_a_value_has_no_verdict(lab: Lab) -> None:
    lab.job("siren", status="diverged")
    assert texts(lab) == []
