"""DICOM files, against their values as pydicom reads them and the formulas of the standard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.signals.user_file import UserFile

RAMP = np.arange(16 * 16, dtype=np.int16).reshape(16, 16) * 16 - 1024


def shipped(name: str) -> str:
    path = get_testdata_file(name, download=False)
    assert path is not None
    return str(path)


def slice_file(path: Path, stored: np.ndarray[Any, Any], preamble: bytes = bytes(128), **tags: Any) -> str:
    """A CT slice of signed values; ``tags`` are added or replace those here, None takes one away."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    content = FileDataset(str(path), {}, file_meta=meta, preamble=preamble)
    rows, columns = stored.shape[-2:]
    plain = {
        "SOPClassUID": meta.MediaStorageSOPClassUID,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "Modality": "CT",
        "Rows": rows,
        "Columns": columns,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": int(stored.dtype.kind == "i"),
        "RescaleSlope": 1,
        "RescaleIntercept": 0,
        "PixelData": stored.tobytes(),
    }
    for name, value in (plain | tags).items():
        if value is not None:
            setattr(content, name, value)
    content.save_as(path)
    return str(path)


def test_hounsfield_units_over_a_declared_range(tmp_path: Path) -> None:
    path = slice_file(tmp_path / "s.dcm", RAMP, RescaleSlope=2, RescaleIntercept=-100)
    signal = load(UserFile(path, range=(-1000, 2000), unit="HU"))
    hounsfield = RAMP * 2.0 - 100
    np.testing.assert_allclose(signal.array[..., 0], np.clip((hounsfield + 1000) / 3000, 0, 1), atol=1e-7)
    assert signal.kind == "ct"
    clipped = 100 * ((hounsfield < -1000) | (hounsfield > 2000)).mean()
    assert signal.notes == (f"-1000…2000 HU → 0…1, {clipped:.2g} % of the values clipped",)


@pytest.mark.parametrize(("function", "low", "high"), [("LINEAR", -160, 239), ("LINEAR_EXACT", -160, 240)])
def test_the_first_window_of_the_file_is_used(tmp_path: Path, function: str, low: float, high: float) -> None:
    # PS3.3, C.11.2.1.2: for LINEAR the window goes from c - 0.5 - (w - 1)/2 to c - 0.5 + (w - 1)/2
    window: dict[str, Any] = {"WindowCenter": [40, 400], "WindowWidth": [400, 2000], "VOILUTFunction": function}
    signal = load(slice_file(tmp_path / "s.dcm", RAMP, **window))
    np.testing.assert_allclose(signal.array[..., 0], np.clip((RAMP - low) / (high - low), 0, 1), atol=1e-7)
    assert signal.notes[0].startswith(f"{low}…{high} HU → 0…1")


def test_without_a_window_it_is_the_range_of_the_frame(tmp_path: Path) -> None:
    signal = load(slice_file(tmp_path / "s.dcm", RAMP))
    np.testing.assert_allclose(signal.array[..., 0], np.arange(256).reshape(16, 16) / 255, atol=1e-7)
    assert signal.notes[0] == "no window: least and largest value of the frame"


def test_low_values_of_monochrome1_are_white(tmp_path: Path) -> None:
    plain = load(slice_file(tmp_path / "a.dcm", RAMP))
    inverted = load(slice_file(tmp_path / "a.dcm", RAMP, PhotometricInterpretation="MONOCHROME1"))
    np.testing.assert_allclose(inverted.array, 1 - plain.array, atol=1e-7)
    assert inverted.name != plain.name


def test_a_frame_can_be_chosen(tmp_path: Path) -> None:
    stack = np.stack([RAMP, RAMP[::-1], RAMP.T])
    path = slice_file(tmp_path / "s.dcm", stack, NumberOfFrames=3)
    assert load(path).notes[0] == "frame 1 of 3"
    last = load(UserFile(path, frame=2))
    np.testing.assert_allclose(last.array[..., 0], np.arange(256).reshape(16, 16).T / 255, atol=1e-7)
    with pytest.raises(SignalError, match="has 3 frames; choose a frame from 0 to 2"):
        load(UserFile(path, frame=3))


def test_a_preamble_of_a_tiff_does_not_hide_a_dicom_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = slice_file(tmp_path / "s.any", RAMP, preamble=b"II*\0" + bytes(124))
    assert load(path).array.shape == (16, 16, 1)
    for name in ("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm"):
        pixels = pydicom.dcmread(shipped(name)).pixel_array
        assert load(shipped(name)).array.shape == (*pixels.shape, 1)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["examples_rgb_color.dcm", "examples_palette.dcm", "SC_rgb_rle_2frame.dcm"])
def test_colours(name: str) -> None:
    content = pydicom.dcmread(shipped(name))
    pixels = content.pixel_array
    if content.PhotometricInterpretation == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, content)
    pixels = pixels[0] if pixels.ndim == 4 else pixels
    expected = (pixels / np.iinfo(pixels.dtype).max).astype(np.float32)
    np.testing.assert_array_equal(load(shipped(name)).array, expected)


@pytest.mark.parametrize("name", ["rtplan.dcm", "waveform_ecg.dcm", "test-SR.dcm"])
def test_a_file_without_a_picture_is_refused(name: str) -> None:
    with pytest.raises(SignalError, match="holds no picture") as caught:
        load(shipped(name))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["MR_small_jpeg_ls_lossless.dcm", "JPGExtended.dcm"])
def test_a_compression_that_cannot_be_read_is_a_short_line(name: str) -> None:
    with pytest.raises(SignalError, match="is a DICOM file that cannot be read: Unable to deco") as caught:
        load(shipped(name))
    assert len(str(caught.value)) - len(shipped(name)) < 260


@pytest.mark.parametrize(
    ("tags", "stated", "damaged", "shown"),
    [
        ({}, b"MONOCHROME2", b"MONO\n\x1b[31m2", "value 'MONO [31m2'; convert it"),
        ({"PixelData": None, "Modality": "SR"}, b"SR", b"S\0", "holds no picture (S); choose"),
        ({"PixelData": None, "Modality": "S" * 16}, b"S" * 16, b"S\n" * 8, "holds no picture (S S S S S S S S)"),
    ],
)
def test_what_a_file_says_of_itself_is_shown_in_one_line(
    tmp_path: Path, tags: dict[str, Any], stated: bytes, damaged: bytes, shown: str
) -> None:
    path = Path(slice_file(tmp_path / "s.dcm", RAMP, **tags))
    path.write_bytes(path.read_bytes().replace(stated, damaged))
    with pytest.raises(SignalError) as caught:
        load(str(path))
    assert shown in str(caught.value)


def test_the_unit_of_a_file_is_shown_in_one_line(tmp_path: Path) -> None:
    path = Path(slice_file(tmp_path / "s.dcm", RAMP, RescaleType="HUHUHU"))
    path.write_bytes(path.read_bytes().replace(b"HUHUHU", b"H\nU\x1bU "))
    (note,) = (note for note in load(str(path)).notes if "→" in note)
    assert note.split(" → ")[0].endswith("H U U")


def test_what_is_no_dicom_file_or_a_damaged_one_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_text("no picture at all")
    whole = Path(slice_file(tmp_path / "cut.dcm", RAMP)).read_bytes()
    (tmp_path / "cut.dcm").write_bytes(whole[:-100])
    for name in ("text.dcm", "cut.dcm"):
        with pytest.raises(SignalError, match=f"{name} (holds no picture|is a DICOM file that cannot)") as caught:
            load(str(tmp_path / name))
        assert "\n" not in str(caught.value)
