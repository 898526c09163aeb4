"""The overview of a suite: dot plots or a matrix, with ranks."""

from __future__ import annotations

from inrbench.report.data.load import load
from inrbench.report.data.matrix import matrix
from inrbench.report.figures.overview import draw
from inrbench.report.tables.overview import tables
from tests.report.laboratory import Lab, drawn, styles


def test_many_tasks_make_a_matrix(lab: Lab) -> None:
    for index in range(8):
        for place, method in enumerate(("siren", "relu", "gauss")):
            failed = index == 3 and method == "gauss"
            lab.job(method, 30.0 - place, task=f"task-{index}", status="oom" if failed else "ok")
    lab.job("wire", 99.0, task="task-0")
    lab.job("tv", 40.0, task="task-0", kind="baseline", label="tv")
    suite = load(lab.store)
    (axis,) = drawn(draw(suite, styles(*suite.tasks))).axes
    texts = [text.get_text() for text in axis.texts]
    assert texts.count("failed") == 1
    assert {"40.0\nTV", "—"} <= set(texts)  # WIRE is on one task of eight: its mean rank compares with none
    rows = [label.get_text() for label in axis.get_yticklabels()]
    assert rows == ["SIREN", "relu", "gauss", "wire", "best classical"]


def test_the_mean_ranks_are_those_of_the_table(lab: Lab) -> None:
    """Means over different tasks do not compare, and equal values share a rank."""
    for index in range(5):
        for place, (method, level) in enumerate({"siren": 30.0, "finer": 30.0, "gauss": 25.0}.items()):
            if place != index:
                lab.job(method, level, task=f"task-{index}")
        lab.job("relu", 20.0, task=f"task-{index}")
        lab.job("silu", 20.0, task=f"task-{index}")
    lab.job("tv", 25.0, task="ct", kind="baseline", label="tv")
    suite = load(lab.store)
    (table,) = tables(matrix(suite))
    (axis,) = drawn(draw(suite, styles(*suite.tasks))).axes
    texts = [text.get_text() for text in axis.texts]
    assert texts[-5:] == [row[-1].text for row in table.rows] == ["3.9", "3.9", "—", "—", "—"]
    assert not any(text.get_text() == "TV" for text in axis.texts)  # no network ran on ct


def test_a_mean_over_fewer_signals_is_marked(lab: Lab) -> None:
    for index in range(5):
        for signal in ("camera", "coins"):
            lab.job("siren", 30.0, task=f"task-{index}", signal=signal)
        lab.job("relu", 40.0, task=f"task-{index}", signal="camera")
    suite = load(lab.store)
    (axis,) = drawn(draw(suite, styles(*suite.tasks))).axes
    bold = [text.get_text() for text in axis.texts if text.get_fontweight() == "bold"]
    assert bold == ["30.0"] * 5 + ["1.0", "2.0"]
    assert [text.get_text() for text in axis.texts].count("40.0 ‡") == 5


def test_a_few_tasks_have_a_panel_each_and_a_line_for_the_best_baseline(lab: Lab) -> None:
    for task in ("a", "b"):
        lab.job("siren", 30.0, task=task)
        lab.job("relu", task=task, status="oom" if task == "b" else "ok")
    for label, level in (("fbp", 20.0), ("tv", 25.0)):
        lab.job(label, level, task="a", kind="baseline")
    suite = load(lab.store)
    first, second = drawn(draw(suite, styles(*suite.tasks))).axes
    assert [text.get_text() for text in first.texts] == ["TV"]
    assert [text.get_text() for text in second.texts] == ["failed"]
    assert first.get_xlabel() == "final PSNR (dB)"


def test_without_a_value_there_is_no_overview(lab: Lab) -> None:
    lab.job("siren", status="oom")
    suite = load(lab.store)
    assert draw(suite, styles(*suite.tasks)) is None
