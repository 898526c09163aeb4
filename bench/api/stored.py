"""Results of a suite as an object: DataFrames, tables, arrays, networks and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inrbench.bench import results
from inrbench.bench.config.job import Job
from inrbench.bench.errors import BadInput
from inrbench.bench.store.headline import mean_over_signals, with_headline
from inrbench.report.data.model import DECLARED
from inrbench.report.labels import told_apart

if TYPE_CHECKING:
    from torch import nn


class Results:
    """Results of one suite: what `inrbench.run` returns, or what a folder such as ``results/quick`` holds.

    A method is named by its key (``"siren"``, ``"wire[omega0=10]"``) or its label, a task by the suite's key. You may
    leave out the task and the signal if there is only one. The default repeat is 0.

    Args:
        folder: results of one suite.

    Raises:
        BadInput: if there are no results in the folder.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        _jobs: Sequence[Job] | None = None,
        _about: Mapping[str, Any] | None = None,
        _plugins: Sequence[Path] = (),
    ) -> None:
        self.folder = Path(folder)
        self._jobs, self._about, self._plugins = _jobs, dict(_about or {}), list(_plugins)
        self._store = results.store_of(folder)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per job, its latest attempt; the columns are those of docs/reference/results.md."""
        runs = results.runs(self.folder)
        if self._jobs is None:
            return runs
        names = pd.DataFrame(
            [(job.job_id, job.task_key, job.method, job.label) for job in self._jobs],
            columns=["job_id", "task", "method", "label"],
        )
        columns = list(runs.columns)
        return names.merge(runs.drop(columns=["task", "method", "label"]), on="job_id")[columns]

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row for each job, step and metric: ``job_id, step, train_s, metric, value, direction``."""
        scores = results.scores(self.folder)
        return scores[scores["job_id"].isin(set(self.runs["job_id"]))].reset_index(drop=True)

    @cached_property
    def final(self) -> pd.DataFrame:
        """`runs` with ``value``, the last value of the job's headline metric, and ``direction``: 1 if higher is better.

        A job that failed has neither.
        """
        return with_headline(self.runs, self.scores)

    @property
    def failed(self) -> pd.DataFrame:
        """Failed jobs: task, signal, method, repeat, status and cause."""
        bad = self.runs[self.runs["status"].ne("ok")]
        return bad[["task", "signal", "method", "repeat", "status", "error", "job_id"]].reset_index(drop=True)

    def table(self, task: str | None = None) -> pd.DataFrame:
        """Mean final scores, methods × tasks, activations before classical methods, best mean rank first.

        Each value is the mean of the task's headline metric over signals, where the repeats of a signal are averaged
        first, and NaN where a method has no score on a signal of the task: it failed there, or has not run yet. Methods
        with the same label have their key in parentheses. If a folder has results of several settings of a method, the
        newest count, as in the report. With a ``task``, it is the table of that task as in the report's CSV: all
        metrics with intervals, parameters and times.

        Raises:
            BadInput: if there is no such task.
        """
        if task is not None:
            return self._task_table(task)
        final = _of_newest_settings(self.final)
        means = mean_over_signals(final, "kind", "method", "task").unstack("task")[list(final["task"].unique())]
        better = final.groupby("task")["direction"].first()
        named = final.drop_duplicates(["kind", "method"]).set_index(["kind", "method"], drop=False)
        methods = list(zip(named["method"], named["label"], strict=True))
        labels = pd.Series(map(told_apart(methods).__getitem__, methods), named.index)
        order = (means * better).rank(ascending=False).mean(axis=1).to_frame("rank").assign(label=labels)
        order = order.sort_values(["kind", "rank", "label"])
        return means.loc[order.index].set_axis(order["label"]).rename_axis(index="method", columns=None)

    def _task_table(self, task: str) -> pd.DataFrame:
        from inrbench.report.data.load import load
        from inrbench.report.tables.build import build

        suite = load(self._store, self._jobs)
        for candidate in suite.tasks:
            if candidate.key == task:
                return pd.DataFrame(build(suite, candidate).records)
        raise BadInput(
            f"task {task!r}: not among these results; there are {', '.join(candidate.key for candidate in suite.tasks)}"
        )

    def job(self, method: str, task: str | None = None, signal: str | None = None, repeat: int = 0) -> pd.Series[Any]:
        """The row of `final` of one job.

        Raises:
            BadInput: if there is no such job, or several.
        """
        rows = self.final
        row = _of(rows[rows["method"].eq(method) | rows["label"].eq(method)], task, signal, repeat)
        if len(row) != 1:
            raise BadInput(self._choices(row if len(row) else rows, method, len(row)))
        return row.iloc[0]

    @staticmethod
    def _choices(rows: pd.DataFrame, method: str, count: int) -> str:
        shown = {name: ", ".join(map(str, rows[name].unique()[:8])) for name in ("method", "task", "signal", "repeat")}
        what = "no job" if count == 0 else f"{count} jobs"
        return f"{method!r}: {what} of that name; there are " + "; ".join(
            f"{key}: {text}" for key, text in shown.items()
        )

    def reconstruction(
        self, method: str, task: str | None = None, signal: str | None = None, repeat: int = 0
    ) -> NDArray[Any]:
        """The reconstruction of a signal by a method: (*shape, C), for a picture (H, W, C).

        Raises:
            BadInput: as `job`, or if the array is missing: archives keep one repeat.
        """
        row = self.job(method, task, signal, repeat)
        return self._array(row["job_id"], "reconstruction", f"{method} · {row['task']} · {row['signal']}")

    def truth(self, task: str | None = None, signal: str | None = None, repeat: int = 0) -> NDArray[Any]:
        """The truth that the methods on a task and signal are compared with: (*shape, C).

        Raises:
            BadInput: as `reconstruction`.
        """
        rows = self.runs
        chosen = _of(rows, task, signal, repeat)
        names = chosen["problem_id"].unique()
        if len(names) != 1:
            raise BadInput(self._choices(chosen if len(names) else rows, "truth", len(names)))
        return self._array(f"ref-{names[0]}", "truth", "truth")

    def network(self, method: str, task: str | None = None, signal: str | None = None, repeat: int = 0) -> nn.Module:
        """The trained network of a job, if its weights were kept; `inrbench.results.network` has its coordinates.

        Raises:
            BadInput: as `job`, or if the weights were not kept.
        """
        return results.network(self.folder, str(self.job(method, task, signal, repeat)["job_id"]), self._plugins)

    def _array(self, name: str, key: str, what: str) -> NDArray[Any]:
        arrays = self._store.arrays(name) or {}
        if key not in arrays:
            raise BadInput(f"{what}: its arrays are not in {self.folder}/artifacts; run that job again")
        return np.asarray(arrays[key])

    def report(self) -> Path:
        """Write tables, figures and the page; returns the path of the page."""
        from inrbench import report

        return report.write(self._store, self._jobs, self._about).index

    def __repr__(self) -> str:
        return f"Results of {self._store.suite} in {self.folder}: {self._count()}"

    def _count(self) -> str:
        bad = len(self.failed)
        return f"{len(self.runs)} jobs" + (f", {bad} failed (see .failed)" if bad else "")

    def _repr_html_(self) -> str:
        metrics = self.runs.groupby("task", sort=False)["metric"].first()
        means = ", ".join(f"{task}: {metric}" for task, metric in metrics.items())
        table = self.table().to_html(float_format="{:.2f}".format, na_rep="—", border=0)
        return (
            f"<p><b>{escape(self._store.suite)}</b>: {escape(self._count())}; mean final scores ({escape(means)})</p>"
            f"{table}"
        )


def _of_newest_settings(final: pd.DataFrame) -> pd.DataFrame:
    """The jobs with the newest settings of each method on each signal; other settings are another method."""
    cell = ["kind", "task", "method", "signal"]
    newest = final.sort_values(["started_at", "job_id"]).drop_duplicates(cell, keep="last")
    return final.merge(newest[[*cell, *DECLARED]])


def _of(rows: pd.DataFrame, task: str | None, signal: str | None, repeat: int) -> pd.DataFrame:
    """The rows of a repeat on a task and a signal, or on all where none is given."""
    for column, value in (("task", task), ("signal", signal), ("repeat", repeat)):
        rows = rows if value is None else rows[rows[column].eq(value)]
    return rows
