"""Formats of tables: alignment and escapes of Markdown and LaTeX, digits of CSV."""

from __future__ import annotations

import csv
import io

import pytest

from inrbench.report.data.load import load
from inrbench.report.labels import parameter
from inrbench.report.tables.build import build
from inrbench.report.tables.formats import comma_separated, latex, markdown, tex
from inrbench.report.tables.table import Cell, Table
from tests.report.laboratory import Lab


def made(lab: Lab) -> Table:
    suite = load(lab.store)
    return build(suite, suite.tasks[0])


def test_markdown_is_aligned_and_escaped(lab: Lab) -> None:
    lab.job("siren", 30.0, label="a|b*")
    lab.job("relu", 3.0)
    lab.job("tv", 25.0, kind="baseline", label="TV")
    text = markdown(made(lab))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(row) for row in rows}) == 1
    assert len({row.replace("\\|", "").count("|") for row in rows}) == 1
    assert "a\\|b\\*" in text
    assert "**30.00**" in text
    assert text.index("*classical*") < text.index("TV")


def test_words_stand_on_the_left_and_numbers_on_the_right() -> None:
    cells = [["SIREN", "30.1", "—", "9"], ["2D", "—", "none", "diverged"]]
    rows = tuple(tuple(map(Cell, row)) for row in cells)
    table = Table("t", "t", ("a", "value", "remark", "b"), rows, (), (), "", ())
    text = markdown(table)
    assert "| :---- | ----: | :----- | -------: |" in text
    assert "| SIREN |  30.1 | —      |        9 |" in text
    assert r"\begin{tabular}{@{}lrlr@{}}" in latex(table, "t")


def test_latex_escapes_and_sets_the_best_in_bold(lab: Lab) -> None:
    lab.job("siren", 30.0, label="50%_{x} & $~^#\\")
    lab.job("relu", 20.0, label="[r]")
    lab.job("tv", 25.0, kind="baseline", label="TV")
    text = latex(made(lab), "my suite")
    escaped = r"50\%\_\{x\} \& \$\textasciitilde{}\textasciicircum{}\#\textbackslash{}"
    assert escaped in text
    assert r"\textbf{\boldmath 30.00}" in text
    assert "    {}[r] & " in text
    assert r"\emph{classical}" in text
    assert text.count(r"\begin{") == text.count(r"\end{")
    rules = [text.index(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")]
    assert rules == sorted(rules)


@pytest.mark.parametrize("name", ["omega0", "omega", "s0", "sigma", "beta", "tau"])
def test_symbols_of_parameters_are_set_in_latex(name: str) -> None:
    assert parameter(name) != name
    assert tex(parameter(name)).isascii()


def test_a_character_that_fonts_lack_is_spelled_or_a_question_mark() -> None:
    assert tex("Größe ﬁ x₁₂ 25° Ω 日") == r"Größe fi x$_1$$_2$ 25\textdegree{} $\Omega$ ?"


def test_csv_keeps_every_digit(lab: Lab) -> None:
    lab.job("siren", 1 / 3, repeat=0)
    lab.job("siren", 2 / 3, repeat=1)
    (record,) = csv.DictReader(io.StringIO(comma_separated(made(lab))))
    assert float(record["psnr_mean"]) == pytest.approx(0.5, abs=1e-15)
    assert (record["psnr_n"], record["ok"], record["attempted"]) == ("2", "2", "2")
    assert float(record["psnr_ci95"]) == pytest.approx(12.706204736 / 6, rel=1e-8)


def test_markdown_escapes_no_more_than_it_must(lab: Lab) -> None:
    lab.job("siren", label="tv_weight < 2 _x_ <b>")
    assert "| tv_weight < 2 \\_x\\_ \\<b> " in markdown(made(lab))


def test_marks_are_set_in_latex(lab: Lab) -> None:
    lab.job("siren", timing_valid=False)
    lab.job("relu", 20.0)
    lab.job("gauss", 10.0, engine="autograd")
    text = latex(made(lab), "suite")
    assert r"12.5\textdagger{}" in text
    assert r"12.5\S{}" in text
