"""Results in Python: tables of a folder, and two folders side by side."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from inrbench.bench import results
from inrbench.bench.errors import BadInput
from inrbench.bench.store.schema import Score
from inrbench.bench.store.store import RUNS, SCORES, Store
from tests.bench.command import Inrbench


def lab(folder: Path, finals: Sequence[float], *, valid: bool = True, seconds: float = 2.0, **columns: Any) -> Path:
    """A folder with one job a repeat: its PSNR is `finals`."""
    store = Store(folder, "quick")
    for repeat, final in enumerate(finals):
        row = {
            "job_id": f"job{repeat}", "suite": "quick", "task": "image", "signal": "camera", "kind": "activation",
            "method": "siren", "label": "SIREN", "repeat": repeat, "metric": "psnr", "status": "ok", "attempt": 1,
            "train_s": seconds, "timing_valid": valid, "torch": "2.13.0",
        }  # fmt: skip
        points = [Score(step, step / 10, "psnr", value, 1) for step, value in ((1, final - 10), (10, final))]
        store.commit(row | columns | {"job_id": f"{columns.get('job_id', 'job')}{repeat}"}, points)
    return store.root


def test_tables_have_the_columns_of_the_schema(tmp_path: Path) -> None:
    folder = lab(tmp_path, [30.0, 31.0])
    assert list(results.runs(folder).columns) == RUNS.names
    assert list(results.scores(str(folder)).columns) == SCORES.names
    assert len(results.scores(folder)) == 4


def test_a_final_value_is_that_of_the_last_step_and_a_job_that_failed_has_none(tmp_path: Path) -> None:
    folder = lab(tmp_path, [30.0, 31.0])
    lab(tmp_path, [7.0], job_id="bad", status="diverged", method="gauss")
    found = results.final(folder).set_index("job_id")
    assert found.loc[["job0", "job1"], "value"].tolist() == [30.0, 31.0]
    assert found.loc[["job0", "job1"], "direction"].tolist() == [1, 1]
    assert found.loc[["bad0"], ["value", "direction"]].isna().all(axis=None)


def test_integers_stay_integers_where_some_are_missing(tmp_path: Path) -> None:
    lab(tmp_path, [30.0], params=19009)
    folder = lab(tmp_path, [20.0], job_id="base", method="bicubic", kind="baseline")
    assert sorted(map(str, results.runs(folder)["params"])) == ["19009", "<NA>"]


def test_exported_scores_survive_csv(tmp_path: Path) -> None:
    folder = lab(tmp_path, [30.0, 31.0], params=19009)
    again = pd.read_csv(io.StringIO(results.export(folder)))
    assert again["value"].tolist() == [20.0, 30.0, 21.0, 31.0]
    assert again["label"].unique().tolist() == ["SIREN"]
    assert again["params"].unique().tolist() == [19009]


def test_two_folders_are_compared_pair_by_pair(tmp_path: Path) -> None:
    before, after = [30.0, 33.0, 29.0], [30.5, 33.8, 29.3]
    first, second = lab(tmp_path / "a", before), lab(tmp_path / "b", after, seconds=1.0)
    (row,) = results.compare(first, second).table.to_dict("records")
    interval = ttest_rel(after, before).confidence_interval(0.95)
    assert (row["first"], row["second"]) == (np.mean(before), np.mean(after))
    assert row["difference"] - row["half_interval"] == pytest.approx(interval.low)
    assert row["difference"] + row["half_interval"] == pytest.approx(interval.high)
    assert (row["pairs"], row["time_ratio"]) == (3, 0.5)


def test_times_that_are_not_valid_enter_no_ratio(tmp_path: Path) -> None:
    pair = lab(tmp_path / "a", [30.0]), lab(tmp_path / "b", [30.0], valid=False)
    assert np.isnan(results.compare(*pair).table["time_ratio"]).all()


def test_only_what_differs_is_listed(tmp_path: Path) -> None:
    pair = lab(tmp_path / "a", [30.0]), lab(tmp_path / "b", [30.0], torch="2.14.1", driver="570")
    assert results.compare(*pair).differences.to_dict("records") == [
        {"column": "driver", "first": "none", "second": "570"},
        {"column": "torch", "first": "2.13.0", "second": "2.14.1"},
    ]


def test_a_raised_version_is_compared_and_told(tmp_path: Path) -> None:
    first = lab(tmp_path / "a", [30.0], activation_version=1)
    second = lab(tmp_path / "b", [31.0], job_id="v2", activation_version=2)
    found = results.compare(first, second)
    assert found.table["difference"].tolist() == [1.0]
    assert found.differences["column"].tolist() == ["activation_version"]


def test_the_result_that_both_have_is_compared_before_a_newer_one(tmp_path: Path) -> None:
    first = lab(tmp_path / "a", [30.0], started_at="2026-01-01")
    second = lab(tmp_path / "b", [31.0], started_at="2026-01-01")
    lab(tmp_path / "b", [99.0], job_id="other", started_at="2026-01-02")
    found = results.compare(first, second)
    assert found.table["second"].tolist() == [31.0]
    assert (found.only_first, found.only_second) == (0, 0)


def test_a_result_has_no_value_of_an_older_one_of_its_cell(tmp_path: Path) -> None:
    first = lab(tmp_path / "a", [30.0], started_at="2026-01-01", data_prepared="64 -> 16")
    lab(tmp_path / "a", [31.0], job_id="new", started_at="2026-01-02")
    second = lab(tmp_path / "b", [32.0], job_id="other")
    found = results.compare(first, second)
    assert found.table["first"].tolist() == [31.0]
    assert found.differences["column"].tolist() == []


def test_jobs_of_one_side_are_counted_and_left_out(tmp_path: Path) -> None:
    found = results.compare(lab(tmp_path / "a", [30.0, 99.0]), lab(tmp_path / "b", [31.0]))
    assert (found.only_first, found.only_second) == (1, 0)
    assert found.table["difference"].tolist() == [1.0]


def test_failed_jobs_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no finished job in common"):
        results.compare(lab(tmp_path / "a", [30.0]), lab(tmp_path / "b", [30.0], status="diverged"))


def test_a_folder_without_results_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no results; name the folder of one suite"):
        results.runs(tmp_path)


def test_the_commands_compare_and_export(tmp_path: Path, inrbench: Inrbench) -> None:
    first = lab(tmp_path / "a", [30.0, 31.0, 32.0])
    second = lab(tmp_path / "b", [31.0, 32.1, 33.0], torch="2.14.1")
    text = inrbench("compare", first, second).stdout
    (line,) = [line.split() for line in text.splitlines() if "siren" in line]
    assert line[:5] + line[6:] == ["image", "siren", "psnr", "31", "32.03", "0.1434", "3", "1", "*"]
    assert "torch  2.13.0 → 2.14.1" in text
    assert inrbench("export", first).stdout == results.export(first)
    assert inrbench("compare", first, tmp_path).returncode == 2


def test_the_example_draws_its_figure(tmp_path: Path) -> None:
    folder = lab(tmp_path, [30.0, 31.0, 32.0])
    script, figure = Path(__file__).parents[2] / "docs/examples/convergence.py", tmp_path / "figure.png"
    done = subprocess.run(
        [sys.executable, script, folder, "image", figure],
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-4:] == ["SIREN", "31.00", "1.00", "3"]
    assert figure.read_bytes().startswith(b"\x89PNG")
