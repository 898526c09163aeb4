"""Sizes against the budget: what is far from it is marked in tables, page and CSV."""

from __future__ import annotations

import csv
import io
import json

from inrbench import report
from inrbench.report.tables.formats import comma_separated
from tests.report.laboratory import Lab
from tests.report.tables.test_build import cell, table


def test_a_size_far_from_the_budget_is_marked_and_explained(lab: Lab) -> None:
    """The budget is 50,000: 47,500 and 52,500 are just within 5 % of it."""
    budget = json.dumps({"depth": 3, "params": 50_000})
    for method, params in {"low": 47_500, "high": 52_500, "under": 47_499, "over": 52_501}.items():
        lab.job(method, model=budget, params=params)
    lab.job("width", params=90_000)
    lab.job("failed", model=budget, params=90_000, status="diverged")
    lab.job("tv", 25.0, kind="baseline")
    found = table(lab)
    shown = {row[0].text: cell(found, row[0].text, "params") for row in found.rows + found.classical}
    assert shown == {
        "low": "47,500", "high": "52,500", "under": "47,499 ¶", "over": "52,501 ¶", "width": "90,000", "failed": "—",
        "TV": "—",
    }  # fmt: skip
    (note,) = [note for note in found.notes if note.startswith("¶")]
    assert "5% from the budget of 50,000 parameters" in note
    records = {row["method"]: row for row in csv.DictReader(io.StringIO(comma_separated(found)))}
    assert (records["over"]["params_asked"], records["over"]["params_mean"]) == ("50000.0", "52501.0")
    assert records["width"]["params_asked"] == ""
    assert "52,501 ¶" in report.write(lab.store).index.read_text()
