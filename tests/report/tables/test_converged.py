"""Mark of scores whose training had not converged: in the tables of all formats, the page and the CSV."""

from __future__ import annotations

import csv
import io

import pytest

from inrbench import report
from inrbench.report.data.load import load
from inrbench.report.tables.formats import comma_separated, latex, markdown
from inrbench.report.tables.leaderboard import tables
from tests.report.laboratory import Lab
from tests.report.tables.test_build import cell, table

LEVEL, FALLING = {10: 1.0, 80: 0.1, 100: 0.1}, {10: 1.0, 80: 0.1, 100: 0.01}


@pytest.mark.usefixtures("without_figures")
def test_a_score_that_had_not_converged_off_is_marked_and_explained(lab: Lab) -> None:
    lab.job("siren", 31.0, losses=LEVEL)
    lab.job("gauss", 30.0, losses=FALLING)
    found = table(lab)
    assert cell(found, "SIREN", "PSNR (dB)") == "31.00"
    assert cell(found, "gauss", "PSNR (dB)") == "30.00 ‖"
    (note,) = [note for note in found.notes if note.startswith("‖")]
    assert "20% over the last 20% of the steps" in note
    assert "30.00 ‖" in markdown(found)
    assert r"30.00 $\|$" in latex(found, "made-up")
    records = {row["method"]: row for row in csv.DictReader(io.StringIO(comma_separated(found)))}
    assert (records["gauss"]["not_converged"], records["gauss"]["converged_asked"]) == ("1", "1")
    assert records["siren"]["not_converged"] == "0"
    (speed,) = [board for board in tables(load(lab.store), None) if board.task == "time-to-level"]
    assert [row[1].text for row in speed.rows] == ["31.00", "30.00 ‖"]
    assert note in speed.notes
    page = report.write(lab.store).index.read_text()
    assert "30.00 ‖" in page
    assert note in page


def test_nothing_is_said_where_all_had_converged(lab: Lab) -> None:
    lab.job("siren", 31.0, losses=LEVEL)
    found = table(lab)
    assert "‖" not in markdown(found)
