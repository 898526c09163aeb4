"""Tables of tasks: means, marks, notes, and the raw numbers for CSV."""

from __future__ import annotations

import csv
import io

from inrbench.report.data.load import load
from inrbench.report.tables.build import build, shorten
from inrbench.report.tables.formats import comma_separated
from inrbench.report.tables.table import Table
from tests.report.laboratory import Lab


def table(lab: Lab) -> Table:
    suite = load(lab.store)
    return build(suite, suite.tasks[0])


def cell(found: Table, label: str, column: str) -> str:
    row = next(row for row in found.rows + found.classical if row[0].text == label)
    return row[found.columns.index(column)].text


def bold(found: Table, column: str) -> set[str]:
    return {row[0].text for row in found.rows + found.classical if row[found.columns.index(column)].bold}


def test_mean_and_interval(lab: Lab) -> None:
    for repeat, value in enumerate((30.0, 31.0, 32.0)):
        lab.job("siren", value, repeat=repeat)
    found = table(lab)
    assert cell(found, "SIREN", "PSNR (dB)") == "31.00 ± 2.48"
    assert cell(found, "SIREN", "n") == "3"
    assert cell(found, "SIREN", "params") == "49,921"
    assert cell(found, "SIREN", "train (s)") == "13.5"


def test_a_single_repeat_shows_no_interval(lab: Lab) -> None:
    lab.job("siren", 30.0)
    lab.job("relu", 29.99)
    found = table(lab)
    assert cell(found, "SIREN", "PSNR (dB)") == "30.00"
    assert bold(found, "PSNR (dB)") == {"SIREN"}


def test_failures_are_counted_and_explained(lab: Lab) -> None:
    lab.job("siren", 30.0)
    lab.job("siren", 31.0, repeat=1)
    lab.job("siren", repeat=2, status="diverged", error="loss became NaN\nat step 3")
    lab.job("gauss", status="crashed", error=None)
    found = table(lab)
    assert cell(found, "SIREN", "n") == "2/3"
    assert cell(found, "gauss", "n") == "0/1"
    assert cell(found, "gauss", "PSNR (dB)") == "—"
    assert "SIREN: 1 diverged (camera, repeat 2: loss became NaN)" in found.notes
    assert "gauss: 1 crashed (camera, repeat 0: no cause stored)" in found.notes


def test_the_best_mean_is_bold_what_is_not_separated_is_marked_and_baselines_never(lab: Lab) -> None:
    for repeat, (first, second, third) in enumerate([(30.0, 30.3, 20.0), (31.0, 30.8, 21.0), (32.0, 31.9, 22.0)]):
        for method, value in (("a", first), ("b", second), ("c", third)):
            lab.job(method, value, repeat=repeat)
    lab.job("tv", 99.0, kind="baseline", label="TV")
    found = table(lab)
    assert bold(found, "PSNR (dB)") == bold(found, "best PSNR (oracle)") == {"a"}
    assert [cell(found, name, "PSNR (dB)").endswith("≈") for name in "abc"] == [False, True, False]
    assert any(note.startswith("≈ Not separated from the best") for note in found.notes)
    assert bold(found, "data loss") == set()
    assert [row[0].text for row in found.classical] == ["TV"]
    assert cell(found, "TV", "best PSNR (oracle)") == "—"


def test_times_of_two_machines_never_share_a_mean(lab: Lab) -> None:
    lab.job("siren", repeat=0, train_s=10.0)
    lab.job("siren", repeat=1, train_s=2.0, device="cuda", device_name="Fast GPU", timing_valid=False)
    lab.job("relu", train_s=8.0)
    found = table(lab)
    assert cell(found, "SIREN", "train (s)") == "2.00† [a] · 10.0 [b]"
    assert cell(found, "relu", "train (s)") == "8.00 [b]"
    assert "[a] Fast GPU" in found.notes
    assert "[b] Some CPU, 2 threads" in found.notes
    assert any(note.startswith("†") for note in found.notes)
    record = next(iter(csv.DictReader(io.StringIO(comma_separated(found)))))
    assert {"train_s_mean@Fast GPU", "train_s_mean@Some CPU, 2 threads"} <= set(record)


def test_the_number_of_threads_makes_other_hardware(lab: Lab) -> None:
    lab.job("siren", repeat=0, threads=1)
    lab.job("siren", repeat=1, threads=2)
    assert cell(table(lab), "SIREN", "train (s)") == "12.5 [a] · 13.5 [b]"


def test_a_mean_over_fewer_signals_is_marked(lab: Lab) -> None:
    for signal in ("camera", "coffee"):
        lab.job("siren", 30.0, signal=signal)
    lab.job("relu", 50.0)
    lab.job("relu", signal="coffee", status="oom", error="out of memory")
    found = table(lab)
    assert cell(found, "relu", "PSNR (dB)") == "50.00 ‡"
    assert bold(found, "PSNR (dB)") == {"SIREN"}
    assert any(note.startswith("‡") for note in found.notes)


def test_networks_without_a_signal_that_a_classical_method_has_are_marked(lab: Lab) -> None:
    for method in ("siren", "relu"):
        lab.job(method, 30.0, signal="camera")
        lab.job(method, signal="coffee", status="diverged")
    for signal in ("camera", "coffee"):
        lab.job("tv", 25.0, signal=signal, kind="baseline", label="tv")
    found = table(lab)
    assert [cell(found, name, "PSNR (dB)") for name in ("SIREN", "relu")] == ["30.00 ‡"] * 2
    assert bold(found, "PSNR (dB)") == set()


def test_the_caption_says_what_was_done_to_a_users_file(lab: Lab) -> None:
    for signal in ("camera", "photo@1a2b3c4d"):
        lab.job("siren", signal=signal, data_prepared="360 × 480 → 72 × 96")
    assert "Signals camera, photo@1a2b3c4d (360 × 480 → 72 × 96), 1 repeat" in table(lab).caption


def test_the_caption_has_the_settings(lab: Lab) -> None:
    lab.job("siren", train='{"steps": 100, "lr": 0.001}')
    lab.job("relu", train='{"steps": 100, "lr": 0.003}')
    caption = table(lab).caption
    for part in (
        "Signal camera",
        "1 repeat,",
        "size 128",
        "depth 3",
        "steps 100",
        "lr per method",
        "Some CPU, 2 threads",
    ):
        assert part in caption


def test_shorten_keeps_one_line() -> None:
    assert shorten("\n  first \nsecond") == "first"
    assert shorten("x" * 300, 10) == "x" * 9 + "…"


def test_a_rule_adds_the_value_that_it_chooses(lab: Lab) -> None:
    curve = {1: 10.0, 10: 32.0, 30: 31.0, 100: 30.0}
    lab.job("siren", curve=curve, chosen_step=30, train='{"steps": 100, "stop": "plateau"}')
    lab.job("relu", curve=curve, chosen_step=100, train='{"steps": 100, "stop": "plateau"}')
    lab.job("tv", 40.0, kind="baseline")
    found = table(lab)
    assert found.columns[2:5] == ("final PSNR (dB)", "chosen PSNR (dB)", "best PSNR (oracle)")
    assert [cell(found, "SIREN", column) for column in found.columns[2:5]] == ["30.00", "31.00", "32.00"]
    assert [cell(found, "relu", column) for column in found.columns[2:5]] == ["30.00", "30.00", "32.00"]
    assert [cell(found, "TV", column) for column in found.columns[2:5]] == ["40.00", "—", "—"]
    assert bold(found, "chosen PSNR (dB)") == {"SIREN"}
    assert "Chosen: at the eval step that the plateau rule chooses without the truth." in found.notes
    records = {row["label"]: row for row in csv.DictReader(io.StringIO(comma_separated(found)))}
    assert (records["SIREN"]["chosen_psnr_mean"], records["SIREN"]["chosen_step_mean"]) == ("31.0", "30.0")
    assert (records["tv"]["chosen_psnr_mean"], records["tv"]["chosen_step_mean"]) == ("40.0", "")


def test_a_stored_step_needs_no_named_rule(lab: Lab) -> None:
    lab.job("siren", curve={10: 32.0, 100: 30.0}, chosen_step=10)
    assert cell(table(lab), "SIREN", "chosen PSNR (dB)") == "32.00"


def test_the_last_step_as_the_chosen_one_adds_nothing(lab: Lab) -> None:
    lab.job("siren", chosen_step=100, train='{"steps": 100, "stop": null}')
    found = table(lab)
    assert found.columns[2] == "PSNR (dB)"
    assert not any(column.startswith("chosen") for column in found.columns)
    assert "stop" not in found.caption


def test_csv_lists_the_settings_of_each_method(lab: Lab) -> None:
    lab.job("siren", train='{"lr": 0.001}')
    lab.job("relu", train='{"lr": 0.003}')
    records = csv.DictReader(io.StringIO(comma_separated(table(lab))))
    assert {row["method"]: row["train"] for row in records} == {"siren": '{"lr": 0.001}', "relu": '{"lr": 0.003}'}


def test_times_of_another_engine_are_marked_and_explained(lab: Lab) -> None:
    for method in ("siren", "relu"):
        lab.job(method)
    lab.job("mfn", engine="autograd", label="MFN")
    lab.job("tv", 25.0, kind="baseline", train_s=0.5)
    found = table(lab)
    assert [cell(found, label, "train (s)") for label in ("SIREN", "relu", "MFN", "TV")] == [
        "12.5", "12.5", "12.5§", "0.50",
    ]  # fmt: skip
    assert cell(found, "MFN", "step (ms)") == "125§"
    assert (
        "§ marks times of another engine, which do not compare (MFN: autograd; other methods: compiled MLP)."
        in found.notes
    )
    engines = {row["label"]: row["engine"] for row in csv.DictReader(io.StringIO(comma_separated(found)))}
    assert engines == {"SIREN": "mlp", "relu": "mlp", "MFN": "autograd", "tv": ""}


def test_times_of_two_engines_never_share_a_mean(lab: Lab) -> None:
    for repeat, engine in enumerate(["mlp", "mlp", "autograd"]):
        lab.job("siren", repeat=repeat, engine=engine)
        lab.job("relu", repeat=repeat)
    found = table(lab)
    assert cell(found, "SIREN", "train (s)") == "14.5§ · 13.0"
    assert cell(found, "relu", "train (s)") == "13.5"
    record = next(row for row in found.records if row["method"] == "siren")
    assert record["train_s_mean@mlp"] == 13.0
    assert record["train_s_mean@autograd"] == 14.5
    assert "train_s_mean" not in record


def test_old_rows_without_an_engine_do_not_compare_with_new_ones(lab: Lab) -> None:
    for method in ("siren", "relu"):
        lab.job(method)
    lab.job("gauss", engine=None, compiled=True)
    assert cell(table(lab), "gauss", "train (s)") == "12.5§"
    assert any("gauss: compiled code" in note for note in table(lab).notes)


def test_frozen_numbers_have_a_column_where_there_are_any(lab: Lab) -> None:
    lab.job("siren", frozen=0)
    assert "frozen" not in table(lab).columns
    lab.job("rff", params=1000, frozen=96, label="RFF")
    lab.job("tv", 25.0, kind="baseline")
    lab.job("old", frozen=None)
    found = table(lab)
    assert [cell(found, label, "frozen") for label in ("SIREN", "RFF", "old", "TV")] == ["0", "96", "—", "—"]
    assert cell(found, "RFF", "params") == "1,000"


def test_passes_stand_beside_the_steps_where_an_optimiser_has_more_of_them(lab: Lab) -> None:
    lab.job("siren", passes=100)
    assert "passes" not in table(lab).columns
    lab.job("relu", label="ReLU", passes=131)
    found = table(lab)
    assert (cell(found, "SIREN", "passes"), cell(found, "ReLU", "passes")) == ("100", "131")
    assert cell(found, "ReLU", "steps") == "100"


def test_a_note_says_where_repeats_are_too_few_to_order_methods(lab: Lab) -> None:
    def notes() -> list[str]:
        return [note for note in table(lab).notes if "may be chance" in note]

    for method, value in (("siren", 30.0), ("relu", 20.0)):
        lab.job(method, value)
        lab.job(method, value, signal="coffee")
    assert notes() == ["One repeat: the spread is unknown, and the order may be chance."]
    lab.job("siren", 30.5, repeat=1)
    lab.job("relu", 20.5, repeat=1, status="diverged")
    assert notes() == ["One repeat of coffee: the spread is unknown, and the order may be chance."]
    lab.job("siren", 30.5, repeat=1, signal="coffee")
    assert notes() == ["Two repeats: a spread of two values is hardly known, and the order may be chance."]
    for signal in ("camera", "coffee"):
        lab.job("siren", 31.0, repeat=2, signal=signal)
    assert notes() == []
