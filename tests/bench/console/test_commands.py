"""The commands that need no results: what ``inrbench new`` prints as the next steps works at once."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.bench.command import Inrbench


@pytest.mark.parametrize(("kind", "name", "shown"), [("activation", "soft-bump", 2), ("task", "half-pixels", 1)])
def test_a_new_plugin_passes_its_checks_and_runs(
    kind: str, name: str, shown: int, tiny: Path, inrbench: Inrbench
) -> None:
    done = inrbench("new", kind, name)
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines() if line.startswith("  inrbench ")]
    assert len(lines) == shown
    for line in lines:
        words = [str(tiny) if word == "smoke" else word for word in shlex.split(line)[1:]]
        done = inrbench(*words)
        assert done.returncode == 0, done.stdout + done.stderr
    assert name.replace("-", " ").title() in done.stdout
    assert "SIREN" in done.stdout
    assert "ReLU" in done.stdout
