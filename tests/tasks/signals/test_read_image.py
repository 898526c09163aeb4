import importlib
import struct
import sys
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import tifffile
from PIL import Image

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.read_image import read_picture
from inrbench.tasks.signals.signal import SignalError

RNG = np.random.default_rng(0)
GRAY8 = RNG.integers(0, 256, (20, 30), dtype=np.uint8)
RGB8 = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
GRAY16 = RNG.integers(0, 65536, (20, 30), dtype=np.uint16)
RGB16 = RNG.integers(0, 65536, (20, 30, 3), dtype=np.uint16)


def png_header(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    """A PNG that states a size and holds no pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "PNG"])
@pytest.mark.parametrize("raw", [GRAY8, RGB8], ids=["gray", "rgb"])
def test_eight_bits(tmp_path: Path, raw: np.ndarray, suffix: str) -> None:
    path = tmp_path / f"cat.{suffix}"
    Image.fromarray(raw).save(path)
    signal = load(str(path))
    assert signal.name == f"cat@{signal.sha256[:8]}"
    assert signal.notes == ()
    np.testing.assert_array_equal(signal.array, (raw.reshape(20, 30, -1) / 255).astype(np.float32))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_gray(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"chest.{suffix}"
    Image.fromarray(GRAY16).save(path)
    signal = load(str(path))
    np.testing.assert_array_equal(signal.array[..., 0], (GRAY16 / 65535).astype(np.float32))


def test_compressed_sixteen_bits_gray(tmp_path: Path) -> None:
    for compression in ("tiff_lzw", "tiff_adobe_deflate"):
        Image.fromarray(GRAY16).save(tmp_path / "chest.tif", compression=compression)
        np.testing.assert_array_equal(load(str(tmp_path / "chest.tif")).array, (GRAY16 / 65535).astype("f4")[..., None])


def test_tiffs_whose_values_mean_something_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ink.tif"
    tifffile.imwrite(path, GRAY16, photometric="miniswhite")
    with pytest.raises(SignalError, match="unsupported kind"):
        load(str(path))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_sixteen_bits_colour_tiff_keeps_its_depth(tmp_path: Path, order: Literal["<", ">"], planar: str) -> None:
    path = tmp_path / "deep.tif"
    stored = RGB16 if planar == "contig" else np.moveaxis(RGB16, -1, 0)
    tifffile.imwrite(path, stored, photometric="rgb", planarconfig=planar, byteorder=order)
    signal = load(str(path))
    np.testing.assert_array_equal(signal.array, (RGB16 / 65535).astype(np.float32))


def without(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """As if a package were not installed."""
    monkeypatch.setitem(sys.modules, package, None)


def test_sixteen_bits_colour_png_is_never_cut_to_eight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep.png"
    rgba = np.concatenate([RGB16, GRAY16[..., None]], axis=-1)
    unit = rgba / 65535
    expected = {3: unit[..., :3], 4: unit[..., :3] * unit[..., 3:] + 1 - unit[..., 3:]}
    try:
        codecs = importlib.import_module("imagecodecs")
    except ImportError:
        path.write_bytes(png_header(20, 30, depth=16, colour=2))
    else:
        for channels in (3, 4):
            path.write_bytes(codecs.png_encode(np.ascontiguousarray(rgba[..., :channels])))
            np.testing.assert_allclose(load(str(path)).array, expected[channels], atol=1e-7)
    without(monkeypatch, "imagecodecs")
    with pytest.raises(
        SignalError, match=r"pip install imagecodecs`, or save it as a TIFF or with 8 bits \(it is a col"
    ):
        load(str(path))


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_float_tiff(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path, raw = tmp_path / "float.tif", RNG.random(shape).astype(np.float32)
    tifffile.imwrite(path, raw, photometric="rgb" if len(shape) == 3 else "minisblack")
    np.testing.assert_array_equal(load(str(path)).array, raw.reshape(20, 30, -1))
    for bad in (2.0, -0.5, np.nan):
        raw[3, 4] = bad
        tifffile.imwrite(path, raw, photometric="rgb" if len(shape) == 3 else "minisblack")
        with pytest.raises(SignalError, match="range is not known; declare it"):
            load(str(path))


def test_integers_that_are_no_picture_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.tif"
    tifffile.imwrite(path, np.full((20, 30), 10**6, np.uint32))
    with pytest.raises(SignalError, match="uint32 values"):
        load(str(path))


def test_transparency_is_composited_over_white(tmp_path: Path) -> None:
    raw = np.concatenate([RGB8, RNG.integers(0, 256, (20, 30, 1), dtype=np.uint8)], axis=-1)
    Image.fromarray(raw).save(tmp_path / "rgba.png")
    unit = raw / 255
    expected = unit[..., :3] * unit[..., 3:] + 1 - unit[..., 3:]
    np.testing.assert_allclose(load(str(tmp_path / "rgba.png")).array, expected, atol=1e-6)
    Image.fromarray(raw[..., 2:]).save(tmp_path / "la.png")
    expected = unit[..., 2:3] * unit[..., 3:] + 1 - unit[..., 3:]
    np.testing.assert_allclose(load(str(tmp_path / "la.png")).array, expected, atol=1e-6)


def test_palettes_and_bits(tmp_path: Path) -> None:
    palette = Image.fromarray(RGB8).quantize(16)
    palette.save(tmp_path / "p.png")
    palette.save(tmp_path / "p.gif")
    expected = np.asarray(palette.convert("RGB")) / 255
    for suffix in ("png", "gif"):
        np.testing.assert_allclose(load(str(tmp_path / f"p.{suffix}")).array, expected, atol=1e-6)
    Image.fromarray(GRAY8 > 128).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(load(str(tmp_path / "bits.png")).array[..., 0], GRAY8 > 128)


def test_the_orientation_of_the_camera_is_applied(tmp_path: Path) -> None:
    image = Image.fromarray(RGB8)
    exif = image.getexif()
    exif[274] = 6  # turned by 90°
    image.save(tmp_path / "turned.png", exif=exif)
    assert load(str(tmp_path / "turned.png")).array.shape == (30, 20, 3)


def test_the_name_does_not_depend_on_the_folder_or_the_format(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    Image.fromarray(RGB8).save(tmp_path / "a" / "cat.png")
    Image.fromarray(RGB8).save(tmp_path / "cat.bmp")
    assert load(str(tmp_path / "a" / "cat.png")).name == load(str(tmp_path / "cat.bmp")).name


def test_a_file_without_suffix_is_found_by_its_existence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(RGB8).save("plain", format="PNG")
    assert load("plain").name.startswith("plain@")
    Image.fromarray(RGB8).save("camera", format="PNG")
    assert load("camera").name == "camera"  # what is registered comes first


def broken(tmp_path: Path) -> dict[str, tuple[Path, str]]:
    """Files that cannot be used, with what is said of them."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.png").write_text("no picture at all")
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.tif").write_bytes(b"II*\x00 and then nothing of use")
    Image.fromarray(GRAY8[:7, :7]).save(tmp_path / "tiny.png")
    (tmp_path / "huge.png").write_bytes(png_header(10_000, 5_001))
    (tmp_path / "bomb.png").write_bytes(png_header(60_000, 60_000))
    whole = tmp_path / "whole.png"
    Image.fromarray(RGB8).save(whole)
    (tmp_path / "cut.png").write_bytes(whole.read_bytes()[:-900])
    Image.fromarray(RGB8).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:-300])
    return {
        "missing": (tmp_path / "missing.png", "does not exist"),
        "folder": (tmp_path / "folder", "is a directory"),
        "text": (tmp_path / "text.png", "is not a picture"),
        "empty": (tmp_path / "empty.png", "is not a picture"),
        "tiff": (tmp_path / "text.tif", "is damaged|cannot be decoded"),
        "tiny": (tmp_path / "tiny.png", "at least 8 x 8"),
        "huge": (tmp_path / "huge.png", "more than 50 megapixels"),
        "bomb": (tmp_path / "bomb.png", "more than 50 megapixels"),
        "cut": (tmp_path / "cut.png", "is damaged"),
        "cut-jpeg": (tmp_path / "cut.jpg", "is damaged"),
    }


@pytest.mark.parametrize(
    "case", ["missing", "folder", "text", "empty", "tiff", "tiny", "huge", "bomb", "cut", "cut-jpeg"]
)
def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path, case: str) -> None:
    path, message = broken(tmp_path)[case]
    with pytest.raises(SignalError, match=message) as caught:
        read_picture(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
