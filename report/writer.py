"""Writes a suite's report: tables, figures and the page, and clears away those of an earlier one."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from bench.store import Store
from report import catalogue, choose, render, tables
from report.load import load
from report.page import Picture, page
from report.rows import Suite
from report.style import looks, slug, styled


@dataclass(frozen=True)
class Report:
    """What was written.

    Attributes:
        folder: the report folder.
        index: the page.
        tables: the table of each task as Markdown, for a terminal; then those of the choices made without the truth.
    """

    folder: Path
    index: Path
    tables: list[str]


def write(store: Store, jobs: Collection[str] | None = None, about: Mapping[str, Any] | None = None) -> Report:
    """Write the report of a suite; the same results give the same bytes.

    Args:
        store: the suite's folder; the report goes to ``store.report``.
        jobs: the ids of the jobs to report, all by default.
        about: what the page says of the suite first: ``description`` and ``source`` (text), ``deviations`` from the
            source (a list of texts) and ``tuning`` (a mapping). Each may be left out.

    Raises:
        BadInput: if the folder holds no results.
    """
    suite = load(store, jobs)
    folder = store.report
    built = [tables.build(suite, task) for task in suite.tasks]
    choices = choose.tables(choices_of(suite))
    kept = set()
    texts = []
    for table in [*built, *choices]:
        texts.append(render.markdown(table))
        contents = {"md": texts[-1], "tex": render.latex(table, suite.name), "csv": render.raw(table)}
        for suffix, content in contents.items():
            kept.add(_put(folder / "tables" / f"{slug(table.task)}.{suffix}", content.encode()))
    shots = []
    look = looks((method.key, method.activation) for task in suite.tasks for method in task.activations)
    with styled():
        for entry in catalogue.entries(suite, look):
            png = _bytes(entry.figure, "png")
            # The layout that the PNG settled is the PDF's too: solving it again takes as long as drawing.
            entry.figure.set_layout_engine("none")
            kept.add(_put(folder / "figures" / f"{entry.name}.png", png))
            kept.add(_put(folder / "figures" / f"{entry.name}.pdf", _bytes(entry.figure, "pdf")))
            width = float(entry.figure.get_figwidth())
            shots.append(Picture(entry.name, entry.word, entry.caption, entry.alt, png, width, entry.task))
    for old in [*(folder / "tables").glob("*.*"), *(folder / "figures").glob("*.*")]:
        if old not in kept:  # of an earlier report: it would pass for a part of this one
            old.unlink()
    index = _put(folder / "index.html", page(suite, built, choices, shots, about or {}).encode())
    return Report(folder, index, texts)


def choices_of(suite: Suite) -> pd.DataFrame:
    """`choose.choose` on the runs that the report shows."""
    jobs = {run.job_id for run in suite.runs}
    runs = suite.store.runs()
    return choose.choose(runs[runs["job_id"].isin(jobs)], suite.store.scores())


def _put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _bytes(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    dates = {"CreationDate": None} if kind == "pdf" else {"Software": None}
    figure.savefig(buffer, format=kind, metadata=dates)
    return buffer.getvalue()
