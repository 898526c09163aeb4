"""Charts of quality against cost: the Pareto front, names, and when parameters are a cost."""

from __future__ import annotations

import numpy as np

from inrbench.report.figures import cost
from inrbench.report.figures.style import styled
from tests.report.laboratory import Lab, drawn, styles


def test_the_front_is_what_no_other_point_beats() -> None:
    rng = np.random.default_rng(0)
    costs, values = rng.integers(1, 8, 40).tolist(), rng.integers(0, 8, 40).tolist()
    for direction in (1, -1):
        found = cost.front(costs, values, direction)
        gains = [direction * value for value in values]
        kept = {(costs[i], values[i]) for i in found}
        brute = {
            (costs[i], values[i])
            for i in range(40)
            if not any(
                costs[j] <= costs[i] and gains[j] >= gains[i] and (costs[j], gains[j]) != (costs[i], gains[i])
                for j in range(40)
            )
        }
        assert kept == brute
        assert [costs[i] for i in found] == sorted(costs[i] for i in found)


def test_parameters_are_a_panel_where_they_differ(lab: Lab) -> None:
    lab.job("siren", 33.0, params=1000)
    lab.job("relu", 30.0, params=1100)
    with styled():
        assert len(drawn(cost.draw(lab.task(), styles(lab.task()))).axes) == 1
        lab.job("gauss", 35.0, params=5000)
        seconds, params = drawn(cost.draw(lab.task(), styles(lab.task()))).axes
    assert params.get_xlabel() == "trainable parameters"
    assert sorted(text.get_text() for text in params.texts) == ["SIREN", "gauss", "relu"]
    assert seconds.get_xlabel() == "training time (s)"
