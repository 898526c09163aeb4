"""The search behind the settings of `quick`: equal trials for every activation, and the best of them as YAML."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bench.config import grid
from bench.config.plugins import Plugins
from bench.config.strict_yaml import validated
from bench.config.suite import Suite
from bench.errors import BadInput
from bench.store.store import Store
from bench.tune import LEARNING_RATE, trial_suite

SEARCHED = """
suite: tiny
repeats: 3
tuning: {signals: {image: [coins]}, trials: 4}
model: {depth: 2, width: 8}
train: {steps: 8}
tasks: {image: {signals: [camera], size: 16}}
activations: {relu: {}, siren: {}, wire: {}}
"""


@pytest.fixture
def searched() -> Suite:
    return validated(Suite, yaml.safe_load(SEARCHED), "s")


def test_every_activation_gets_the_same_learning_rates_and_other_signals(searched: Suite) -> None:
    plugins = Plugins()
    jobs = [job for job in grid.jobs(trial_suite(searched, plugins, "s"), plugins, "s") if job.train]
    rates: dict[str, list[float]] = {}
    for job in jobs:
        assert job.activation is not None
        assert job.train is not None
        rates.setdefault(job.activation.name, []).append(job.train.lr)
        assert (job.signal, job.repeat) == ("coins", 0)
    assert set(rates) == {"relu", "siren", "wire"}
    assert rates["relu"] == rates["siren"] == rates["wire"]
    assert len(set(rates["relu"])) == 4
    assert all(LEARNING_RATE.low <= rate <= LEARNING_RATE.high for rate in rates["relu"])
    scales = {job.activation.params["omega0"] for job in jobs if job.activation and job.activation.name == "siren"}
    assert len(scales) == 4
    assert all(5 <= scale <= 100 for scale in scales)


def test_a_search_on_what_is_reported_is_refused(searched: Suite) -> None:
    same = searched.model_copy(update={"tuning": {"signals": {"image": ["camera"]}}})
    with pytest.raises(BadInput, match="camera is among the signals reported"):
        trial_suite(same, Plugins(), "s")
    with pytest.raises(BadInput, match=r"tuning\.signals\.image: missing"):
        trial_suite(searched.model_copy(update={"tuning": {}}), Plugins(), "s")


def test_the_command_prints_the_best_trial_of_each(
    tmp_path: Path, inrbench: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(SEARCHED)
    done = inrbench("tune", path, "--trials", 3)
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load(done.stdout)["activations"]
    assert set(found) == {"relu", "siren", "wire"}

    store = Store(tmp_path / "results", "tiny-tune")
    scores, runs = store.scores(), store.runs().set_index("job_id")
    final = scores[(scores["metric"] == "psnr") & (scores["step"] == 8)].set_index("job_id")["value"]
    assert len(final) == 9
    for name in found:
        winner = final[runs.loc[final.index, "activation"] == name].idxmax()
        settings = found[name]["per_task"]["image"]
        assert yaml.safe_load(runs.loc[winner, "train"])["lr"] == settings["train"]["lr"]
        params = yaml.safe_load(runs.loc[winner, "activation_params"])
        assert {key: value for key, value in settings.items() if key != "train"} == params
