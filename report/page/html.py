"""One page that shows a suite's tables and figures, and says how they were made."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from report.data.model import Suite, Task
from report.figures import gallery as catalogue
from report.labels import setting, shared, slug, span, words
from report.page.theme import CSS
from report.tables import build as tables
from report.tables import formats as render

HOW_TO_READ = (
    "Each value is the mean over signals and repeats of the <em>final</em> iterate, ± the half-width of its 95 % "
    "confidence interval (Student’s t over repeats; a single repeat has none). Repeats share their seeds across "
    "methods, so methods are compared in pairs: <b>bold</b> marks the best and every method whose difference from it "
    "has an interval that contains zero. <em>n</em> counts runs; 4/5 means that one of five failed, and failed "
    "runs enter no mean. <em>Chosen</em>, where it stands, is the value at the checkpoint that a declared rule picks "
    "without the truth. <em>Best (oracle)</em> is the best over all checkpoints, which only someone "
    "who knows the truth could have picked: it is no result. Classical methods stand below the rule and are not ranked."
)


FAILURES = 200
"""Failures that are listed one by one."""

PIXELS_PER_INCH = 140
"""All figures are shown at one scale, so that their letters are of one size."""


@dataclass(frozen=True)
class Picture:
    """A figure as the page shows it; ``width`` in inches."""

    name: str
    word: str
    caption: str
    alt: str
    png: bytes
    width: float
    task: str = ""


def page(
    suite: Suite,
    built: Sequence[tables.Table],
    choices: Sequence[tables.Table],
    shots: Sequence[Picture],
    about: Mapping[str, Any],
) -> str:
    """The whole page, with no need of any other file.

    Args:
        built: the table of each task, in the order of the tasks.
        choices: tables of what was chosen without the truth; they stand with the task that they are named after.
        about: see `report.write`.
    """
    overall = "".join(_shown(shot) for shot in shots if shot.name == "overview")
    curves = "".join(_shown(shot) for shot in shots if shot.name == "activations")
    failures = _failures(suite)
    sections = [
        f'<section id="overview"><h2>Overview</h2>{overall}{curves}</section>' if overall or curves else "",
        *(_section(task, table, choices, shots) for task, table in zip(suite.tasks, built, strict=True)),
        failures,
    ]
    contents = _contents(suite, shots, overview=bool(overall or curves), failures=bool(failures))
    title = f"inrbench · {escape(suite.name)}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title>\n<style>{CSS}</style></head>\n<body><header><h1>{title}</h1>{_about(about)}"
        f"{_summary(suite)}{contents}</header>\n<main>\n"
        f"<details><summary>How to read the tables</summary><p>{HOW_TO_READ}</p></details>\n"
        + "\n".join(section for section in sections if section)
        + f"\n{_provenance(suite)}\n</main></body></html>\n"
    )


def _about(about: Mapping[str, Any]) -> str:
    """What the suite's file says of it; nothing where it says nothing."""
    text = "".join(f"<p>{escape(line)}</p>" for line in [_plain(about.get("description"))] if line)
    if source := _plain(about.get("source")):
        text += f"<p><b>Source.</b> {escape(source)}</p>"
    deviations = about.get("deviations") or []
    deviations = [deviations] if isinstance(deviations, str) else deviations
    if items := "".join(f"<li>{escape(_plain(item))}</li>" for item in deviations):
        text += f"<h2>Deviations from the source</h2><ul>{items}</ul>"
    tuning = about.get("tuning")
    if tuning:
        said = "; ".join(
            f"{words(str(key))}: "
            + (", ".join(f"{setting(own)} for {of}" for of, own in value.items())
               if isinstance(value, Mapping) else setting(value))
            for key, value in tuning.items()
        )  # fmt: skip
        text += f"<p><b>Tuning.</b> {escape(said)}</p>"
    return f'<div class="about">{text}</div>' if text else ""


def _plain(value: Any) -> str:
    """Text on one line: a suite's file folds its own."""
    return " ".join(str(value).split()) if value else ""


def _contents(suite: Suite, shots: Sequence[Picture], *, overview: bool, failures: bool) -> str:
    """The table of contents: a line for each task with its figures, and the sections about the whole."""
    lines = []
    for task in suite.tasks:
        figures = "".join(
            f' <a href="#figure-{shot.name}">{escape(shot.word)}</a>' for shot in shots if shot.task == task.key
        )
        lines.append(f'<li><a class="task" href="#task-{slug(task.key)}">{escape(task.key)}</a>{figures}</li>')
    whole = [("overview", "overview")] * overview + [("failures", "failures")] * failures
    links = "".join(f'<li><a class="task" href="#{name}">{word}</a></li>' for name, word in whole[:1])
    after = "".join(f'<li><a class="task" href="#{name}">{word}</a></li>' for name, word in whole[1:])
    after += '<li><a class="task" href="#provenance">provenance</a></li>'
    return f'<nav aria-label="Contents"><ul>{links}{"".join(lines)}{after}</ul></nav>'


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
    if len(suite.tasks) > catalogue.TASKS:
        text += f'<p class="warn">The first {catalogue.TASKS} tasks have figures; all have tables.</p>'
    if suite.superseded:
        text += f'<p class="warn">{suite.superseded} older runs with other settings are stored too and left out.</p>'
    return text


def _section(task: Task, table: tables.Table, choices: Sequence[tables.Table], shots: Sequence[Picture]) -> str:
    own = [choice for choice in choices if choice.task == f"choose-{task.key}"]
    return (
        f'<section id="task-{slug(task.key)}"><h2>{escape(table.title)}</h2>\n{_tabled(table)}{_settings(task)}\n'
        + "".join(f"<h3>{escape(choice.title)}</h3>\n{_tabled(choice)}" for choice in own)
        + "\n".join(_shown(shot) for shot in shots if shot.task == task.key)
        + "</section>"
    )


def _tabled(table: tables.Table) -> str:
    """A table with its notes, its caption and its files."""
    files = " · ".join(
        f'<a href="tables/{slug(table.task)}.{suffix}">{word}</a>'
        for suffix, word in (("md", "Markdown"), ("tex", "LaTeX"), ("csv", "CSV"))
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in table.notes)
    return (
        render.html(table)
        + (f'<ul class="notes">{notes}</ul>' if notes else "")
        + f'<p class="caption">{escape(table.caption)}</p><p class="files">{files}</p>\n'
    )


def _settings(task: Task) -> str:
    """What each method ran with, folded away."""
    rows = []
    for method in task.activations:
        own = [
            f"{words(key)} {setting(value)}"
            for key, value in sorted(method.runs[0].settings("activation_params").items())
        ]
        train = shared([run.settings("train") for run in method.runs], "per signal")
        size = [f"{column} {render_span}" for column in ("depth", "width")
                if (render_span := span(run.number(column) for run in method.runs)) != tables.DASH]  # fmt: skip
        cells = "".join(f"<td>{escape(', '.join(said) or tables.DASH)}</td>" for said in (own, size, train))
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
    width = round(shot.width * PIXELS_PER_INCH)
    return (
        f'<figure id="figure-{shot.name}"><div class="shot"><img width="{width}" alt="{escape(shot.alt, quote=True)}" '
        f'src="data:image/png;base64,{data}"></div><figcaption>{escape(shot.caption)} '
        f'<a href="figures/{shot.name}.pdf">PDF</a> · <a href="figures/{shot.name}.png">PNG</a></figcaption></figure>'
    )


def _failures(suite: Suite) -> str:
    items = []
    failed = [run for run in suite.runs if not run.ok]
    for run in failed[:FAILURES]:
        error = run.text("error").strip() or "no cause stored"
        log = run.text("log")
        link = f' <a href="../{escape(log, quote=True)}">{escape(log)}</a>' if log else ""
        where = f"{run.text('task')} · {run.cell[0]} · {run.text('method')} · repeat {run.cell[1]}"
        items.append(
            f"<li><details><summary><b>{escape(run.text('status'))}</b> {escape(where)}: "
            f"{escape(tables.shorten(error))}</summary><pre>{escape(error[:4000])}</pre>"
            f"Log:{link or ' none'}</details></li>"
        )
    if len(failed) > FAILURES:
        items.append(f"<li>and {len(failed) - FAILURES} more: <code>inrbench status</code> lists them all</li>")
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
