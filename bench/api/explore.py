"""`explore`, the command ``try``: an equal search on one signal, a run with what it found, and a ranking.

Its name in Python is another one, because ``try`` is a keyword.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from inrbench.bench import arguments, commands
from inrbench.bench.api.run import Methods, of_workspace, overrides_of
from inrbench.bench.api.signals import SignalLike, as_declared
from inrbench.bench.api.stored import Results
from inrbench.bench.config import suite as suites
from inrbench.bench.config.lock import Lock
from inrbench.bench.errors import BadInput
from inrbench.bench.results import runs as table
from inrbench.bench.tune import Search
from inrbench.bench.workspace import Workspace
from inrbench.report.data.trials import SearchedMethod, Trial
from inrbench.tasks.core.metrics import describe
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import PICTURES, SHAPES, Signal, SignalError
from inrbench.tasks.signals.user_file import UserFile

if TYPE_CHECKING:
    from inrbench.activations.core.base import Activation

TRIALS, REPEATS = 16, 3

BASES = ("quick", "standard", "reference-small")
"""Suites whose settings of a task are used, the first that has it."""

USUAL_TASK = {
    **dict.fromkeys(PICTURES, "image"),
    **dict.fromkeys(SHAPES, "occupancy"),
    "audio": "audio",
    "function": "function",
    "distance": "sdf",
    "video": "video",
    "scene": "ct3d",
}
"""Kind of a signal -> the task that fits the signal itself."""


class Explored(Results):
    """What `explore` returns: `Results` with the settings that were found.

    Attributes:
        settings: one row for each task and activation, best first: ``task``, ``method``, ``mean`` and ``sd`` of the
            headline metric over the repeats, the ``settings`` found, ``near`` (number
            of trials within 1 dB of the best one), ``trials``, ``failed``, and ``good``: for each setting the lowest
            and the highest value among the trials near the best, with ``≤`` or ``≥`` where no trial lay further out.
            Other metrics than decibels have no ``near`` and no ``good``.
    """

    settings: pd.DataFrame

    def __str__(self) -> str:
        """The ranking and the settings as text."""
        shown = self.settings.assign(
            score=[_score(mean, sd) for mean, sd in zip(self.settings["mean"], self.settings["sd"], strict=True)]
        )
        near = ["—" if pd.isna(n) else f"{n} of {t}" for n, t in zip(shown["near"], shown["trials"], strict=True)]
        shown = shown.assign(near=near)[["task", "method", "score", "settings", "near", "good"]]
        names = {"near": "within 1 dB", "good": "where these lie"}
        return shown.rename(columns=names).to_string(index=False, justify="left")


def explore(
    signal: SignalLike,
    *,
    activations: Sequence[str | type[Activation] | Activation] = (),
    tasks: Sequence[str] = (),
    trials: int = TRIALS,
    repeats: int = REPEATS,
    set: Mapping[str, Any] | None = None,
    plugins: Sequence[str | Path] = (),
    results: str | Path = "results",
    devices: str = "auto",
    retry: Sequence[str] = (),
    progress: bool = True,
) -> Explored:
    """Search on one signal with the same number of trials for each activation, then run with what was found and rank.

    Scale and learning rate decide the ranking, and the best values differ between pictures. Here each activation has
    the same number of trials on this signal. Trials are compared by their score against the truth, which a real inverse
    problem does not have, so the result shows what each activation can reach.

    Args:
        signal: name, path, array, or mapping with ``path`` and ``range``, as in `inrbench.fit`.
        activations: as in `inrbench.run`; by default those of the suite ``quick``.
        tasks: by default the fit of the signal itself: ``image``, ``audio``, ``occupancy``, … by its kind.
        trials: trials for each activation and task; the first uses the defaults.
        repeats: repeats of the final run.
        set: settings of ``quick`` to override, e.g. ``{"train.steps": 300, "tasks.superres.factor": 2}``.
        plugins: files with more activations and tasks.
        results: the results folder; the results are in ``try-NAME`` inside it.
        devices, retry: as in `inrbench.run`.
        progress: show progress on stderr.

    Raises:
        BadInput: if an argument is wrong, or the task cannot use this kind of signal.
    """
    methods = Methods(plugins, Path(results) / "plugins")
    chosen = [methods.add(activation) for activation in activations]
    with as_declared(signal) as declared:
        options = arguments.TryArgs(
            plugin=[str(file) for file in methods.files],
            results=Path(results),
            signal="",
            activations=chosen,
            tasks=list(tasks),
            trials=trials,
            repeats=repeats,
            overrides=overrides_of(set),
            devices=devices,
            retry=",".join(retry),
        )
        return explored(options, declared, methods.entries, silent=not progress)


def explored(
    options: arguments.TryArgs,
    signal: str | dict[str, Any],
    added: Mapping[str, dict[str, Any]],
    *,
    silent: bool = False,
) -> Explored:
    """What the command ``try`` does, with a signal as a suite names it and further entries of activations.

    Raises:
        BadInput: as `explore`.
    """
    for name in ("trials", "repeats"):
        if getattr(options, name) < 1:
            raise BadInput(f"{name} {getattr(options, name)}: at least 1")
    suite = _suite(signal, options)
    words = arguments.SuiteArgs(
        plugin=options.plugin,
        results=options.results,
        suite="",
        activations=options.activations,
        overrides=options.overrides,
    )
    work = Workspace.of(words, searches=True, given=suite, added=added)
    search = Search(work.suite, work.plugins, work.where)
    lock, scores = commands.searched(work, search, options, silent=silent)
    if not lock.activations:
        errors = table(options.results / search.folder(len(search.rounds) - 1))["error"].dropna()
        raise BadInput(f"every trial failed, the first with: {errors.iloc[0]}")
    final = replace(work, suite=_final(work.suite, lock))
    commands.execute(final, final.plan(commands.to_retry(options)), options.devices, silent=silent)
    result = of_workspace(final, Explored)
    result.settings = _settings(result, search, lock, scores)
    return result


def _suite(signal: str | dict[str, Any], options: arguments.TryArgs) -> dict[str, Any]:
    """The suite of a search on a signal."""
    try:
        loaded = load(signal if isinstance(signal, str) else UserFile.of(signal))
    except SignalError as error:
        raise BadInput(str(error)) from error
    quick, _ = suites.load("quick")
    names = options.tasks or [USUAL_TASK.get(loaded.kind, "image")]
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", loaded.name.partition("@")[0]).strip("-_")[:50] or "signal"
    return {
        "suite": f"try-{stem}",
        "description": f"An equal search of {options.trials} trials for each activation on `{loaded.name}` itself, and "
        f"{options.repeats} repeats with the settings found. Trials were judged by the score against the truth: the "
        "scores are what each activation can reach, not what a user who lacks the truth would get.",
        "repeats": options.repeats,
        "model": quick.model,
        "train": quick.train,
        "tasks": {name: _task(name, loaded) for name in names},
        "tuning": {"trials": options.trials, "signals": {name: [signal] for name in names}},
        "activations": {name: {} for name in quick.activations},
    }


def _task(name: str, signal: Signal) -> dict[str, Any]:
    """The settings of a task in the first of `BASES` that has it, with a size that the signal has."""
    bases = [suites.load(base)[0].tasks for base in BASES]
    entry = dict(next((tasks[name] or {} for tasks in bases if name in tasks), {}))
    for key in ("signals", "train", "repeats"):
        entry.pop(key, None)
    if signal.kind in PICTURES and (size := entry.get("size")) is not None:
        entry["size"] = min(max(size) if isinstance(size, list) else size, max(signal.array.shape[:2]))
    return entry


def _final(suite: suites.Suite, lock: Lock) -> suites.Suite:
    """The suite on the signal itself with the settings found."""
    signals = suite.tuning.signals
    tasks = {name: {**(entry or {}), "signals": signals[name]} for name, entry in suite.tasks.items()}
    return suite.model_copy(update={"tasks": tasks, "activations": lock.applied(suite.activations)})


def _settings(explored: Results, search: Search, lock: Lock, scores: pd.DataFrame) -> pd.DataFrame:
    rows = list(_rows(explored, search, lock, scores))
    better = {row["task"]: row.pop("direction") for row in rows}
    table = pd.DataFrame(rows)
    order = table["mean"] * table["task"].map(better)
    return table.assign(order=order).sort_values(
        ["task", "order"], ascending=[True, False], ignore_index=True
    ).drop(columns="order")  # fmt: skip


def _rows(explored: Results, search: Search, lock: Lock, scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    final = explored.final[explored.final["kind"].eq("activation")]
    for (task, method), group in final.groupby(["task", "method"], sort=False):
        cell = lock.activations.get(str(method), {}).get(str(task))
        if cell is None:
            continue
        trials = scores[(scores["activation"] == method) & (scores["task"] == task)]
        ranking = Search.ranking(trials)
        decibels = describe(cell.metric).unit == "dB"
        direction = int(group["direction"].dropna().iloc[0]) if group["direction"].notna().any() else 1
        tried = _tried(search, str(method), str(task), ranking, direction)
        best = tried.trials[int(ranking["trial"].iloc[0])].settings
        yield {
            "task": task,
            "method": group["label"].iloc[0],
            "mean": group["value"].mean(),
            "sd": group["value"].std(),
            "settings": ", ".join(f"{key} {value:g}" for key, value in best.items())
            + ("" if cell.settings else " (defaults)"),
            "near": len(tried.near) if decibels else None,
            "trials": cell.trials,
            "failed": cell.failed,
            "good": ", ".join(f"{key} {good}" for key, good in tried.good_ranges().items()) if decibels else "",
            "direction": direction,
        }


def _tried(search: Search, method: str, task: str, ranking: pd.DataFrame, direction: int) -> SearchedMethod:
    """The trials of a method on a task with their settings, for what a report says of them."""
    scores = dict(zip(ranking["trial"], ranking["value"], strict=True))
    trials = tuple(Trial(values, scores.get(number)) for number, values in enumerate(search.values(method, task)))
    return SearchedMethod(method, method, direction, 0, trials)


def _score(mean: float, sd: float) -> str:
    return f"{mean:.4g}" + (f" ± {sd:.2g}" if np.isfinite(sd) else "")
