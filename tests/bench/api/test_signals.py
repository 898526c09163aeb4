"""Signals as a user of Python gives them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inrbench.bench.api.signals import as_declared


def test_names_paths_and_mappings_are_what_a_suite_has() -> None:
    for signal, expected in (
        ("camera", "camera"),
        (Path("a/b.png"), "a/b.png"),
        ({"path": Path("x.npy"), "range": [0, 9]}, {"path": "x.npy", "range": [0, 9]}),
    ):
        with as_declared(signal) as found:
            assert found == expected


def test_an_array_is_a_file_for_a_while() -> None:
    array = np.arange(6.0).reshape(2, 3)
    with as_declared(array) as path:
        assert isinstance(path, str)
        assert np.array_equal(np.load(path), array)
    assert not Path(path).exists()
