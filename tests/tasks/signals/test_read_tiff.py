"""TIFF files as cameras, scanners, satellites and other programs write them: the right values, or a refusal."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.read_tiff import turned
from inrbench.tasks.signals.signal import Signal, SignalError
from inrbench.tasks.signals.user_file import UserFile

RNG = np.random.default_rng(1)


def pixels(*shape: int, kind: str = "u2") -> np.ndarray[Any, Any]:
    return RNG.integers(0, np.iinfo(kind).max, shape, endpoint=True).astype(kind)


def unit(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return (array / np.iinfo(array.dtype).max).astype(np.float32).reshape(*array.shape[:2], -1)


def written(path: Path, array: np.ndarray[Any, Any], **options: Any) -> Signal:
    tifffile.imwrite(path, array, **options)
    return load(str(path))


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_a_channel_beside_the_colours_is_no_transparency(tmp_path: Path, kind: str, planar: str) -> None:
    rgb, infrared = pixels(20, 30, 3, kind=kind), np.full((20, 30), 25, kind)
    stored = np.dstack([rgb, infrared])
    stored = stored if planar == "contig" else np.moveaxis(stored, -1, 0)
    signal = written(tmp_path / "x.tif", stored, photometric="rgb", planarconfig=planar, extrasamples=["unspecified"])
    np.testing.assert_array_equal(signal.array, unit(rgb))
    assert signal.notes == ("1 channel beside the colours dropped",)


@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_channels_of_which_none_is_called_a_colour_are_refused(tmp_path: Path, kind: str) -> None:
    stored = pixels(20, 30, 4, kind=kind)
    with pytest.raises(SignalError, match="has 4 channels and does not say which of them are colours"):
        written(tmp_path / "x.tif", stored, photometric="minisblack", planarconfig="contig")


@pytest.mark.parametrize("kind", ["u1", "u2"])
@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize("alpha", ["assocalpha", "unassalpha"])
def test_transparency_is_composited_over_white(tmp_path: Path, kind: str, colours: int, alpha: str) -> None:
    opacity = pixels(20, 30, 1, kind=kind)
    colour = pixels(20, 30, colours, kind=kind)
    if alpha == "assocalpha":
        colour = np.minimum(colour, opacity)
    signal = written(
        tmp_path / "a.tif",
        np.dstack([colour, opacity]),
        photometric="rgb" if colours == 3 else "minisblack",
        planarconfig="contig",
        extrasamples=[alpha],
    )
    share = unit(opacity)
    expected = (unit(colour) if alpha == "assocalpha" else unit(colour) * share) + 1 - share
    np.testing.assert_allclose(signal.array, expected, atol=1e-6)
    assert signal.notes == ("transparency over white",)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["u1", "u2"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_turned_picture_is_turned_back(
    tmp_path: Path, orientation: int, kind: str, channels: int, compression: str | None
) -> None:
    stored = pixels(20, 30, channels, kind=kind).squeeze()
    signal = written(
        tmp_path / "o.tif",
        stored,
        photometric="rgb" if channels == 3 else "minisblack",
        extratags=[(274, "H", 1, orientation, True)],
        compression=compression,
    )
    corner = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (-1, 0), 7: (-1, -1), 8: (0, -1)}
    beside = {1: (0, 1), 2: (0, -2), 3: (-1, -2), 4: (-1, 1), 5: (1, 0), 6: (-2, 0), 7: (-2, -1), 8: (1, -1)}
    assert signal.array.shape[:2] == ((20, 30) if orientation < 5 else (30, 20))
    for at, place in ((0, corner), (1, beside)):
        np.testing.assert_array_equal(signal.array[0, at], unit(stored)[place[orientation]])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_a_png_of_16_bits_is_applied_as_that_of_8(tmp_path: Path, orientation: int) -> None:
    gray = pixels(20, 30)
    for kind, array in (("deep", gray), ("shallow", (gray >> 8).astype(np.uint8))):
        image = Image.fromarray(array)
        exif = image.getexif()
        exif[274] = orientation
        image.save(tmp_path / f"{kind}.png", exif=exif)
        np.testing.assert_array_equal(
            load(str(tmp_path / f"{kind}.png")).array, turned(unit(array), orientation), err_msg=kind
        )


@pytest.mark.parametrize("kind", ["i1", "i2", "u4", "i4"])
def test_values_of_an_unknown_range_are_refused_until_it_is_declared(tmp_path: Path, kind: str) -> None:
    path, stored = tmp_path / "s.tif", np.arange(-128, 128).reshape(16, 16)
    stored = stored if kind[0] == "i" else stored + 128
    tifffile.imwrite(path, stored.astype(kind), photometric="minisblack")
    with pytest.raises(SignalError, match=f"has {np.dtype(kind)} values from .* range is not known; declare it"):
        load(str(path))
    signal = load(UserFile(str(path), range=(float(stored.min()), float(stored.max())), unit="K"))
    np.testing.assert_allclose(signal.array[..., 0], np.arange(256).reshape(16, 16) / 255, atol=1e-7)
    assert signal.notes == (f"{stored.min()}…{stored.max()} K → 0…1",)


def test_a_thumbnail_is_not_the_picture(tmp_path: Path) -> None:
    small, large = pixels(16, 24), pixels(64, 96)
    for kind in ("u1", "u2"):
        path = tmp_path / f"{kind}.tif"
        with tifffile.TiffWriter(path) as file:
            file.write((small >> 8).astype(kind), subfiletype=1, photometric="minisblack")
            file.write((large >> 8).astype(kind), photometric="minisblack")
        signal = load(str(path))
        np.testing.assert_array_equal(signal.array, unit((large >> 8).astype(kind)))
        assert signal.notes == ()


def test_a_reduced_copy_alone_is_the_picture(tmp_path: Path) -> None:
    small = pixels(16, 24)
    np.testing.assert_array_equal(
        written(tmp_path / "x.tif", small, subfiletype=1, photometric="minisblack").array, unit(small)
    )


def test_colours_that_are_not_converted_are_not_called_damage(tmp_path: Path) -> None:
    Image.fromarray(pixels(20, 30, 3, kind="u1"), "LAB").save(tmp_path / "lab.tif")
    with pytest.raises(SignalError, match=r"lab\.tif has colours of the kind LAB; save it as RGB"):
        load(str(tmp_path / "lab.tif"))
    Image.fromarray(pixels(20, 30, 4, kind="u1"), "CMYK").save(tmp_path / "ink.tif")
    assert load(str(tmp_path / "ink.tif")).kind == "image-rgb"
    plain = np.full((32, 48, 3), (200, 100, 50), np.uint8)
    Image.fromarray(plain).save(tmp_path / "photo.tif", compression="jpeg")  # YCbCr
    np.testing.assert_allclose(load(str(tmp_path / "photo.tif")).array, plain / 255, atol=0.02)
    Image.fromarray(plain).quantize(4).save(tmp_path / "palette.tif")
    np.testing.assert_allclose(load(str(tmp_path / "palette.tif")).array, plain / 255, atol=0.02)


def test_the_preview_of_a_raw_picture_is_refused(tmp_path: Path) -> None:
    for reduced in (0, 1):
        path = tmp_path / f"raw{reduced}.nef"
        with tifffile.TiffWriter(path) as file:
            file.write(pixels(16, 24, 3, kind="u1"), subfiletype=reduced, photometric="rgb", subifds=1)
            file.write(pixels(64, 96), photometric="minisblack")
        with pytest.raises(SignalError, match="preview of a raw picture"):
            load(str(path))


def test_one_page_of_several_is_read(tmp_path: Path) -> None:
    for kind in ("u1", "u2"):
        path, stack = tmp_path / f"{kind}.tif", pixels(3, 20, 30, kind=kind)
        first = written(path, stack, photometric="minisblack")
        np.testing.assert_array_equal(first.array, unit(stack[0]))
        assert first.notes == ("page 1 of 3",)
        last = load(UserFile(str(path), frame=2))
        np.testing.assert_array_equal(last.array, unit(stack[2]))
        assert last.notes == ("page 3 of 3",)
        assert last.name != first.name
        with pytest.raises(SignalError, match="has 3 pages; choose a frame from 0 to 2"):
            load(UserFile(str(path), frame=3))


def test_lzw_of_16_bits_is_read_or_the_message_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, rgb = tmp_path / "scan.tif", pixels(20, 30, 3)

    def lacking(*_: object) -> None:  # as tifffile says it
        raise ValueError("<COMPRESSION.LZW: 5> requires the 'imagecodecs' package")

    with monkeypatch.context() as patch:
        patch.setattr(tifffile.TiffPage, "asarray", lacking)
        with pytest.raises(SignalError, match=r"is compressed .* run `pip install imagecodecs`, or save it as an unc"):
            written(path, rgb, photometric="rgb")
    pytest.importorskip("imagecodecs")
    signal = written(path, rgb, photometric="rgb", compression="lzw", predictor=True)
    np.testing.assert_array_equal(signal.array, unit(rgb))


def tiff(tags: list[tuple[int, int, bytes]], tail: bytes = b"") -> bytes:
    """A little-endian TIFF of one page from (tag, type, four bytes) and what stands behind."""
    entries = b"".join(struct.pack("<HHI", tag, kind, 1) + value for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0) + tail


def test_whatever_a_decoder_raises_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def number(value: int) -> bytes:
        return struct.pack("<I", value)

    tags = [(256, 3, number(16)), (257, 3, number(16)), (258, 3, number(4)), (262, 3, number(1))]
    place = 8 + 2 + 12 * 7 + 4
    tags += [(273, 5, number(place)), (278, 3, number(16)), (279, 4, number(128))]
    path = tmp_path / "rational.tif"
    path.write_bytes(tiff(tags, struct.pack("<II", place + 8, 1) + bytes(256)))
    with pytest.raises(SignalError, match=r"rational\.tif (is damaged|cannot be decoded)") as caught:
        load(str(path))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_pixels_that_do_not_fit_the_stated_size_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "planar.tif"
    tifffile.imwrite(
        path, np.full((12, 16, 2), 9, np.uint8), photometric="minisblack", planarconfig="contig", extrasamples=[2]
    )
    content = path.read_bytes()
    entry = content.index(b"\x1c\x01\x03\x00\x01\x00\x00\x00")  # PlanarConfiguration, one short
    path.write_bytes(content[: entry + 8] + bytes(4) + content[entry + 12 :])  # neither contiguous (1) nor planes (2)
    with pytest.raises(SignalError, match=r"pixels of shape \(2, 12, 16\) in a picture of 12 × 16"):
        load(str(path))
