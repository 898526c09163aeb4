import csv
import io
import json
import math

import pytest

from report.tables import formats as render
from report.tables.selection import COLUMNS, choose, swept, table, tables

LOSS = 0.01


def sweep(lab, norms, levels, losses=None, *, repeat=0, stop_loss=LOSS, **columns):
    """One run for each c, at the positions of the lists."""
    for c, norm in norms.items():
        loss = (losses or {}).get(c, LOSS)
        train = {"steps": 100} | ({"stop_loss": stop_loss} if stop_loss else {})
        settings = {"activation_params": json.dumps({"c": c}), "train": json.dumps(train), **columns}
        lab.job(
            f"bw-relu[c={c}]", levels[c], repeat=repeat, label=f"BW-ReLU c={c}", losses={1: 1.0, 100: loss},
            extra=[{"step": 100, "train_s": 1.0, "metric": "path_norm", "value": norm, "direction": 0}], **settings,
        )  # fmt: skip


def chosen(lab):
    return choose(lab.store.runs(), lab.store.scores())


def marks(frame, column):
    return list(frame.loc[frame[column].astype(bool), "value"])


def test_the_least_norm_is_chosen_and_the_gap_is_to_the_best(lab) -> None:
    sweep(lab, {1: 9.0, 3: 4.0, 5: 6.0}, {1: 30.0, 3: 31.0, 5: 31.5})
    sweep(lab, {1: 9.0, 3: 5.0, 5: 6.0}, {1: 30.0, 3: 32.0, 5: 32.5}, repeat=1)
    frame = chosen(lab)
    assert list(frame.columns) == COLUMNS
    assert list(frame["value"]) == [1, 3, 5]
    assert list(frame["path_norm"]) == [9.0, 4.5, 6.0]
    assert (marks(frame, "chosen"), marks(frame, "oracle")) == ([3], [5])
    assert frame["gap"].to_list() == pytest.approx([0.5] * 3)
    assert list(frame["score"]) == [30.0, 31.5, 32.0]


def test_who_never_reached_the_loss_is_marked_and_not_chosen(lab) -> None:
    sweep(lab, {1: 1.0, 2: 3.0, 3: 5.0}, {1: 40.0, 2: 31.0, 3: 30.0}, {1: LOSS * 1.02, 2: LOSS * 1.005})
    frame = chosen(lab)
    assert list(frame["status"]) == ["loss not reached", "", ""]
    assert marks(frame, "chosen") == [2]
    assert marks(frame, "oracle") == [1]  # what the choice costs is judged against all that were run
    assert frame["gap"].iloc[0] == pytest.approx(9.0)


def test_one_repeat_short_of_the_loss_takes_its_value_out(lab) -> None:
    sweep(lab, {1: 1.0, 2: 3.0, 3: 5.0}, {1: 30.0, 2: 31.0, 3: 30.0})
    sweep(lab, {1: 1.0, 2: 3.0, 3: 5.0}, {1: 30.0, 2: 31.0, 3: 30.0}, {1: 0.5}, repeat=1)
    frame = chosen(lab)
    assert frame["status"].iloc[0] == "loss reached by 1 of 2"
    assert marks(frame, "chosen") == [2]


def test_a_failed_run_takes_its_value_out(lab) -> None:
    sweep(lab, {1: 1.0}, {1: 30.0}, status="diverged", error="loss inf")
    sweep(lab, {2: 3.0, 3: 5.0}, {2: 31.0, 3: 30.0})
    frame = chosen(lab)
    assert frame["status"].iloc[0] == "1 of 1 failed"
    assert math.isnan(frame["path_norm"].iloc[0])
    assert marks(frame, "chosen") == [2]


def test_without_a_stop_loss_a_worse_fit_takes_no_part(lab) -> None:
    sweep(lab, {1: 1.0, 2: 3.0, 3: 5.0}, {1: 30.0, 2: 31.0, 3: 30.0}, {1: 0.021, 2: 0.019, 3: 0.01}, stop_loss=None)
    frame = chosen(lab)
    assert list(frame["status"]) == ["fits the data worse", "", ""]
    assert marks(frame, "chosen") == [2]


def test_a_metric_to_minimise(lab) -> None:
    for c, (norm, error) in {1: (1.0, 0.3), 2: (3.0, 0.1), 3: (5.0, 0.2)}.items():
        extra = [{"step": 100, "train_s": 1.0, "metric": "mse", "value": error, "direction": -1}]
        extra += [{"step": 100, "train_s": 1.0, "metric": "path_norm", "value": norm, "direction": 0}]
        params = json.dumps({"c": c})
        lab.job(f"bw-relu[c={c}]", losses={100: LOSS}, extra=extra, metric="mse", activation_params=params)
    frame = chosen(lab)
    assert (marks(frame, "chosen"), marks(frame, "oracle")) == ([1], [2])
    assert frame["gap"].iloc[0] == pytest.approx(0.2)


def test_one_left_is_no_choice(lab) -> None:
    sweep(lab, {1: 1.0, 2: 3.0, 3: 5.0}, {1: 30.0, 2: 31.0, 3: 30.0}, {1: 1.0, 2: 1.0})
    frame = chosen(lab)
    assert marks(frame, "chosen") == []
    assert tables(frame)[0].notes == ("No choice: fewer than two values of c fit the data alike.",)


def test_signals_and_other_parameters_are_choices_of_their_own(lab) -> None:
    sweep(lab, {1: 1.0, 2: 2.0, 3: 3.0}, {1: 30.0, 2: 31.0, 3: 30.0}, signal="a")
    sweep(lab, {1: 3.0, 2: 2.0, 3: 1.0}, {1: 30.0, 2: 31.0, 3: 30.0}, signal="b")
    for c in (1, 2, 3):
        params = json.dumps({"c": c, "linear_layers": True})
        extra = [{"step": 100, "train_s": 1.0, "metric": "path_norm", "value": float(c), "direction": 0}]
        lab.job(f"bw-lin[c={c}]", signal="a", activation="bw-relu", activation_params=params, extra=extra)
    frame = chosen(lab)
    assert len(frame) == 9
    assert marks(frame, "chosen") == [1, 1, 3]
    (made,) = tables(frame)
    assert [row[0].text for row in made.rows][:4:3] == ["a, bw-relu: 1", "a, bw-relu (linear layers on): 1"]


@pytest.mark.parametrize("values", [{1: 1.0, 2: 2.0}, {}])
def test_too_few_values_are_no_choice(lab, values) -> None:
    sweep(lab, values, dict.fromkeys(values, 30.0))
    lab.job("siren")
    lab.job("tv", kind="baseline")
    frame = chosen(lab)
    assert frame.empty
    assert list(frame.columns) == COLUMNS
    assert tables(frame) == []
    assert table(frame) == "Nothing to choose from: no task has path norms at 3 values of the parameter."


def test_without_path_norms_there_is_no_choice(lab) -> None:
    for c in (1, 2, 3):
        lab.job(f"bw-relu[c={c}]", activation_params=json.dumps({"c": c}))
    assert chosen(lab).empty


def test_a_switch_is_no_value() -> None:
    assert swept({"c": True}) is None
    assert swept({"c": "x"}) is None
    assert swept({"c": 2}) == 2.0


def test_the_table_says_what_the_choice_costs(studied) -> None:
    text = studied.tables[-1]
    assert text.startswith("### Choosing c without the truth: ct, head, bw-relu")
    assert "The least path norm chooses c = 3, the oracle c = 2: a gap of 1.00 dB." in text
    assert "loss reached by 0 of 2" in text
    records = csv.DictReader(io.StringIO((studied.folder / "tables" / "choose-ct.csv").read_text()))
    assert [row["chosen"] for row in records] == ["False", "False", "True", "False"]


def test_the_table_has_all_formats(lab) -> None:
    sweep(lab, {1: 9.0, 3: 4.0, 5: 6.0}, {1: 30.0, 3: 31.0, 5: 31.5})
    (made,) = tables(chosen(lab))
    assert table(chosen(lab)) == render.markdown(made)
    assert "| **3** |" in render.markdown(made).replace("  ", " ").replace("  ", " ")
    assert "Bold: the chosen value and the best PSNR." in render.latex(made, "suite")
    assert "Choosing c without the truth" in render.html(made)
