"""The end of a run: a table fitted to the width, colours on a terminal only, and the verdicts."""

from __future__ import annotations

import io
import re

from rich.console import Console

from inrbench.bench.console.summary import show
from inrbench.bench.summary import Summary, SummaryCell
from tests.bench.command import Inrbench

SUMMARY = Summary(
    columns=["method", "image: PSNR (dB)", "ct: PSNR in circle (dB)", "poisson: PSNR (dB)"],
    rows=[
        [SummaryCell("SIREN [x]"), SummaryCell("31.95", True), SummaryCell("27.87"), SummaryCell("30.00")],
        [SummaryCell("ReLU"), SummaryCell("19.01"), SummaryCell("failed"), SummaryCell("—")],
    ],
    classical=[[SummaryCell("TV"), SummaryCell("—"), SummaryCell("44.35"), SummaryCell("—")]],
    notes=["A note."],
    verdicts=["Pictures: SIREN leads with 31.95 dB.", "CT: use total variation (44.35 dB)."],
)


def shown(width: int, *, terminal: bool = False) -> str:
    file = io.StringIO()
    colours = "standard" if terminal else None
    show(SUMMARY, Console(file=file, width=width, force_terminal=terminal, color_system=colours))  # type: ignore[arg-type]
    return file.getvalue()


def test_a_wide_console_has_one_table_and_the_verdicts_below() -> None:
    lines = [line.split() for line in shown(120).splitlines()]
    assert ["SIREN", "[x]", "31.95", "27.87", "30.00"] in lines
    assert ["TV", "—", "44.35", "—"] in lines
    assert shown(120).endswith("\nA note.\nPictures: SIREN leads with 31.95 dB.\nCT: use total variation (44.35 dB).\n")
    assert "\x1b" not in shown(120)


def test_a_narrow_console_has_the_table_in_parts_with_the_methods_in_each() -> None:
    text = shown(36)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 36
    assert len(re.findall(r"^SIREN \[x\] ", text, re.MULTILINE)) == 3
    assert len(re.findall(r"^TV ", text, re.MULTILINE)) == 1, "a row without a value is left out of a part"
    assert all(value in text for value in ("31.95", "27.87", "30.00", "44.35", "failed"))


def test_colours_are_for_a_terminal() -> None:
    text = shown(120, terminal=True)
    assert re.search(r"\x1b\[1;32m *31\.95", text)
    assert re.search(r"\x1b\[31m *failed", text)


def test_a_run_ends_with_the_table_the_verdict_and_the_page_and_markdown_is_an_option(
    tiny: object, inrbench: Inrbench
) -> None:
    done = inrbench("run", tiny)
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert "PSNR (dB)" in done.stdout
    assert {lines[-2], lines[-1]} == {
        "Tables: results/tiny/report/tables",
        "Report: results/tiny/report/index.html",
    }
    (verdict,) = [line for line in lines if line.startswith("Pictures: ")]
    assert re.match(r"Pictures: (SIREN|ReLU) leads with \d+\.\d\d dB\.", verdict)
    assert "###" not in done.stdout
    assert "### image" in inrbench("report", tiny, "--markdown").stdout
    assert inrbench("run", tiny).stdout == done.stdout, "what was kept is shown alike"
