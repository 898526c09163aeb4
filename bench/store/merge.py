"""Merge of two results folders; of two results of one job neither is lost.

Copying files is enough where the jobs of two machines are different ones. `merge` also tells what copying could not: a
job that both have done. Nothing here is overwritten by something no better: the result that was here first stays, and
the other one is kept under ``conflicts/<hash of it>/``, in the same folders and to be read by the same code. The trials
of a search are taken where there are none here of the same activation and task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.config.identity import digest
from inrbench.bench.errors import BadInput
from inrbench.bench.store import trials
from inrbench.bench.store.compact import compact
from inrbench.bench.store.schema import Score
from inrbench.bench.store.store import Store


@dataclass
class Merged:
    """Counts of the jobs of the other folder, by what the merge did with them.

    Attributes:
        taken: jobs that were not here, or not ``ok`` here and ``ok`` there.
        same: the very same result in both.
        worse: jobs that failed there and exist here, however they ended.
        busy: jobs that a run is working on here at this moment; merge again for them.
        agree: jobs done twice with equal scores.
        conflicts: a line for each job done twice with different scores, and for each search.
    """

    taken: int = 0
    same: int = 0
    worse: int = 0
    busy: int = 0
    agree: int = 0
    conflicts: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        words = {
            "taken": self.taken,
            "the same here": self.same,
            "failed there": self.worse,
            "done twice with equal scores": self.agree,
            "in conflict": len(self.conflicts),
            "being run here (merge again later)": self.busy,
        }
        return ", ".join(f"{count} {word}" for word, count in words.items() if count) or "nothing to take"


def suites_in(folder: Path) -> dict[str, Path]:
    """The folders of the suites, by name, of a results folder or of one suite's folder.

    Raises:
        BadInput: if there are no results in it.
    """
    folders = {path.name: path for path in sorted(folder.iterdir()) if _is_suite(path)} if folder.is_dir() else {}
    if _is_suite(folder):
        folders = {folder.resolve().name: folder}
    if not folders:
        raise BadInput(f"{folder}: no results in it; name a folder that has <suite>/runs/ in it")
    return folders


def _is_suite(folder: Path) -> bool:
    """Whether a folder is that of a suite: of one that was only searched, the jobs are in another."""
    return (folder / "runs").is_dir() or Store(folder.parent, folder.name).trials_file.is_file()


def merge(here: Store, there: Store) -> Merged:
    """Merge the results of ``there``, which is only read, into ``here``."""
    merged = Merged()
    mine = {row["job_id"]: row for row in here.table("runs").to_pylist()}
    my_scores, their_scores = _by_job(here.table("scores")), _by_job(there.table("scores"))
    for row in there.table("runs").to_pylist():
        job_id = row["job_id"]
        old, scores = mine.get(job_id), their_scores(job_id)
        if old is not None and _plain(old) == _plain(row):
            merged.same += 1
        elif old is not None and row["status"] != "ok":
            merged.worse += 1
        elif old is None or old["status"] != "ok":
            with here.locks.holding(job_id) as free:
                merged.taken += free
                merged.busy += not free
                if free:
                    _take(here, there, row, scores)
        else:
            other = Store(here.root / "conflicts", digest(_plain(row)), here.say)
            _take(other, there, row, scores)
            if _values(my_scores(job_id)) == _values(scores):
                merged.agree += 1
            else:
                merged.conflicts.append(
                    f"{job_id} ({row['task']} · {row['signal']} · {row['label']} · repeat {row['repeat']}) has other "
                    f"scores there: {_difference(my_scores(job_id), scores)}; kept in {other.root}"
                )
    merged.conflicts += _take_trials(here, there)
    return merged


def _take_trials(here: Store, there: Store) -> list[str]:
    """Copy the trials of searches that are missing here; returns a line for each search with other trials there."""
    mine, theirs = _searches(here), _searches(there)
    if missing := [row for cell, rows in theirs.items() if cell not in mine for row in rows.values()]:
        trials.write(here, missing)
    return [
        f"the search of {activation} on {task} has other trials there; those here stay"
        for (task, activation), rows in theirs.items()
        if mine.get((task, activation), rows).keys() != rows.keys()
    ]


def _searches(store: Store) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """The rows of trials by task and activation, each by what it says."""
    searches: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in store.trials():
        searches.setdefault((row["task"], row["activation"]), {})[repr(row)] = row
    return searches


def _take(here: Store, there: Store, row: dict[str, Any], scores: Iterable[dict[str, Any]]) -> None:
    """Copy a job: artifacts and log first, its row last."""
    reference = f"ref-{row['problem_id']}"
    if not here.artifact_file(reference).exists():
        _copy(there.artifact_file(reference), here, here.artifact_file(reference))
    _copy(there.artifact_file(row["job_id"]), here, here.artifact_file(row["job_id"]))
    here.weights_file(row["job_id"]).unlink(missing_ok=True)  # of an attempt that is replaced
    _copy(there.weights_file(row["job_id"]), here, here.weights_file(row["job_id"]))
    _copy(there.log_file(row["job_id"]), here, here.log_file(row["job_id"]))
    here.commit(row, [Score(*(score[name] for name in Score._fields)) for score in scores])


def _copy(source: Path, here: Store, target: Path) -> None:
    if source.is_file():
        atomic_write(target, source.read_bytes())


def _by_job(table: pa.Table) -> Callable[[str], list[dict[str, Any]]]:
    """The scores of a job, out of a table that is ordered by job."""
    ids = table.column("job_id").to_pylist()
    first: dict[str, int] = {}
    count: dict[str, int] = {}
    for index, job_id in enumerate(ids):
        first.setdefault(job_id, index)
        count[job_id] = count.get(job_id, 0) + 1

    def scores(job_id: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = table.slice(first.get(job_id, 0), count.get(job_id, 0)).to_pylist()
        return [{key: value for key, value in row.items() if key != "job_id"} for row in rows]

    return scores


def _values(scores: Iterable[dict[str, Any]]) -> dict[tuple[Any, Any], str]:
    """Scores by step and metric, as text, so that NaN equals NaN."""
    return {(score["step"], score["metric"]): repr(score["value"]) for score in scores}


def _difference(mine: Iterable[dict[str, Any]], theirs: Iterable[dict[str, Any]]) -> str:
    ours, others = _values(mine), _values(theirs)
    for key in sorted(set(ours) | set(others), key=lambda key: (-key[0], key[1])):
        if ours.get(key) != others.get(key):
            return (
                f"{key[1]} at step {key[0]} is {ours.get(key, 'missing')} here and {others.get(key, 'missing')} there"
            )
    return "none"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: repr(value) for key, value in row.items()}


def command(folder: Path, results: Path, say: Callable[[str], None]) -> int:
    """``inrbench merge``: take over every suite of a folder, and tell; returns 1 if there are conflicts."""
    conflicts = 0
    for name, path in suites_in(folder).items():
        here = Store(results, name, say)
        if path.resolve() == here.root.resolve():
            raise BadInput(f"{path}: these are the results themselves; name a folder to take results from")
        merged = merge(here, Store(path.parent, path.name, say))
        print(f"{name}: {merged}")
        for line in merged.conflicts:
            print(f"  {line}")
        conflicts += len(merged.conflicts)
    return 1 if conflicts else 0


def compact_all(results: Path, say: Callable[[str], None]) -> int:
    """``inrbench compact``: gather the small files of every suite."""
    for name in suites_in(results):
        before, after = compact(Store(results, name, say))
        print(f"{name}: {before} small files; now {after} files")
    return 0
