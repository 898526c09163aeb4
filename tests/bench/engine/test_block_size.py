"""The size of a block: pinned, by default, or measured once and then the same for everybody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from inrbench.activations.core.base import Domain, build
from inrbench.activations.siren import Siren
from inrbench.bench.engine import block_size as blocks
from inrbench.bench.engine.block_size import CANDIDATES, DEFAULT, block_rows, should_compile
from inrbench.bench.engine.engine import AutogradEngine, Engine
from inrbench.tasks.core.base import grid_coords

SHAPE = (40, 50)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an empty cache; other work on the machine does not matter."""
    monkeypatch.setattr(blocks, "IDLE", 0.0)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("INRBENCH_BLOCK_ROWS", raising=False)
    return tmp_path / "inrbench" / "blocks"


def engine(width: int = 8) -> Engine:
    return AutogradEngine(build(Siren(), Domain(2, 1, SHAPE), width=width, depth=2, seed=0))


def test_a_small_job_gets_the_default_and_leaves_no_trace(cache: Path) -> None:
    assert not should_compile(steps=100, rows=1024, units=300)
    assert block_rows(engine(), grid_coords(SHAPE), "siren", tune=False) == DEFAULT
    assert not cache.exists()


def test_a_size_is_measured_once_and_then_stands(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coords = grid_coords(SHAPE)
    found = block_rows(engine(), coords, "siren", tune=True)
    assert found in CANDIDATES
    (stored,) = cache.glob("*.json")
    assert set(json.loads(stored.read_text())["seconds"]) == {"512", "1024", "2048"}  # of 2,000 rows
    monkeypatch.setattr(blocks, "measure", lambda *_: pytest.fail("measured again"))
    assert block_rows(engine(), coords, "siren", tune=True) == found


def test_networks_activations_and_threads_have_sizes_of_their_own(cache: Path) -> None:
    coords = grid_coords(SHAPE)
    block_rows(engine(), coords, "siren", tune=True)
    block_rows(engine(9), coords, "siren", tune=True)
    block_rows(engine(), coords, "sine", tune=True)
    assert len(list(cache.iterdir())) == 3


def test_the_first_process_decides(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow_measurement(*_: object) -> tuple[dict[int, float], float]:
        monkeypatch.setattr(blocks, "measure", lambda *_: ({4096: 1.0}, 1.0))  # another process is done meanwhile
        assert block_rows(engine(), grid_coords(SHAPE), "siren", tune=True) == 4096
        return {512: 1.0, 1024: 2.0}, 1.0

    monkeypatch.setattr(blocks, "measure", slow_measurement)
    assert block_rows(engine(), grid_coords(SHAPE), "siren", tune=True) == 4096


def test_of_equally_fast_sizes_the_smallest_is_taken_and_a_damaged_file_is_replaced(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "measure", lambda *_: ({512: 1.5, 1024: 1.01, 2048: 1.0, 4096: 1.2}, 1.0))
    assert block_rows(engine(), grid_coords(SHAPE), "siren", tune=True) == 1024
    (stored,) = cache.iterdir()
    stored.write_text('{"block_rows": ')
    assert block_rows(engine(), grid_coords(SHAPE), "siren", tune=True) == 1024
    assert json.loads(stored.read_text())["block_rows"] == 1024


def test_beside_other_work_the_default_is_taken_and_nothing_is_stored(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parents[1]))
    monkeypatch.setattr(blocks, "measure", lambda *_: ({512: 1.0, 1024: 2.0}, 0.5))
    assert block_rows(engine(), grid_coords(SHAPE), "siren", tune=True) == DEFAULT
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_costs_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert block_rows(engine(), grid_coords(SHAPE), "siren", tune=True) in CANDIDATES


def test_the_variable_pins_the_size(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INRBENCH_BLOCK_ROWS", "777")
    assert block_rows(engine(), grid_coords(SHAPE), "siren", tune=True) == 777
    monkeypatch.setenv("INRBENCH_BLOCK_ROWS", "many")
    with pytest.raises(ValueError, match="number of rows"):
        block_rows(engine(), grid_coords(SHAPE), "siren", tune=True)
    assert not cache.exists()


def test_measuring_leaves_weights_and_gradients_as_they_were(cache: Path) -> None:
    one = engine()
    before = [p.clone() for p in one.network.parameters()]
    block_rows(one, grid_coords(SHAPE), "siren", tune=True)
    for parameter, kept in zip(one.network.parameters(), before, strict=True):
        assert torch.equal(parameter, kept)
        assert parameter.grad is None
