"""The matrix of methods by tasks: places among all methods, mean ranks among networks."""

from __future__ import annotations

from inrbench.report.data.load import load
from inrbench.report.data.matrix import matrix
from inrbench.report.tables import overview
from inrbench.report.tables.formats import latex, markdown
from tests.report.laboratory import Lab


def made(lab: Lab) -> Lab:
    """Two tasks; WIRE fails on the second, where a classical method is the best."""
    for method, values in {"siren": (33.0, 20.0), "relu": (20.0, 25.0), "wire": (30.0, None)}.items():
        for task, value in zip(("image", "ct"), values, strict=True):
            lab.job(method, value or 0.0, task=task, status="ok" if value else "diverged")
    lab.job("tv", 40.0, task="ct", kind="baseline", label="tv")
    return lab


def test_ranks_are_among_networks_and_shares_among_all(lab: Lab) -> None:
    found = matrix(load(made(lab).store))
    assert [task.key for task in found.tasks] == ["ct", "image"]
    assert [(row.label, row.rank) for row in found.rows] == [
        ("SIREN", 1.5), ("relu", 2.0), ("wire", 2.5), ("tv", None)
    ]  # fmt: skip
    shares = {row.key: [entry.share if entry and entry.value else None for entry in row.entries] for row in found.rows}
    assert shares == {"siren": [1.0, 0.0], "relu": [0.5, 1.0], "wire": [None, 0.5], "tv": [0.0, None]}
    assert [row.key for row in found.rows if row.entries[0] and row.entries[0].best] == ["relu"]


def test_a_method_that_lacks_a_signal_has_the_last_rank_and_is_never_best(lab: Lab) -> None:
    lab.job("siren", 40.0)
    for signal, value in {"camera": 30.0, "coins": 31.0}.items():
        lab.job("relu", value, signal=signal)
    found = matrix(load(lab.store))
    assert {row.key: row.rank for row in found.rows} == {"siren": 2.0, "relu": 1.0}
    (entry,) = found.rows[1].entries
    assert entry is not None
    assert entry.partial
    assert not entry.best


def test_networks_that_lack_what_a_classical_method_has_compare_with_one_another(lab: Lab) -> None:
    for method, value in {"siren": 30.0, "relu": 20.0}.items():
        lab.job(method, value)
    for signal in ("camera", "coins"):
        lab.job("tv", 25.0, signal=signal, kind="baseline", label="tv")
    lab.job("fbp", 25.0, task="ct", kind="baseline", label="fbp")  # a task without networks has no rank
    rows = {row.key: row for row in matrix(load(lab.store)).rows}
    assert {key: row.rank for key, row in rows.items()} == {"siren": 1.0, "relu": 2.0, "tv": None, "fbp": None}
    found = {key: entry for key, row in rows.items() for entry in row.entries if entry is not None}
    assert {key: (entry.partial, entry.ranked, entry.best) for key, entry in found.items()} == {
        "siren": (True, True, False), "relu": (True, True, False), "tv": (False, False, False),
        "fbp": (False, False, False),
    }  # fmt: skip


def test_the_table_of_a_paper(lab: Lab) -> None:
    (table,) = overview.tables(matrix(load(made(lab).store)))
    assert markdown(table).splitlines()[2:9] == [
        "| method      | ct: PSNR (dB) | image: PSNR (dB) | mean rank |",
        "| :---------- | ------------: | ---------------: | --------: |",
        "| SIREN       |         20.00 |        **33.00** |       1.5 |",
        "| relu        |     **25.00** |            20.00 |       2.0 |",
        "| wire        |        failed |            30.00 |       2.5 |",
        "| *classical* |               |                  |           |",
        "| TV          |         40.00 |                — |         — |",
    ]
    assert r"SIREN & 20.00 & \textbf{\boldmath 33.00} & 1.5 \\" in latex(table, "made-up")


def test_one_task_needs_no_table_of_tasks(lab: Lab) -> None:
    lab.job("siren")
    assert overview.tables(matrix(load(lab.store))) == []
