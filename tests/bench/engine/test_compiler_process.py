"""The compiler's process: one code that fails is named by its number, and the next is compiled all the same."""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import Any

import pytest

from inrbench.bench.engine import compiler_process


def test_the_code_that_fails_is_named_and_the_others_are_compiled(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled: list[str] = []

    def compile_from(arguments: list[str]) -> None:
        if arguments == ["bad"]:
            raise ValueError("first line\nno rule for it")
        compiled.extend(arguments)

    recipes: Any = ModuleType("recipes_of_a_test")
    recipes.compile_from = compile_from
    monkeypatch.setitem(sys.modules, recipes.__name__, recipes)
    compiler_process.main([json.dumps([[recipes.__name__, each] for each in ("one", "bad", "two")])])
    assert compiled == ["one", "two"]
    assert capsys.readouterr().err == "1 no rule for it\n"
