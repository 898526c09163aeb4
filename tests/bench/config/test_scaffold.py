"""What ``inrbench new`` writes works as it stands, inside a checkout and outside."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inrbench import activations
from inrbench.activations.core import conformance as testing
from inrbench.bench.cli import main
from inrbench.bench.config import expand
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.console import commands
from inrbench.bench.training.run_job import execute


def test_a_new_activation_keeps_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "activation", "soft-bump"]) == 0
    path = tmp_path / "soft_bump.py"
    assert len(path.read_text().splitlines()) <= 25
    plugins = Plugins([path])
    activation = plugins.activations.get("soft-bump")()
    assert [finding for finding in testing.check(activation) if not finding.ok] == []
    assert main(["check", "soft-bump", "--plugin", str(path)]) == 0


def test_a_new_task_poses_a_problem_that_can_be_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "task", "some-pixels"]) == 0
    assert main(["check", "some-pixels", "--plugin", "some_pixels.py"]) == 0
    plugins = Plugins([tmp_path / "some_pixels.py"])
    values = {
        "suite": "s",
        "repeats": 1,
        "model": {"width": 16, "depth": 2},
        "train": {"steps": 30, "lr": 1e-2},
        "tasks": {"some-pixels": {"size": 24}},
        "activations": {"siren": {}},
    }
    (job,) = expand.jobs(validated(Suite, values, "s"), plugins, "s")
    outcome = execute(job, plugins, torch.device("cpu"))
    psnr = [score.value for score in outcome.scores if score.metric == "psnr"]
    assert psnr[-1] > psnr[0]


def test_inside_a_checkout_the_file_goes_into_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "activations" / "core").mkdir(parents=True)
    (tmp_path / "activations" / "core" / "base.py").touch()
    monkeypatch.chdir(tmp_path)
    assert main(["new", "activation", "bump"]) == 0
    assert (tmp_path / "activations" / "bump.py").is_file()


def test_a_checkout_is_recognised_by_a_file_that_this_one_has() -> None:
    root = Path(activations.__path__[0]).parent
    assert commands.inside_checkout(root / "activations")
    assert commands.inside_checkout(root / "tasks")


def test_a_package_needs_a_good_name_that_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("Bad Name", "../evil", "siren"):
        assert main(["new", "package", name]) == 2
    assert not list(tmp_path.iterdir())
