"""The page: complete in one file, everything escaped, links that lead somewhere."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from inrbench import report
from tests.report.laboratory import Lab


class Page(HTMLParser):
    """Parser that checks that every element is closed, and collects links, images and table cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.images: list[dict[str, str]] = []
        self.tags: set[str] = set()
        self.scripts = 0
        self.cells: list[str] = []
        self.labels: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.scripts += tag == "script"
        self.links += [found[name] for name in ("href", "src") if name in found]
        self.ids += [found["id"]] if "id" in found else []
        self.images += [found] if tag == "img" else []
        self.labels += [found["aria-label"]] if "aria-label" in found else []
        self.cells += [""] if tag in ("td", "th") else []
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.cells[-1] += data


def test_the_page_needs_no_other_file(written: report.Report) -> None:
    text = written.index.read_text()
    page = Page(text)
    assert not page.tags & {"link", "iframe"}
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"@import|url\((?!#)", re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))
    for link in page.links:
        assert link.startswith(("#", "data:image/webp;base64,", "tables/", "figures/", "../logs/"))
        if link.startswith("#"):
            assert link[1:] in page.ids
        elif not link.startswith(("data:", "..")):
            assert (written.folder / link).is_file()
    assert all(image["alt"] for image in page.images)
    assert len(page.ids) == len(set(page.ids))


def test_markup_in_an_error_is_escaped(written: report.Report) -> None:
    text = written.index.read_text()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; 100%" in text
    assert "\\textless{}script\\textgreater{}" in (written.folder / "tables" / "image.tex").read_text()


@pytest.mark.usefixtures("without_figures")
def test_names_arrive_escaped(lab: Lab) -> None:
    """A label, a method, a task, a signal and a log file, in text and in attributes."""
    names = ["<script>", "a\"b'c", "</td></table>", "{{ suite }}", "&lt;"]
    paths = [name.replace("/", "-") for name in names]
    for number, (name, path) in enumerate(zip(names, paths, strict=True)):
        both: dict[str, Any] = {"task": names[-1 - number], "signal": path, "problem_id": f"p{number}"}
        lab.job(path, label=name, job_id=f"good{number}", **both)
        failed: dict[str, Any] = {"status": "error", "error": name, "log": f"logs/{path}"}
        lab.job("failed", label=f"{name}2", job_id=f"bad{number}", **both, **failed)
    text = report.write(lab.store).index.read_text()
    page = Page(text)
    assert page.scripts <= 3  # the data, the plotting library and the page's own
    for name, path in zip(names, paths, strict=True):
        assert {name, f"{name}2"} <= set(page.cells)
        assert any(name in label for label in page.labels)
        assert f"../logs/{path}" in page.links


def test_the_page_has_the_provenance(written: report.Report) -> None:
    text = written.index.read_text()
    assert "<b>4</b> tasks" in text
    assert "<b>2</b> failed" in text
    for part in ("inrbench · made-up", "Some CPU, 2 threads", "0123456789ab", "2.13.0", "numpy 2.4.6", "2026-01-01"):
        assert part in text
    assert "../logs/image-camera-siren-2.log" in text


@pytest.mark.usefixtures("without_figures")
def test_the_page_says_what_was_done_to_a_signal(lab: Lab) -> None:
    for signal, text in {"photo": "page 1 of 3; 360 × 480 → 72 × 96", "camera": None}.items():
        lab.job("siren", signal=signal, data_prepared=text)
    text = report.write(lab.store).index.read_text()
    assert "<dt>Signals</dt><dd>photo: page 1 of 3; 360 × 480 → 72 × 96</dd>" in text


@pytest.mark.usefixtures("without_figures")
def test_the_page_names_the_engine_of_each_method(lab: Lab) -> None:
    for method, engine in {"siren": "mlp", "relu": "mlp", "mfn": "autograd"}.items():
        lab.job(method, engine=engine)
    text = report.write(lab.store).index.read_text()
    assert "<dt>Engines</dt><dd>autograd: mfn; compiled MLP: relu, SIREN</dd>" in text
    cells = Page(text).cells
    assert cells[cells.index("engine") + 1 :].count("compiled MLP") == 2
    assert "12.5§" in cells


def test_a_task_with_only_baselines(lab: Lab) -> None:
    lab.job("tv", 25.0, kind="baseline", label="TV")
    written = report.write(lab.store)
    assert {"classical", "TV", "25.00"} <= set(Page(written.index.read_text()).cells)
    assert r"\midrule" in (written.folder / "tables" / "image.tex").read_text()


def test_the_page_has_the_texts_of_the_suite(studied: report.Report) -> None:
    text = studied.index.read_text()
    Page(text)
    assert "<p>Made up for tests.</p>" in text
    assert "A paper &lt;2024&gt;" in text
    assert "<h3>Deviations from the source</h3>" in text
    assert "<li>Fewer steps &amp; repeats</li><li>The scale <code>&lt;small&gt;</code></li>" in text
    assert (
        "<b>Tuning.</b> round 1: 12 trials with 0.25 of the steps; round 2: the best 2 with all steps; ranges wider by "
        "a factor of 2 at both ends; signals: disc for ct, sines, steps for function; "
        "settings found: <code>experiments.lock.yaml</code></p>"
    ) in text


def test_a_suite_without_texts_has_no_headings_for_them(written: report.Report) -> None:
    text = written.index.read_text()
    assert not any(word in text for word in ("Deviations", "Source.", "Tuning."))


def test_the_contents_lead_to_every_task_and_figure(studied: report.Report) -> None:
    page = Page(studied.index.read_text())
    figures = {path.stem for path in (studied.folder / "figures").iterdir()} - {"overview", "activations"}
    figures = {name for name in figures if not name.startswith(("cost-", "reconstructions-"))}
    wanted = {f"#figure-{name}" for name in figures} | {f"#task-{key}" for key in ("ct", "function")}
    wanted |= {"#verdict", "#methods-by-tasks", "#quality-and-cost", "#reconstructions", "#leaderboard", "#about"}
    assert wanted <= set(page.links)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_choices_stand_with_their_task(studied: report.Report) -> None:
    text = studied.index.read_text()
    assert (
        text.index('id="task-ct"') < text.index("Choosing c without the truth: ct") < text.index('id="task-function"')
    )
    assert (studied.folder / "tables" / "choose-ct.tex").is_file()


def test_the_plotting_library_is_the_pinned_one() -> None:
    path = Path(report.__file__).parent / "page" / "plotly-basic.min.js"
    assert "plotly.js (basic - minified) v4.1.1" in path.read_text()[:200]
    digest = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest


def test_a_wheel_has_every_file_of_the_page(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    root = Path(report.__file__).parents[2]
    shutil.copytree(root / "inrbench" / "report", tmp_path / "inrbench" / "report")
    (tmp_path / "inrbench" / "__init__.py").touch()
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(root / name, tmp_path)
    code = "from setuptools import build_meta; build_meta.build_wheel('dist')"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    folder = Path("inrbench/report/page")
    needed = {str(folder / path.name) for path in (root / folder).iterdir() if path.is_file()}
    assert {f"{folder}/page.{kind}" for kind in ("html.j2", "css", "js")} <= needed <= names


@pytest.mark.usefixtures("without_figures")
def test_a_claim_stands_before_the_results(lab: Lab) -> None:
    lab.job("siren")
    claim = {"figure": "Fig. 5", "says": "<b> is best.", "full": "Not run.", "small": "Holds: 3 dB."}
    text = report.write(lab.store, about={"claim": claim}).index.read_text()
    places = [text.index(part) for part in ("<main>", "Fig. 5", "&lt;b&gt; is best.", "Not run.", "Holds: 3", "<table")]
    assert places == sorted(places)
    del claim["small"]  # of a suite without a small scale
    assert "Small scale." not in report.write(lab.store, about={"claim": claim}).index.read_text()
