"""Optimisers by name: settings of their own, refusals in words, identities of before, and plugins."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from inrbench.bench.config import expand
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.errors import BadInput
from inrbench.bench.training.run_job import execute

PLUGINS = Plugins()
CPU = torch.device("cpu")


def job(task: str = "image", plugins: Plugins = PLUGINS, **train: Any) -> Job:
    settings = {"signals": ["coins"], "size": [16, 16]} if task == "image" else {}
    suite = {
        "suite": "s",
        "repeats": 1,
        "model": {"depth": 2, "width": 16},
        "train": {"steps": 30, **train},
        "tasks": {task: settings},
        "activations": {"siren": {}},
    }
    return next(job for job in expand.jobs(validated(Suite, suite, "s"), plugins, "s") if job.activation)


@pytest.mark.parametrize("name", PLUGINS.optimizers.names())
def test_every_optimiser_lowers_the_loss_of_a_job(name: str) -> None:
    needs: dict[str, Any] = {"weight_decay": 1e-3} if name == "adamw" else {}
    rate = PLUGINS.optimizers.get(name).rates.at(0.5)
    outcome = execute(job(optimizer=name, lr=rate, **needs), PLUGINS, CPU)
    losses = [score.value for score in outcome.scores if score.metric == "loss"]
    assert outcome.status == "ok"
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, {}),
        ({"optimizer": "adam"}, {}),
        ({"optimizer": {"name": "adam"}}, {}),
        ({"optimizer": "sgd"}, {"optimizer": "sgd"}),
        ({"optimizer": {"name": "sgd"}}, {"optimizer": "sgd"}),
        ({"weight_decay": 0.1}, {"weight_decay": 0.1}),
        ({"optimizer": "adamw", "weight_decay": 0.1}, {"weight_decay": 0.1}),
        ({"schedule": "exponential"}, {}),
        ({"schedule": "cosine"}, {"schedule": "cosine"}),
        ({"schedule": "constant"}, {"lr_decay": 1.0}),
    ],
)
def test_ids_are_those_of_the_texts_that_were_stored_first(given: dict[str, Any], text: dict[str, Any]) -> None:
    """Each of these settings existed before optimisers and schedules had names of their own."""
    declared = {"lr": 0.001, "lr_decay": 0.1, "steps": 30} | text
    found = job(**given).train
    assert found is not None
    assert {name: value for name, value in found.declared().items() if value is not None} == declared


def test_settings_of_an_optimiser_are_part_of_the_identity() -> None:
    ids = {
        job(**train).job_id
        for train in (
            {},
            {"optimizer": "nadam"},
            {"optimizer": {"name": "nadam", "betas": [0.9, 0.99]}},
            {"optimizer": {"name": "adam", "eps": 1e-6}},
            {"schedule": "warmup-cosine"},
            {"schedule": "warmup-cosine", "warmup": 0.2},
            {"schedule": "step"},
        )
    }
    assert len(ids) == 7
    again = job(schedule="warmup-cosine", warmup=0.05)
    assert again.job_id == job(schedule="warmup-cosine").job_id
    assert Job.from_json(job(optimizer={"name": "nadam", "betas": [0.9, 0.99]}).to_json()).job_id in ids


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ({"optimizer": "adma"}, "train.optimizer: unknown optimizer 'adma' — did you mean 'adam'"),
        ({"optimizer": {"name": "nadam", "beta": [0.9, 0.99]}}, "train.optimizer.beta: no such setting"),
        ({"optimizer": {"name": "nadam", "eps": "small"}}, "train.optimizer.eps: 'small' is not a number"),
        ({"optimizer": {"name": "lbfgs", "history": 0}}, "train.optimizer.history: 0 is out of range"),
        ({"optimizer": {"name": "adam", "version": 2}}, "a version is the plugin's own"),
        ({"optimizer": "sgd", "weight_decay": 0.1}, "train.weight_decay: SGD cannot take it"),
        ({"optimizer": "lbfgs", "batch": 0.5}, "train.batch: L-BFGS cannot take it"),
        ({"optimizer": "lbfgs", "clip": 1.0}, "train.clip: L-BFGS cannot take it"),
        ({"optimizer": "adamw"}, "train.weight_decay: missing; AdamW needs it"),
        ({"task": "eikonal", "optimizer": "lbfgs"}, "L-BFGS needs the same loss in all steps"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(train: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        job(**train)
    assert "\n" not in str(caught.value)


PLUGIN = '''
import torch

from inrbench import Optimizer, Param


class SignSgd(Optimizer):
    """Steps of the sign of the gradient."""

    name, label, version = "sign-sgd", "signSGD", VERSION
    momentum: float = Param(0.9, ge=0, lt=1)

    def build(self, groups):
        return Signs(groups, self.momentum)


class Signs(torch.optim.Optimizer):
    def __init__(self, groups, momentum):
        super().__init__(groups, {"momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                mean = self.state[p].setdefault("mean", torch.zeros_like(p))
                mean.lerp_(p.grad, 1 - group["momentum"])
                p.sub_(mean.sign() * group["lr"])
'''


def plugins_with(folder: Path, version: int) -> Plugins:
    path = folder / f"signs{version}.py"
    path.write_text(PLUGIN.replace("VERSION", str(version)))
    return Plugins([path])


def test_a_plugin_file_brings_an_optimiser(tmp_path: Path) -> None:
    plugins = plugins_with(tmp_path, 1)
    one = job(plugins=plugins, optimizer={"name": "sign-sgd", "momentum": 0.5}, lr=1e-3)
    assert one.train is not None
    assert one.train.declared()["optimizer"] == {"name": "sign-sgd", "momentum": 0.5}
    outcome = execute(one, plugins, CPU)
    losses = [score.value for score in outcome.scores if score.metric == "loss"]
    assert losses[-1] < 0.9 * losses[0]
    with pytest.raises(BadInput, match="unknown optimizer 'sign-sgd'"):
        job(optimizer="sign-sgd")


def test_a_higher_version_of_a_plugin_gives_other_ids(tmp_path: Path) -> None:
    ids = [job(plugins=plugins_with(tmp_path, version), optimizer="sign-sgd").job_id for version in (1, 2)]
    assert ids[0] != ids[1]
    assert Train(steps=1, optimizer="sign-sgd").declared()["optimizer"] == "sign-sgd"  # type: ignore[arg-type]


def test_soap_of_another_package_is_a_plugin_of_three_lines(tmp_path: Path) -> None:
    """The page on training shows it; the package is an extra."""
    pytest.importorskip("pytorch_optimizer")
    page = (Path(__file__).parents[3] / "docs" / "reference" / "training.md").read_text()
    (shown,) = re.findall(r"```python\n(from pytorch_optimizer .*?)```", page, re.S)
    path = tmp_path / "soap.py"
    path.write_text(shown)
    plugins = Plugins([path])
    outcome = execute(job(plugins=plugins, optimizer={"name": "soap", "precondition_frequency": 5}), plugins, CPU)
    losses = [score.value for score in outcome.scores if score.metric == "loss"]
    assert outcome.status == "ok"
    assert losses[-1] < 0.9 * losses[0]


def test_an_entry_point_brings_an_optimiser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "signs-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: signs\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[inrbench.optimizers]\nsign-sgd = signs_of_a_package\n")
    (tmp_path / "signs_of_a_package.py").write_text(PLUGIN.replace("VERSION", "1"))
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "sign-sgd" in Plugins().optimizers.names()
