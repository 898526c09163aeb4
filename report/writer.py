"""Writer of a suite's report: tables, figures and the page; files of an earlier report are removed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure

from inrbench.report.data.leaderboard import Leaderboard, leaderboard
from inrbench.report.data.load import load
from inrbench.report.data.matrix import matrix
from inrbench.report.data.model import SuiteResults
from inrbench.report.figures import gallery
from inrbench.report.figures.style import method_styles, styled
from inrbench.report.labels import slug
from inrbench.report.page.html import PageFigure, page
from inrbench.report.page.live import live as live_data
from inrbench.report.page.svg import pictures, svg
from inrbench.report.source import Declared, NoResults, StoredResults
from inrbench.report.tables import formats, overview, selection, sweeps, tuning
from inrbench.report.tables.build import build
from inrbench.report.tables.leaderboard import tables as board_tables
from inrbench.report.tables.table import Table
from inrbench.report.tables.verdict import caveat, verdicts


@dataclass(frozen=True)
class Report:
    """The files of a written report.

    Attributes:
        folder: the report folder.
        index: the page.
        tables: the table of each task as Markdown, for a terminal; then those of the choices made without the truth,
            those of swept settings, and those over all tasks.
        overview: the table of methods by tasks.
        verdicts: the verdict of each task in sentences, and a caveat on all where one is needed.
    """

    folder: Path
    index: Path
    tables: list[str]
    overview: Table
    verdicts: list[str]


def write(
    store: StoredResults, declared: Iterable[Declared] | None = None, about: Mapping[str, Any] | None = None
) -> Report:
    """Write the report of a suite; the same results give the same bytes.

    Args:
        store: the suite's folder; the report goes to ``store.report``.
        declared: the jobs to report, in the suite's order and under its names; all stored jobs by default.
        about: the suite's own texts for the head of the page: ``description`` and ``source`` (text), ``claim`` (a
            mapping of texts: ``figure``, ``says``, ``full`` and ``small``), ``deviations`` from the source (a list of
            texts), ``tuning`` (a mapping; ``rounds`` in it is a list of mappings with
            ``trials`` and ``share``), ``lock`` (the name of the file of the settings found), and ``unsearched`` (a
            mapping from a task's key to a note under its table: its settings were found on something else). Each may be
            missing.

    Raises:
        report.source.NoResults: if the folder holds no results.
    """
    suite = load(store, declared)
    folder = store.report
    board = leaderboard(suite)
    tables, choices, boards = tables_of(suite, board)
    unsearched = (about or {}).get("unsearched") or {}
    tables = [
        replace(table, notes=(unsearched[key], *table.notes)) if (key := table.task.partition("[")[0]) in unsearched
        else table
        for table in tables
    ]  # fmt: skip
    written: set[Path] = set()

    def put(path: Path, content: bytes) -> Path:
        store.write(path, content)
        written.add(path)
        return path

    texts = []
    chosen = _columns([*tables, *choices, *boards], (about or {}).get("columns", ()))
    for table in [*tables, *choices, *boards]:
        texts.append(formats.markdown(table))
        contents = {
            "md": texts[-1],
            "tex": formats.latex(table, suite.name, chosen),
            "csv": formats.comma_separated(table),
        }
        for suffix, content in contents.items():
            put(folder / "tables" / f"{slug(table.task)}.{suffix}", content.encode())
    figures = []
    styles = method_styles((method.key, method.activation) for task in suite.tasks for method in task.activations)
    live = live_data(suite, styles, board)
    colours = {method["color"]: number for number, method in enumerate(live["methods"])}
    with styled():
        for entry in gallery.entries(suite, styles, board):
            png, pdf = _png(entry.figure), _pdf(entry.figure)
            put(folder / "figures" / f"{entry.name}.png", png)
            put(folder / "figures" / f"{entry.name}.pdf", pdf)
            width = float(entry.figure.get_figwidth())
            drawing = "" if pictures(entry.figure) else svg(entry.figure, colours, entry.name)
            ratio = width / float(entry.figure.get_figheight())
            found = PageFigure(
                entry.name, entry.link, entry.caption, entry.alt, png, width, ratio, entry.task, entry.part, drawing
            )
            figures.append(replace(found, live=entry.name in live["figures"]))
    for old in [*(folder / "tables").glob("*.*"), *(folder / "figures").glob("*.*")]:
        if old not in written:  # a file of an earlier report would be taken for one of this report
            old.unlink()
    index = put(folder / "index.html", page(suite, tables, choices, boards, figures, live, about or {}).encode())
    short = overview.table(matrix(suite))
    said = [verdict.text for verdict in verdicts(suite)]
    return Report(folder, index, texts, short, [*said, *filter(None, [caveat(suite) * bool(said)])])


def _columns(tables: Sequence[Table], names: Sequence[str]) -> Sequence[str]:
    """The headings that LaTeX tables keep; empty for all."""
    known = list(dict.fromkeys(column for table in tables for column in table.columns[1:]))
    for name in names:
        if name not in known:
            raise NoResults(f"no table has a column {name!r}; there are: {', '.join(known)}")
    return names


def tables_of(suite: SuiteResults, board: Leaderboard | None) -> tuple[list[Table], list[Table], list[Table]]:
    """The table of each task, those of choices without the truth, sweeps and searches, and those over all tasks."""
    choices = [*selection.tables(suite), *sweeps.tables(suite), *tuning.tables(suite)]
    boards = [*overview.tables(matrix(suite)), *board_tables(suite, board)]
    return [build(suite, task) for task in suite.tasks], choices, boards


# `Figure.savefig` draws each figure twice, once for its layout alone; the canvases draw it once.


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(buffer, metadata={"Software": None}, pil_kwargs={"compress_level": 4})
    return buffer.getvalue()


def _pdf(figure: Figure) -> bytes:
    """A figure as PDF, after its PNG: the layout is kept, as solving it takes as long as drawing."""
    figure.set_layout_engine("none")
    buffer = io.BytesIO()
    canvas: Any = FigureCanvasPdf(figure)
    canvas.print_pdf(buffer, metadata={"CreationDate": None})
    return buffer.getvalue()
