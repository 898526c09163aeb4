"""The sampling grid, and the names of signals from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from inrbench.tasks.signals.signal import file_signal, pixel_centres, sha256_of


def test_pixel_centres_are_the_middles_of_equal_cells() -> None:
    for n in (1, 2, 7, 1024):
        edges = np.linspace(-1, 1, n + 1)
        np.testing.assert_allclose(pixel_centres(n), (edges[1:] + edges[:-1]) / 2, atol=1e-15)


def test_the_name_of_a_file_depends_on_its_content_and_not_on_its_folder() -> None:
    array: Any = np.sin(np.arange(128, dtype=np.float32))[:, None]
    here, there = (file_signal(Path(folder) / "tone.wav", array, "audio", rate=8000.0) for folder in ("/a", "b/c"))
    assert here.name == there.name == f"tone@{here.sha256[:8]}"
    assert (here.kind, here.rate, here.sample) == ("audio", 8000.0, None)
    assert file_signal(Path("tone.wav"), array / 2, "audio").name != here.name


def test_equal_bytes_of_another_shape_type_or_kind_are_another_signal() -> None:
    array = np.zeros((32, 64, 1), np.float32)
    flat: Any = array.view(np.int32)
    cases = [(array, "image-gray"), (array, "ct"), (array.reshape(64, 32, 1), "image-gray"), (flat, "image-gray")]
    names = {file_signal(Path("x"), values, kind).name for values, kind in cases}
    assert len(names) == 4
    assert file_signal(Path("x"), np.asfortranarray(array), "ct").name in names


def test_the_hash_does_not_depend_on_the_order_in_memory() -> None:
    array = np.arange(12, dtype=np.int16).reshape(3, 4)
    assert sha256_of(np.asfortranarray(array)) == sha256_of(array) != sha256_of(array.T)
