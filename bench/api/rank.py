"""`rank`: your activation against the stored results of a suite, after the search that its rivals had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from inrbench.activations.core import conformance
from inrbench.bench import arguments, commands
from inrbench.bench.api.run import Methods
from inrbench.bench.api.stored import Results
from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.config.lock import Lock, flow
from inrbench.bench.config.plugins import Plugins, source_file
from inrbench.bench.errors import BadInput
from inrbench.bench.machine import devices
from inrbench.bench.runner import plan
from inrbench.bench.store.headline import mean_over_signals
from inrbench.bench.store.shipped import FOLDER
from inrbench.bench.store.store import Store
from inrbench.bench.tune import Search
from inrbench.bench.workspace import Workspace, say
from inrbench.report.data.leaderboard import Leaderboard, leaderboard
from inrbench.report.data.load import load
from inrbench.report.tables import budget

if TYPE_CHECKING:
    from inrbench.activations.core.base import Activation


class Ranking(Results):
    """What `rank` returns: `Results` of the activation and its rivals.

    Attributes:
        entry: key of the ranked activation.
        tuned: settings that the search found for the entry, by task.
        board: the leaderboard, see `inrbench.report.data.leaderboard`; None if the suite has too few cases.
        missing: rivals of the suite without stored results.
        labels: labels of the activations by key, with ¶ if a network is more than 5 % off its number of parameters.
        trials: trials of its search on each task, and of the rivals' search.
    """

    entry: str
    tuned: Lock
    board: Leaderboard | None
    missing: Sequence[str]
    labels: Mapping[str, str]
    trials: tuple[int, int]

    @property
    def place(self) -> tuple[int, int, int] | None:
        """The place by mean rank, and the first and the last place of those that are not separated from it; None
        without a leaderboard.

        Separated means by the corrected test of all pairs of the leaderboard, over its tasks.
        """
        if self.board is None or self.entry not in self.board.methods:
            return None
        index = list(self.board.methods).index(self.entry)
        groups = [(first, last) for first, last in self.board.groups if first <= index <= last]
        low = min([index, *(first for first, _ in groups)])
        high = max([index, *(last for _, last in groups)])
        return index + 1, low + 1, high + 1

    @property
    def tasks(self) -> pd.DataFrame:
        """Where it wins and loses: for each task its mean over signals, its place, the number of activations, and the
        best of the others with its mean; best places first. A task on which it lacks a signal is left out."""
        rows = []
        final = self.final[self.final["kind"].eq("activation")]
        for task, group in final.groupby("task", sort=False):
            better = group["direction"].max()
            means = (better * mean_over_signals(group, "method")).dropna().sort_values(ascending=False)
            if self.entry not in means.index:
                continue
            others = means.drop(self.entry)
            rows.append(
                (
                    task,
                    group["metric"].iloc[0],
                    better * means[self.entry],
                    1 + int((others > means[self.entry]).sum()),
                    len(means),
                    self.labels[str(others.index[0])] if len(others) else "—",
                    better * others.iloc[0] if len(others) else None,
                )
            )
        columns = ["task", "metric", "mean", "place", "of", "best other", "its mean"]
        return pd.DataFrame(rows, columns=columns).sort_values(["place", "task"], ignore_index=True)

    def __str__(self) -> str:
        """The leaderboard, the place in it, and where it wins and loses, as text."""
        parts = [self._leaderboard()]
        parts += [tasks.to_string(index=False, float_format="{:.4g}".format)] if len(tasks := self.tasks) else []
        mine, theirs = self.trials
        if mine < theirs:
            parts.append(f"A quick look: searched with {mine} of the {theirs} trials that its rivals had")
        if self.missing:
            parts.append(f"Without stored results, and so left out: {', '.join(self.missing)}")
        return "\n\n".join(parts)

    def _leaderboard(self) -> str:
        board, place = self.board, self.place
        if board is None or place is None:
            return (
                "No leaderboard: too few cases that all ran on, those not counted on which networks have more "
                "parameters than there are measured values."
            )
        labels = self.labels
        lines = ["  place  mean rank [95 %]  activation"]
        for index, name in enumerate(board.methods):
            low, high = (None if ends is None else ends[index] for ends in (board.mean_rank.low, board.mean_rank.high))
            ends = "" if low is None or high is None else f"[{low:.1f}, {high:.1f}]"
            mark = "→" if name == self.entry else " "
            lines.append(f"{mark} {index + 1:>5}  {board.mean_rank.value[index]:>4.1f} {ends:<13}  {labels[name]}")
        alike = f"places {place[1]} to {place[2]} are not separated from it"
        verdict = alike if place[2] > place[1] else "separated from all others"
        shown = [labels[name] for name in board.methods]
        lines += board.notes
        lines += [budget.OFF] * any(label.endswith(budget.OFF_BUDGET) for label in shown)
        lines.append(f"\n{labels[self.entry]}: place {place[0]} of {len(board.methods)} by mean rank; {verdict}")
        return "\n".join(lines)


def rank(
    entry: str | Path | type[Activation],
    suite: str | Path = "reference-small",
    *,
    scale: str | None = None,
    tasks: Sequence[str] = (),
    trials: int | None = None,
    against: str | Path | None = None,
    plugins: Sequence[str | Path] = (),
    results: str | Path = "results",
    devices: str = "auto",
    retry: Sequence[str] = (),
    progress: bool = True,
) -> Ranking:
    """Rank an activation among the stored results of a suite.

    It must pass the conformance checks. It gets the same search as its rivals (number of trials, sequence of points,
    tuning signals), runs on the suite's cases with the suite's seeds, and is compared with the rivals' stored results.
    docs/reference/entries.md has the rules.

    Args:
        entry: a plugin file that defines one activation, the name of a known one, or a class, also from a notebook.
        suite: a suite with a search, whose results are stored.
        scale, tasks: as in `inrbench.run`.
        trials: fewer trials than the rivals had, for a quick look; the ranking says so.
        against: folder with the rivals' results; by default those that come with inrbench.
        plugins, results, retry, progress: as in `inrbench.run`. The results are in ``rank-NAME``.
        devices: as in `inrbench.run`, but without a GPU ``auto`` uses a slot for each core.

    Raises:
        BadInput: if the entry fails a check, the suite has no search or no stored results, or an argument is wrong.
    """
    methods = Methods(plugins, Path(results) / "plugins")
    word = str(entry)
    if isinstance(entry, type):
        word = methods.add(entry)
    options = arguments.RankArgs(
        plugin=[str(file) for file in methods.files],
        results=Path(results),
        entry=word,
        suite=str(suite),
        scale=scale,
        tasks=list(tasks),
        trials=trials,
        against=Path(against) if against else None,
        devices=devices,
        retry=",".join(retry),
    )
    return ranked(options, methods.entries, silent=not progress)


def ranked(
    options: arguments.RankArgs, added: Mapping[str, dict[str, Any]] | None = None, *, silent: bool = False
) -> Ranking:
    """What the command ``rank`` does, with entries of classes of a notebook.

    Raises:
        BadInput: as `rank`.
    """
    files = list(options.plugin)
    if is_file := options.entry.endswith(".py"):
        files.append(options.entry)
    plugins = Plugins(files)
    name = _defined_in(Path(options.entry), plugins) if is_file else options.entry
    entry = (added or {}).get(name, {})
    _check(plugins, entry.get("activation", name), options.entry)
    words = arguments.SuiteArgs(
        plugin=files, results=options.results, suite=options.suite, scale=options.scale, tasks=options.tasks
    )
    work = Workspace.of(words)
    if name in work.suite.activations:
        raise BadInput(f"{name}: {work.suite.suite} has it already; rank your own activation")
    root = options.against or FOLDER / work.suite.suite
    if not (root / "runs").is_dir():
        raise BadInput(f"{root}: no stored results of {work.suite.suite}; run it and give its folder with --against")
    store = Store(options.results, f"rank-{name.replace('@', '-')}", say)
    alone = work.suite.model_copy(update={"suite": store.suite, "activations": {name: entry}})
    mine = replace(work, suite=alone, store=store, lock=None, lock_file=None, unsearched={})
    full = Search(alone, work.plugins, work.where)
    theirs = full.rounds[0].trials
    if options.trials is not None and not 1 <= options.trials <= theirs:
        raise BadInput(f"--trials {options.trials}: its rivals had {theirs}; give 1 to {theirs}")
    chosen = replace(options, devices=_devices(options.devices))
    search = full if options.trials is None else Search(alone, work.plugins, work.where, options.trials)
    lock, _ = commands.searched(mine, search, chosen, silent=silent)
    if not lock.activations:
        raise BadInput(
            f"{name}: every trial failed; see {options.results / search.folder(len(search.rounds) - 1)}/logs"
        )
    applied = lock.applied(alone.activations)
    mine = replace(mine, suite=alone.model_copy(update={"activations": applied}))
    networks = [job for job in mine.jobs if job.activation]
    commands.execute(mine, plan.make(networks, store, commands.to_retry(chosen)), chosen.devices, silent=silent)
    _take_over(root, store)
    both = {**work.suite.activations, **applied}
    final = replace(work, suite=work.suite.model_copy(update={"activations": both}), store=store)
    result = _ranking(final, name, lock)
    result.trials = (search.rounds[0].trials, theirs)
    return result


def _ranking(work: Workspace, name: str, lock: Lock) -> Ranking:
    result = Ranking(work.store.root, _jobs=work.jobs, _about=work.about, _plugins=work.files)
    suite = load(work.store, work.jobs)
    present = {method.key for task in suite.tasks for method in task.activations}
    result.entry, result.tuned, result.board = name, lock, leaderboard(suite)
    result.labels = budget.labels(suite.tasks)
    result.missing = sorted({job.method for job in work.jobs if job.activation} - present)
    return result


def _devices(text: str) -> str:
    """One slot per core instead of one for all cores: the jobs are small and many, and their times are not compared."""
    return f"cpu*{devices.cpus()}" if text == "auto" and not devices.gpus() else text


def _defined_in(path: Path, plugins: Plugins) -> str:
    """The only activation that a file defines."""
    registry = plugins.activations
    names = [name for name in registry.names() if Path(source_file(registry.get(name))) == path.resolve()]
    if len(names) != 1:
        what = ", ".join(names) or "none"
        raise BadInput(f"{path}: it must define one activation and has {what}; or give its name with --plugin {path}")
    return names[0]


def _check(plugins: Plugins, name: str, entry: str) -> None:
    """
    Raises:
        BadInput: if the activation fails a conformance check.
    """
    failed = [finding for finding in conformance.check(plugins.activations.get(name)()) if not finding.ok]
    if failed:
        shown = "; ".join(f"{finding.name}: {' '.join(finding.message.split())}" for finding in failed[:2])
        more = f" (and {len(failed) - 2} more)" if len(failed) > 2 else ""
        raise BadInput(f"{entry}: {name} fails {len(failed)} of the conformance checks: {shown[:400]}{more}")


def _take_over(root: Path, store: Store) -> None:
    """Copy the stored rows and scores of the rivals, whose files are named by their content or their job."""
    for kind in ("scores", "runs"):
        for file in sorted((root / kind).glob("[!.]*.parquet")):
            target = store.root / kind / file.name
            if not target.exists():
                atomic_write(target, file.read_bytes())


def settings(ranking: Ranking) -> str:
    """What the search found, one line for each task."""
    cells = ranking.tuned.activations.get(ranking.entry, {})
    return "\n".join(
        f"  {task}: {flow(cell.settings) if cell.settings else 'defaults'}" for task, cell in cells.items()
    )
