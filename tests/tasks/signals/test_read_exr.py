"""OpenEXR files: linear values of any range, parts, opacity, and what is not read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.signals.user_file import UserFile

OpenEXR = pytest.importorskip("OpenEXR")
RNG = np.random.default_rng(7)


def saved(path: Path, channels: dict[str, NDArray[Any]], **header: Any) -> str:
    head = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage, **header}
    with OpenEXR.File(head, channels) as file:
        file.write(str(path))
    return str(path)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_colours_are_read_at_their_full_precision(tmp_path: Path, kind: type[np.floating[Any]]) -> None:
    rgb = RNG.random((20, 30, 3)).astype(kind)
    signal = load(saved(tmp_path / "x.exr", {"RGB": rgb}))
    assert signal.kind == "image-rgb"
    np.testing.assert_array_equal(signal.array, rgb.astype(np.float32))
    gray = load(saved(tmp_path / "y.exr", {"Y": rgb[..., 0].copy()}))
    assert (gray.kind, gray.array.shape) == ("image-gray", (20, 30, 1))


def test_values_above_white_need_a_declared_range(tmp_path: Path) -> None:
    rgb = RNG.random((20, 30, 3)).astype(np.float32) * 8
    path = saved(tmp_path / "x.exr", {"RGB": rgb})
    with pytest.raises(SignalError, match=r"float32 values from .* whose range is not known; declare it"):
        load(path)
    signal = load(UserFile(path, range=(0.0, 4.0), unit="cd"))
    np.testing.assert_allclose(signal.array, (rgb / 4).clip(0, 1), atol=1e-6)
    assert signal.notes[0].startswith("0…4 cd → 0…1, ")


def test_opacity_is_composited_over_white(tmp_path: Path) -> None:
    colour, alpha = RNG.random((20, 30, 3)).astype(np.float32), RNG.random((20, 30)).astype(np.float32)
    alpha[0] = 0
    stored = np.dstack([colour * alpha[..., None], alpha])  # OpenEXR's colours are premultiplied
    signal = load(saved(tmp_path / "x.exr", {"RGBA": stored}))
    np.testing.assert_allclose(signal.array, colour * alpha[..., None] + 1 - alpha[..., None], atol=1e-6)
    shifted = load(UserFile(str(tmp_path / "x.exr"), range=(-1, 1)))
    expected = (colour + 1) / 2 * alpha[..., None] + 1 - alpha[..., None]
    np.testing.assert_allclose(shifted.array[1:], expected[1:], atol=1e-5)


def test_other_channels_and_the_frame_around_the_data_are_left_out(tmp_path: Path) -> None:
    rgb = RNG.random((20, 30, 3)).astype(np.float32)
    window = {"dataWindow": (np.array([5, 3], np.int32), np.array([34, 22], np.int32))}
    window["displayWindow"] = (np.array([0, 0], np.int32), np.array([39, 29], np.int32))
    channels = {"RGB": rgb, "Z": rgb[..., 0].copy(), "diffuse.R": rgb[..., 1].copy()}
    signal = load(saved(tmp_path / "x.exr", channels, **window))
    np.testing.assert_array_equal(signal.array, rgb)
    assert signal.notes == ("channels Z, diffuse.R left out",)
    with pytest.raises(SignalError, match="has the channels Z; it needs R, G, B or Y"):
        load(saved(tmp_path / "z.exr", {"Z": rgb[..., 0].copy()}))


def test_of_several_parts_one_is_chosen(tmp_path: Path) -> None:
    first, second = RNG.random((2, 20, 30, 3)).astype(np.float32)
    head = {"type": OpenEXR.scanlineimage}
    parts = [OpenEXR.Part(dict(head), {"RGB": rgb}, name) for rgb, name in ((first, "left"), (second, "right"))]
    with OpenEXR.File(parts) as file:
        file.write(str(tmp_path / "x.exr"))
    signal = load(str(tmp_path / "x.exr"))
    np.testing.assert_array_equal(signal.array, first)
    assert signal.notes == ("part 1 of 2",)
    np.testing.assert_array_equal(load(UserFile(str(tmp_path / "x.exr"), frame=1)).array, second)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, share: float, capfd: pytest.CaptureFixture[str]) -> None:
    path = Path(saved(tmp_path / "x.exr", {"RGB": RNG.random((40, 60, 3)).astype(np.float32)}))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(SignalError, match=r"x\.exr is damaged: .*; save it again"):
        load(str(path))
    assert capfd.readouterr() == ("", "")
