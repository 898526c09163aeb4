"""Compilation before the first job: each MLP once, only for jobs that are worth it, and never a reason to fail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from inrbench.bench.config import expand
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.engine import aot
from inrbench.bench.engine.aot import CompilationError, Recipe
from inrbench.bench.runner.compiling import compile_networks
from tests.bench.config.layout import lay_out


def jobs(steps: int) -> list[Job]:
    values = {
        "suite": "s",
        "repeats": 2,
        "model": {"depth": 2, "width": 16},
        "train": {"steps": steps},
        "tasks": {"image": {"signals": ["camera"], "size": 16}, "superres": {"signals": ["coffee"], "size": [16, 24]}},
        "activations": {"relu": {}, "relu-pe": {}, "siren": {"omega0": [10.0, 20.0]}, "mfn": {}, "instant-ngp": {}},
    }
    return expand.jobs(validated(Suite, values, "s"), Plugins(), "s")


def test_another_version_of_pytorch_compiles_nothing_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(torch, "__version__", "2.99.1")
    monkeypatch.setattr(aot, "_compiler", lambda *_: pytest.fail("compiled"))
    said: list[str] = []
    compile_networks(jobs(100_000), [], said.append)
    (line,) = said
    assert "slower: PyTorch 2.99.1 is not one of those" in line


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """What the compiler was asked for, which does nothing; the cache is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("INRBENCH_COMPILE", raising=False)
    found: list[Recipe] = []

    def record(recipes: Sequence[Recipe]) -> None:
        found.extend(recipes)

    monkeypatch.setattr(aot, "compile_all", record)
    monkeypatch.setattr(aot, "obstacle", lambda: None)
    return found


def test_each_mlp_is_compiled_once_and_the_user_is_told(compiled: list[Recipe]) -> None:
    said: list[str] = []
    compile_networks(jobs(100_000), [], said.append)
    # ReLU and ReLU+PE are one MLP, SIREN at two scales another, MFN a third; Instant-NGP is none.
    assert len({recipe.path for recipe in compiled}) == len(compiled) == 3
    assert said[0].startswith("compiling 3 networks, once for this machine, about ")
    for recipe in compiled:
        recipe.path.parent.mkdir(parents=True, exist_ok=True)
        recipe.path.touch()
    compile_networks(jobs(100_000), [], said.append)
    assert (len(compiled), len(said)) == (3, 1)


def test_small_jobs_need_no_compiler(compiled: list[Recipe], monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    compile_networks(jobs(10), [], said.append)
    monkeypatch.setenv("INRBENCH_COMPILE", "0")
    compile_networks(jobs(100_000), [], said.append)
    assert not compiled
    assert not said


def test_a_failure_is_told_and_left_to_the_job(compiled: list[Recipe], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Sequence[Recipe]) -> None:
        raise CompilationError("no room for code")

    monkeypatch.setattr(aot, "compile_all", fail)
    said: list[str] = []
    compile_networks(jobs(100_000), [], said.append)
    assert "no room for code" in said[-1]


TASKS = {
    "all": "image: {signals: [camera], size: 64}",
    "batch": "image: {signals: [camera], size: 64, train: {batch: 0.01}}",
    "residuals": "helmholtz: {size: 64}",
}


@pytest.mark.parametrize(("task", "count"), [("all", 1), ("batch", 0), ("residuals", 0)])
def test_mlps_are_compiled_for_what_a_step_evaluates(task: str, count: int, compiled: list[Recipe]) -> None:
    jobs = lay_out(f"train: {{steps: 2000}}\ntasks: {{{TASKS[task]}}}\nactivations: {{siren: {{}}}}")
    compile_networks(jobs, [], lambda text: None)
    assert len(compiled) == count
