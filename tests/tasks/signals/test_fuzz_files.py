"""Files of strangers: whatever their bytes are, they end in a right signal or in one line that names them."""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import trimesh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.io import wavfile

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import MIN_SIDE, PICTURES, Signal, SignalError
from inrbench.tasks.signals.user_file import UserFile
from tests.tasks.signals.test_read_dicom import RAMP, slice_file

EFFORT = pytest.mark.parametrize(
    "examples",
    [60, pytest.param(5000, marks=[pytest.mark.slow, pytest.mark.timeout(3000)])],
)
RNG = np.random.default_rng(0)
GRAY8 = RNG.integers(0, 256, (12, 16), dtype=np.uint8)
RGB8 = RNG.integers(0, 256, (12, 16, 3), dtype=np.uint8)
GRAY16 = RNG.integers(0, 65536, (12, 16), dtype=np.uint16)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def tiff(array: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)
    return buffer.getvalue()


def sound(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    wavfile.write(buffer, 8000, array)
    return buffer.getvalue()


def array_file(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def mesh(kind: str) -> bytes:
    content = trimesh.creation.box().export(file_type=kind)
    return content.encode() if isinstance(content, str) else content


def nifti(_: Path) -> bytes:
    nibabel = pytest.importorskip("nibabel")
    return bytes(nibabel.Nifti1Image(RNG.random((9, 10, 3)).astype(np.float32), np.eye(4)).to_bytes())


def flac(folder: Path) -> bytes:
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(folder / "seed.flac", np.sin(np.arange(400) / 9), 8000)
    return (folder / "seed.flac").read_bytes()


FILES: dict[str, Callable[[Path], bytes]] = {
    "gray.png": lambda _: saved(Image.fromarray(GRAY8), "PNG"),
    "deep.png": lambda _: saved(Image.fromarray(GRAY16), "PNG"),
    "palette.png": lambda _: saved(Image.fromarray(RGB8).quantize(8), "PNG"),
    "colour.jpg": lambda _: saved(Image.fromarray(RGB8), "JPEG"),
    "film.gif": lambda _: saved(
        Image.fromarray(GRAY8), "GIF", save_all=True, append_images=[Image.fromarray(255 - GRAY8)]
    ),
    "colour.webp": lambda _: saved(Image.fromarray(RGB8), "WEBP"),
    "colour.bmp": lambda _: saved(Image.fromarray(RGB8), "BMP"),
    "gray.tif": lambda _: tiff(GRAY8, photometric="minisblack", extratags=[(274, "H", 1, 6, True)]),
    "deep.tif": lambda _: tiff(np.dstack([GRAY16] * 4), photometric="rgb", extrasamples=["unspecified"]),
    "signed.tif": lambda _: tiff(GRAY8.view(np.int8), photometric="minisblack"),
    "packed.tif": lambda _: saved(Image.fromarray(RGB8), "TIFF", compression="tiff_lzw"),
    "alpha.tif": lambda _: tiff(
        np.dstack([GRAY8, GRAY8]), photometric="minisblack", planarconfig="contig", extrasamples=["assocalpha"]
    ),
    "tone.wav": lambda _: sound(np.round(3e4 * np.sin(np.arange(200) / 9)).astype(np.int16)),
    "float.wav": lambda _: sound(np.sin(np.arange(200) / 9).astype(np.float32)),
    "tone.flac": flac,
    "picture.npy": lambda _: array_file(GRAY16),
    "film.npy": lambda _: array_file(RNG.random((4, 12, 16))),
    "slice.dcm": lambda folder: Path(slice_file(folder / "seed.dcm", RAMP)).read_bytes(),
    "volume.nii": nifti,
    "box.obj": lambda _: mesh("obj"),
    "box.off": lambda _: mesh("off"),
    "box.ply": lambda _: mesh("ply"),
    "box.stl": lambda _: mesh("stl"),
}


@st.composite
def damages(draw: st.DrawFn) -> list[tuple[str, float, bytes]]:
    """Changes of a file: what is done, where as a share of its length, and with which bytes."""
    number = st.sampled_from([struct.pack("<I", value) for value in (0, 1, 5, 0x7FFFFFFF, 0xFFFFFFFF)])
    return [
        (
            draw(st.sampled_from(["change", "change", "change", "insert", "cut", "number"])),
            draw(st.floats(0, 1) | st.floats(0, 0.2)),
            draw(st.binary(min_size=1, max_size=4) | number),
        )
        for _ in range(draw(st.integers(1, 5)))
    ]


def damaged(content: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
    whole = bytearray(content)
    for what, share, new in changes:
        at = int(share * len(whole))
        if what == "insert":
            whole[at:at] = new
        elif what == "cut":
            del whole[at : at + 7 * len(new)]
        else:
            whole[at : at + len(new)] = new
    return bytes(whole)


def loaded(file: UserFile) -> tuple[Signal | None, str]:
    """The signal of a file, or the message by which it is refused. Whatever else is raised is a bug."""
    try:
        return load(file), ""
    except SignalError as error:
        return None, str(error)


@EFFORT
@pytest.mark.parametrize("name", FILES)
def test_no_file_ends_in_a_traceback(
    name: str, examples: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content, path = FILES[name](tmp_path), tmp_path / name
    effort = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    read = functools.partial(UserFile, str(path))

    @effort
    @given(damages(), st.sampled_from([read(), read(range=(0, 500)), read(frame=1)]))
    def check(changes: list[tuple[str, float, bytes]], file: UserFile) -> None:
        path.write_bytes(damaged(content, changes))
        signal, message = loaded(file)
        assert "\n" not in message
        if signal is None:
            assert name in message
        else:
            assert np.isfinite(signal.array).all()
            if signal.kind in PICTURES:
                assert signal.array.shape[2] in (1, 3)
                assert min(signal.array.shape[:2]) >= MIN_SIDE
                assert 0 <= signal.array.min() <= signal.array.max() <= 1
        assert capfd.readouterr() == ("", "")

    check()
