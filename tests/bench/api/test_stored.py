"""The object that a run returns."""

from __future__ import annotations

import copy

import pandas as pd
import pytest

import inrbench
from inrbench.bench.errors import BadInput

SUITE = {
    "suite": "two",
    "repeats": 2,
    "model": {"depth": 2, "width": 8},
    "train": {"steps": 4, "lr": 1e-3},
    "tasks": {
        "image": {"signals": ["camera", "coins"], "size": 16},
        "superres": {"signals": ["camera"], "size": 16, "factor": 2},
    },
    "activations": {"relu": {}, "siren": {}},
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> inrbench.Results:
    """Results of a run that was stopped before it had the second repeat of one signal."""
    every = inrbench.run(SUITE, results=tmp_path_factory.mktemp("results"), progress=False)
    jobs = every.final
    for job_id in jobs[(jobs["signal"] == "coins") & (jobs["repeat"] == 1)]["job_id"]:
        (every.folder / "runs" / f"{job_id}.parquet").unlink()
    found = inrbench.Results(every.folder)
    assert found.final.groupby(["task", "signal"])["repeat"].nunique().to_dict() == {
        ("image", "camera"): 2,
        ("image", "coins"): 1,
        ("superres", "camera"): 2,
    }
    return found


def test_tables_are_means_of_the_final_scores(found: inrbench.Results) -> None:
    table = found.table()
    final = found.final
    for method, task in (("SIREN", "image"), ("ReLU", "superres")):
        jobs = final[(final["label"] == method) & (final["task"] == task)]
        signals = [group["value"].mean() for _, group in jobs.groupby("signal")]
        assert table.loc[method, task] == pytest.approx(sum(signals) / len(signals))
    assert list(table.columns) == ["image", "superres"]
    kinds = final.drop_duplicates("label").set_index("label")["kind"]
    assert [kinds[name] for name in table.index] == sorted(kinds)


def test_the_table_of_a_task_is_that_of_the_report(found: inrbench.Results) -> None:
    table = found.table("image")
    assert {"ReLU", "SIREN"} <= set(table["label"])
    with pytest.raises(BadInput, match="not among these results; there are image, superres"):
        found.table("ct")


def test_arrays_are_found_by_names(found: inrbench.Results) -> None:
    assert found.reconstruction("siren", "image", "coins").shape == (13, 16, 1)
    assert found.reconstruction("SIREN", "superres", repeat=1).shape == found.truth("superres").shape
    with pytest.raises(BadInput, match="2 jobs of that name"):
        found.reconstruction("siren", "image")
    with pytest.raises(BadInput, match=r"'sirem': no job of that name; there are method: .*siren"):
        found.reconstruction("sirem", "image", "coins")


def test_a_folder_opens_as_the_same_results(found: inrbench.Results) -> None:
    again = inrbench.Results(found.folder)
    columns = ["job_id", "value"]
    ours, theirs = (each.final[columns].sort_values("job_id", ignore_index=True) for each in (found, again))
    pd.testing.assert_frame_equal(ours, theirs)


def test_a_notebook_shows_the_table(found: inrbench.Results) -> None:
    html = found._repr_html_()
    mean = found.final.query("label == 'SIREN' and task == 'superres'")["value"].mean()
    assert f"{mean:.2f}" in html
    assert "image: psnr" in html
    assert repr(found).startswith("Results of two in ")


def test_the_report_is_written(found: inrbench.Results, without_figures: None) -> None:
    assert "SIREN" in found.report().read_text()


def test_a_method_that_lacks_a_signal_of_the_others_has_no_mean(found: inrbench.Results) -> None:
    lacking = copy.copy(found)
    rows = found.final
    lacking.__dict__["final"] = rows[~(rows["method"].eq("relu") & rows["signal"].eq("coins"))]
    assert lacking.table().isna().loc["ReLU"].to_dict() == {"image": True, "superres": False}
    assert lacking.table().loc["SIREN"].to_dict() == found.table().loc["SIREN"].to_dict()


def test_methods_with_one_label_have_a_row_each(found: inrbench.Results) -> None:
    alike = copy.copy(found)
    alike.__dict__["final"] = found.final.replace({"label": {"ReLU": "SIREN"}})
    table = alike.table()
    assert table.loc["SIREN (siren)"].to_dict() == found.table().loc["SIREN"].to_dict()
    assert table.loc["SIREN (relu)"].to_dict() == found.table().loc["ReLU"].to_dict()


def test_older_results_of_other_settings_enter_no_mean(found: inrbench.Results) -> None:
    both = copy.copy(found)
    older = found.final.assign(started_at="2020-01-01", model='{"depth":9,"width":8}', value=0.0)
    both.__dict__["final"] = pd.concat([older, found.final], ignore_index=True)
    pd.testing.assert_frame_equal(both.table(), found.table())
