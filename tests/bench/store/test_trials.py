"""The file of trials: written once for each search, read as rows, kept by archives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inrbench.bench.store.archive import archive
from inrbench.bench.store.store import Store
from inrbench.bench.store.trials import SCHEMA, read, write
from tests.bench.store.test_archive import job


def row(activation: str, trial: int, score: float | None) -> dict[str, Any]:
    return {
        "task": "image", "activation": activation, "trial": trial, "signal": "coins", "steps": 8,
        "settings": '{"lr": 0.001}', "metric": "psnr", "score": score, "edges": "lr low",
    }  # fmt: skip


def test_what_is_written_is_read_and_another_search_leaves_other_activations(store: Store) -> None:
    assert store.trials() == []
    write(store, [row("siren", 1, 30.0), row("siren", 0, None), row("relu", 0, 20.0)])
    assert store.trials() == [row("relu", 0, 20.0), row("siren", 0, None), row("siren", 1, 30.0)]
    write(store, [row("siren", 0, 31.0)])
    assert store.trials() == [row("relu", 0, 20.0), row("siren", 0, 31.0)]


def test_a_file_of_another_kind_is_reported_and_counts_as_none(tmp_path: Path) -> None:
    said: list[str] = []
    store = Store(tmp_path, "tiny", said.append)
    store.root.mkdir()
    for content in (b"nonsense", Store.parquet(pa.table({"task": ["image"]}))):
        store.trials_file.write_bytes(content)
        assert store.trials() == []
    assert "trials.parquet cannot be read" in said[0]
    with pytest.raises(ValueError, match="inrbench tune"):
        read(store.trials_file)


def test_an_archive_has_them(store: Store, tmp_path: Path) -> None:
    write(store, [row("siren", 0, 30.0)])
    root = archive(store, {job(store, 1, 0): {}}, tmp_path / "docs")
    assert Store(tmp_path / "docs", "tiny").trials() == [row("siren", 0, 30.0)]
    assert pq.read_schema(root / "trials.parquet").equals(SCHEMA)
