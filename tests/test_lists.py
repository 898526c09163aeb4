"""Lists of plugins in README and docs are those of the registry."""

from __future__ import annotations

import re

import pytest

from docs.site import archive
from inrbench.bench.config import expand, suite
from inrbench.bench.config.plugins import Plugins
from inrbench.tasks.core.metrics import METRICS
from inrbench.tasks.signals.load import names
from tests.lists import ARCHIVES, FILES, MARKED, RESULTS, ROOT, TABLE, kept_tables, written

PLUGINS = Plugins()


@pytest.mark.parametrize("name", FILES)
def test_lists_are_those_of_the_registry(name: str) -> None:
    text = (ROOT / name).read_text()
    assert MARKED.search(text)
    assert text == written(text), f"{name} is not up to date: run `make lists`"


@pytest.mark.parametrize("name", RESULTS)
def test_tables_are_those_of_the_archived_results(name: str) -> None:
    text = (ROOT / name).read_text()
    assert TABLE.search(text)
    assert text == written(text), f"{name} is not up to date: run `make lists`"


@pytest.mark.parametrize("name", ARCHIVES)
def test_tables_beside_an_archive_are_those_of_its_report(name: str) -> None:
    folder = archive.RESULTS / name / "tables"
    kept = {path.name: path.read_text() for path in folder.iterdir()}
    assert kept == kept_tables(name), f"{folder} is not up to date: run `make lists`"


def test_every_plugin_and_every_suite_is_listed_once() -> None:
    for page, expected in {
        "activations": PLUGINS.activations.names(),
        "tasks": PLUGINS.tasks.names(),
        "training": PLUGINS.optimizers.names(),
        "suites": suite.shipped(),
        "metrics": list(METRICS),
        "signals": names(),
    }.items():
        text = (ROOT / f"docs/reference/{page}.md").read_text().partition("<!-- list: ")[2].partition("<!-- end")[0]
        assert re.findall(r"^\| \[?`([\w-]+)`(?:\]\(#[\w-]+\))? \|", text, re.MULTILINE) == list(expected)


@pytest.mark.parametrize("page", ["activations", "tasks"])
def test_every_activation_and_task_has_a_section(page: str) -> None:
    text = (ROOT / f"docs/reference/{page}.md").read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(getattr(PLUGINS, page).names())


def test_a_list_that_is_out_of_date_is_replaced_and_nothing_else() -> None:
    stale = "before\n<!-- list: activations overview -->\n`nothing`\n<!-- end of list -->\nafter `nothing`\n"
    found = written(stale)
    assert found.startswith("before\n<!-- list: activations overview -->\n")
    assert found.endswith("\n<!-- end of list -->\nafter `nothing`\n")
    assert "`siren`" in found
    assert found.count("`nothing`") == 1


def test_smoke_has_every_activation() -> None:
    chosen, where = suite.load("smoke")
    jobs = expand.jobs(chosen, PLUGINS, where)
    assert {job.activation.name for job in jobs if job.activation} == set(PLUGINS.activations.names())
