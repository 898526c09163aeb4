import shutil
from html.parser import HTMLParser
from pathlib import Path

import report
from bench.store.store import Store


class Page(HTMLParser):
    """Checks that every element is closed, and gathers links and pictures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.images: list[dict[str, str]] = []
        self.tags: set[str] = set()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.links += [found[name] for name in ("href", "src") if name in found]
        self.ids += [found["id"]] if "id" in found else []
        self.images += [found] if tag == "img" else []
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else(written) -> None:
    page = Page(written.index.read_text())
    assert not page.tags & {"script", "link", "iframe"}
    for link in page.links:
        assert link.startswith(("#", "data:image/png;base64,", "tables/", "figures/", "../logs/"))
        if link.startswith("#"):
            assert link[1:] in page.ids
        elif not link.startswith(("data:", "..")):
            assert (written.folder / link).is_file()
    assert all(image["alt"] for image in page.images)
    assert len(page.ids) == len(set(page.ids))


def test_a_nasty_error_text_is_escaped(written) -> None:
    text = written.index.read_text()
    assert "<script>" not in text
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; 100%" in text
    assert "\\textless{}script\\textgreater{}" in (written.folder / "tables" / "image.tex").read_text()


def test_the_page_says_what_was_run(written) -> None:
    text = written.index.read_text()
    assert "<b>4</b> tasks" in text
    assert "<b>2</b> failed" in text
    for part in ("inrbench · made-up", "Some CPU, 2 threads", "0123456789ab", "2.13.0", "numpy 2.4.6", "2026-01-01"):
        assert part in text
    assert "../logs/image-camera-siren-2.log" in text


def test_tables_come_back_for_the_terminal(written) -> None:
    assert len(written.tables) == 4
    assert written.tables[2] == (written.folder / "tables" / "image.md").read_text()
    assert {path.name for path in (written.folder / "tables").iterdir()} == {
        f"{task}.{kind}" for task in ("audio", "ct", "image", "superres") for kind in ("md", "tex", "csv")
    }


def test_the_same_results_give_the_same_bytes(written, tmp_path) -> None:
    shutil.copytree(written.folder.parent, tmp_path / "made-up", ignore=shutil.ignore_patterns("report"))
    again = report.write(report_store(tmp_path))
    first, second = files(written.folder), files(again.folder)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_files_of_an_earlier_report_go(lab) -> None:
    job = lab.job("siren", task="old")
    report.write(lab.store)
    lab.store.run_file(job).unlink()
    lab.job("siren", task="new", curve={100: 30.0})
    again = report.write(lab.store)
    assert sorted(path.name for path in (again.folder / "tables").iterdir()) == ["new.csv", "new.md", "new.tex"]
    assert not (again.folder / "figures" / "convergence-old.png").exists()


def test_only_failures_still_make_a_page(lab) -> None:
    lab.job("siren", status="oom", error="out of memory")
    written = report.write(lab.store)
    assert "No job ended well" in written.index.read_text()
    assert "0/1" in written.tables[0]
    assert not (written.folder / "figures").exists()


def test_a_task_with_only_baselines(lab) -> None:
    lab.job("tv", 25.0, kind="baseline", label="TV")
    written = report.write(lab.store)
    Page(written.index.read_text())
    assert "TV" in written.tables[0]
    assert r"\midrule" in (written.folder / "tables" / "image.tex").read_text()


def test_the_page_says_what_the_suite_is(studied) -> None:
    text = studied.index.read_text()
    Page(text)
    assert "<p>Made up for tests.</p>" in text
    assert "A paper &lt;2024&gt;" in text
    assert (
        "<h2>Deviations from the source</h2><ul><li>Fewer steps &amp; repeats</li><li>Another image</li></ul>" in text
    )
    assert "trials: 16; signals: disc for ct" in text


def test_a_suite_that_says_nothing_of_itself_gets_no_words(written) -> None:
    assert "Deviations" not in written.index.read_text()


def test_the_contents_lead_to_every_task_and_figure(studied) -> None:
    page = Page(studied.index.read_text())
    figures = {path.stem for path in (studied.folder / "figures").iterdir()} - {"overview", "activations"}
    wanted = {f"#figure-{name}" for name in figures} | {f"#task-{key}" for key in ("ct", "function")}
    assert wanted <= set(page.links)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_choices_stand_with_their_task(studied) -> None:
    text = studied.index.read_text()
    assert (
        text.index('id="task-ct"') < text.index("Choosing c without the truth: ct") < text.index('id="task-function"')
    )
    assert (studied.folder / "tables" / "choose-ct.tex").is_file()


def report_store(folder: Path) -> Store:
    return Store(folder, "made-up")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
