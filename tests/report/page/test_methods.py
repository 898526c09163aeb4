"""What the page says of each method."""

from __future__ import annotations

import json
import re

import pytest

from inrbench.bench.store.trials import write as write_trials
from inrbench.report.data.load import load
from inrbench.report.page.methods import COLUMNS, PUBLISHED, methods
from inrbench.report.writer import write
from tests.report.data.test_trials import row
from tests.report.laboratory import Lab


def test_a_method_has_a_row_for_each_task_with_its_place_settings_and_failures(lab: Lab) -> None:
    lab.job("siren", 33.0)
    lab.job("relu", 35.0)
    lab.job("siren", 30.0, task="ct")
    lab.job("siren", task="ct", repeat=1, status="diverged")
    found = {profile.label: profile.rows for profile in methods(load(lab.store))}
    image, ct = sorted(
        (dict(zip(COLUMNS, row, strict=True)) for row in found["SIREN"]), key=lambda row: row["task"] == "ct"
    )
    assert (image["task"], image["place"], image["failed runs"]) == ("image", "2 of 2", "none")
    assert image["final value"].startswith("PSNR 33.00")
    assert (ct["place"], ct["failed runs"]) == ("1 of 1", "1 diverged")
    assert len(found["relu"]) == 1


def test_parameters_that_differ_between_signals_are_called_that(lab: Lab) -> None:
    for signal, scale in {"camera": 10.0, "coins": 8.5}.items():
        lab.job("gauss", signal=signal, activation_params=json.dumps({"scale": scale, "gain": 2.0}))
    (profile,) = methods(load(lab.store))
    assert dict(zip(COLUMNS, profile.rows[0], strict=True))["parameters"] == "gain 2, scale per signal"


def test_a_good_range_comes_from_the_trials_of_the_search_or_from_a_sweep(lab: Lab) -> None:
    lab.job("siren", 33.0)
    write_trials(lab.store, [row(trial, score) for trial, score in enumerate([29.8, 30.0, 20.0])])
    for omega, level in {10: 25.0, 20: 30.0, 40: 29.5, 80: 20.0}.items():
        lab.job(f"siren[omega0={omega}]", level, task="ct")
    found = {profile.key: dict(zip(COLUMNS, profile.rows[0], strict=True)) for profile in methods(load(lab.store))}
    assert found["siren"]["good range"] == "lr ≤ 0.001 to 0.002"
    ranges = {own["good range"] for key, own in found.items() if "[" in key}
    (text,) = ranges  # of the whole family
    assert re.fullmatch(r"ω₀ 17\.\d to 4\d\.?\d?", text)


@pytest.mark.usefixtures("without_figures")
def test_published_numbers_are_beside_our_own_on_the_same_task_and_metric(lab: Lab) -> None:
    for repeat in range(2):
        lab.job("siren", 33.0 + repeat, repeat=repeat)
    (profile,) = methods(load(lab.store))
    rows = [dict(zip(PUBLISHED, row, strict=True)) for row in profile.published]
    (kodak,) = [row for row in rows if row["data"].startswith("Kodak")]
    assert (kodak["task"], kodak["published"]) == ("image", "PSNR 33.56 dB")
    assert kodak["here"].startswith("PSNR 33.50 ±")
    assert "arXiv 2602.13414" in kodak["source"]
    assert not any("SSIM" in row["published"] for row in rows), "a metric that these results do not have"
    page = write(lab.store).index.read_text()
    assert "Published beside measured" in page
