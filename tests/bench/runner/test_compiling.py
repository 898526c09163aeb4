"""Compilation before the first job: only of chains that a job needs and is worth."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.engine import aot
from bench.engine.aot import Recipe
from bench.runner.compiling import compile_chains
from tests.bench.config.layout import lay_out

TASKS = {
    "all": "image: {signals: [camera], size: 64}",
    "batch": "image: {signals: [camera], size: 64, train: {batch: 0.01}}",
    "residuals": "helmholtz: {size: 64}",
}


@pytest.mark.parametrize(("task", "passes"), [("all", 2), ("batch", 0), ("residuals", 0)])
def test_chains_are_compiled_for_what_a_step_evaluates(
    task: str, passes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[Recipe] = []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("INRBENCH_COMPILE", raising=False)
    monkeypatch.setattr(aot, "has_compiler", lambda: True)
    monkeypatch.setattr(aot, "compile_all", compiled.extend)
    jobs = lay_out(f"train: {{steps: 2000}}\ntasks: {{{TASKS[task]}}}\nactivations: {{siren: {{}}}}")
    compile_chains(jobs, [], lambda text: None)
    assert len(compiled) == passes
