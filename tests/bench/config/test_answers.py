"""Kept answers: given again while nothing that they were made from has changed, and never after."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inrbench.bench.config import answers
from inrbench.bench.config.answers import around, recall, remember
from inrbench.bench.machine.cache import cache_folder

QUESTION = ["jobs", "quick"]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that an answer is made from, with an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # The files of this run are older than its answers, though they were just written.
    monkeypatch.setattr(answers, "_BEGUN", float("inf"))
    path = tmp_path / "source.py"
    path.write_text("x = 1")
    return path


def test_an_answer_is_given_again_to_its_own_question(source: Path) -> None:
    assert recall(QUESTION) is None
    remember(QUESTION, {"jobs": [1, 2]}, [source])
    assert recall(QUESTION) == {"jobs": [1, 2]}
    assert recall(["jobs", "smoke"]) is None


CHANGES: dict[str, Callable[[Path], object]] = {
    "edited": lambda path: path.write_text("x = 22"),
    "touched": lambda path: os.utime(path, (1, 1)),
    "removed": lambda path: path.unlink(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_ends_it(change: str, source: Path) -> None:
    remember(QUESTION, 1, [source])
    CHANGES[change](source)
    assert recall(QUESTION) is None


def test_a_variable_of_inrbench_ends_it(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(QUESTION, 1, [source])
    monkeypatch.setenv("INRBENCH_DATA", "elsewhere")
    assert recall(QUESTION) is None


def test_a_damaged_answer_is_none(source: Path) -> None:
    remember(QUESTION, 1, [source])
    (kept,) = (cache_folder() / "answers").iterdir()
    kept.write_text(kept.read_text()[:-9])
    assert recall(QUESTION) is None


def test_what_changed_since_the_process_began_is_not_kept(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_BEGUN", source.stat().st_mtime)
    remember(QUESTION, 1, [source])
    assert recall(QUESTION) is None


def test_a_new_file_of_a_package_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "some_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    before = around("some_package")
    assert around("some_package") == before
    (package / "plugin.py").write_text("")
    assert around("some_package") != before
