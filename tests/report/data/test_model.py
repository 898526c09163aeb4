"""The results model: values of a run at its steps, engines, conditions of a time."""

from __future__ import annotations

from typing import Any

import pytest

from inrbench.report.data.load import load
from inrbench.report.data.model import Timing
from tests.report.laboratory import Lab


def test_the_final_value_is_the_last_one_and_the_oracle_the_best(lab: Lab) -> None:
    lab.job("siren", curve={0: 5.0, 10: 31.0, 100: 30.0})
    (run,) = load(lab.store).runs
    assert run.final("psnr") == 30.0
    assert run.best("psnr", 1) == 31.0
    assert run.best("psnr", -1) == 5.0
    assert run.final("absent") is None


def test_a_metric_that_the_last_step_lacks_has_no_final_value(lab: Lab) -> None:
    lab.job("siren", extra=[lab.score("ssim", 10, 0.9, 1)])
    assert load(lab.store).runs[0].final("ssim") is None


def test_a_value_that_is_not_finite_is_none(lab: Lab) -> None:
    lab.job("siren", curve={0: 5.0, 100: float("nan")})
    (run,) = load(lab.store).runs
    assert run.final("psnr") is None
    assert run.best("psnr", 1) == 5.0


@pytest.mark.parametrize(
    ("columns", "engine"),
    [
        ({"engine": "mlp", "compiled": True}, "mlp"),
        ({"engine": "kernels", "compiled": True}, "kernels"),
        ({"engine": None, "compiled": True}, "compiled"),
        ({"engine": None, "compiled": False}, "autograd"),
        ({"engine": None, "compiled": None}, ""),
    ],
)
def test_the_engine_of_old_rows_is_taken_from_the_flag(lab: Lab, columns: dict[str, Any], engine: str) -> None:
    lab.job("siren", **columns)
    assert load(lab.store).runs[0].timing == Timing("Some CPU, 2 threads", engine)


def test_the_engine_of_most_methods_is_the_reference_on_each_hardware(lab: Lab) -> None:
    engines = {"siren": "mlp", "relu": "mlp", "mfn": "autograd"}
    for method, engine in engines.items():
        lab.job(method, engine=engine)
        lab.job(method, repeat=1, device="cuda", device_name="Fast GPU", engine="autograd")
    task = lab.task()
    assert task.engines == {"Some CPU, 2 threads": "mlp", "Fast GPU": "autograd"}
    assert [(m.key, timing.hardware) for m, timing in task.other_engines()] == [("mfn", "Some CPU, 2 threads")]


def test_of_two_equally_frequent_engines_the_compiled_mlp_is_the_reference(lab: Lab) -> None:
    lab.job("siren", engine="kernels")
    lab.job("relu", engine="mlp")
    assert lab.task().engines == {"Some CPU, 2 threads": "mlp"}


def test_one_engine_for_all_leaves_nothing_to_mark(lab: Lab) -> None:
    for method in ("siren", "relu"):
        lab.job(method, engine=None)
    lab.job("tv", kind="baseline")
    assert lab.task().other_engines() == []


def test_indexed_metrics_are_ordered_by_number(lab: Lab) -> None:
    lab.job("siren", extra=[lab.score(f"feature_std/{name}", 100, 1.0) for name in ("10", "2", "x")])
    assert lab.task().indexed("feature_std") == {2.0: "feature_std/2", 10.0: "feature_std/10"}
