"""The sampling grid, and the names of signals from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inrbench.tasks.signals.signal import file_signal, pixel_centres, sha256_of


def test_pixel_centres_are_the_middles_of_equal_cells() -> None:
    for n in (1, 2, 7, 1024):
        edges = np.linspace(-1, 1, n + 1)
        np.testing.assert_allclose(pixel_centres(n), (edges[1:] + edges[:-1]) / 2, atol=1e-15)


def test_the_name_of_a_file_depends_on_its_content_and_not_on_its_folder() -> None:
    raw = np.arange(128, dtype=np.uint8)
    array = (raw[:, None] / 255).astype(np.float32)
    here, there = (file_signal(Path(folder) / "tone.wav", raw, array, "audio", rate=8000.0) for folder in ("/a", "b/c"))
    assert here.name == there.name == f"tone@{sha256_of(raw)[:8]}"
    assert (here.kind, here.rate, here.sample) == ("audio", 8000.0, None)
    assert file_signal(Path("tone.wav"), raw + 1, array, "audio").name != here.name


def test_the_hash_does_not_depend_on_the_order_in_memory() -> None:
    array = np.arange(12, dtype=np.int16).reshape(3, 4)
    assert sha256_of(np.asfortranarray(array)) == sha256_of(array) != sha256_of(array.T)
