"""The charts of the leaderboard."""

from __future__ import annotations

import numpy as np
import pytest

from inrbench.report.data.effects import scales
from inrbench.report.data.leaderboard import compare, leaderboard
from inrbench.report.data.load import load
from inrbench.report.figures.leaderboard import RANKED, draw
from inrbench.report.figures.style import method_styles
from tests.report.laboratory import Lab, styles


@pytest.mark.parametrize("methods", [3, RANKED + 4])
def test_values_and_intervals_stand_in_the_panels_of_the_best(methods: int) -> None:
    keys = [f"m{index}" for index in range(methods)]
    scores = np.random.default_rng(0).normal(size=(methods, 4, 3))
    board = compare(keys, [("t", str(case)) for case in range(4)], scores)
    figure = draw(board, [], {key: key.upper() for key in keys}, method_styles((key, key) for key in keys))
    rank, _ = figure.axes
    assert [label.get_text() for label in rank.get_yticklabels()] == [key.upper() for key in board.methods[:RANKED]]
    dots = [line for line in rank.get_lines() if np.size(line.get_xdata()) == 1]
    assert [float(np.asarray(dot.get_xdata())[0]) for dot in dots] == board.mean_rank.value[:RANKED].tolist()
    first = np.asarray(rank.get_lines()[0].get_xdata())
    assert first[0] == board.mean_rank.low[0]


def test_a_bar_joins_the_methods_of_which_no_two_are_separated() -> None:
    level = np.array([3.0, 3.0, 0.0])[:, None, None]
    scores = level + np.random.default_rng(0).normal(0, 0.1, (3, 12, 1))
    board = compare(["a", "b", "c"], [(f"t{case}", "s") for case in range(12)], scores)
    styles_ = method_styles((key, key) for key in "abc")
    rank = draw(board, [], {key: key for key in "abc"}, styles_).axes[0]
    (bar,) = [line for line in rank.get_lines() if len({*np.asarray(line.get_ydata())}) > 1]
    assert np.asarray(bar.get_ydata()).tolist() == [-0.25, 1.25]


def test_effects_have_a_dot_for_each_signal_and_one_for_the_mean(lab: Lab) -> None:
    for task in ("image", "ct", "denoise"):
        for signal in ("camera", "coins"):
            for name, level in (("tv", 30.0), ("fbp", 20.0)):
                lab.job(name, level, task=task, signal=signal, kind="baseline")
            lab.job("siren", 25.0, task=task, signal=signal)
            lab.job("relu", 20.0, task=task, signal=signal)
    suite = load(lab.store)
    board = leaderboard(suite)
    assert board is not None
    figure = draw(board, scales(suite), {"siren": "SIREN", "relu": "ReLU"}, styles(*suite.tasks))
    signals, mean = figure.axes[2].get_lines()[:2]
    assert np.asarray(signals.get_xdata()).tolist() == [0.5] * 6
    assert np.asarray(mean.get_xdata()).tolist() == [0.5]
