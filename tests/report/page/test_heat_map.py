"""The matrix of methods by tasks on the page: short texts, shades and what a pointer shows."""

from __future__ import annotations

from inrbench.report.data.load import load
from inrbench.report.data.matrix import matrix
from inrbench.report.page.heat_map import heat_map
from tests.report.laboratory import Lab


def test_cells_are_short_and_the_pointer_shows_the_interval(lab: Lab) -> None:
    for repeat, value in enumerate((32.0, 34.0)):
        lab.job("siren", value, repeat=repeat)
        lab.job("relu", 21.0, repeat=repeat)
    lab.job("tv", 40.0, kind="baseline")
    lab.job("wire", status="diverged")
    found = heat_map(matrix(load(lab.store)))
    cells = {line.label: line.cells[0] for line in found.lines}
    assert cells["SIREN"].text == "33.0"
    assert cells["SIREN"].hint.startswith("PSNR 33.00 ± 12.71 dB")
    assert cells["SIREN"].bold
    assert float(cells["SIREN"].value) == 33.0
    assert float(cells["SIREN"].share) < float(cells["relu"].share)
    assert cells["wire"].text == "failed"
    assert not cells["wire"].value
    assert [line.label for line in found.lines if line.classical] == ["TV"]
