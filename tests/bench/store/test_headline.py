"""The final score of a job in its headline metric."""

from __future__ import annotations

import numpy as np
import pandas as pd

from inrbench.bench.store.headline import mean_over_signals, with_headline

JOBS = pd.DataFrame(
    {
        "job_id": ["b", "a", "c", "d"],
        "metric": ["psnr", "mae", "psnr", "psnr"],
        "status": ["ok", "ok", "diverged", "ok"],
    },
    index=[7, 3, 5, 1],
)
SCORES = pd.DataFrame(
    [
        ("a", "mae", 10, 0.1, -1),
        ("a", "psnr", 10, 40.0, 1),
        ("b", "psnr", 10, 30.0, 1),
        ("b", "psnr", 5, 35.0, 1),
        ("c", "psnr", 5, 20.0, 1),
    ],
    columns=["job_id", "metric", "step", "value", "direction"],
)


def test_the_last_value_of_the_headline_metric_is_that_of_a_job_that_ended_well() -> None:
    found = with_headline(JOBS, SCORES)
    assert found["job_id"].tolist() == ["b", "a", "c", "d"]
    assert found.index.tolist() == [7, 3, 5, 1]
    np.testing.assert_array_equal(found["value"], [30.0, 0.1, np.nan, np.nan])
    np.testing.assert_array_equal(found["direction"], [1, -1, np.nan, np.nan])


def test_a_signal_that_was_repeated_more_often_has_no_more_weight_in_a_mean() -> None:
    rows = [("relu", "a", 1.0), ("relu", "a", 3.0), ("relu", "b", 10.0), ("siren", "a", 4.0), ("siren", "b", np.nan)]
    final = pd.DataFrame(rows, columns=["method", "signal", "value"]).assign(task="image")
    means = mean_over_signals(final, "method")
    assert means["relu"] == 6.0
    assert np.isnan(means["siren"])  # it failed on a signal


def test_a_mean_needs_all_the_signals_of_the_tasks_of_its_group() -> None:
    rows = [("image", "relu", "a", 1.0), ("image", "relu", "b", 3.0), ("image", "siren", "a", 9.0),
            ("ct", "siren", "c", 5.0), ("ct", "relu", "c", np.nan), ("ct", "relu", "c", 2.0)]  # fmt: skip
    final = pd.DataFrame(rows, columns=["task", "method", "signal", "value"])
    means = mean_over_signals(final, "method", "task").to_dict()
    assert np.isnan(means.pop(("siren", "image")))  # it has no job on b
    assert means == {("relu", "image"): 2.0, ("siren", "ct"): 5.0, ("relu", "ct"): 2.0}
    assert mean_over_signals(final[final["task"] == "image"], "method").isna().to_dict() == {
        "relu": False, "siren": True,
    }  # fmt: skip


def test_a_last_value_that_is_not_a_number_is_not_replaced_by_an_earlier_one() -> None:
    scores = pd.concat([SCORES, pd.DataFrame([("a", "mae", 20, np.nan, -1)], columns=SCORES.columns)])
    assert np.isnan(with_headline(JOBS, scores)["value"][3])
