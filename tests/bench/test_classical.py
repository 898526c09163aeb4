"""The search for parameters of classical methods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from inrbench.bench import classical
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.errors import BadInput
from inrbench.bench.tune import Search
from inrbench.tasks.denoise import Denoise
from inrbench.tasks.signals.load import load
from tests.bench.command import Inrbench

SUITE: dict[str, Any] = {
    "suite": "tiny",
    "repeats": 1,
    "tuning": {"signals": {"denoise": ["coins"], "image": ["coins"]}},
    "model": {"depth": 2, "width": 8},
    "train": {"steps": 1},
    "tasks": {"denoise": {"signals": ["camera"], "size": 24}, "image": {"signals": ["camera"], "size": 16}},
    "activations": {"siren": {"per_task": {"image": {"omega0": 3.0}}}},
}
PLUGINS = Plugins()


def search(trials: int = 5, **changes: Any) -> list[classical.Best]:
    return classical.search(validated(Suite, {**SUITE, **changes}, "s"), PLUGINS, "s", trials)


def networks(**changes: Any) -> Search:
    return Search(validated(Suite, {**SUITE, **changes}, "s"), PLUGINS, "s")


def test_the_best_of_the_values_is_found_on_the_tuning_signal() -> None:
    (best,) = search()
    assert (best.task, best.method, list(best.values)) == ("denoise", "tv", ["tv_weight"])
    assert not best.edge

    def score(weight: float) -> float:
        from inrbench.bench.config.identity import seed

        task = Denoise(size=24, tv_weight=weight)
        problem = task.problem(load("coins"), seed(task="denoise", signal="coins", repeat=0))
        return task.score(problem, torch.from_numpy(task.baselines()["tv"](problem)).reshape(-1, 1))["psnr"]

    assert best.score == pytest.approx(score(best.values["tv_weight"]))
    assert best.score > max(score(0.1), score(3.0))


def test_what_is_found_can_be_put_over_the_suite() -> None:
    text = classical.as_yaml(search())
    said = yaml.safe_load(text)["tasks"]["denoise"]["classical"]
    assert list(said) == ["tv"]
    tasks = {"denoise": {**SUITE["tasks"]["denoise"], "classical": said}}
    chosen = validated(Suite, {**SUITE, "tasks": tasks, "activations": {"siren": {}}}, "s")
    from inrbench.bench.config import expand

    (job,) = [job for job in expand.jobs(chosen, PLUGINS, "s") if job.baseline == "tv"]
    assert job.task.params["tv_weight"] == said["tv"]["tv_weight"]


def test_each_signal_gets_what_was_best_on_the_others() -> None:
    tasks = {"denoise": {"signals": ["camera", "coins", "cell"], "size": 24}}
    found = search(tasks=tasks, tuning={"leave_one_out": True}, activations={"siren": {}})
    assert [best.method for best in found] == ["tv/camera", "tv/coins", "tv/cell"]
    alone = {
        signal: search(tuning={"signals": {"denoise": [signal]}}, tasks={"denoise": {"size": 24, "signals": ["page"]}})[
            0
        ]
        for signal in ("coins", "cell")
    }
    low, high = sorted(best.values["tv_weight"] for best in alone.values())
    assert low <= found[0].values["tv_weight"] <= high


def test_without_signals_to_search_on_it_is_refused() -> None:
    with pytest.raises(BadInput, match=r"tuning\.signals\.denoise: missing"):
        search(tuning={})


def test_the_signals_are_those_that_a_search_for_networks_has() -> None:
    with pytest.raises(BadInput, match="camera is among the signals reported"):
        search(tuning={"signals": {"denoise": ["camera"]}})
    with pytest.raises(BadInput, match="leave_one_out needs 3"):
        search(tuning={"leave_one_out": True}, activations={"siren": {}})
    own = {"denoise": {"size": 24}}  # on the signals of the task itself
    with pytest.raises(BadInput, match=r"denoise\.signals: 1; leave_one_out needs 3") as of_networks:
        networks(tasks=own, tuning={"leave_one_out": True}, activations={"siren": {}})
    with pytest.raises(BadInput) as of_classical:
        search(tasks=own, tuning={"leave_one_out": True}, activations={"siren": {}})
    assert str(of_classical.value) == str(of_networks.value)


def test_a_sweep_is_refused_as_for_networks() -> None:
    swept: dict[str, Any] = {
        "tasks": {"denoise": {"signals": ["camera"], "size": 16, "sigma": [0.1, 0.2]}},
        "activations": {"siren": {}},
    }
    for searching in (search, networks):
        with pytest.raises(BadInput, match=r"s: tasks: denoise\[sigma=0.1\] is of a sweep"):
            searching(**swept)


def test_values_of_the_run_do_not_hinder_a_search() -> None:
    tasks = {"denoise": {**SUITE["tasks"]["denoise"], "classical": {"tv/camera": {"tv_weight": 0.5}}}}
    whole = networks(tasks=tasks, activations={"siren": {}})
    assert {job.signal for job in whole.jobs(0, whole.all())} == {"coins"}


def test_a_picture_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INRBENCH_DATA", str(tmp_path))
    monkeypatch.setenv("INRBENCH_OFFLINE", "1")
    with pytest.raises(BadInput, match=r"denoise: tv: every trial failed, the first with: .*'cameraman' needs a file"):
        search(trials=2, tuning={"signals": {"denoise": ["cameraman"]}})
    said: list[str] = []
    suite = {**SUITE, "tuning": {"signals": {"denoise": ["cameraman", "coins"]}}}
    assert classical.search(validated(Suite, suite, "s"), PLUGINS, "s", 2, said.append)
    assert "2 trials failed, the first with: " in said[0]


def test_the_command_prints_yaml(inrbench: Inrbench, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(SUITE))
    done = inrbench("tune", "tiny.yaml", "--classical", "--trials", "3")
    assert done.returncode == 0
    assert "tv: {tv_weight:" in done.stdout
    refusals = {
        ("--trials", -1): "--trials -1: at least 1",
        ("--out", "cl.yaml"): "--out cl.yaml: --classical",
        ("--retry", "error"): "--retry error: --classical",
        ("-a", "siren"): "-a siren: --classical",
        ("--devices", "cpu*2"): "--devices cpu*2: --classical",
    }
    for words, said in refusals.items():
        refused = inrbench("tune", "tiny.yaml", "--classical", *words)
        assert (refused.returncode, said in refused.stderr) == (2, True)
    assert not (tmp_path / "cl.yaml").exists()
