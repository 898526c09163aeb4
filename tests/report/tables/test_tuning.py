"""Tables, figures and the page of a search: the expected best score by the number of trials."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inrbench.bench.store.trials import write as write_trials
from inrbench.report.data.load import load
from inrbench.report.figures import tuning as chart
from inrbench.report.figures.registry import Scene
from inrbench.report.tables import tuning
from inrbench.report.tables.formats import comma_separated
from inrbench.report.writer import write
from tests.report.data.test_trials import row
from tests.report.laboratory import Lab, styles


@pytest.fixture
def searched(lab: Lab) -> Lab:
    lab.job("siren", 33.0)
    lab.job("relu", 20.0)
    scores: dict[str, list[Any]] = {"siren": [20.0, 30.0, None, 29.5, 10.0], "relu": [22.0, 21.0, 21.5]}
    write_trials(
        lab.store,
        [row(trial, score, activation=name) for name, own in scores.items() for trial, score in enumerate(own)],
    )
    return lab


def test_the_table_has_the_expected_best_and_the_number_of_good_trials(searched: Lab) -> None:
    (table,) = tuning.tables(load(searched.store))
    assert table.task == "trials-image"
    assert table.columns == ("method", "1", "2", "4", "5", "trials", "failed", "near")
    siren, relu = table.rows
    assert [cell.text for cell in siren] == ["SIREN", "19.90", "25.85", "29.90", "30.00", "5", "1", "2"]
    assert [cell.text for cell in relu] == ["relu", "21.50", "21.83", "—", "—", "3", "0", "3"]
    assert [cell.bold for cell in siren[1:5]] == [False, True, True, True]
    assert relu[1].bold
    head, first, *_ = comma_separated(table).splitlines()
    assert head == "task,method,label,steps,best_of_1,best_of_2,best_of_4,best_of_5,trials,failed,near"
    assert first.startswith("image,siren,SIREN,100,19.9,25.85,29.9,30.0,5,1,2")


def test_the_chart_has_a_line_for_each_method_that_never_falls(searched: Lab) -> None:
    suite = load(searched.store)
    figure = chart.draw(Scene(suite, suite.tasks[0], styles(*suite.tasks)))
    assert figure is not None
    lines = [np.asarray(line.get_ydata()).tolist() for line in figure.axes[0].get_lines()]
    assert sorted(map(len, lines)) == [3, 5]
    assert all(values == sorted(values) for values in lines)
    assert max(lines, key=len)[-1] == 30.0


def test_the_page_shows_them_with_their_files_only_where_there_was_a_search(searched: Lab) -> None:
    written = write(searched.store)
    page = written.index.read_text()
    assert 'id="tuning"' in page
    assert "each trained for 100 steps" in page
    for path in ("tables/trials-image.csv", "tables/trials-image.tex", "figures/tuning-image.pdf"):
        assert (written.folder / path).is_file()
    assert any("Expected best PSNR (dB) by the number of trials" in table for table in written.tables)
    searched.store.trials_file.unlink()
    assert 'id="tuning"' not in write(searched.store).index.read_text()
