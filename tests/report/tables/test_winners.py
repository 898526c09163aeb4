"""The table of the best method of each task."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_rel

from inrbench.report.data.load import load
from inrbench.report.tables.winners import UNTESTED, tables
from tests.report.laboratory import Lab

FINALS = {
    "siren": [33.0, 34.0, 33.5],
    "wire[omega0=10]": [32.9, 34.2, 33.2],  # tied: sometimes better
    "bw-relu": [30.0, 30.9, 30.6],
}


def test_best_tied_next_and_classical_of_each_task(lab: Lab) -> None:
    for method, finals in FINALS.items():
        for repeat, final in enumerate(finals):
            lab.job(method, final, task="image", repeat=repeat)
            lab.job(method, 60 - final, task="ct", repeat=repeat)
    for repeat in range(3):
        lab.job("fbp", 31.0, task="ct", repeat=repeat, kind="baseline", label="filtered back-projection")
    (table,) = tables(load(lab.store))
    ct, image = table.records
    gap = np.subtract(FINALS["siren"], FINALS["bw-relu"])
    low, high = ttest_rel(FINALS["siren"], FINALS["bw-relu"]).confidence_interval()
    assert (image["best"], image["unseparated"], image["next"]) == ("siren", "wire[omega0=10]", "bw-relu")
    assert image["value"] == pytest.approx(np.mean(FINALS["siren"]))
    assert image["gap"] == pytest.approx(gap.mean())
    assert image["gap_ci95"] == pytest.approx((high - low) / 2)
    assert image["classical"] == ""
    assert (ct["best"], ct["next"]) == ("bw-relu", "wire[omega0=10]")
    assert (ct["classical"], ct["classical_value"]) == ("fbp", 31.0)
    assert [cell.text for cell in table.rows[0]][-1] == "31.00"
    assert math.isclose(float(table.rows[1][3].text), np.mean(FINALS["siren"]), abs_tol=0.005)


def test_one_repeat_has_a_gap_without_an_interval_and_one_task_has_no_table(lab: Lab) -> None:
    for method in ("siren", "bw-relu"):
        lab.job(method, FINALS[method][0], task="image")
    assert tables(load(lab.store)) == []
    for method in ("siren", "bw-relu"):
        lab.job(method, FINALS[method][1], task="ct")
    (table,) = tables(load(lab.store))
    assert [cell.text for cell in table.rows[0]] == [
        "ct",
        "PSNR (dB)",
        "SIREN",
        "34.00",
        "1 of 1",
        "unknown",
        "BW-ReLU",
        "3.10",
        "—",
        "—",
    ]
    assert table.notes == (UNTESTED,)
