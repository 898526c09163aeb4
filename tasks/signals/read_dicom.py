"""Pictures from DICOM files, in the values that the file declares: Hounsfield units of CT, or a window."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.picture import Decoded, check_size, chosen_frame, picture_signal, quiet
from inrbench.tasks.signals.signal import Signal, SignalError, one_line, reason
from inrbench.tasks.signals.user_file import UserFile


def is_dicom(head: bytes) -> bool:
    """Whether a file begins as DICOM does; the 128 bytes before the letters may be those of a TIFF."""
    return head[128:132] == b"DICM"


def read_dicom(file: UserFile) -> Signal:
    """Signal from a DICOM file: the first frame, or the one of `UserFile.frame`.

    Rescale slope and intercept, or the lookup table of the modality, are applied. Of a gray picture
    the values that become 0 and 1 are those of `UserFile.range`, else of the file's first window (PS3.3, C.11.2.1.2),
    else the least and the largest of the frame. MONOCHROME1, in which low values are white, is inverted.

    Raises:
        SignalError: if the file holds no picture, is damaged, or is compressed in a way that cannot be read.
    """
    import pydicom
    from pydicom.pixels.utils import pixel_array

    path = file.location
    try:
        with quiet():
            content = pydicom.dcmread(path, force=True)
            if "PixelData" not in content:
                held = f"holds no picture ({_text(content, 'Modality') or 'no modality'})"
                raise SignalError(f"{path} {held}; choose a DICOM file with pixels")
            check_size(int(content.Columns), int(content.Rows), path)
            index, notes = chosen_frame(file, int(content.get("NumberOfFrames") or 1))
            pixels = pixel_array(content, index=index)
            return picture_signal(file, _decoded(file, content, pixels, notes))
    except SignalError:
        raise
    except Exception as error:  # pydicom and its decoders raise errors of many types
        why = textwrap.shorten(reason(error), 160, placeholder=" …")  # pydicom lists every decoder that it tried
        raise SignalError(
            f"{path} is a DICOM file that cannot be read: {why}; convert it to a PNG or a .npy"
        ) from error


def _decoded(file: UserFile, content: Any, pixels: NDArray[Any], notes: tuple[str, ...]) -> Decoded:
    from pydicom.pixels.processing import apply_color_lut, apply_modality_lut

    kind = str(content.PhotometricInterpretation)
    if kind == "PALETTE COLOR":
        colour = apply_color_lut(pixels, content)
        return Decoded(colour, notes=notes)
    if pixels.ndim == 3:
        return Decoded(_of_stored_bits(pixels, content), notes=notes)
    if kind not in ("MONOCHROME1", "MONOCHROME2"):
        raise SignalError(f"{file} is of the kind {kind}; save it as gray or RGB")
    values = apply_modality_lut(pixels, content).astype(np.float64)
    scan = content.get("Modality") == "CT"
    window = _window(content)
    if window is None:
        low, high = float(values.min()), float(values.max())
        window = (low, high if high > low else low + 1)
        notes += () if file.range else ("no window: least and largest value of the frame",)
    unit = _text(content, "RescaleType") or ("HU" if scan else "")
    return Decoded(
        values, range=window, unit=unit, inverted=kind == "MONOCHROME1", kind="ct" if scan else "image", notes=notes
    )


def _text(content: Any, name: str) -> str:
    """What an element says, in one line that is short enough for a message; "" if it says nothing."""
    return textwrap.shorten(one_line(str(content.get(name) or "")), 40, placeholder=" …")


def _of_stored_bits(pixels: NDArray[Any], content: Any) -> NDArray[Any]:
    """Colours of any number of bits as fractions of the largest value; 8 and 16 bits as they are."""
    bits = int(content.BitsStored)
    return pixels if bits in (8, 16) else pixels / float(2**bits - 1)


def _window(content: Any) -> tuple[float, float] | None:
    """Values of black and white of the first window, None without one that is linear."""
    function = str(content.get("VOILUTFunction") or "LINEAR")
    centre, width = (_first(content.get(name)) for name in ("WindowCenter", "WindowWidth"))
    if centre is None or width is None or width <= 1 or function not in ("LINEAR", "LINEAR_EXACT"):
        return None
    if function == "LINEAR":
        return centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
    return centre - width / 2, centre + width / 2


def _first(value: Any) -> float | None:
    if value is None or value == "":
        return None
    return float(value[0] if hasattr(value, "__len__") and not isinstance(value, str) else value)
