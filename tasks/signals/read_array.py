"""Pictures and recordings from NumPy arrays (.npy), and slices of volumes from NIfTI files (.nii, .nii.gz)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.picture import Decoded, check_size, chosen_frame, decoding, picture_signal
from inrbench.tasks.signals.signal import Signal, SignalError
from inrbench.tasks.signals.user_file import UserFile, optional


def read_npy(file: UserFile) -> Signal:
    """Signal from a NumPy array.

    (N,) is a recording, (H, W), (H, W, 1) or (H, W, 3) a picture; of (frames, H, W) and (frames, H, W, 3) one frame is
    read, the middle one by default. Values are scaled as those of a picture file or of a WAV.

    Raises:
        SignalError: if the file is damaged, or the array is neither.
    """
    path = file.location
    with decoding(path, "cannot be read", "save it again with numpy.save"):
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        if array.dtype.kind not in "buif":
            raise ValueError(f"values of type {array.dtype} are not a picture")
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.ndim == 1:
        from inrbench.tasks.signals.read_sound import sound_signal

        return sound_signal(file, array, None)
    notes: tuple[str, ...] = ()
    if array.ndim == 4 or (array.ndim == 3 and array.shape[2] not in (1, 3)):
        index, notes = chosen_frame(file, len(array), default=len(array) // 2)
        array = array[index]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3)):
        raise SignalError(f"{path} has the shape {array.shape}; save (H, W), (H, W, 3), (frames, H, W) or (N,)")
    check_size(array.shape[1], array.shape[0], path)
    return picture_signal(file, Decoded(np.ascontiguousarray(array), notes=notes))


def read_nifti(file: UserFile) -> Signal:
    """Signal from a NIfTI file: one slice across the body's axis, the middle one or that of `UserFile.frame`.

    The volume is turned to the axes right, anterior, superior; the rows of the picture go from anterior to posterior,
    the columns from left to right. The values that become 0 and 1 are those of `UserFile.range`, else ``cal_min`` and
    ``cal_max`` of the header, else the least and the largest of the slice.

    Raises:
        SignalError: if nibabel is not installed, or the file is damaged or no volume of real numbers.
    """
    path = file.location
    nibabel = optional("nibabel", path, "save a slice with numpy.save")
    with decoding(path, "cannot be read as NIfTI"):
        volume = nibabel.as_closest_canonical(nibabel.load(path))
        shape = volume.shape
        if not 2 <= len(shape) <= 4 or volume.get_data_dtype().kind not in "buif":
            raise ValueError(f"an array of shape {shape} and type {volume.get_data_dtype()} is not a volume")
        check_size(shape[0], shape[1], path)
        notes: tuple[str, ...] = ()
        at: tuple[Any, ...] = ()
        if len(shape) > 2:
            index, notes = chosen_frame(file, shape[2], default=shape[2] // 2, name="slice")
            at = (slice(None), slice(None), index)
        if len(shape) == 4:
            at += (0,)
            notes += (f"volume 1 of {shape[3]}",) if shape[3] > 1 else ()
        values = np.asarray(volume.dataobj[at] if at else volume.dataobj, np.float64).T[::-1]
        low, high = (float(volume.header[name]) for name in ("cal_min", "cal_max"))
    if not low < high:
        low, high = float(values.min()), float(values.max())
        high = high if high > low else low + 1
        notes += ("no range stated: least and largest value of the slice",) if file.range is None else ()
    return picture_signal(file, Decoded(np.ascontiguousarray(values), range=(low, high), notes=notes))
