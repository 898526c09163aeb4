"""Lines of a sweep: one for each method or family through its finals, and the good range below."""

from __future__ import annotations

import numpy as np

from inrbench.report.data.load import load
from inrbench.report.data.sweeps import over_methods, over_tasks
from inrbench.report.figures.gallery import entries
from inrbench.report.figures.style import BASELINE_COLOR, styled
from inrbench.report.figures.sweeps.lines import draw, family_styles
from tests.report.laboratory import Lab, styles


def ladder(lab: Lab) -> None:
    """Three tasks that differ in one setting."""
    for value, level in ((16, 20.0), (2, 30.0), (4.0, 27.0)):
        for repeat in range(2):
            lab.job("siren", level + repeat, task=f"band[cycles={value}]", repeat=repeat)
        lab.job("relu", level - 5, task=f"band[cycles={value}]")
        lab.job("linear", level - 2, task=f"band[cycles={value}]", kind="baseline", label="linear")


def families(lab: Lab) -> None:
    """SIREN best in the middle of its sweep, Gauss at the end of its own, ReLU beside them."""
    for value, level in ((10, 28.0), (20, 30.0), (40, 28.0)):
        lab.job(f"siren[omega0={value}]", level, label=f"SIREN[omega0={value}]")
    for value, level in ((1, 20.0), (2, 22.0), (4, 24.0)):
        lab.job(f"gauss[scale={value}]", level, label=f"Gauss[scale={value}]")
    lab.job("relu", 18.0)


def test_a_sweep_of_tasks_has_a_line_through_the_finals_of_each_method(lab: Lab) -> None:
    ladder(lab)
    tasks = load(lab.store).tasks
    looks = styles(*tasks)
    with styled():
        (axis,) = draw(over_tasks(tasks), looks).axes
    lines = {line.get_color(): line for line in axis.get_lines()}
    siren = lines[looks["siren"].color]
    assert np.asarray(siren.get_xdata()).tolist() == [2, 4, 16]
    assert np.asarray(siren.get_ydata()).tolist() == [30.5, 27.5, 20.5]
    assert np.asarray(lines[looks["relu"].color].get_ydata()).tolist() == [25, 22, 15]
    assert np.asarray(lines[BASELINE_COLOR].get_ydata()).tolist() == [28, 25, 18]
    assert [text.get_text() for text in axis.texts] == ["linear"]
    assert (axis.get_xlabel(), axis.get_ylabel(), axis.get_xscale()) == ("cycles", "final PSNR (dB)", "log")


def test_families_have_a_panel_for_each_setting_and_their_good_ranges_below(lab: Lab) -> None:
    families(lab)
    found = over_methods(lab.task())
    looks = family_styles(found)
    with styled():
        figure = draw(found, looks, ranges=True)
    omega, scale, omega_ranges, scale_ranges = figure.axes
    assert [axis.get_xlabel() for axis in (omega_ranges, scale_ranges)] == ["ω₀", "scale"]
    assert np.asarray(omega.get_lines()[0].get_ydata()).tolist() == [28, 30, 28]
    assert np.asarray(scale.get_lines()[0].get_xdata()).tolist() == [1, 2, 4]
    bar = omega_ranges.get_lines()[0]
    assert np.allclose(np.asarray(bar.get_xdata(), float), [20 / 2**0.5, 20 * 2**0.5])
    assert [text.get_text() for text in (*omega_ranges.texts, *scale_ranges.texts)] == ["1.0", "≥ 0.5"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["SIREN", "Gauss"]


def test_the_gallery_has_a_figure_for_each_sweep(lab: Lab) -> None:
    ladder(lab)
    families(lab)
    suite = load(lab.store)
    with styled():
        found = {entry.name: entry for entry in entries(suite, styles(*suite.tasks))}
    assert [name for name in found if name.startswith(("over-", "sensitivity-"))] == [
        "over-band-cycles", "sensitivity-image",
    ]  # fmt: skip
    assert found["sensitivity-image"].task == "image"
    assert "within 1 dB" in found["sensitivity-image"].caption


def test_a_sweep_without_a_value_has_no_figure(lab: Lab) -> None:
    for value in (1, 2, 3):
        lab.job("siren", task=f"band[cycles={value}]", status="diverged")
        lab.job(f"gauss[scale={value}]", status="diverged")
    suite = load(lab.store)
    assert over_tasks(suite.tasks) == []
    assert [sweep for task in suite.tasks for sweep in over_methods(task)] == []
