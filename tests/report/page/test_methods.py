"""What the page says of each method."""

from __future__ import annotations

from inrbench.report.data.load import load
from inrbench.report.page.methods import COLUMNS, methods
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
