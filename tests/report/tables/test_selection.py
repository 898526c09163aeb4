"""Selection without the truth: who takes part, who is chosen, and the gap to the oracle."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from inrbench import report
from inrbench.report.data.load import load
from inrbench.report.tables import formats
from inrbench.report.tables.selection import Choice, choices, summary, swept, tables
from tests.report.laboratory import Lab

LOSS = 0.01


def sweep(
    lab: Lab,
    norms: Mapping[int, float],
    levels: Mapping[int, float],
    losses: Mapping[int, float] | None = None,
    *,
    repeat: int = 0,
    stop_loss: float | None = LOSS,
    **columns: Any,
) -> None:
    """One run for each c with its path norm, its PSNR and its data loss, `LOSS` by default."""
    for c, norm in norms.items():
        loss = (losses or {}).get(c, LOSS)
        train = {"steps": 100} | ({"stop_loss": stop_loss} if stop_loss else {})
        settings = {"activation_params": json.dumps({"c": c}), "train": json.dumps(train), **columns}
        lab.job(
            f"bw-relu[c={c}]", levels[c], repeat=repeat, label=f"BW-ReLU c={c}", losses={1: 1.0, 100: loss},
            extra=[lab.score("path_norm", 100, norm)], **settings,
        )  # fmt: skip


def only(lab: Lab) -> Choice:
    (choice,) = choices(lab.task())
    return choice


def marks(choice: Choice) -> tuple[float | None, float | None]:
    """The chosen value and the oracle's."""
    first, second = (None if item is None else item.value for item in (choice.chosen, choice.oracle))
    return first, second


def test_the_least_norm_is_chosen_and_the_gap_is_to_the_best(lab: Lab) -> None:
    sweep(lab, {1: 9.0, 3: 4.0, 5: 6.0}, {1: 30.0, 3: 31.0, 5: 31.5})
    sweep(lab, {1: 9.0, 3: 5.0, 5: 6.0}, {1: 30.0, 3: 32.0, 5: 32.5}, repeat=1)
    choice = only(lab)
    assert [item.value for item in choice.candidates] == [1, 3, 5]
    assert [item.path_norm for item in choice.candidates] == [9.0, 4.5, 6.0]
    assert [item.score for item in choice.candidates] == [30.0, 31.5, 32.0]
    assert marks(choice) == (3, 5)
    assert choice.gap == pytest.approx(0.5)


def test_a_value_that_did_not_reach_the_loss_is_excluded_but_may_be_the_oracle(lab: Lab) -> None:
    sweep(lab, {1: 1.0, 2: 3.0, 3: 5.0}, {1: 40.0, 2: 31.0, 3: 30.0}, {1: LOSS * 1.02, 2: LOSS * 1.005})
    choice = only(lab)
    assert [item.excluded for item in choice.candidates] == ["loss not reached", "", ""]
    assert marks(choice) == (2, 1)
    assert choice.gap == pytest.approx(9.0)


def test_one_repeat_above_the_loss_excludes_its_value(lab: Lab) -> None:
    sweep(lab, {1: 1.0, 2: 3.0, 3: 5.0}, {1: 30.0, 2: 31.0, 3: 30.0})
    sweep(lab, {1: 1.0, 2: 3.0, 3: 5.0}, {1: 30.0, 2: 31.0, 3: 30.0}, {1: 0.5}, repeat=1)
    choice = only(lab)
    assert choice.candidates[0].excluded == "loss reached by 1 of 2"
    assert marks(choice)[0] == 2


def test_a_failed_run_excludes_its_value(lab: Lab) -> None:
    sweep(lab, {1: 1.0}, {1: 30.0}, status="diverged", error="loss inf")
    sweep(lab, {2: 3.0, 3: 5.0}, {2: 31.0, 3: 30.0})
    choice = only(lab)
    assert choice.candidates[0].excluded == "1 of 1 failed"
    assert choice.candidates[0].path_norm is None
    assert marks(choice)[0] == 2


def test_a_path_norm_that_is_not_finite_excludes_its_value(lab: Lab) -> None:
    sweep(lab, {1: float("nan"), 2: 3.0, 3: 5.0}, {1: 30.0, 2: 31.0, 3: 30.0})
    choice = only(lab)
    assert choice.candidates[0].excluded == "no path norm"
    assert marks(choice)[0] == 2


def test_without_a_stop_loss_a_worse_fit_is_excluded(lab: Lab) -> None:
    sweep(lab, {1: 1.0, 2: 3.0, 3: 5.0}, {1: 30.0, 2: 31.0, 3: 30.0}, {1: 0.021, 2: 0.019, 3: 0.01}, stop_loss=None)
    choice = only(lab)
    assert [item.excluded for item in choice.candidates] == ["fits the data worse", "", ""]
    assert marks(choice)[0] == 2


def test_a_metric_to_minimise(lab: Lab) -> None:
    for c, (norm, error) in {1: (1.0, 0.3), 2: (3.0, 0.1), 3: (5.0, 0.2)}.items():
        extra = [lab.score("mse", 100, error, -1), lab.score("path_norm", 100, norm)]
        params = json.dumps({"c": c})
        lab.job(f"bw-relu[c={c}]", losses={100: LOSS}, extra=extra, metric="mse", activation_params=params)
    choice = only(lab)
    assert marks(choice) == (1, 2)
    assert choice.gap == pytest.approx(0.2)


def test_one_value_left_is_no_choice(lab: Lab) -> None:
    sweep(lab, {1: 1.0, 2: 3.0, 3: 5.0}, {1: 30.0, 2: 31.0, 3: 30.0}, {1: 1.0, 2: 1.0})
    assert only(lab).chosen is None
    (table,) = tables(load(lab.store))
    assert table.notes == ("No choice: fewer than two values of c fit the data equally well.",)


def test_signals_and_other_parameters_are_choices_of_their_own(lab: Lab) -> None:
    sweep(lab, {1: 1.0, 2: 2.0, 3: 3.0}, {1: 30.0, 2: 31.0, 3: 30.0}, signal="a")
    sweep(lab, {1: 3.0, 2: 2.0, 3: 1.0}, {1: 30.0, 2: 31.0, 3: 30.0}, signal="b")
    for c in (1, 2, 3):
        params = json.dumps({"c": c, "linear_layers": True})
        extra = [lab.score("path_norm", 100, float(c))]
        lab.job(f"bw-lin[c={c}]", signal="a", activation="bw-relu", activation_params=params, extra=extra)
    assert [marks(choice)[0] for choice in choices(lab.task())] == [1, 1, 3]
    (table,) = tables(load(lab.store))
    assert [row[0].text for row in table.rows][:4:3] == ["a, bw-relu: 1", "a, bw-relu (linear layers on): 1"]


@pytest.mark.parametrize("values", [{1: 1.0, 2: 2.0}, {}])
def test_too_few_values_are_no_choice(lab: Lab, values: dict[int, float]) -> None:
    sweep(lab, values, dict.fromkeys(values, 30.0))
    lab.job("siren")
    lab.job("tv", kind="baseline")
    assert choices(lab.task()) == []
    assert summary(load(lab.store)) == "No choice: no task has path norms at 3 values of c or more."


def test_without_path_norms_there_is_no_choice(lab: Lab) -> None:
    for c in (1, 2, 3):
        lab.job(f"bw-relu[c={c}]", activation_params=json.dumps({"c": c}))
    assert choices(lab.task()) == []


def test_a_switch_is_no_value() -> None:
    assert swept({"c": True}) is None
    assert swept({"c": "x"}) is None
    assert swept({"c": 2}) == 2.0


def test_the_table_has_the_cost_of_the_choice(studied: report.Report) -> None:
    (text,) = (table for table in studied.tables if table.startswith("### Choosing c without the truth: ct, head"))
    assert "bw-relu" in text.splitlines()[0]
    assert "The least path norm chooses c = 3, the oracle c = 2: a gap of 1.00 dB." in text
    assert "loss reached by 0 of 2" in text
    records = csv.DictReader(io.StringIO((studied.folder / "tables" / "choose-ct.csv").read_text()))
    assert [row["chosen"] for row in records] == ["False", "False", "True", "False"]


def test_the_chosen_value_is_bold(lab: Lab) -> None:
    sweep(lab, {1: 9.0, 3: 4.0, 5: 6.0}, {1: 30.0, 3: 31.0, 5: 31.5})
    (table,) = tables(load(lab.store))
    assert summary(load(lab.store)) == formats.markdown(table)
    assert [(row[0].text, row[0].bold, row[4].bold) for row in table.rows] == [
        ("1", False, False), ("3", True, False), ("5", False, True),
    ]  # fmt: skip
    assert "Bold: the chosen value and the best PSNR." in formats.latex(table, "suite")


def test_the_quasi_norm_makes_a_choice_of_its_own(lab: Lab) -> None:
    norms = {1: (9.0, 2e6), 3: (4.0, 1e6), 5: (3.0, 4e6)}
    for c, (norm, quasi_norm) in norms.items():
        extra = [lab.score("path_norm", 100, norm), lab.score("path_quasi_norm", 100, quasi_norm)]
        lab.job(f"bw-relu[c={c}]", 30.0 - c, losses={100: LOSS}, extra=extra, activation_params=json.dumps({"c": c}))
    choice = only(lab)
    assert marks(choice) == (5, 1)
    assert choice.by_quasi_norm is choice.candidates[1]
    assert choice.gap_of(choice.by_quasi_norm) == pytest.approx(2.0)
    (table,) = tables(load(lab.store))
    assert table.notes == (
        "The least path norm chooses c = 5, the oracle c = 1: a gap of 4.00 dB. "
        "The least path quasi-norm chooses 3: a gap of 2.00 dB.",
    )
    assert [row[-1].text for row in table.rows] == ["oracle", "least quasi-norm", "chosen"]
    assert [row[4].text for row in table.rows] == ["2.000e+06", "1.000e+06", "4.000e+06"]
