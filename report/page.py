"""Write a suite's report: its tables, its figures and one page that shows both."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from matplotlib.figure import Figure

from bench.store import Store
from report import figures, pictures, render, tables
from report.load import Suite, Task, load
from report.style import looks, parameter, setting, shared, slug, span, styled
from report.style import metric as shown
from report.theme import CSS

HOW_TO_READ = (
    "Each value is the mean over signals and repeats of the <em>final</em> iterate, ± the half-width of its 95 % "
    "confidence interval (Student’s t over repeats; a single repeat has none). Repeats share their seeds across "
    "methods, so methods are compared in pairs: <b>bold</b> marks the best and every method whose difference from it "
    "has an interval that contains zero. <em>n</em> counts runs; 4/5 means that one of five failed, and failed "
    "runs enter no mean. <em>Best (oracle)</em> is the best over all checkpoints, which only someone "
    "who knows the truth could have picked: it is no result. Classical methods stand below the rule and are not ranked."
)


@dataclass(frozen=True)
class Report:
    """What was written.

    Attributes:
        folder: the report folder.
        index: the page.
        tables: the table of each task as Markdown, for a terminal.
    """

    folder: Path
    index: Path
    tables: list[str]


@dataclass(frozen=True)
class Picture:
    """A figure as it is written and shown."""

    name: str
    caption: str
    alt: str
    png: bytes
    task: str = ""


def write(store: Store, jobs: Collection[str] | None = None) -> Report:
    """Write the report of a suite; the same results give the same bytes.

    Args:
        store: the suite's folder; the report goes to ``store.report``.
        jobs: the ids of the jobs to report, all by default.

    Raises:
        BadInput: if the folder holds no results.
    """
    suite = load(store, jobs)
    folder = store.report
    built = [tables.build(suite, task) for task in suite.tasks]
    kept = set()
    texts = []
    for table in built:
        texts.append(render.markdown(table))
        contents = {"md": texts[-1], "tex": render.latex(table, suite.name), "csv": render.raw(table)}
        for suffix, content in contents.items():
            kept.add(_put(folder / "tables" / f"{slug(table.task)}.{suffix}", content.encode()))
    shots = []
    with styled():
        for name, figure, caption, alt, task in _figures(suite):
            png = _bytes(figure, "png")
            kept.add(_put(folder / "figures" / f"{name}.png", png))
            kept.add(_put(folder / "figures" / f"{name}.pdf", _bytes(figure, "pdf")))
            shots.append(Picture(name, caption, alt, png, task))
    for old in [*(folder / "tables").glob("*.*"), *(folder / "figures").glob("*.*")]:
        if old not in kept:  # of an earlier report: it would pass for a part of this one
            old.unlink()
    index = _put(folder / "index.html", _page(suite, built, shots).encode())
    return Report(folder, index, texts)


def _put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _bytes(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    dates = {"CreationDate": None} if kind == "pdf" else {"Software": None}
    figure.savefig(buffer, format=kind, metadata=dates)
    return buffer.getvalue()


def _figures(suite: Suite) -> Iterable[tuple[str, Figure, str, str, str]]:
    """Name, figure, caption, alternative text and task of each figure that can be drawn."""
    look = looks((method.key, method.activation) for task in suite.tasks for method in task.activations)
    bars = "Bars are 95 % intervals over repeats."
    if figure := figures.overview(suite, look):
        caption = f"Final value of each task’s headline metric. {bars} Dashed: the best classical method."
        yield "overview", figure, caption, "Dot plot of the final metric of every method on every task", ""
    for task in suite.tasks:
        name, metric = slug(task.key), shown(task.metric).short
        best = f"best: {task.activations[0].label}" if task.activations else "no activation"
        if figure := figures.convergence(task, look):
            caption = (
                f"{metric} during training, against steps and against seconds. Bands are 95 % intervals over repeats."
            )
            alt = f"Curves of {metric} against training steps and seconds on {task.key}; {best}"
            yield f"convergence-{name}", figure, caption, alt, task.key
        if figure := figures.quality_time(task, look):
            caption = f"Final {metric} against the time that training took. {bars}"
            yield (
                f"quality-time-{name}",
                figure,
                caption,
                f"{metric} against training time on {task.key}; {best}",
                task.key,
            )
        for signal in task.signals:
            if figure := pictures.reconstructions(suite, task, signal):
                caption = (
                    f"Reconstructions of {signal} (first repeat) with their final {metric}. Below each the framed "
                    "detail, chosen where the truth’s fine structure varies most, and the error on one scale for all."
                )
                alt = f"The truth {signal} beside each method’s reconstruction, a magnified detail and an error map"
                yield f"reconstructions-{name}-{slug(signal)}", figure, caption, alt, task.key
    if figure := pictures.activations(suite, look):
        yield (
            "activations",
            figure,
            "The nonlinearities that were run; dashed: the imaginary part.",
            "Curves of each activation function",
            "",
        )


# -- the page ----------------------------------------------------------------------------------------------------------


def _page(suite: Suite, built: Sequence[tables.Table], shots: Sequence[Picture]) -> str:
    links = [*(f'<a href="#task-{slug(task.key)}">{escape(task.key)}</a>' for task in suite.tasks)]
    failures = _failures(suite)
    if any(not shot.task for shot in shots):
        links.insert(0, '<a href="#overview">overview</a>')
    if failures:
        links.append('<a href="#failures">failures</a>')
    overall = "".join(_shown(shot) for shot in shots if shot.name == "overview")
    curves = "".join(_shown(shot) for shot in shots if shot.name == "activations")
    sections = [
        f'<section id="overview"><h2>Overview</h2>{overall}{curves}</section>' if overall or curves else "",
        *(_section(task, table, shots) for task, table in zip(suite.tasks, built, strict=True)),
        failures,
    ]
    title = f"inrbench · {escape(suite.name)}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title>\n<style>{CSS}</style></head>\n<body><header><h1>{title}</h1>{_summary(suite)}"
        f"<nav>{''.join(links)}</nav></header>\n<main>\n"
        f"<details><summary>How to read the tables</summary><p>{HOW_TO_READ}</p></details>\n"
        + "\n".join(section for section in sections if section)
        + f"\n{_provenance(suite)}\n</main></body></html>\n"
    )


def _summary(suite: Suite) -> str:
    runs, failed = suite.runs, sum(not run.ok for run in suite.runs)
    methods = {method.key for task in suite.tasks for method in task.activations}
    facts = [
        (f"{len(suite.tasks)}", "task" if len(suite.tasks) == 1 else "tasks"),
        (f"{len(methods)}", "activation" if len(methods) == 1 else "activations"),
        (f"{len(runs)}", "job" if len(runs) == 1 else "jobs"),
        (f"{failed}", "failed"),
    ]
    items = "".join(f"<li><b>{number}</b> {word}</li>" for number, word in facts)
    text = f'<ul class="facts">{items}</ul>'
    if failed == len(runs):
        text += '<p class="warn">No job ended well: there is nothing to compare. The causes are listed below.</p>'
    if suite.superseded:
        text += f'<p class="warn">{suite.superseded} older runs with other settings are stored too and left out.</p>'
    return text


def _section(task: Task, table: tables.Table, shots: Sequence[Picture]) -> str:
    name = slug(task.key)
    files = " · ".join(
        f'<a href="tables/{name}.{suffix}">{word}</a>'
        for suffix, word in (("md", "Markdown"), ("tex", "LaTeX"), ("csv", "CSV"))
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes)
    return (
        f'<section id="task-{name}"><h2>{escape(table.title)}</h2>\n{render.html(table)}\n'
        + (f'<ul class="notes">{notes}</ul>' if notes else "")
        + f'<p class="caption">{escape(table.caption)}</p><p class="files">{files}</p>\n{_settings(task)}\n'
        + "\n".join(_shown(shot) for shot in shots if shot.task == task.key)
        + "</section>"
    )


def _settings(task: Task) -> str:
    """What each method ran with, folded away."""
    rows = []
    for method in task.activations:
        own = [
            f"{parameter(key)} {setting(value)}"
            for key, value in sorted(method.runs[0].settings("activation_params").items())
        ]
        train = shared([run.settings("train") for run in method.runs], "by signal")
        size = [f"{column} {render_span}" for column in ("depth", "width")
                if (render_span := span(run.number(column) for run in method.runs)) != tables.DASH]  # fmt: skip
        cells = "".join(f"<td>{escape(', '.join(words) or tables.DASH)}</td>" for words in (own, size, train))
        rows.append(f'<tr><th scope="row">{escape(method.label)}</th>{cells}</tr>')
    if not rows:
        return ""
    return (
        '<details class="settings"><summary>Settings of each method</summary><div class="scroll"><table class="words">'
        "<thead><tr><th>method</th><th>parameters</th><th>network</th><th>training</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div></details>"
    )


def _shown(shot: Picture) -> str:
    data = base64.b64encode(shot.png).decode()
    return (
        f'<figure><img alt="{escape(shot.alt, quote=True)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(shot.caption)} "
        f'<a href="figures/{shot.name}.pdf">PDF</a> · <a href="figures/{shot.name}.png">PNG</a></figcaption></figure>'
    )


def _failures(suite: Suite) -> str:
    items = []
    for run in (run for run in suite.runs if not run.ok):
        error = run.text("error").strip() or "no cause stored"
        log = run.text("log")
        link = f' <a href="../{escape(log, quote=True)}">{escape(log)}</a>' if log else ""
        where = f"{run.text('task')} · {run.cell[0]} · {run.text('method')} · repeat {run.cell[1]}"
        items.append(
            f"<li><details><summary><b>{escape(run.text('status'))}</b> {escape(where)}: "
            f"{escape(tables.shorten(error))}</summary><pre>{escape(error[:4000])}</pre>"
            f"Log:{link or ' none'}</details></li>"
        )
    return (
        f'<section id="failures"><h2>Failures</h2><ul class="failures">{"".join(items)}</ul></section>' if items else ""
    )


def _provenance(suite: Suite) -> str:
    """Where, when and with what the stored runs were made."""

    def several(texts: Iterable[str]) -> str:
        counts = Counter(text for text in texts if text)
        if len(counts) < 2:
            return "".join(counts)
        return "; ".join(f"{text} ({count} jobs)" for text, count in sorted(counts.items()))

    runs = suite.runs
    packages: dict[str, set[str]] = {}
    for run in runs:
        for package, version in run.settings("packages").items():
            packages.setdefault(str(package), set()).add(str(version))
    dates = sorted(text for run in runs if (text := run.text("started_at")))
    facts = {
        "Devices": several(run.hardware for run in runs),
        "Driver": several(run.text("driver") for run in runs),
        "Started": dates[0]
        if dates[:1] == dates[-1:] and dates
        else " to ".join([dates[0], dates[-1]])
        if dates
        else "",
        "Code": several(
            run.text("git_sha")[:12] + (" with uncommitted changes" if run.row["git_dirty"] else "")
            for run in runs
            if run.text("git_sha")
        ),
        "Python": several(run.text("python") for run in runs),
        "PyTorch": several(run.text("torch") for run in runs),
        "Packages": ", ".join(f"{name} {' / '.join(sorted(found))}" for name, found in sorted(packages.items())),
        "Data (sha256)": several(run.text("data_sha256")[:12] for run in runs),
    }
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts.items() if text)
    return f'<section id="provenance"><h2>Provenance</h2><dl>{rows}</dl></section>'
