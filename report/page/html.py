"""The page of a report: one HTML file with all tables and figures, from `page.html.j2`, `page.css` and `page.js`."""

from __future__ import annotations

import base64
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from PIL import Image

from inrbench.report.data.matrix import matrix
from inrbench.report.data.model import Run, SuiteResults
from inrbench.report.figures import gallery, registry
from inrbench.report.labels import counted, engine, setting, slug, spaced, span
from inrbench.report.page.heat_map import heat_map
from inrbench.report.page.methods import COLUMNS, PUBLISHED, methods
from inrbench.report.tables import leaderboard, overview, tuning
from inrbench.report.tables.build import DASH, OTHER_ENGINE, shorten
from inrbench.report.tables.converged import FALLING
from inrbench.report.tables.table import Table
from inrbench.report.tables.verdict import caveat, verdicts

FAILURES = 200
"""The largest number of failures that are listed one by one."""

RANKED = "leaderboard"
"""The name of the figure of the leaderboard."""

QUALITY = 70
"""Of the pictures of the page, of 100."""

DIM = 130
"""The lightness, of 255, below which a colour is made lighter on a dark page."""

PIXELS_PER_INCH = 140
"""The scale of all figures, so that their text has one size."""

_SEARCH = {
    "trials": "{} trials",
    "repeats": "{} repeats of each trial",
    "widen": "ranges wider by a factor of {} at both ends",
    "seconds": "at most {} s a trial",
}


@dataclass(frozen=True)
class PageFigure:
    """A figure on the page; see `inrbench.report.figures.gallery.GalleryEntry`. ``width`` is in inches.

    Attributes:
        ratio: width over height.
        svg: the figure as an ``<svg>`` element, empty for pictures, whose ``png`` is shown.
        live: whether it has an interactive form.
    """

    name: str
    link: str
    caption: str
    alt: str
    png: bytes
    width: float
    ratio: float
    task: str = ""
    part: str = ""
    svg: str = ""
    live: bool = False

    @property
    def pixels(self) -> int:
        """The width on the page."""
        return round(self.width * PIXELS_PER_INCH)

    @property
    def data(self) -> str:
        """The picture as base64 in WebP and at its size on the page, a tenth of its PNG, which the page links to."""
        buffer, picture = io.BytesIO(), Image.open(io.BytesIO(self.png)).convert("RGB")
        picture.thumbnail((self.pixels, 10 * self.pixels))
        picture.save(buffer, "webp", quality=QUALITY)
        return base64.b64encode(buffer.getvalue()).decode()


def page(
    suite: SuiteResults,
    tables: Sequence[Table],
    choices: Sequence[Table],
    boards: Sequence[Table],
    figures: Sequence[PageFigure],
    live: Mapping[str, Any],
    about: Mapping[str, Any],
) -> str:
    """The page as one HTML text that needs no other file. All text is escaped by jinja2.

    Args:
        tables: the table of each task, in the order of the tasks.
        choices: the tables of the choices made without the truth, of swept settings and of the search; each is shown
            with its task or, those of the search, with its figure.
        boards: the tables over all tasks; see `inrbench.report.tables.leaderboard`.
        live: the data of the interactive figures; see `inrbench.report.page.live`.
        about: see `report.write`.
    """
    own: dict[str, list[PageFigure]] = {"": []}
    for figure in figures:
        own.setdefault(figure.part or figure.task, []).append(figure)
    sections = [
        {
            "task": task,
            "table": table,
            "choices": [table for table in choices if table.task in (f"choose-{task.key}", f"sweep-{task.key}")],
            "figures": own.get(task.key, []),
            "folded": [figure for figure in own.get(registry.FOLDED, []) if figure.task == task.key],
        }
        for task, table in zip(suite.tasks, tables, strict=True)
    ]
    failed = [run for run in suite.runs if not run.ok]
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            suite=suite,
            about=_about(about),
            facts=_facts(suite, len(failed)),
            verdicts=verdicts(suite),
            caveat=caveat(suite),
            heat=heat_map(matrix(suite)),
            overview=next((table for table in boards if table.task == overview.NAME), None),
            boards=[table for table in boards if table.task != overview.NAME],
            ranked=[figure for figure in own[""] if figure.name == RANKED],
            no_leaderboard=leaderboard.NONE,
            overall=[figure for figure in own[""] if figure.name not in (RANKED, overview.NAME)],
            costs=own.get(registry.COST, []),
            reconstructions=own.get(registry.RECONSTRUCTIONS, []),
            sections=sections,
            methods=methods(suite),
            columns=COLUMNS,
            published=PUBLISHED,
            tuning=own.get(registry.TUNING, []),
            trials=_by_task(choices, f"{tuning.NAME}-"),
            task_limit=gallery.TASKS,
            failed=[_failure(run) for run in failed[:FAILURES]],
            more_failed=max(0, len(failed) - FAILURES),
            all_failed=len(failed) == len(suite.runs),
            provenance=_provenance(suite),
            other_engine=OTHER_ENGINE,
            falling=FALLING,
            live=live,
            plotly=_script("plotly-basic.min.js"),
            script="".join(map(_script, ("figures.js", "standing.js", "page.js"))),
        )
    )


def _by_task(tables: Sequence[Table], prefix: str) -> dict[str, Table]:
    """The tables of one kind by their task."""
    return {table.task.removeprefix(prefix): table for table in tables if table.task.startswith(prefix)}


def _script(name: str) -> str:
    """A script of this package; none of them contains the end of its element."""
    return (resources.files("inrbench.report") / "page" / name).read_text(encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("inrbench.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["slug"] = slug
    environment.filters["counted"] = counted
    environment.filters["code"] = _code
    environment.filters["palette"] = _palette
    return environment


def _palette(methods: Sequence[Mapping[str, Any]], dark: bool = False) -> Markup:
    """The colours of the methods as variables of the style sheet; dim ones are lighter on a dark page."""
    colours = (_light(method["color"]) if dark else method["color"] for method in methods)
    return Markup(" ".join(f"--m{number}: {colour};" for number, colour in enumerate(colours)))


def _light(colour: str) -> str:
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    if 0.3 * parts[0] + 0.59 * parts[1] + 0.11 * parts[2] >= DIM:
        return colour
    return "#" + "".join(f"{round(part + (255 - part) * 0.45):02x}" for part in parts)


def _code(text: str) -> Markup:
    """A suite's text with what it has between backticks set as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _about(about: Mapping[str, Any]) -> dict[str, Any]:
    """The suite's own texts, each on one line, empty where it has none."""
    deviations = about.get("deviations") or []
    return {
        "description": _line(about.get("description")),
        "claim": {key: _line(text) for key, text in (about.get("claim") or {}).items()},
        "source": _line(about.get("source")),
        "deviations": [_line(item) for item in ([deviations] if isinstance(deviations, str) else deviations)],
        "tuning": "; ".join(_search(about.get("tuning") or {})),
        "lock": _line(about.get("lock")),
        "searched": _searched(about.get("tuning") or {}),
    }


def _searched(tuning: Mapping[str, Any]) -> str:
    """The signals that the settings were searched on, with their tasks."""
    found = tuning.get("signals") or {}
    texts = (f"{setting(signals)} ({task})" for task, signals in found.items()) if isinstance(found, Mapping) else ()
    return ", ".join(texts)


def _search(tuning: Mapping[str, Any]) -> Iterator[str]:
    """How the settings were searched, one text for each part; parts without words of their own by their name."""
    for key, value in sorted(tuning.items(), key=lambda item: isinstance(item[1], Mapping)):  # the long ones last
        if key == "rounds":
            for number, part in enumerate(value, 1):
                share = part.get("share", 1)
                steps = "all steps" if share == 1 else f"{setting(share)} of the steps"
                trials = f"{part['trials']} trials" if number == 1 else f"the best {part['trials']}"
                yield f"round {number}: {trials} with {steps}"
        elif isinstance(value, Mapping):
            yield f"{spaced(key)}: " + ", ".join(f"{setting(own)} for {name}" for name, own in value.items())
        else:
            yield _SEARCH.get(key, f"{spaced(key)}: {{}}").format(setting(value))


def _line(value: Any) -> str:
    """Text on one line, without the line breaks of a YAML file."""
    return " ".join(str(value).split()) if value else ""


def _facts(suite: SuiteResults, failed: int) -> list[tuple[str, str]]:
    keys = {method.key for task in suite.tasks for method in task.activations}
    trained = [run for task in suite.tasks for method in task.activations for run in method.runs]
    repeats = len({run.cell[1] for run in trained})
    counts = [(len(suite.tasks), "task"), (len(keys), "activation"), (repeats, "repeat"), (len(suite.runs), "job")]
    facts = [(f"{count:,}", noun if count == 1 else f"{noun}s") for count, noun in counts if count]
    sizes = span(run.number("params") for run in trained)
    return [*facts, *[(sizes, "parameters")] * (sizes != DASH), *[(f"{failed:,}", "failed")] * bool(failed)]


def _failure(run: Run) -> dict[str, str]:
    error = run.text("error").strip() or "no cause stored"
    return {
        "status": run.text("status"),
        "job": f"{run.text('task')} · {run.cell[0]} · {run.text('method')} · repeat {run.cell[1]}",
        "summary": shorten(error),
        "error": error[:4000],
        "log": run.text("log"),
    }


def _provenance(suite: SuiteResults) -> dict[str, str]:
    """Place, time, code and versions of the stored runs; only what is known."""
    runs = suite.runs
    packages: dict[str, set[str]] = {}
    for run in runs:
        for package, version in run.settings("packages").items():
            packages.setdefault(str(package), set()).add(str(version))
    dates = sorted({text for run in runs if (text := run.text("started_at"))})
    facts = {
        "Devices": _counted(run.hardware for run in runs),
        "Engines": "; ".join(f"{engine(name)}: {', '.join(labels)}" for name, labels in suite.engines().items()),
        "Driver": _counted(run.text("driver") for run in runs),
        "Started": " to ".join(dates[:1] + dates[1:][-1:]),
        "Code": _counted(
            sha[:12] + (" with uncommitted changes" if run.row["git_dirty"] else "")
            for run in runs
            if (sha := run.text("git_sha"))
        ),
        "Python": _counted(run.text("python") for run in runs),
        "PyTorch": _counted(run.text("torch") for run in runs),
        "Packages": ", ".join(f"{name} {' / '.join(sorted(found))}" for name, found in sorted(packages.items())),
        "Signals": "; ".join(
            sorted({f"{run.text('signal')}: {text}" for run in runs if (text := run.text("data_prepared"))})
        ),
        "Data (sha256)": _counted(run.text("data_sha256")[:12] for run in runs),
    }
    return {name: text for name, text in facts.items() if text}


def _counted(texts: Iterable[str]) -> str:
    """The one text that all runs share, or each text with its number of jobs."""
    counts = Counter(text for text in texts if text)
    if len(counts) < 2:
        return "".join(counts)
    return "; ".join(f"{text} ({counted(count, 'job')})" for text, count in sorted(counts.items()))
