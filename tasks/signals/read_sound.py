"""Reading a WAV file as one channel of samples in [-1, 1]."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.signals.signal import Signal, SignalError, reason, sha256_of

MIN_SAMPLES = 64
MAX_SAMPLES = 50_000_000


def read_sound(path: str | Path) -> Signal:
    """A WAV file as a signal: (N, 1) float32 in [-1, 1], the mean over channels where there are several.

    Integers are divided by 2^(bits - 1), after 128 is taken from 8-bit ones, which are unsigned; floats must lie in
    [-1, 1] already. The signal's name is ``<stem>@<8 digits>`` of the sha256 of the samples as stored.

    Raises:
        SignalError: if the file is missing, a directory, no WAV, damaged, compressed, of fewer than 64 samples or more
            than 50 million, or holds floats outside [-1, 1].
    """
    path = Path(path).expanduser()
    raw, rate = decode(path)
    sha256 = sha256_of(raw)
    samples = unit(raw, path)
    return Signal(f"{path.stem}@{sha256[:8]}", samples, sha256, "the user's own file", "audio", rate=float(rate))


def decode(path: Path) -> tuple[NDArray[Any], int]:
    """The samples of a WAV file as stored, (N,) or (N, channels), and its rate in samples a second."""
    from scipy.io import wavfile

    if path.is_dir():
        raise SignalError(f"{path} is a directory; name a .wav file in it")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rate, raw = wavfile.read(path)
    except FileNotFoundError:
        raise SignalError(f"{path} does not exist; give the path of a .wav, or a name from `list signals`") from None
    except Exception as error:  # the decoder raises what its parts raise, down to UnboundLocalError
        why = reason(error) if isinstance(error, OSError | ValueError) else "it holds no samples of a known format"
        raise SignalError(f"{path} cannot be read as WAV: {why}; save it as uncompressed PCM") from error
    # chunks that are not understood are notes such as a title; an early end is damage
    if any("EOF" in str(warning.message) for warning in caught):
        raise SignalError(f"{path} is damaged: it ends before the samples that its header promises; save it again")
    if not MIN_SAMPLES <= len(raw) <= MAX_SAMPLES:
        raise SignalError(
            f"{path} holds {len(raw)} samples; between {MIN_SAMPLES} and {MAX_SAMPLES // 10**6} million are needed"
        )
    return np.ascontiguousarray(raw, dtype=raw.dtype.newbyteorder("<")), int(rate)


def unit(raw: NDArray[Any], path: Path) -> NDArray[np.float32]:
    """Samples as stored, in [-1, 1]: (N, 1)."""
    if raw.dtype.kind == "u":
        values = (raw.astype(np.float64) - 128) / 128
    elif raw.dtype.kind == "i":
        values = raw / -float(np.iinfo(raw.dtype).min)
    else:
        values = raw.astype(np.float64)
        if not np.isfinite(values).all() or np.abs(values).max() > 1:
            raise SignalError(f"{path} holds floats outside [-1, 1] (or not finite); scale them to [-1, 1] first")
    values = values.reshape(len(values), -1).mean(axis=1, keepdims=True)
    if not values.any():
        raise SignalError(f"{path} is silent; choose another recording")
    return np.ascontiguousarray(values, dtype=np.float32)
