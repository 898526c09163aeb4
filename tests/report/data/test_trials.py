"""Trials of a search: the expected best of fewer trials, and the settings that are nearly best."""

from __future__ import annotations

import json
from itertools import combinations
from statistics import mean
from typing import Any

import numpy as np
import pytest

from inrbench.bench.store.trials import write
from inrbench.report.data.load import load
from inrbench.report.data.trials import SearchedMethod, Trial, expected_maximum, searched
from tests.report.laboratory import Lab


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_the_expected_maximum_is_the_mean_over_all_subsets(count: int) -> None:
    values = np.random.default_rng(count).normal(30, 5, 8).tolist()
    values[3] = values[5]  # equal ones
    assert expected_maximum(values, count) == pytest.approx(mean(map(max, combinations(values, count))), rel=1e-12)


def method(direction: int = 1, *scores: float | None, **settings: list[float]) -> SearchedMethod:
    points = [{name: values[trial] for name, values in settings.items()} for trial in range(len(scores))]
    return SearchedMethod("siren", "SIREN", direction, 100, tuple(map(Trial, points, scores)))


def test_where_lower_is_better_the_best_is_the_least() -> None:
    found = method(-1, 0.3, 0.1, 0.2)
    assert found.best == 0.1
    assert found.expected_best(2) == pytest.approx(mean(map(min, combinations([0.3, 0.1, 0.2], 2))))


def test_a_failed_trial_counts_as_the_worst_one() -> None:
    found = method(1, 30.0, None, 20.0)
    assert (found.failed, found.best) == (1, 30.0)
    assert found.expected_best(1) == pytest.approx((30 + 20 + 20) / 3)
    assert found.expected_best(3) == 30.0


def test_good_ranges_are_of_the_trials_within_a_decibel_and_say_where_nothing_was_tried() -> None:
    found = method(1, 29.5, 30.0, 29.2, 20.0, None, lr=[1e-3, 2e-3, 4e-3, 8e-3, 16e-3], omega0=[10, 20, 30, 40, 50])
    assert len(found.near) == 3
    assert {name: str(values) for name, values in found.good_ranges().items()} == {
        "lr": "≤ 0.001 to 0.004", "omega0": "≤ 10 to 30"
    }  # fmt: skip
    alone = method(1, 30.0, 20.0, 10.0, lr=[1e-3, 2e-3, 4e-3], omega0=[30, 20, 10], scale=[2, 1, 4], levels=[3, 3, 3])
    assert {name: str(values) for name, values in alone.good_ranges().items()} == {
        "lr": "≤ 0.001", "omega0": "≥ 30", "scale": "2", "levels": "3"
    }  # fmt: skip


def row(trial: int, score: float | None, steps: int = 100, **others: Any) -> dict[str, Any]:
    settings = json.dumps({"lr": 1e-3 * (trial + 1)})
    return {
        "task": "image", "activation": "siren", "trial": trial, "signal": "coins", "steps": steps,
        "settings": settings, "metric": "psnr", "score": score, "edges": "",
    } | others  # fmt: skip


def test_scores_are_means_over_signals_and_a_trial_that_failed_on_one_has_failed(lab: Lab) -> None:
    lab.job("siren")
    lab.job("relu")
    rows = [row(0, 30.0), row(0, 20.0, signal="moon"), row(1, 33.0), row(1, None, signal="moon")]
    write(lab.store, [*rows, row(0, 9.0, activation="gone"), row(0, 9.0, task="ct"), row(2, 1.0, metric="ssim")])
    suite = load(lab.store)
    (found,) = searched(suite, suite.tasks[0])
    assert (found.key, found.label) == ("siren", "SIREN")
    assert [trial.score for trial in found.trials] == [25.0, None]
    assert found.trials[1].settings == {"lr": 0.002}


def test_of_a_search_in_rounds_the_first_counts_which_has_all_trials(lab: Lab) -> None:
    lab.job("siren")
    write(lab.store, [*(row(trial, 20.0 + trial, steps=25) for trial in range(4)), row(3, 40.0, steps=100)])
    suite = load(lab.store)
    (found,) = searched(suite, suite.tasks[0])
    assert (found.steps, [trial.score for trial in found.trials]) == (25, [20.0, 21.0, 22.0, 23.0])


def test_a_suite_without_a_search_has_no_trials(lab: Lab) -> None:
    lab.job("siren")
    suite = load(lab.store)
    assert searched(suite, suite.tasks[0]) == []
