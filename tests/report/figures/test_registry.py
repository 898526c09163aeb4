"""Figures that plugins add to reports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from inrbench.bench.config.plugins import load_file
from inrbench.report.figures.registry import FIGURES, figure
from inrbench.report.writer import write
from tests.report.laboratory import Lab

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "own-plugins.md"


@pytest.fixture(autouse=True)
def _unregistered() -> Iterator[None]:
    before = dict(FIGURES)
    yield
    FIGURES.clear()
    FIGURES.update(before)


def test_the_figure_of_the_page_on_plugins_is_in_the_report_with_its_texts(lab: Lab, tmp_path: Path) -> None:
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if "figure" in block]
    plugin = tmp_path / "final_loss.py"
    plugin.write_text(code)
    load_file(plugin)
    lab.job("siren")
    lab.job("siren", task="ct")
    written = write(lab.store)
    for task in ("image", "ct"):
        assert (written.folder / "figures" / f"final-loss-{task}.pdf").is_file()
    page = written.index.read_text()
    assert "Data loss at the last step, one dot per run." in page
    assert "Final data loss of each method" in page


def test_a_figure_that_fails_is_left_out_with_a_line(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    figure("broken", caption="-", alt="-")(lambda task: [][0])
    lab.job("siren")
    written = write(lab.store)
    assert "figure broken of test_registry.py is left out of image: IndexError" in capsys.readouterr().err
    assert not list((written.folder / "figures").glob("broken*"))


def test_two_files_cannot_have_figures_of_one_name(tmp_path: Path) -> None:
    figure("mine", caption="-", alt="-")(lambda task: None)
    other = tmp_path / "other.py"
    other.write_text('import inrbench\n@inrbench.figure("mine", caption="", alt="")\ndef draw(task): ...\n')
    with pytest.raises(Exception, match="two figures are named 'mine'"):
        load_file(other)
    with pytest.raises(ValueError, match="letters, digits and dashes"):
        figure("a b/c", caption="-", alt="-")
