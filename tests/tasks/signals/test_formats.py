"""The table of formats says the truth: a file of each is read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inrbench.tasks.signals.formats import FORMATS, describe
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.user_file import UserFile


def test_every_row_can_be_shown() -> None:
    rows = describe()
    assert len(rows) == len(FORMATS)
    assert all(row["name"] and row["suffixes"] and row["signal"] and row["values"] for row in rows)
    json.dumps(rows)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp"])
def test_a_picture_of_each_suffix(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(np.full((20, 30, 3), (200, 100, 50), np.uint8)).save(tmp_path / f"x{suffix}")
    signal = load(str(tmp_path / f"x{suffix}"))
    assert signal.kind == "image-rgb"
    np.testing.assert_allclose(signal.array[5, 5] * 255, (200, 100, 50), atol=6)


def test_radiance_with_a_declared_range(tmp_path: Path) -> None:
    codecs = pytest.importorskip("imagecodecs")
    pixels = np.linspace(0, 8, 20 * 30 * 3, dtype=np.float32).reshape(20, 30, 3)
    (tmp_path / "sky.hdr").write_bytes(codecs.rgbe_encode(pixels, header=True))
    signal = load(UserFile(str(tmp_path / "sky.hdr"), range=(0, 8)))
    np.testing.assert_allclose(signal.array, pixels / 8, atol=0.01)
    with pytest.raises(ValueError, match="declare it"):
        load(str(tmp_path / "sky.hdr"))


@pytest.mark.parametrize("suffix", [".flac", ".aif", ".aiff", ".ogg", ".mp3"])
def test_a_sound_of_each_suffix(tmp_path: Path, suffix: str) -> None:
    soundfile = pytest.importorskip("soundfile")
    wave = 0.5 * np.sin(np.arange(44100) / 20)
    soundfile.write(tmp_path / f"x{suffix}", wave, 44100, format=suffix[1:].upper().replace("AIF", "AIFF")[:4])
    signal = load(str(tmp_path / f"x{suffix}"))
    assert (signal.kind, signal.rate) == ("audio", 44100)
    assert 0.45 < float(np.abs(signal.array).max()) < 0.6
