"""Compiled code: made once for a machine, and anew when anything changes that it depends on."""

from __future__ import annotations

import runpy
import subprocess
from pathlib import Path

import pytest
import torch

from activations.siren import SINE
from bench.engine import aot
from bench.engine.aot import CompilationError, Source, code_file, compile_all, has_compiler, imported_files, load

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


def source(plugin: Path, name: str = "value", threads: int = 1) -> Source:
    return Source(runpy.run_path(str(plugin))[name], 1, None, threads)


def test_the_key_covers_the_source_the_threads_and_the_processor(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [source(plugin).path, source(plugin, threads=2).path]
    monkeypatch.setattr(aot, "processor", lambda: "another")
    paths.append(source(plugin).path)
    monkeypatch.undo()
    plugin.write_text(PLUGIN.replace("tanh", "sin"))
    paths.append(source(plugin).path)
    assert len({path.name for path in paths}) == len(paths)


def test_the_key_covers_what_the_source_imports(plugin: Path) -> None:
    before = source(plugin).path
    assert source(plugin).path == before
    helper = plugin.with_name("helper.py")
    helper.write_text("from deeper import number as factor\n")
    deeper = plugin.with_name("deeper.py")
    deeper.write_text("def number():\n    return 2\n")
    between = source(plugin).path
    deeper.write_text("def number():\n    return 3.5\n")
    assert len({before, between, source(plugin).path}) == 3


def test_the_key_of_a_shipped_activation_covers_the_core_it_is_built_from() -> None:
    files = {file.name for file in imported_files([str(SINE.value.__code__.co_filename)])}
    assert {"siren.py", "kernel.py", "base.py", "chain.py"} <= files
    assert "gauss.py" not in files


def test_files_without_imports_of_ours_stand_alone(tmp_path: Path) -> None:
    (tmp_path / "alone.py").write_text("import torch, json\nfrom os import path\n")
    assert imported_files([tmp_path / "alone.py"]) == [(tmp_path / "alone.py").resolve()]


def test_settings_are_part_of_the_key() -> None:
    assert code_file("f", ["a"], []) != code_file("f", ["b"], [])


@pytest.mark.needs_compiler
def test_code_is_compiled_once_and_then_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    sine = Source(SINE.value, 1, None, 1)
    compile_all([sine])  # now, if it never was
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("compiled again"))
    compile_all([sine])
    z = torch.linspace(-1, 1, 7)
    torch.testing.assert_close(load(sine.path, 1)([z, torch.tensor(2.0)])[0], torch.sin(2 * z))


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


def test_a_file_that_is_no_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "code.so").write_text("not code")
    with pytest.raises(CompilationError, match="remove it"):
        load(tmp_path / "code.so", 1)
