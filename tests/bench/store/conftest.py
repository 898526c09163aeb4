"""A store of one suite, and what it says to the user."""

from __future__ import annotations

from pathlib import Path

import pytest

from inrbench.bench.store.store import Store


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, said: list[str]) -> Store:
    return Store(tmp_path, "tiny", say=said.append)
