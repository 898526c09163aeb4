"""Sweeps over one setting: which tasks and methods make a line, and the range that is nearly best."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from inrbench.report.data.load import load
from inrbench.report.data.stats import Estimate
from inrbench.report.data.sweeps import GoodRange, Line, Sweep, good_range, over_methods, over_tasks, swept
from inrbench.report.labels import MetricLabel
from tests.report.laboratory import Lab

DB = MetricLabel("psnr", "PSNR", "dB", 1, ".2f")
LSD = MetricLabel("lsd", "LSD", "dB", -1, ".2f")


def family(lab: Lab, key: str, setting: str, levels: Mapping[float, float], label: str) -> None:
    for value, level in levels.items():
        suffix = f"[{setting}={value:g}]"
        lab.job(key + suffix, level, label=label + suffix)


def test_methods_that_differ_in_one_setting_are_a_line_and_the_best_family_is_first(lab: Lab) -> None:
    family(lab, "gauss", "scale", {4: 24.0, 1: 20.0, 2: 26.0}, "Gauss")
    family(lab, "siren", "omega0", {10: 25.0, 20: 27.0, 40: 26.0}, "SIREN")
    family(lab, "finer", "omega0", {10: 25.0, 20: 29.0, 40: 26.0}, "FINER")
    family(lab, "wire", "omega0", {10: 25.0, 20: 29.0}, "WIRE")  # two values are no sweep
    lab.job("relu")
    lab.job("mfn[a=1,b=2]")
    lab.job("tv", 22.0, kind="baseline")
    omega, scale = over_methods(lab.task())
    assert (omega.setting, scale.setting, omega.task, omega.metric.name) == ("omega0", "scale", "image", "psnr")
    assert [(line.key, line.label, line.activation) for line in omega.lines] == [
        ("finer", "FINER", "finer"), ("siren", "SIREN", "siren"),
    ]  # fmt: skip
    (gauss,) = scale.lines
    assert [(value, item.mean) for value, item in gauss.points.items()] == [(1, 20.0), (2, 26.0), (4, 24.0)]
    (tv,) = omega.baselines
    assert {value: item.mean for value, item in tv.points.items()} == {10: 22.0, 20: 22.0, 40: 22.0}


def test_tasks_that_differ_in_one_number_are_a_sweep_of_every_method(lab: Lab) -> None:
    for value in (16, 2, 4.0):
        lab.job("siren", 30 - value, task=f"band[cycles={value}]")
        lab.job("linear", 10.0, task=f"band[cycles={value}]", kind="baseline")
    lab.job("siren", task="mri[mask=radial]")
    for value in (1.0, 2.0):
        lab.job("siren", task=f"blur[sigma={value}]")
    (sweep,) = over_tasks(load(lab.store).tasks)
    assert (sweep.task, sweep.setting, sweep.values) == ("band", "cycles", [2, 4, 16])
    assert [[*line.points] for line in (*sweep.lines, *sweep.baselines)] == [[2, 4, 16], [2, 4, 16]]


def test_a_value_with_a_failed_run_is_named(lab: Lab) -> None:
    family(lab, "siren", "omega0", {10: 25.0, 20: 27.0, 40: 26.0}, "SIREN")
    lab.job("siren[omega0=20]", label="SIREN[omega0=20]", repeat=1, status="diverged")
    lab.job("siren[omega0=80]", label="SIREN[omega0=80]", status="diverged")
    (sweep,) = over_methods(lab.task())
    (line,) = sweep.lines
    assert ([*line.points], line.failed, sweep.values) == ([10, 20, 40], (20, 80), [10, 20, 40, 80])


def ranged(
    levels: Mapping[float, float], setting: str = "c", metric: MetricLabel = DB, failed: tuple[float, ...] = ()
) -> GoodRange | None:
    points = {value: Estimate(level, None, 1, frozenset({"camera"})) for value, level in levels.items()}
    line = Line("bw-relu", "BW-ReLU", "bw-relu", points, failed)
    return good_range(Sweep("image", setting, metric, [line]), line)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # 2 dB in an octave on both sides: half an octave to each.
        (ranged({1: 28.0, 2: 30.0, 4: 28.0}), (2, 2**0.5, 2**1.5, False, False, 1.0)),
        (ranged({1: 29.5, 2: 30.0, 4: 28.0}), (2, 1, 2**1.5, True, False, 1.5)),
        (ranged({1: 10.0, 2: 29.0, 4: 30.0, 8: 30.0}), (4, 2, 8, False, True, 2.0)),
        # Another value as good beyond a worse one is not of the range.
        (ranged({1: 29.9, 2: 28.0, 4: 30.0, 8: 28.0}), (4, 2**1.5, 2**2.5, False, False, 1.0)),
        (ranged({1: 29.0, 2: 30.0, 4: 31.0}, failed=(4, 8)), (2, 1, 2, True, False, 1.0)),
        (ranged({2: 28.0, 4: 30.0, 6: 28.0}, setting="levels"), (4, 3, 5, False, False, 2.0)),
        (ranged({1: 2.0, 2: 1.0, 4: 3.0}, metric=LSD), (2, 1, 2**1.5, True, False, 1.5)),
    ],
)  # fmt: skip
def test_the_good_range_ends_where_one_decibel_is_lost(
    found: GoodRange | None, expected: tuple[float, float, float, bool, bool, float]
) -> None:
    assert found is not None
    assert (found.best, found.open_low, found.open_high) == (expected[0], expected[3], expected[4])
    assert (found.low, found.high, found.octaves) == pytest.approx((expected[1], expected[2], expected[5]))


def test_there_is_no_good_range_without_decibels_or_good_runs() -> None:
    levels = {1.0: 1.0, 2.0: 2.0, 4.0: 1.0}
    assert ranged(levels, metric=MetricLabel("iou", "IoU", "", 1, ".2f")) is None
    assert ranged(levels, failed=(1, 2, 4)) is None
    assert ranged({0.0: 1.0, 1.0: 2.0}) is None


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("bandwidth[cycles=2.0]", ("bandwidth", {"cycles": 2.0})),
        ("bw-relu (script)[c=1,lr=0.001]", ("bw-relu (script)", {"c": 1.0, "lr": 0.001})),
        ("relu", ("relu", {})),
        ("mri[mask=radial]", ("mri[mask=radial]", {})),
        ("image[size=[96, 144]]", ("image[size=[96, 144]]", {})),
    ],
)
def test_swept_values_are_read_from_names(key: str, expected: tuple[str, dict[str, float]]) -> None:
    assert swept(key) == expected
