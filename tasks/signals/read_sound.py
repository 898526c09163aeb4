"""WAV files as one channel of samples in [-1, 1].

The bit depth of the file is kept: other readers reduce 24 and 32 bits to 16 without notice.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import Signal, SignalError, file_signal, reason

MIN_SAMPLES, MAX_SAMPLES = 64, 50_000_000
"""Smallest and largest number of samples of a recording."""


def read_sound(path: str | Path) -> Signal:
    """Signal from a WAV file: (N, 1) float32 in [-1, 1], the mean over all channels.

    Integers are divided by 2^(bits - 1); 8-bit integers are unsigned, so 128 is subtracted first. Floats must already
    be in [-1, 1]. The signal's name contains the hash of the samples as stored
    (`inrbench.tasks.signals.signal.file_signal`).

    Raises:
        SignalError: if the file is missing, a directory, no WAV, damaged, compressed or silent, if it has fewer than
            `MIN_SAMPLES` or more than `MAX_SAMPLES` samples, or if floats are outside [-1, 1].
    """
    path = Path(path).expanduser()
    raw, rate = decode(path)
    return file_signal(path, raw, unit(raw, path), "audio", rate=float(rate))


def decode(path: Path) -> tuple[NDArray[Any], int]:
    """Samples of a WAV file as stored, (N,) or (N, channels), and the sampling rate in Hz.

    Raises:
        SignalError: as for `read_sound`, except for silence and floats outside [-1, 1].
    """
    from scipy.io import wavfile

    if path.is_dir():
        raise SignalError(f"{path} is a directory; name a .wav file in it")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rate, raw = wavfile.read(path)
    except FileNotFoundError:
        raise SignalError(f"{path} does not exist; give the path of a .wav, or a name from `list signals`") from None
    except Exception as error:  # the decoder raises errors of many types, even UnboundLocalError
        why = reason(error) if isinstance(error, OSError | ValueError) else "its sample format is unknown"
        raise SignalError(f"{path} cannot be read as WAV: {why}; save it as uncompressed PCM") from error
    # warnings about unknown chunks are harmless (they contain e.g. a title); an early end of the file is damage
    if any("EOF" in str(warning.message) for warning in caught):
        raise SignalError(f"{path} is damaged: it has fewer samples than its header declares; save it again")
    if not MIN_SAMPLES <= len(raw) <= MAX_SAMPLES:
        raise SignalError(
            f"{path} has {len(raw)} samples; use a recording of {MIN_SAMPLES} to {MAX_SAMPLES // 10**6} million samples"
        )
    return np.ascontiguousarray(raw, dtype=raw.dtype.newbyteorder("<")), int(rate)


def unit(raw: NDArray[Any], path: Path) -> NDArray[np.float32]:
    """Mean over the channels of stored samples, scaled to [-1, 1]: (N, 1).

    Raises:
        SignalError: if floats are outside [-1, 1] or not finite, or if the result is zero everywhere.
    """
    if raw.dtype.kind == "u":
        values = (raw.astype(np.float64) - 128) / 128
    elif raw.dtype.kind == "i":
        values = raw / -float(np.iinfo(raw.dtype).min)
    else:
        values = raw.astype(np.float64)
        if not np.isfinite(values).all() or np.abs(values).max() > 1:
            raise SignalError(f"{path} has floats outside [-1, 1] (or not finite); scale them to [-1, 1] first")
    values = values.reshape(len(values), -1).mean(axis=1, keepdims=True)
    if not values.any():
        raise SignalError(f"{path} is silent; choose another recording")
    return np.ascontiguousarray(values, dtype=np.float32)
