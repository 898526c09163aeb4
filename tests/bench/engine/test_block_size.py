"""The size of a block: one for all, or pinned; and which jobs are compiled."""

from __future__ import annotations

import pytest

from inrbench.activations.core.base import Domain, build
from inrbench.activations.siren import Siren
from inrbench.bench.engine.block_size import DEFAULT, block_rows, should_compile
from inrbench.bench.engine.engine import AutogradEngine, Engine
from inrbench.tasks.core.base import grid_coords

SHAPE = (40, 50)


def engine(*, rowwise: bool = True) -> Engine:
    return AutogradEngine(build(Siren(), Domain(2, 1, SHAPE), width=8, depth=2, seed=0), rowwise=rowwise)


def test_it_is_the_same_for_all_networks_but_one_whose_rows_depend_on_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("INRBENCH_BLOCK_ROWS", raising=False)
    assert block_rows(engine(), grid_coords(SHAPE)) == DEFAULT
    assert block_rows(engine(rowwise=False), grid_coords(SHAPE)) == 2000


def test_the_variable_pins_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INRBENCH_BLOCK_ROWS", "777")
    assert block_rows(engine(), grid_coords(SHAPE)) == 777
    monkeypatch.setenv("INRBENCH_BLOCK_ROWS", "many")
    with pytest.raises(ValueError, match="number of rows"):
        block_rows(engine(), grid_coords(SHAPE))


def test_small_jobs_are_not_compiled() -> None:
    assert not should_compile(steps=100, rows=1024, units=300)
    assert should_compile(steps=1000, rows=1024, units=300)
