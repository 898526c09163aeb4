"""Precompiled headers of several compiler processes: who makes which, and what fails without harm.

That PyTorch's compiler takes them is not shown here: `tests.compile_code` compiles the codes of the tests with them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from inrbench.bench.engine.torch_internals import share_headers


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stand-ins for the modules of PyTorch's compiler; `made` lists the headers in the order in which they are made."""
    made: list[str] = []

    def make(header: str, command: str, **options: Any) -> str:
        if header == "full.h":
            raise OSError("no space left")
        made.append(header)
        return f"{codecache._HEADER_DIR}/{header}"

    codecache: Any = ModuleType("torch._inductor.codecache")
    codecache.made, codecache._precompile_header = made, make
    codecache._get_cpp_prefix_header = lambda device: "kernel.h"
    config: Any = ModuleType("torch._inductor.config")
    config.aot_inductor = SimpleNamespace(precompile_headers=False)
    monkeypatch.setitem(sys.modules, codecache.__name__, codecache)
    monkeypatch.setitem(sys.modules, config.__name__, config)
    codecache.config = config
    return codecache


@pytest.mark.parametrize(("index", "order"), [(0, ["wrapper.h", "kernel.h"]), (1, ["kernel.h", "wrapper.h"])])
def test_every_other_process_begins_with_the_other_header(
    compiler: Any, tmp_path: Path, index: int, order: list[str]
) -> None:
    share_headers(tmp_path, index)
    assert compiler.config.aot_inductor.precompile_headers
    for _ in range(3):  # three codes
        found = compiler._precompile_header("wrapper.h", "g++", min_optimize=True, device_type="cpu")
        assert found == f"{tmp_path}/wrapper.h"
        assert compiler._precompile_header("kernel.h", "g++", device_type="cpu") == f"{tmp_path}/kernel.h"
    assert compiler.made == order


def test_a_header_that_cannot_be_made_is_read_as_text(compiler: Any, tmp_path: Path) -> None:
    share_headers(tmp_path, 0)
    assert compiler._precompile_header("full.h", "g++", min_optimize=True) is None
    assert compiler._precompile_header("kernel.h", "g++") is not None
