"""The page in a real browser: Chromium, driven by Playwright; skipped where there is none."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from inrbench import report
from inrbench.bench.store.store import Store
from inrbench.report.data.leaderboard import leaderboard
from inrbench.report.data.load import load
from inrbench.report.data.matrix import matrix
from inrbench.report.page import live
from inrbench.report.tables.build import build
from inrbench.report.tables.leaderboard import tables as board_tables
from tests.report.laboratory import Lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright, which `make` installs")

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs a browser: apt-get install chromium")

LEVELS = {"siren": 33.0, "bw-relu": 30.0, "gauss": 25.5, "relu": 9.25, "wire": 28.0}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A task of pictures, one of sound and one of volumes."""
    lab = Lab(tmp_path_factory.mktemp("results"))
    truth = lab.image(1)
    x = np.sin(np.arange(9000) / 20)[:, None]
    ball = (np.linalg.norm(np.mgrid[:8, :8, :8] - 3.5, axis=0) < 3)[..., None].astype(float)
    for task, values in {"image": truth, "audio": x, "ct3d": ball}.items():
        lab.truth(task, "camera", values, **({"rate": np.array(22050.0)} if task == "audio" else {}))
        for method, level in LEVELS.items():
            for repeat in range(2):
                job = lab.job(method, level + 0.2 * repeat, task=task, repeat=repeat)
                if repeat == 0:
                    lab.arrays(job, values * 0.9, curve_z=np.arange(9.0), curve=np.arange(9.0) * level)
    lab.job("bicubic", 20.0, task="image", kind="baseline", label="bicubic")
    return lab.store


@pytest.fixture(scope="module")
def index(results: Store) -> str:
    """The page of the results."""
    return report.write(results).index.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as driver:
        flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        found = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield found
        found.close()


class Visit:
    """The loaded page with what it reported and requested."""

    def __init__(self, browser: Browser, index: str, **options: Any) -> None:
        self.page = browser.new_page(**options)
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(index)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def see_all_charts(self) -> None:
        """A chart is drawn when it is about to be seen."""
        for chart in self.page.locator(".chart:visible").all():
            chart.scroll_into_view_if_needed()
            chart.locator(".main-svg").first.wait_for(state="attached")

    def show(self, name: str) -> None:
        """Show one of the reconstructions."""
        self.page.locator("#reconstructions .picks").get_by_role("button", name=name, exact=True).click()

    def tools(self, table: str) -> Locator:
        """What stands over the table with this label."""
        return self.page.locator(f"[aria-label='{table}']").locator("xpath=preceding-sibling::div[1]")

    def column(self, table: str, number: int) -> list[str]:
        """The visible texts of a column of the table with this label."""
        rows = self.page.locator(f"[aria-label='Results of {table}'] tbody:not(.classical) tr:visible")
        return [
            str(text).strip()
            for text in rows.locator(f"td:nth-child({number}), th:nth-child({number})").all_inner_texts()
        ]


@pytest.fixture
def visit(browser: Browser, index: str) -> Iterator[Visit]:
    found = Visit(browser, index)
    found.page.wait_for_selector("html.ready")
    yield found
    found.page.close()


def test_nothing_fails_and_no_request_leaves_the_page(visit: Visit) -> None:
    visit.page.mouse.wheel(0, 20000)
    visit.show("ct3d: camera")
    visit.page.get_by_label("slices instead of projections").check()
    assert visit.errors == []
    assert [url[:40] for url in visit.requests if not url.startswith(("file:", "data:", "blob:"))] == []


def test_a_request_from_the_page_is_refused(visit: Visit) -> None:
    said = visit.page.evaluate("fetch('http://127.0.0.1:9/x').then(() => 'sent', () => 'refused')")
    assert said == "refused"
    assert any("Content Security Policy" in error for error in visit.errors)


def test_sorting_sorts_by_number_in_both_directions(visit: Visit) -> None:
    button = visit.page.locator("[aria-label='Results of image'] thead th:nth-child(3) button")
    button.press("Enter")
    falling = visit.column("image", 3)
    assert [float(text.split()[0]) for text in falling] == [33.1, 30.1, 28.1, 25.6, 9.35]
    button.press("Enter")
    assert visit.column("image", 3) == falling[::-1]
    assert visit.page.locator("[aria-label='Results of image'] th[aria-sort]").get_attribute("aria-sort") == "ascending"
    visit.page.locator("[aria-label='Results of image'] thead th:first-child button").click()
    names = visit.column("image", 1)
    assert names == sorted(names, key=str.lower)


def test_a_time_that_not_all_runs_have_comes_last(visit: Visit) -> None:
    table = "Final value and time to a level"
    visit.page.locator(f"[aria-label='Results of {table}'] thead th:nth-child(3) button").click()
    times = visit.column(table, 3)
    reached = [float(text) for text in times if "/" not in text]
    assert [float(text) for text in times[: len(reached)]] == sorted(reached)
    assert times[len(reached) :] == ["1/2", "0/2", "0/2"]


def test_a_column_of_words_is_sorted_from_a_to_z(visit: Visit) -> None:
    table = "Best method of each task"
    visit.page.locator(f"[aria-label='Results of {table}'] thead th:nth-child(9) button").click()
    assert visit.column(table, 9) == ["—", "—", "bicubic"]


def test_filtering_leaves_the_rows_with_the_words(visit: Visit) -> None:
    visit.tools("Results of Leaderboard").get_by_role("searchbox").fill("bw")
    assert visit.column("Leaderboard", 1) == ["BW-ReLU"]


def test_a_chart_is_drawn_when_it_is_about_to_be_seen(visit: Visit) -> None:
    """And has its place before, so that nothing moves when it comes."""
    last = visit.page.locator(".chart").last
    assert last.locator(".main-svg").count() == 0
    before = last.bounding_box()
    visit.page.evaluate("document.querySelector('footer, main').scrollIntoView({ block: 'end' })")
    last.locator(".main-svg").first.wait_for(state="attached")
    after = last.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] == before["height"]


def test_a_hidden_method_is_hidden_everywhere(visit: Visit) -> None:
    page = visit.page
    visit.see_all_charts()
    drawn = (
        "[...document.querySelectorAll('.chart')].filter((c) => c.data)"
        ".map((c) => c.data.filter((t) => t.meta === 0).length)"
    )
    first = page.locator(".chooser label").nth(0).inner_text().strip()
    marked = page.locator("[data-method='0']")
    assert marked.count() > 10
    assert all(count > 0 for count in page.evaluate(drawn))
    page.get_by_role("checkbox", name=first, exact=True).uncheck()
    assert all(count == 0 for count in page.evaluate(drawn))
    assert page.locator("[data-method='0']:visible").count() == 0
    # the table of the best of each task names methods in its cells, and says the same whatever is hidden
    tables = page.locator("main .scroll:not([aria-label*='Best method of each task']) table")
    assert tables.get_by_text(first, exact=True).locator("visible=true").count() == 0
    assert page.locator(".tile").get_by_text(first, exact=True).locator("visible=true").count() == 0
    assert first not in visit.column("Leaderboard", 1)
    page.get_by_role("checkbox", name=first, exact=True).check()
    assert all(count > 0 for count in page.evaluate(drawn))
    assert page.locator("[data-method='0']:visible").count() > 10


def test_a_still_figure_says_that_it_shows_a_hidden_method(visit: Visit) -> None:
    page = visit.page
    notes = page.get_by_text("This figure shows all its methods")
    visit.see_all_charts()
    figures, live = page.locator("figure:visible").count(), page.locator("figure.is-live:visible").count()
    all_figures = page.locator("main > section > figure, .choice figure").count()
    assert all_figures > figures > live > 0
    page.get_by_role("checkbox", name="SIREN", exact=True).uncheck()
    assert notes.locator("visible=true").count() == figures - live
    page.emulate_media(media="print")
    assert notes.locator("visible=true").count() == page.locator("figure").count()
    page.emulate_media(media="screen")
    page.get_by_role("checkbox", name="SIREN", exact=True).check()
    page.emulate_media(media="print")
    assert notes.locator("visible=true").count() == 0


@pytest.mark.parametrize("metric", ["psnr", "lsd"])
def test_labels_of_a_logarithmic_axis_do_not_touch(browser: Browser, tmp_path: Path, metric: str) -> None:
    lab = Lab(tmp_path)
    for method, steps in {"siren": (20, 60, 150), "relu": (30, 90, 220)}.items():
        curve = {step: 3000.0 / step for step in steps}
        lab.job(method, metric=metric, curve=curve, extra=[lab.score("lsd", step, v, -1) for step, v in curve.items()])
    visit = Visit(browser, report.write(lab.store).index.as_uri(), viewport={"width": 420, "height": 800})
    visit.page.wait_for_selector("html.ready")
    visit.see_all_charts()
    for axis, side, size in (("x", "x", "width"), ("y", "y", "height")):
        boxes = visit.page.locator(f".chart >> nth=0 >> .{axis}tick text").evaluate_all(
            "all => all.map((e) => e.getBoundingClientRect().toJSON())"
        )
        places = sorted((box[side], box[side] + box[size]) for box in boxes)
        assert len(places) > 2
        assert all(end < start for (_, end), (start, _) in pairwise(places))
    visit.page.close()


def test_still_pictures_and_maps_tell_that_they_show_hidden_methods(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BUDGET", 0)  # reconstructions stay still
    lab = Lab(tmp_path)
    lab.truth("image", "camera", lab.image(1))
    for params in (100, 200):
        method = f"siren[params={params}]"
        lab.arrays(lab.job(method, label=method), lab.image(1) * 0.9)
        for cycles in (2.0, 4.0):
            lab.job(method, 20 + cycles, task=f"bandwidth[cycles={cycles}]", label=method)
    visit = Visit(browser, report.write(lab.store).index.as_uri())
    visit.page.wait_for_selector("html.ready")
    notes = visit.page.locator("figure").filter(has_text="This figure shows all its methods").locator("p:visible")
    assert notes.count() == 0
    visit.page.get_by_role("checkbox", name="siren[params=100]", exact=True).uncheck()
    assert notes.count() == visit.page.locator("figure:not(.is-live)").count() > 1  # reconstructions, a map
    visit.page.close()


def test_the_curve_under_the_pointer_tells_step_seconds_value_and_interval(visit: Visit) -> None:
    visit.see_all_charts()
    place = "#figure-convergence-image .chart"
    texts = visit.page.evaluate(f"document.querySelector('{place}').data.filter((t) => t.text && t.meta === 0)[0].text")
    assert "step 100" in texts[-1]
    assert "12.5 s" in texts[-1]
    assert "PSNR 33.1 dB" in texts[-1]
    assert "95 % interval" in texts[-1]
    chart = visit.page.locator(place)
    chart.scroll_into_view_if_needed()
    point = chart.locator(".points path").last
    box = point.bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.page.wait_for_selector(".hoverlayer .hovertext")


def test_pictures_zoom_in_step_and_slide_to_the_truth(visit: Visit) -> None:
    visit.show("image: camera")
    grid = visit.page.locator(".tiles:has(.pane)").first
    grid.focus()
    grid.press("+")
    shown = grid.locator(".pane img").evaluate_all("all => all.map((e) => getComputedStyle(e).transform)")
    assert all(text.startswith("matrix(1.5, 0, 0, 1.5") for text in shown)
    moved = np.array([[float(part) for part in text[7:-1].split(",")[4:]] for text in shown])
    assert (moved < -10).all()
    assert np.ptp(moved, axis=0).max() < 1  # by as much, to a pixel
    slider = visit.page.get_by_label("wipe: estimate ↔ truth").locator("visible=true")
    slider.fill("50")
    clips = grid.locator(".cover").evaluate_all("all => all.map((e) => getComputedStyle(e).clipPath)")
    assert len(clips) == len(LEVELS)
    assert {clip.replace("calc(100% - 50%)", "50%") for clip in clips} == {"inset(0px 50% 0px 0px)"}


def test_volumes_turn_in_step(visit: Visit) -> None:
    visit.show("ct3d: camera")
    sprites = visit.page.locator(".sprite")
    before = sprites.evaluate_all("all => all.map((e) => getComputedStyle(e).backgroundPositionX)")
    visit.page.get_by_label("turn").first.fill("12")
    after = sprites.evaluate_all("all => all.map((e) => getComputedStyle(e).backgroundPositionX)")
    assert set(before) == {"0%"}
    assert len(set(after)) == 1
    assert after != before


def test_sounds_can_be_played(visit: Visit) -> None:
    player = visit.page.get_by_label("truth", exact=True).locator("visible=true").last
    seconds = player.evaluate(
        "async (e) => { e.load(); await new Promise((r) => e.onloadedmetadata = r); return e.duration }"
    )
    assert seconds == pytest.approx(9000 / 22050, rel=0.01)
    caption = visit.page.get_by_text("samples per second").locator("visible=true").text_content()
    assert caption == "Played at 22,050 samples per second, as recorded; all at one loudness."


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_a_narrow_screen_shows_the_page_without_moving_sideways(browser: Browser, index: str, scheme: str) -> None:
    visit = Visit(browser, index, viewport={"width": 400, "height": 800}, color_scheme=scheme)
    visit.page.wait_for_selector("html.ready")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 400
    visit.page.close()


def test_without_scripts_and_in_print_the_still_figures_stand(browser: Browser, index: str) -> None:
    visit = Visit(browser, index, java_script_enabled=False)
    figures = visit.page.locator("figure").count()
    assert figures > 8
    assert visit.page.locator("figure > .canvas:visible").count() == figures
    assert visit.page.locator(".live:visible").count() == 0
    visit.page.close()
    visit = Visit(browser, index)
    visit.page.wait_for_selector("html.ready")
    assert visit.page.locator("figure > .canvas:visible").count() < figures
    visit.page.emulate_media(media="print")
    assert visit.page.locator("figure > .canvas:visible").count() == figures
    assert visit.page.locator(".live:visible").count() == 0
    visit.page.close()


@pytest.mark.parametrize("width", [500, pytest.param(720, marks=pytest.mark.slow)])
def test_a_dark_page_prints_light_complete_and_without_controls(browser: Browser, index: str, width: int) -> None:
    """At the widths of A5 and A4 within their margins, in CSS pixels."""
    visit = Visit(browser, index, color_scheme="dark", viewport={"width": width, "height": 1000})
    page = visit.page
    page.wait_for_selector("html.ready")
    page.get_by_label("Filter the rows of this table").nth(1).fill("bw")
    page.emulate_media(media="print")
    colours = page.evaluate("((s) => [s.colorScheme, s.backgroundColor, s.color])(getComputedStyle(document.body))")
    assert colours == ["light", "rgb(255, 255, 255)", "rgb(0, 0, 0)"]
    assert page.locator("input:visible, audio:visible, select:visible, button:not(.sort):visible").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = "all => all.filter((e) => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1).length"
    assert page.locator(".scroll, .canvas").evaluate_all(cut) == 0
    rows = page.locator("main table tr")
    assert rows.locator("visible=true").count() == rows.count()
    assert all(words.is_visible() for words in page.locator("main details p").all())
    page.close()


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        *((1280, "light"), (420, "dark")),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in ((1280, "dark"), (420, "light"))),
    ],
)
def test_the_first_screen_has_the_verdict_of_every_task(browser: Browser, index: str, width: int, scheme: str) -> None:
    visit = Visit(browser, index, viewport={"width": width, "height": 800}, color_scheme=scheme)
    visit.page.wait_for_selector("html.ready")
    sentences = visit.page.locator(".verdict li")
    assert [text.split("\n")[0].strip() for text in sentences.all_inner_texts()] == ["audio", "ct3d", "image"]
    assert "SIREN leads with 33.10 dB" in sentences.last.inner_text()
    for sentence in sentences.all():
        box = sentence.bounding_box()
        assert box is not None
        assert box["y"] > 0
        assert box["y"] + box["height"] < 800
    visit.page.close()


@pytest.mark.parametrize("width", [1280, 420])
def test_links_of_the_contents_land_on_their_headings(browser: Browser, index: str, width: int) -> None:
    visit = Visit(browser, index, viewport={"width": width, "height": 800})
    page = visit.page
    page.wait_for_selector("html.ready")
    links = [link for link in page.locator("nav a").all() if link.is_visible()]
    assert len(links) > 8
    end = "document.documentElement.scrollHeight - window.innerHeight - window.scrollY"
    for link in links:
        target = page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']")
        link.click()
        page.wait_for_timeout(250)  # what grows late would move it
        box = target.bounding_box()
        assert box is not None
        assert -2 <= box["y"] <= 70 or page.evaluate(end) < 2
        assert link.locator("xpath=..").get_attribute("class") == "here" or page.evaluate(end) < 2
    page.close()


def test_the_whole_head_of_a_column_sorts_best_first(visit: Visit) -> None:
    for number, first in {3: 33.1, 7: 12.5}.items():  # PSNR from above, seconds from below
        head = visit.page.locator(f"[aria-label='Results of image'] thead th:nth-child({number})")
        box = head.bounding_box()
        assert box is not None
        head.click(position={"x": 3, "y": box["height"] - 3})
        values = [float(text.split()[0]) for text in visit.column("image", number)]
        assert values[0] == pytest.approx(first, abs=0.6)
        assert values == sorted(values, reverse=number == 3)


def test_ranks_bold_and_the_leaderboard_follow_the_methods_shown(visit: Visit, results: Store) -> None:
    page = visit.page
    assert page.locator(".heat .strong").all_inner_texts() == ["33.1"] * 3
    page.get_by_role("checkbox", name="SIREN", exact=True).uncheck()
    assert page.locator(".heat .strong:visible").all_inner_texts() == ["30.1"] * 3
    assert page.locator(".heat tbody:not(.classical) .rank:visible").all_inner_texts() == ["1.0", "2.0", "3.0", "4.0"]
    assert visit.column("Leaderboard", 1) == ["BW-ReLU", "wire", "gauss", "relu"]
    suite = load(results)
    without = replace(
        suite,
        tasks=tuple(
            replace(task, activations=tuple(method for method in task.activations if method.key != "siren"))
            for task in suite.tasks
        ),
    )
    (wanted,) = [table for table in board_tables(without, leaderboard(without)) if table.task == "leaderboard"]
    for column in (1, 2):
        assert visit.column("Leaderboard", column + 1) == [row[column].text for row in wanted.rows]
    page.get_by_role("checkbox", name="SIREN", exact=True).check()
    assert visit.column("Leaderboard", 1)[0] == "SIREN"


@pytest.mark.parametrize(
    "off",
    [
        *("siren", "siren,wire,gauss", "partial"),
        *(pytest.param(off, marks=pytest.mark.slow) for off in ("bw-relu", "siren,bw-relu", "wire")),
    ],
)
def test_the_marks_of_a_table_are_those_of_the_methods_shown(browser: Browser, crowded: Store, off: str) -> None:
    page = (crowded.report / "index.html").as_uri()
    visit = Visit(browser, f"{page}#&off={off}")
    visit.page.wait_for_selector("html.ready")
    hidden = off.split(",")
    suite = load(crowded)
    found = []
    for task in suite.tasks:
        shown = replace(task, activations=tuple(method for method in task.activations if method.key not in hidden))
        found.append(shown)
        wanted = build(replace(suite, tasks=(shown,)), shown)
        for column in range(2, 6):
            assert visit.column(wanted.title, column + 1) == [row[column].text for row in wanted.rows]
            cells = f"[aria-label='Results of {wanted.title}'] tbody td:nth-child({column + 1})"
            bold = visit.page.locator(f"{cells}.strong:visible")
            assert bold.all_inner_texts() == [row[column].text for row in wanted.rows if row[column].bold]
    ranks = {row.label: row.rank for row in matrix(replace(suite, tasks=tuple(found))).rows if not row.classical}
    rows = visit.page.locator(".heat tbody:not(.classical) tr:visible")
    texts = [rows.locator(cell).all_inner_texts() for cell in ("th", ".rank")]
    assert dict(zip(*texts, strict=True)) == {
        visit.page.locator(f".heat th[data-label='{name}']").inner_text(): "" if rank is None else f"{rank:.1f}"
        for name, rank in ranks.items()
    }
    assert visit.errors == []
    visit.page.close()


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Methods that repeats hardly separate; one lacks a signal, one is too large, one had not converged. On a second
    task one of the signals has a single repeat, and a classical method alone has a third one."""
    lab = Lab(tmp_path_factory.mktemp("crowded"))
    rng = np.random.default_rng(1)
    levels = {"siren": 33.0, "bw-relu": 32.6, "wire": 32.5, "gauss": 32.0, "relu": 25.0}
    cells = [("image", *cell) for cell in product(("camera", "coins"), range(4))]
    cells += [("denoise", "camera", 0), *(("denoise", "coins", repeat) for repeat in range(4))]
    for (method, level), (task, signal, repeat) in product(levels.items(), cells):
        ssim = lab.score("ssim", 100, 0.9 + 0.01 * rng.standard_normal(), 1)
        lab.job(
            method, level + 0.5 * rng.standard_normal(), task=task, signal=signal, repeat=repeat, extra=[ssim],
            params=80_000 if method == "bw-relu" else 10_000, model=json.dumps({"params": 10_000}),
            losses={50: 1.0, 80: 0.5, 100: 0.2} if method == "wire" else None,
        )  # fmt: skip
    for signal in ("camera", "coins", "moon"):
        lab.job("tv", 30.0, task="denoise", signal=signal, kind="baseline", label="tv")
    for repeat in range(4):
        lab.job("partial", 40.0 + repeat, repeat=repeat)
    report.write(lab.store)
    return lab.store


def test_the_view_is_in_the_address(browser: Browser, visit: Visit) -> None:
    page = visit.page
    page.get_by_role("checkbox", name="gauss", exact=True).uncheck()
    page.locator("[aria-label='Results of image'] thead th:nth-child(7)").click()
    page.get_by_role("button", name="Keep the colour of wire in all charts").click()
    visit.show("ct3d: camera")
    page.locator("nav a", has_text="image").last.click()
    page.wait_for_function("location.hash.includes('off=')")
    other = Visit(browser, page.url)
    other.page.wait_for_selector("html.ready")
    assert not other.page.get_by_role("checkbox", name="gauss", exact=True).is_checked()
    assert other.page.locator("[aria-label='Results of image'] th[aria-sort]").count() == 1
    assert other.column("image", 1) == visit.column("image", 1)
    assert other.page.locator(".pin[aria-pressed=true]").count() == 1
    assert other.page.locator("#reconstructions .choice:visible").get_attribute("data-choice") == "ct3d: camera"
    box = other.page.locator("#task-image").bounding_box()
    assert box is not None
    assert -2 <= box["y"] <= 70
    other.page.close()


def test_the_rows_shown_can_be_downloaded(visit: Visit) -> None:
    visit.page.get_by_role("checkbox", name="gauss", exact=True).uncheck()
    visit.tools("Results of image").get_by_role("searchbox").fill("e")
    with visit.page.expect_download() as found:
        visit.tools("Results of image").get_by_role("button", name="download rows").click()
    assert found.value.suggested_filename == "image.csv"
    rows = list(csv.reader(Path(found.value.path()).read_text().splitlines()))
    assert [row[0] for row in rows] == ["method", *visit.column("image", 1)]
    assert rows[1][:3] == ["SIREN", "2", "33.10 ± 1.27"]


def test_lines_carry_their_names_and_a_pinned_one_its_colour(visit: Visit) -> None:
    page = visit.page
    visit.see_all_charts()
    names = page.locator("#figure-convergence-image .at")
    assert sorted(names.all_inner_texts()) == sorted(["SIREN", "BW-ReLU", "wire", "gauss", "relu"])
    boxes = [box for name in names.all() if (box := name.bounding_box())]
    tops = sorted(box["y"] for box in boxes)
    assert all(below - above > 12 for above, below in pairwise(tops))
    names.filter(has_text="wire").click()
    assert page.locator("#figure-convergence-image .at.lit").all_inner_texts() == ["wire"]
    assert page.locator("#quality-and-cost .choice:visible .at.lit").all_inner_texts() == ["wire"]


def test_a_click_shows_two_methods_large_and_in_step(visit: Visit) -> None:
    page = visit.page
    visit.show("image: camera")
    page.locator(".open:visible").nth(2).click()
    dialog = page.locator("dialog[open]")
    assert dialog.locator(".pane").count() == 2
    dialog.get_by_label("Right", exact=True).select_option(index=0)
    dialog.locator(".pair").press("+")
    moved = dialog.locator(".pane img:visible").evaluate_all("all => all.map((e) => getComputedStyle(e).transform)")
    assert len(set(moved)) == 1
    assert moved[0].startswith("matrix(1.5")
    page.keyboard.press("Escape")
    assert dialog.count() == 0


def test_still_figures_are_dark_on_a_dark_page(browser: Browser, index: str) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        visit = Visit(browser, index, color_scheme=scheme)
        visit.page.wait_for_selector("html.ready")
        style = "(e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e.querySelector('text')).fill]"
        colours[scheme] = visit.page.locator("#leaderboard .canvas:has(svg)").first.evaluate(style)
        visit.page.close()
    assert colours == {
        "light": ["rgb(255, 255, 255)", "rgb(28, 30, 33)"], "dark": ["rgb(28, 32, 36)", "rgb(230, 232, 235)"]
    }  # fmt: skip
