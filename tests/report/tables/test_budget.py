"""Sizes against the budget: what is far from it is marked in tables, page and CSV."""

from __future__ import annotations

import csv
import io
import json

import pytest

from inrbench import report
from inrbench.report.tables.formats import comma_separated
from tests.report.laboratory import Lab
from tests.report.tables.test_build import cell, table


@pytest.mark.usefixtures("without_figures")
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


@pytest.mark.usefixtures("without_figures")
def test_with_a_width_the_budget_is_that_of_a_plain_network(lab: Lab) -> None:
    """A layer of two linear maps has twice the parameters: nothing names it the best without its mark."""
    model = json.dumps({"depth": 3, "width": 64})
    for task in ("image", "ct", "mri"):
        for method, params in {"siren": 8_577, "relu": 8_577, "near": 8_900, "max-pair": 17_089}.items():
            for repeat in range(3):
                value = 60.0 if method == "max-pair" else 30.0
                lab.job(method, value + repeat / 100, task=task, repeat=repeat, model=model, params=params)
    found = table(lab)
    shown = {row[0].text: cell(found, row[0].text, "params") for row in found.rows}
    assert shown == {"SIREN": "8,577", "relu": "8,577", "near": "8,900", "max-pair": "17,089 ¶"}
    (best,) = [row for row in found.rows if row[2].bold]
    assert best[0].text == "max-pair"
    assert best[2].text.endswith("¶")
    assert any("8,577 parameters, those of a plain MLP of this width" in note for note in found.notes)
    written = report.write(lab.store)
    for name in ("winners", "overview", "leaderboard", "leaderboard-wins"):
        assert "max-pair ¶" in (written.folder / "tables" / f"{name}.md").read_text(), name
        assert r"max-pair \P{}" in (written.folder / "tables" / f"{name}.tex").read_text(), name
    page = written.index.read_text()
    for section in ("methods-by-tasks", "leaderboard"):
        text = page.partition(f'<section id="{section}"')[2].partition("</section>")[0]
        assert "max-pair ¶" in text, section
        assert 'data-label="max-pair"' in text, section  # by which the page knows the method of a row
