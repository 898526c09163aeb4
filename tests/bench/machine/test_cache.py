"""The cache folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from inrbench.bench.machine.cache import cache_folder


def test_the_folder_follows_the_variable_and_is_else_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "inrbench"
    for empty in ("", None):
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("XDG_CACHE_HOME", "") if empty == "" else monkeypatch.delenv("XDG_CACHE_HOME")
        assert cache_folder() == tmp_path / ".cache" / "inrbench"
