"""A file is written whole or not at all."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from inrbench.bench.atomic_write import atomic_write


def test_folders_are_made_and_an_old_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"
    atomic_write(path, b"old")
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_a_file_that_must_be_new_is_left_to_the_first(tmp_path: Path) -> None:
    path = tmp_path / "file"
    atomic_write(path, b"first", replace=False)
    with pytest.raises(FileExistsError):
        atomic_write(path, b"second", replace=False)
    assert path.read_bytes() == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_threads_that_write_the_same_file_at_once_do_not_disturb_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, written = tmp_path / "file", Barrier(4, timeout=30)
    monkeypatch.setattr(os, "fsync", lambda _: written.wait())  # so that all have written before one goes on
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda thread: atomic_write(path, bytes([thread])), range(4)))
    assert path.read_bytes()[0] in range(4)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_write_that_breaks_off_leaves_the_old_file_alone(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    atomic_write(path, b"old")
    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space") as caught:
        atomic_write(path, b"new")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
