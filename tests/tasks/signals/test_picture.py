"""From stored pixels to a picture."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.picture import Decoded, picture_signal, quiet
from inrbench.tasks.signals.user_file import UserFile

FILE = UserFile("x.png")
RNG = np.random.default_rng(3)


def test_equal_bytes_in_another_shape_are_another_signal() -> None:
    row = RNG.integers(0, 256, 16, dtype=np.uint8)
    tall = np.tile(row, (64, 1))
    names = {picture_signal(FILE, Decoded(array)).name for array in (tall, tall.reshape(32, 32))}
    names |= {picture_signal(FILE, Decoded(array.view(np.uint16))).name for array in (tall,)}
    assert len(names) == 3


def test_a_colour_picture_with_three_equal_channels_is_gray() -> None:
    gray = RNG.integers(0, 256, (20, 30), dtype=np.uint8)
    signal = picture_signal(FILE, Decoded(np.dstack([gray] * 3)))
    assert (signal.kind, signal.array.shape) == ("image-gray", (20, 30, 1))
    assert signal.notes == ("three equal channels → gray",)
    assert signal.name == picture_signal(FILE, Decoded(gray)).name
    tinted = np.dstack([gray] * 3)
    tinted[3, 4, 1] ^= 1
    assert picture_signal(FILE, Decoded(tinted)).kind == "image-rgb"


def test_what_was_chosen_in_a_picture_is_noted(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((20, 30, 3), (value, 0, 0), np.uint8)) for value in (50, 100, 200)]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:])
    signal = load(str(tmp_path / "film.gif"))
    assert signal.notes == ("frame 1 of 3",)
    second = load(UserFile(str(tmp_path / "film.gif"), frame=1))
    assert second.array[0, 0, 0] == pytest.approx(100 / 255)
    rgba = np.full((20, 30, 4), (255, 0, 0, 128), np.uint8)
    Image.fromarray(rgba).save(tmp_path / "glass.png")
    assert load(str(tmp_path / "glass.png")).notes == ("transparency over white",)


def test_a_colour_that_is_transparent_in_a_png_of_16_bits(tmp_path: Path) -> None:
    gray = RNG.integers(0, 65536, (20, 30), dtype=np.uint16)
    gray[:5] = 777
    Image.fromarray(gray).save(tmp_path / "key.png", transparency=777)
    expected = (gray / 65535).astype(np.float32)
    expected[:5] = 1
    np.testing.assert_array_equal(load(str(tmp_path / "key.png")).array[..., 0], expected)


def test_nothing_that_a_decoder_says_reaches_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet():
        os.write(2, b"libtiff: a warning\n")
        warnings.warn("a warning", stacklevel=1)
        logging.getLogger("tifffile").warning("a warning")
    assert capfd.readouterr().err == ""
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"
