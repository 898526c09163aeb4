"""Compiled code: made once for a machine; failures are reported once."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from inrbench.activations.core.base import Domain, build
from inrbench.activations.siren import Siren
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.engine import aot
from inrbench.bench.engine.aot import CompilationError, compile_all, has_compiler, load
from inrbench.bench.engine.capture import mlp_spec
from inrbench.bench.engine.compiled_mlp import CompiledMLP, MLPCode

PLUGIN = """
import torch
from helper import factor
from inrbench.activations import Activation

class Value(Activation):
    name, label, version = "value", "value", 1
    w: float = 2.0
    def forward(self, z):
        return torch.tanh(z * self.w) * factor()

class Odd(Value):
    name = "odd"
    def forward(self, z):
        return z if z.is_meta else z * float(z.detach().sum())
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plugin that imports a file beside it, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "helper.py").write_text("def factor():\n    return 2\n")
    (tmp_path / "plugin.py").write_text(PLUGIN)
    return tmp_path / "plugin.py"


def mlp(plugin: Path, name: str = "Value") -> nn.Module:
    activation = Plugins([plugin]).activations.get(name.lower())()
    return build(activation, Domain(2, 1, (16, 16)), width=8, depth=1, seed=0)


def codes_of(*nets: nn.Module) -> list[MLPCode]:
    return [MLPCode.of(spec) for net in nets if (spec := mlp_spec(net)) is not None]


@pytest.mark.needs_compiler
def test_code_is_compiled_once_and_then_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = codes_of(build(Siren(), Domain(2, 1, (16, 16)), width=8, depth=3, seed=0))
    compile_all(codes)  # now, if it never was
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("compiled again"))
    compile_all(codes)
    assert load(codes[0].path) is load(codes[0].path)


@pytest.mark.slow
@pytest.mark.needs_compiler
def test_a_plugin_of_the_user_is_compiled_and_a_failure_is_reported_once(
    plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = mlp(plugin)
    good, bad = codes_of(net), codes_of(mlp(plugin, "Odd"))
    monkeypatch.setenv("PYTHONPATH", str(plugin.parent))
    with pytest.raises(CompilationError):
        compile_all([*good, *bad])
    left = {path.name for path in good[0].path.parent.iterdir()}
    assert left == {each.path.name for each in good}  # nothing else is left behind
    coords = torch.rand(11, 2)
    spec = mlp_spec(net)
    assert spec is not None
    torch.testing.assert_close(CompiledMLP(spec).forward(coords)[0], net(coords).detach())
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("compiled again"))
    with pytest.raises(CompilationError):
        compile_all(bad)


@pytest.mark.slow
@pytest.mark.needs_compiler
def test_paths_may_have_spaces_and_other_letters(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = plugin.parent / "my project (ü) α"
    (odd / "lib").mkdir(parents=True)
    for file in (plugin, plugin.parent / "helper.py"):
        (odd / file.name).write_text(file.read_text())
    package = Path(torch.__file__).parent
    (odd / "lib" / "torch").symlink_to(package)  # as an environment in a folder with a space has it
    monkeypatch.setenv("XDG_CACHE_HOME", str(odd / "cache"))
    monkeypatch.setenv("TMPDIR", str(odd))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(odd / "lib"), str(odd)]))
    monkeypatch.setattr(tempfile, "tempdir", None)
    codes = codes_of(mlp(odd / plugin.name))
    compile_all(codes)
    assert all(each.path.exists() for each in codes)


def test_a_cache_folder_from_which_nothing_can_be_loaded_is_named_and_nothing_is_compiled(
    plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aot, "compiler", lambda: "g++")
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_NOEXEC))
    monkeypatch.setattr(aot, "_compiler", lambda *_: pytest.fail("compiled in vain"))
    with pytest.raises(CompilationError, match=r"mounted noexec.*set XDG_CACHE_HOME"):
        compile_all(codes_of(mlp(plugin)))


def test_without_a_compiler_the_error_names_the_remedy(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/nonexistent")
    assert not has_compiler()
    with pytest.raises(CompilationError, match=r"install one, e\.g\. g\+\+"):
        compile_all(codes_of(mlp(plugin)))


def test_a_compiler_that_is_killed_is_named(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = plugin.parent / "killed"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(killed))
    monkeypatch.setenv("CXX", "sh")
    with pytest.raises(CompilationError, match="ended by SIGKILL; is there enough memory"):
        compile_all(codes_of(mlp(plugin)))


def test_a_file_that_is_no_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "code.so").write_text("not code")
    with pytest.raises(CompilationError, match="remove it"):
        load(tmp_path / "code.so")
