"""Compiled code: made once for a machine; failures are reported once."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from inrbench.activations.core.kernel import PLAIN
from inrbench.activations.core.spline_wavelet import WAVELET
from inrbench.bench.engine.aot import CompilationError, Source, compile_all, has_compiler, load

PLUGIN = (
    "import torch\n"
    "from helper import factor\n"
    "def value(z, w):\n    return torch.tanh(z * w) * factor()\n"
    "def odd(z, w):\n    return z * float(z.sum())\n"
)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plugin that imports a file beside it, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "helper.py").write_text("def factor():\n    return 2\n")
    (tmp_path / "plugin.py").write_text(PLUGIN)
    return tmp_path / "plugin.py"


def source(plugin: Path, name: str = "value") -> Source:
    return Source(runpy.run_path(str(plugin))[name], 1, None, 1)


@pytest.mark.needs_compiler
def test_code_is_compiled_once_and_then_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    wavelet = Source(WAVELET.value, 1, None, 1)
    compile_all([wavelet])  # now, if it never was
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("compiled again"))
    compile_all([wavelet])
    z = torch.linspace(-1, 1, 7)
    expected = PLAIN.value(WAVELET, z, (2.0,))
    torch.testing.assert_close(load(wavelet.path, 1)([z, torch.tensor(2.0)])[0], expected)


@pytest.mark.slow
@pytest.mark.needs_compiler
def test_a_plugin_of_the_user_is_compiled_and_a_failure_is_reported_once(
    plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = source(plugin), source(plugin, "odd")
    monkeypatch.setenv("PYTHONPATH", str(plugin.parent))
    with pytest.raises(CompilationError):
        compile_all([good, bad])
    assert [path.name for path in good.path.parent.iterdir()] == [good.path.name]  # nothing else is left behind
    z = torch.linspace(-1, 1, 11)
    torch.testing.assert_close(load(good.path, 1)([z, torch.tensor(2.0)])[0], 2 * torch.tanh(2 * z))
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("compiled again"))
    with pytest.raises(CompilationError):
        compile_all([bad])


def test_without_a_compiler_the_error_names_the_remedy(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/nonexistent")
    assert not has_compiler()
    with pytest.raises(CompilationError, match=r"install one, e\.g\. g\+\+"):
        compile_all([source(plugin)])


def test_a_compiler_that_is_killed_is_named(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = plugin.parent / "killed"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(killed))
    monkeypatch.setenv("CXX", "sh")
    with pytest.raises(CompilationError, match="ended by SIGKILL; is there enough memory"):
        compile_all([source(plugin)])


def test_code_for_two_threads_is_another_file(plugin: Path) -> None:
    function = source(plugin).function
    assert Source(function, 1, None, 2).path != Source(function, 1, None, 1).path


def test_a_file_that_is_no_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "code.so").write_text("not code")
    with pytest.raises(CompilationError, match="remove it"):
        load(tmp_path / "code.so", 1)
