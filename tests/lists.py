"""Lists of plugins and tables of results in the docs, written between markers: ``python -m tests.lists``.

A marker ``<!-- list: KIND FORM -->`` begins a list from the registry, ``<!-- end of list -->`` ends it. KIND is
activations or tasks, and FORM overview or sections; or KIND is optimizers, suites, metrics, signals, formats,
commands or columns, and FORM table; or KIND is suites, and FORM claims; or KIND is a model of a suite file, and FORM
settings. A marker
``<!-- table: SUITE NAME -->`` begins a table of the report on the archive of a suite in docs/results,
``<!-- end of table -->`` ends it; ``KEY=VALUE`` after NAME overrides a setting, and ``scale=NAME`` chooses a scale.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable
from pathlib import Path

from docs.site import activation_reference, archive, at_128, choose_c, registries, settings, step_times, task_reference
from docs.site import markdown as md
from docs.site.published import beside_measured
from docs.site.wins import wins
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.store import columns
from inrbench.report.data.leaderboard import leaderboard
from inrbench.report.labels import slug
from inrbench.report.tables.formats import latex, markdown
from inrbench.report.tables.table import Table
from inrbench.report.writer import tables_of
from inrbench.tasks.signals import formats

ROOT = Path(__file__).parents[1]
FILES = (
    *(f"docs/reference/{name}.md" for name in ("activations", "tasks", "suites", "metrics", "signals", "command-line")),
    *(f"docs/reference/{name}.md" for name in ("training", "suite-files", "results")),
    "docs/how-to/your-data.md",
    "docs/evidence/published.md",
    "docs/evidence/cost.md",
    "docs/evidence/optimizers.md",
    "docs/evidence/reference.md",
)
RESULTS = ("docs/evidence/reference-small.md", "docs/paper.md")
ARCHIVES = ("reference-small",)
"""Archives of shipped suites, whose tables stand beside them."""

TABLE = re.compile(r"(<!-- table: ([\w-]+) ([\w-]+)((?: \S+=\S+)*) -->\n)(.*?)(<!-- end of table -->)", re.DOTALL)
MARKED = re.compile(r"(<!-- list: (\w+) (\w+) -->\n)(.*?)(<!-- end of list -->)", re.DOTALL)


def written(text: str) -> str:
    """The text of a file with its lists as the registry has them now, and its tables as the archives have them."""
    text = MARKED.sub(lambda found: found[1] + _list(found[2], found[3]) + found[5], text)
    return TABLE.sub(lambda found: found[1] + archived(found[2], *found[4].split())[found[3]] + found[6], text)


def archived(name: str, *overrides: str) -> dict[str, str]:
    """The tables of the report on an archive, as Markdown without their headings."""
    return {slug(table.task): markdown(table).partition("\n\n")[2] for table in _tables_of(name, *overrides)}


def kept_tables(name: str) -> dict[str, str]:
    """The files of the tables that stand beside an archive, in Markdown and LaTeX."""
    files: dict[str, str] = {}
    for table in _tables_of(name):
        files |= {f"{slug(table.task)}.md": markdown(table), f"{slug(table.task)}.tex": latex(table, name)}
    return files


@functools.cache
def _tables_of(name: str, *overrides: str) -> list[Table]:
    given = dict(text.split("=", 1) for text in overrides)
    scale = given.pop("scale", None)
    found = archive.archived(name, *(f"{key}={value}" for key, value in given.items()), scale=scale)
    return list(itertools.chain(*tables_of(found, leaderboard(found))))


def _list(kind: str, form: str) -> str:
    if form == "settings":
        return settings.table(settings.MODELS[kind])
    plugins = Plugins()
    lists: dict[tuple[str, str], Callable[[], str]] = {
        ("activations", "overview"): lambda: activation_reference.overview(plugins.activations),
        ("activations", "sections"): lambda: activation_reference.sections(plugins.activations, wins()),
        ("tasks", "overview"): lambda: task_reference.overview(plugins.tasks),
        ("tasks", "sections"): lambda: task_reference.sections(plugins.tasks),
        ("optimizers", "table"): lambda: registries.optimizers(plugins.optimizers),
        ("suites", "table"): lambda: registries.suites(plugins),
        ("metrics", "table"): lambda: registries.metrics(plugins.tasks),
        ("signals", "table"): registries.signals,
        ("commands", "table"): registries.commands,
        ("formats", "table"): _formats,
        ("suites", "claims"): registries.claims,
        ("published", "table"): beside_measured,
        ("reference", "overview"): at_128.overview,
        **{("reference", task): functools.partial(at_128.of_task, task) for task in at_128.tasks()},
        ("reference", "systems"): at_128.systems,
        ("reference", "optimizers"): at_128.optimizers,
        ("reference", "appendix"): at_128.appendix,
        ("reference", "ranks"): at_128.ranks,
        ("reference", "repeats"): at_128.repeats,
        ("choose_c", "rules"): choose_c.rules,
        ("choose_c", "small"): functools.partial(choose_c.rules, "small"),
        ("step_times", "activations"): step_times.of_activations,
        ("columns", "table"): lambda: columns.markdown() + "\n",
    }
    return lists[kind, form]()


def _formats() -> str:
    rows = []
    for row in formats.describe():
        suffixes = " ".join(f"`{suffix}`" for suffix in row["suffixes"].split())
        rows.append((row["name"], suffixes, row["signal"], row["values"], row["needs"] and f"`{row['needs']}`"))
    return md.table(("format", "suffixes", "becomes", "values without `range`", "needs"), rows)


if __name__ == "__main__":
    for name in (*FILES, *RESULTS):
        path = ROOT / name
        path.write_text(written(path.read_text()))
    for suite_name in ARCHIVES:
        folder = archive.RESULTS / suite_name / "tables"
        folder.mkdir(exist_ok=True)
        for file, content in kept_tables(suite_name).items():
            (folder / file).write_text(content)
