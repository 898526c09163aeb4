"""Time to a level: the level, the interpolation between eval steps, and the runs that never reach it."""

from __future__ import annotations

import pytest

from inrbench.report.data.model import CurvePoint
from inrbench.report.data.target import levels, reached, rounded, time_to
from tests.report.laboratory import Lab


@pytest.mark.parametrize(
    ("value", "direction", "level"),
    [(24.58, 1, 24.5), (24.58, -1, 24.6), (0.0123456, -1, 0.0124), (-3.456, 1, -3.46), (30.0, 1, 30.0), (0.0, 1, 0.0)],
)
def test_a_level_is_never_better_than_the_value(value: float, direction: int, level: float) -> None:
    assert rounded(value, direction) == pytest.approx(level, rel=1e-12)


def test_half_of_the_methods_reach_the_level(lab: Lab) -> None:
    for method, final in {"siren": 33.0, "wire": 31.0, "gauss": 29.0, "relu": 20.0}.items():
        lab.job(method, final)
    task = lab.task()
    assert levels(task) == {"camera": 30.0}
    assert [item.reached for method in task.activations for item in reached(task, method)] == [1, 1, 0, 0]


def test_the_time_lies_on_the_line_between_two_eval_steps() -> None:
    points = [CurvePoint(0, 0.0, 10.0), CurvePoint(10, 2.0, 20.0), CurvePoint(20, 4.0, 30.0)]
    assert time_to(points, 25.0, 1) == pytest.approx(3.0)
    assert time_to(points, 10.0, 1) == 0.0
    assert time_to(points, 31.0, 1) is None
    assert time_to([CurvePoint(1, 1.0, 0.5), CurvePoint(2, 2.0, 0.1)], 0.3, -1) == pytest.approx(1.5)
    assert time_to([CurvePoint(1, None, 5.0), CurvePoint(2, 4.0, 9.0)], 8.0, 1) == 4.0


def test_a_mean_needs_all_runs(lab: Lab) -> None:
    lab.job("siren", 30.0)
    lab.job("siren", curve={0: 10.0, 100: 20.0}, repeat=1)
    task = lab.task()
    (item,) = reached(task, task.activations[0])
    assert (item.seconds, item.runs, item.reached) == (None, 2, 1)
