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
    final = pd.DataFrame(rows, columns=["method", "signal", "value"])
    means = mean_over_signals(final, "method")
    assert means["relu"] == 6.0
    assert np.isnan(means["siren"])  # it failed on a signal
