"""Writing of a suite's report, unless the folder has a report with the same content."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.config.job import Job
from inrbench.bench.errors import BadInput
from inrbench.bench.store.store import Store
from inrbench.bench.summary import Summary, SummaryCell

if TYPE_CHECKING:
    from inrbench.report import Report

KEY = "content.json"
"""File in the report's folder: the key of what it shows, its tables and the states of its files."""


@dataclass(frozen=True)
class Written:
    """A report in its folder.

    Attributes:
        page: the path of its page.
        tables: its tables as Markdown.
    """

    page: Path
    tables: list[str]
    summary: Summary


def write(store: Store, jobs: Sequence[Job], about: dict[str, Any], *, again: bool = True) -> Written:
    """The report of a suite, written if need be.

    Args:
        again: write it even if nothing that it shows has changed.

    Raises:
        BadInput: if there are no results.
    """
    page, marker = store.report / "index.html", store.report / KEY
    key = _key(store, jobs, about)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        last = json.loads(marker.read_text())
        if not again and last["key"] == key and last["files"] == _files(store.report):
            return Written(page, list(last["tables"]), Summary.from_json(last["summary"]))
    from inrbench import report

    with contextlib.suppress(OSError):
        marker.unlink()  # until the report is whole again
    try:
        written = report.write(store, jobs, about)
    except report.NoResults as error:
        raise BadInput(str(error)) from error
    short = _in_short(written)
    content = {"key": key, "tables": written.tables, "summary": short.as_json(), "files": _files(store.report)}
    atomic_write(marker, json.dumps(content, indent=1).encode())
    return Written(written.index, written.tables, short)


def _in_short(written: Report) -> Summary:
    table = written.overview
    rows, classical = (
        [[SummaryCell(cell.text, cell.bold) for cell in row] for row in part] for part in (table.rows, table.classical)
    )
    return Summary(list(table.columns), rows, classical, list(table.notes), written.verdicts)


def _key(store: Store, jobs: Sequence[Job], about: dict[str, Any]) -> str:
    """A hash of all that the report is made from: stored results, names of the suite, the code, plugins' figures."""
    declared = [(job.job_id, job.task_key, job.task_label, job.method, job.label) for job in jobs]
    digest = hashlib.sha256(json.dumps([_code(), declared, about], sort_keys=True).encode())
    if registry := sys.modules.get("inrbench.report.figures.registry"):  # only a plugin has imported it by now
        digest.update(json.dumps(_states({item.source for item in registry.FIGURES.values()}), sort_keys=True).encode())
    for kind in ("runs", "scores"):
        for file in sorted((store.root / kind).glob("[!.]*.parquet")):
            digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    if store.trials_file.is_file():
        digest.update(hashlib.sha256(store.trials_file.read_bytes()).digest())
    pictures = {name for job in jobs for name in (job.job_id, job.reference)}
    digest.update(json.dumps(_states(store.artifact_file(name) for name in sorted(pictures))).encode())
    return digest.hexdigest()


def _code() -> dict[str, Any]:
    """The states of the files of `inrbench.report`, which takes a second to import."""
    folder = Path(__file__).parents[1] / "report"
    return _states(path for path in sorted(folder.rglob("*")) if path.is_file())


def _files(folder: Path) -> dict[str, Any]:
    return _states(path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != KEY)


def _states(paths: Iterable[Path]) -> dict[str, Any]:
    return {f"{path.parent.name}/{path.name}": _state(path) for path in paths}


def _state(path: Path) -> list[int] | None:
    """Size of a file and its two times of change, in ns; None if there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
