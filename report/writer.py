"""Writes a suite's report: tables, figures and the page, and clears away those of an earlier one."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

from report.data.load import load
from report.data.model import Suite
from report.figures import gallery as catalogue
from report.figures.style import looks, styled
from report.labels import slug
from report.page.html import Picture, page
from report.source import Declared, Results
from report.tables import build as tables
from report.tables import formats as render
from report.tables import selection as choose


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


def write(store: Results, declared: Iterable[Declared] | None = None, about: Mapping[str, Any] | None = None) -> Report:
    """Write the report of a suite; the same results give the same bytes.

    Args:
        store: the suite's folder; the report goes to ``store.report``.
        declared: the jobs to report, in the suite's order and under its names; all that are stored by default.
        about: what the page says of the suite first: ``description`` and ``source`` (text), ``deviations`` from the
            source (a list of texts) and ``tuning`` (a mapping). Each may be left out.

    Raises:
        report.source.NoResults: if the folder holds no results.
    """
    suite = load(store, declared)
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
            png, pdf = _png(entry.figure), _pdf(entry.figure)
            kept.add(_put(folder / "figures" / f"{entry.name}.png", png))
            kept.add(_put(folder / "figures" / f"{entry.name}.pdf", pdf))
            width = float(entry.figure.get_figwidth())
            shots.append(Picture(entry.name, entry.word, entry.caption, entry.alt, png, width, entry.task))
    for old in [*(folder / "tables").glob("*.*"), *(folder / "figures").glob("*.*")]:
        if old not in kept:  # of an earlier report: it would pass for a part of this one
            old.unlink()
    index = _put(folder / "index.html", page(suite, built, choices, shots, about or {}).encode())
    return Report(folder, index, texts)


def choices_of(suite: Suite) -> pd.DataFrame:
    """`choose.choose` on the runs that the report shows."""
    tasks = [task for task in suite.tasks if any(choose.NORM in run.curves for run in task.runs)]
    if not tasks:  # the scores of many jobs are long to go through
        return pd.DataFrame(columns=choose.COLUMNS)
    found = choose.choose(
        pd.DataFrame([run.row for task in tasks for run in task.runs]), suite.store.table("scores").to_pandas()
    )
    order = {task.key: place for place, task in enumerate(tasks)}
    return found.sort_values("task", key=lambda keys: keys.map(order), kind="stable")


def _put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# `Figure.savefig` draws each figure once more than is needed, for its layout alone; the canvases do not.


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(buffer, metadata={"Software": None}, pil_kwargs={"compress_level": 4})
    return buffer.getvalue()


def _pdf(figure: Figure) -> bytes:
    """Of a figure whose PNG has been drawn: that settled its layout, which takes as long to solve as to draw."""
    figure.set_layout_engine("none")
    buffer = io.BytesIO()
    canvas: Any = FigureCanvasPdf(figure)
    canvas.print_pdf(buffer, metadata={"CreationDate": None})
    return buffer.getvalue()
