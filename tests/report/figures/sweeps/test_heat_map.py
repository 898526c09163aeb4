"""Heat maps: which sweeps make one, and that every cell holds the mean of its own task and method."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inrbench.report.data.load import load
from inrbench.report.data.model import SuiteResults
from inrbench.report.figures.gallery import entries
from inrbench.report.figures.style import styled
from inrbench.report.figures.sweeps.heat_map import draw, sweeps
from tests.report.laboratory import Lab, styles

CYCLES, SIZES = (2.0, 8.0, 32.0), (1000, 4000)


def level(cycles: float, size: int) -> float:
    return 20 + size / 1000 - cycles / 10


@pytest.fixture
def ladder(lab: Lab) -> SuiteResults:
    """Two activations over bandwidths and sizes, two repeats; ReLU lacks the largest size at the widest band."""
    for cycles in CYCLES:
        task = f"bandwidth[cycles={cycles}]"
        for size in SIZES:
            for repeat in range(2):
                lab.job(f"siren[params={size}]", level(cycles, size) + repeat, task=task, repeat=repeat,
                        label=f"SIREN[params={size}]")  # fmt: skip
                gone = (cycles, size) == (32.0, 4000)
                lab.job(f"relu[params={size}]", 10.0, task=task, repeat=repeat, label=f"ReLU[params={size}]",
                        status="diverged" if gone else "ok")  # fmt: skip
        lab.job("linear", 25.0, task=task, kind="baseline")
    return load(lab.store)


def test_a_sweep_of_the_task_and_one_of_the_network_make_one_map(ladder: SuiteResults) -> None:
    (sweep,) = sweeps(ladder)
    assert (sweep.task, sweep.axes, sweep.metric.name) == ("bandwidth", ("cycles", "params"), "psnr")
    assert list(sweep.panels) == ["SIREN", "ReLU"]
    assert sweep.panels["SIREN"] == {(c, s): pytest.approx(level(c, s) + 0.5) for c in CYCLES for s in SIZES}
    assert set(sweep.panels["ReLU"]) == {(c, s) for c in CYCLES for s in SIZES} - {(32.0, 4000)}


def test_the_map_shows_each_value_at_its_place_and_nothing_where_there_is_none(ladder: SuiteResults) -> None:
    (sweep,) = sweeps(ladder)
    siren, relu, *_ = draw(sweep).axes
    values: Any = np.ma.filled(np.ma.asarray(siren.collections[0].get_array()), np.nan).reshape(2, 3)
    assert values == pytest.approx(np.array([[level(c, s) + 0.5 for c in CYCLES] for s in (4000, 1000)]))
    assert [text.get_text() for text in siren.get_yticklabels()] == ["4,000", "1,000"]
    assert [text.get_text() for text in relu.get_xticklabels()] == ["2", "8", "32"]
    assert len(relu.texts) == 5
    assert siren.collections[0].get_clim() == relu.collections[0].get_clim()


def test_two_settings_of_one_activation_make_a_map_too(lab: Lab) -> None:
    for omega in (5, 10):
        for scale in (1.0, 2.0):
            key = f"wire[omega0={omega},s0={scale}]"
            lab.job(key, 20 + omega + scale, label=key.replace("wire", "WIRE"))
    (sweep,) = sweeps(load(lab.store))
    assert (sweep.task, sweep.axes) == ("image", ("omega0", "s0"))
    assert sweep.panels == {"WIRE": {(o, s): 20.0 + o + s for o in (5.0, 10.0) for s in (1.0, 2.0)}}


def test_one_setting_three_settings_and_words_make_none(lab: Lab) -> None:
    for value in (1, 2):
        lab.job(f"gauss[scale={value}]")
        lab.job(f"siren[params={value},lr=0.1]")  # the rate has one value
        lab.job(f"mfn[a={value},b={value},c={value}]")
        lab.job(f"rff[kind=word{value},b={value}]")
    assert sweeps(load(lab.store)) == []


def test_the_gallery_has_the_map_once_for_all_tasks_and_no_curve_beside_it(ladder: SuiteResults) -> None:
    with styled():
        found = [entry for entry in entries(ladder, styles(*ladder.tasks)) if entry.name.startswith(("sweep", "over-"))]
    (entry,) = found
    assert (entry.task, entry.link) == ("", "bandwidth: cycles × params")
    assert "over cycles and params" in entry.caption
