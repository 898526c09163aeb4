"""Signals by name or path: checked against their hashes, and errors that name the remedy."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inrbench.tasks.signals.load import describe, is_registered, load, load_named, names
from inrbench.tasks.signals.packaged import SOURCES
from inrbench.tasks.signals.signal import KINDS, SignalError


def test_a_changed_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "camera", replace(SOURCES["camera"], loader=lambda: np.zeros((512, 512), np.uint8)))
    with pytest.raises(SignalError, match=r"'camera' is not the recorded array .* scikit-image 0.26.0"):
        load("camera")


def test_a_missing_package_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> np.ndarray:
        raise ImportError("No module named 'pydicom'")

    monkeypatch.setitem(SOURCES, "ct-small", replace(SOURCES["ct-small"], loader=fail))
    with pytest.raises(SignalError, match=r"'ct-small' cannot be read from pydicom 3.0.2: No module"):
        load("ct-small")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("camra", "did you mean 'camera'"),
        ("ct_head", "did you mean 'ct-head'"),
        ("zzz", "choose one of astronaut"),
        ("", "choose one of astronaut"),
    ],
)
def test_an_unknown_name_is_an_error(name: str, message: str) -> None:
    assert not is_registered(name)
    with pytest.raises(SignalError, match=message) as caught:
        load(name)
    assert "\n" not in str(caught.value)


def test_a_file_that_changed_since_the_jobs_were_laid_out_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.npy"
    np.save(path, np.zeros((20, 30)))
    name = load(str(path)).name
    assert load_named(str(path), name).name == name
    assert load_named("camera", "camera").name == "camera"
    np.save(path, np.ones((20, 30)))
    with pytest.raises(SignalError, match=rf"photo\.npy has changed since the run began: it was {name} and is photo@"):
        load_named(str(path), name)


def test_describe_names_every_signal() -> None:
    rows = describe()
    assert [row["name"] for row in rows] == list(names())
    assert {row["kind"] for row in rows} == set(KINDS)
    sizes = {row["name"]: row["size"] for row in rows}
    assert (sizes["coffee"], sizes["ecg"], sizes["csg"]) == ("400 x 600", "10000", "any")
    assert all(text for row in rows for text in row.values())
    json.dumps(rows)
