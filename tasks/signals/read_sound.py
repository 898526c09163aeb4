"""Sound files as one channel of samples in [-1, 1].

WAV is read at its full bit depth: other readers reduce 24 and 32 bits to 16 without notice. FLAC, AIFF and Ogg are read
where the package soundfile is installed.
"""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.picture import decoding
from inrbench.tasks.signals.signal import Signal, SignalError, file_signal, reason
from inrbench.tasks.signals.user_file import UserFile, first_bytes, optional, scaled, undeclared

MIN_SAMPLES, MAX_SAMPLES = 64, 50_000_000
"""Smallest and largest number of samples of a recording."""

OTHERS = {b"fLaC": "FLAC", b"OggS": "Ogg", b"FORM": "AIFF", b"ID3": "MP3", b"\xff\xfb": "MP3"}
"""First bytes of the formats that soundfile reads."""

CUT = "it is damaged: it has fewer samples than its header declares"

UNKNOWN = 0x7FFFF000
"""Sizes from here on are written by programs that do not know the length when they begin (0x7FFFF000 by SoX, 0xFFFFFFFF
by ffmpeg); a recording of that size is refused as too long anyhow."""


def read_sound(file: str | Path | UserFile) -> Signal:
    """Signal from a sound file: (N, 1) float32 in [-1, 1], the mean over all channels.

    Integers are divided by 2^(bits - 1); 8-bit integers are unsigned, so 128 is subtracted first. Floats must already
    be in [-1, 1], or their range be declared (`UserFile.range`).

    Raises:
        SignalError: if the file is missing, a directory, no sound, damaged, compressed in a way that cannot be read or
            silent, if it has fewer than `MIN_SAMPLES` or more than `MAX_SAMPLES` samples, or if floats are outside
            [-1, 1].
    """
    file = file if isinstance(file, UserFile) else UserFile(str(file))
    raw, rate = decode(file.location)
    return sound_signal(file, raw, float(rate))


def is_sound(head: bytes) -> bool:
    """Whether a file begins as a sound does."""
    wave = head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE"
    return wave or head.startswith(tuple(OTHERS))


def sound_signal(file: UserFile, raw: NDArray[Any], rate: float | None) -> Signal:
    """The signal of samples (N,) or (N, channels) as stored.

    Raises:
        SignalError: as for `read_sound`.
    """
    path = file.location
    if not MIN_SAMPLES <= len(raw) <= MAX_SAMPLES:
        raise SignalError(
            f"{path} has {len(raw)} samples; use a recording of {MIN_SAMPLES} to {MAX_SAMPLES // 10**6} million samples"
        )
    channels = raw.size // len(raw)
    notes: tuple[str, ...] = (f"mean of {channels} channels",) if channels > 1 else ()
    if file.range is None:
        values: NDArray[Any] = _unit(raw, path)
    else:
        try:
            values, note = scaled(raw, file.range, file.unit, black=-1)
        except SignalError as error:
            raise SignalError(f"{path} {error}") from error
        notes += (note,)
    values = values.reshape(len(values), -1).mean(axis=1, keepdims=True, dtype=np.float64)
    if not values.any():
        raise SignalError(f"{path} is silent; choose another recording")
    return file_signal(path, np.ascontiguousarray(values, dtype=np.float32), "audio", rate=rate, notes=notes)


def decode(path: Path) -> tuple[NDArray[Any], int]:
    """Samples of a sound file as stored, (N,) or (N, channels), and the sampling rate in Hz.

    Raises:
        SignalError: as for `read_sound`, except for silence, the number of samples and floats outside [-1, 1].
    """
    head = first_bytes(path, "a sound file")
    for magic, name in OTHERS.items():
        if head.startswith(magic):
            return _with_soundfile(path, name)
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            rate, raw = wavfile.read(io.BytesIO(_with_right_sizes(path.read_bytes())))
    except Exception as error:  # the decoder raises errors of many types, even UnboundLocalError
        why = reason(error) if isinstance(error, OSError | ValueError) else "its sample format is unknown"
        raise SignalError(f"{path} cannot be read as WAV: {why}; save it as uncompressed PCM") from error
    # warnings about unknown chunks are harmless (they contain e.g. a title); an early end of the file is damage
    if any("EOF" in str(warning.message) for warning in caught):
        raise SignalError(f"{path} cannot be read as WAV: {CUT}; save it again")
    return np.ascontiguousarray(raw, dtype=raw.dtype.newbyteorder("<")), int(rate)


def _with_right_sizes(content: bytes) -> bytes:
    """A RIFF file whose header states the lengths that are there; anything else as it is.

    A program that writes into a pipe cannot go back to its header, where the sizes stay at 0 or at a very large number;
    the samples then go on to the end of the file. Bytes after the last chunk are left out.
    """
    if content[:4] not in (b"RIFF", b"RIFX") or content[8:12] != b"WAVE":
        return content
    order = "<" if content[:4] == b"RIFF" else ">"
    number, short = struct.Struct(f"{order}I"), struct.Struct(f"{order}H")
    (declared,) = number.unpack_from(content, 4)
    parts, at, block = [], 12, 1
    while at + 8 <= len(content):
        name, (size,) = content[at : at + 4], number.unpack_from(content, at + 4)
        rest = len(content) - at - 8
        if name == b"fmt " and rest >= 14:
            block = max(1, short.unpack_from(content, at + 20)[0])  # bytes of one sample of all channels
        if name == b"data" and (size >= UNKNOWN or (size == 0 and declared + 8 < len(content))):
            size = rest - rest % block
        if size > rest and name == b"data":
            raise OSError(CUT)
        if size > rest:
            break  # no chunk: bytes that somebody appended
        parts.append(name + number.pack(size) + content[at + 8 : at + 8 + size + size % 2])
        at += 8 + size + size % 2
    body = b"WAVE" + b"".join(parts)
    return content[:4] + number.pack(len(body)) + body


def _with_soundfile(path: Path, name: str) -> tuple[NDArray[Any], int]:
    soundfile = optional("soundfile", path, f"convert it to WAV (it is {name}): ffmpeg -i {path.name} {path.stem}.wav")
    with decoding(path, f"cannot be read as {name}", "convert it to WAV"), soundfile.SoundFile(str(path)) as opened:
        if opened.frames > MAX_SAMPLES:
            raise SignalError(f"{path} has more than {MAX_SAMPLES // 10**6} million samples; cut it first")
        lossy = opened.subtype in ("VORBIS", "OPUS", "FLOAT", "DOUBLE") or opened.subtype.startswith("MPEG")
        return opened.read(dtype="float32" if lossy else "int32"), int(opened.samplerate)


def _unit(raw: NDArray[Any], path: Path) -> NDArray[np.float64]:
    """Stored samples scaled to [-1, 1], channel by channel.

    Raises:
        SignalError: if floats are outside [-1, 1] or not finite, or the range of the type is not known.
    """
    if raw.dtype == np.uint8:
        return (raw.astype(np.float64) - 128) / 128
    if raw.dtype.kind == "i":
        return raw / -float(np.iinfo(raw.dtype).min)
    if raw.dtype.kind != "f" or not np.isfinite(raw).all() or np.abs(raw).max() > 1:
        raise undeclared(raw, path)
    return raw.astype(np.float64)
