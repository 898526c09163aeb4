"""LaTeX tables: TeX accepts them, or where there is none, they are balanced; a choice of columns."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from inrbench import report
from inrbench.report.data.load import load
from inrbench.report.source import NoResults
from inrbench.report.tables.build import build
from inrbench.report.tables.formats import latex
from tests.report.laboratory import Lab

PDFLATEX = shutil.which("pdflatex") or ""


def sources(written: report.Report) -> list[str]:
    return [path.read_text() for path in sorted((written.folder / "tables").glob("*.tex"))]


def test_tables_are_balanced(written: report.Report, studied: report.Report) -> None:
    for text in [*sources(written), *sources(studied)]:
        bare = re.sub(r"\\[{}&%$#_]", "", text)
        assert bare.count("{") == bare.count("}")
        assert bare.count("$") % 2 == 0
        assert text.isascii()
        assert re.findall(r"\\begin\{(.*?)\}", text) == re.findall(r"\\end\{(.*?)\}", text)[::-1]
        rows = [line for line in bare.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
        assert len({row.count("&") for row in rows}) == 1


@pytest.mark.skipif(not PDFLATEX, reason="needs pdflatex: apt-get install texlive-latex-recommended")
def test_tex_accepts_the_tables(written: report.Report, studied: report.Report, tmp_path: Path) -> None:
    head = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{booktabs}\usepackage{amssymb}\begin{document}"
    body = "\n\\clearpage\n".join([*sources(written), *sources(studied)])
    (tmp_path / "all.tex").write_text(f"{head}\n{body}\n\\end{{document}}\n")
    command = [PDFLATEX, "-halt-on-error", "-interaction=nonstopmode", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "all.pdf").stat().st_size > 10_000


def test_chosen_columns_alone_are_printed_with_their_notes(lab: Lab) -> None:
    lab.job("siren", 33.0)
    lab.job("mfn", 30.0, engine="autograd", timing_valid=False)
    suite = load(lab.store)
    table = build(suite, suite.tasks[0])
    chosen = latex(table, "made-up", ["params", "PSNR (dB)"])
    assert r"method & PSNR (dB) & params \\" in chosen
    assert r"\begin{tabular}{@{}lrr@{}}" in chosen
    assert r"\S{}" not in chosen
    assert r"\S{}" in latex(table, "made-up")
    lab.job("relu", 20.0, threads=4)
    suite = load(lab.store)
    table = build(suite, suite.tasks[0])
    assert "[a]" in latex(table, "made-up", ["train (s)"])
    assert "[a]" not in latex(table, "made-up", ["params", "PSNR (dB)"])


def test_a_column_that_no_table_has_is_named_with_those_there_are(lab: Lab) -> None:
    lab.job("siren")
    with pytest.raises(NoResults, match=r"no table has a column 'PSNR'; there are: n, PSNR \(dB\), "):
        report.write(lab.store, about={"columns": ["PSNR"]})
