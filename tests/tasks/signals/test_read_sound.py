import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from inrbench.tasks.audio import Audio
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.read_sound import decode
from inrbench.tasks.signals.signal import SignalError

WAVE = 0.8 * np.sin(np.arange(2000) / 9)


def as_stored(kind: str) -> np.ndarray:
    if kind == "uint8":
        return np.round(WAVE * 127 + 128).astype(np.uint8)
    if kind.startswith("int"):
        return np.round(WAVE * np.iinfo(kind).max).astype(kind)
    return WAVE.astype(kind)


@pytest.mark.parametrize("kind", ["uint8", "int16", "int32", "float32", "float64"])
def test_every_depth_comes_to_the_same_range(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "tone.wav"
    wavfile.write(path, 8000, as_stored(kind))
    signal = load(str(path))
    assert signal.array.shape == (2000, 1)
    assert signal.array.dtype == np.float32
    np.testing.assert_allclose(signal.array[:, 0], WAVE, atol=0.012 if kind == "uint8" else 5e-5)
    assert signal.name == f"tone@{signal.sha256[:8]}"
    assert (signal.kind, signal.rate) == ("audio", 8000)


def test_24_bits(tmp_path: Path) -> None:
    path = tmp_path / "deep.wav"
    values = np.round(WAVE * (2**23 - 1)).astype("<i4")
    body = values.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    header = (
        b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 24000, 3, 24) + b"data" + struct.pack("<I", len(body))
    )
    path.write_bytes(b"RIFF" + struct.pack("<I", len(header) + len(body)) + header + body)
    np.testing.assert_allclose(load(str(path)).array[:, 0], WAVE, atol=1e-6)


def test_full_scale_is_one(tmp_path: Path) -> None:
    path = tmp_path / "edges.wav"
    wavfile.write(path, 8000, np.array([-32768, 32767] * 50, dtype=np.int16))
    values = load(str(path)).array
    assert values.min() == -1
    assert values.max() == np.float32(32767 / 32768)


def test_channels_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    wavfile.write(path, 8000, np.stack([WAVE, 0 * WAVE], axis=1).astype(np.float32))
    signal = load(str(path))
    np.testing.assert_allclose(signal.array[:, 0], WAVE / 2, atol=1e-6)
    assert signal.notes == ("mean of 2 channels",)


def test_notes_beside_the_samples_are_skipped_quietly(tmp_path: Path) -> None:
    path = tmp_path / "titled.wav"
    wavfile.write(path, 8000, as_stored("int16"))
    content = path.read_bytes() + b"note" + struct.pack("<I", 4) + b"song"
    path.write_bytes(content[:4] + struct.pack("<I", len(content) - 8) + content[8:])
    assert load(str(path)).array.shape == (2000, 1)


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0xFFFFFFFF], ids=["zero", "SoX", "ffmpeg"])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_recording_that_was_written_into_a_pipe_goes_to_the_end_of_the_file(
    tmp_path: Path, size: int, width: int
) -> None:
    body = np.arange(2000 * width, dtype=np.uint8).tobytes()
    form = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000 * width, width, 8 * width)
    for declared, name in ((len(body), "right"), (size, "piped")):
        content = b"WAVEfmt " + form + b"data" + struct.pack("<I", declared) + body
        riff = declared + len(content) - len(body) if name == "right" else size
        (tmp_path / f"{name}.wav").write_bytes(b"RIFF" + struct.pack("<I", riff) + content)
    (tmp_path / "ragged.wav").write_bytes((tmp_path / "piped.wav").read_bytes() + b"\0" * (width - 1))
    right = load(str(tmp_path / "right.wav")).array
    assert len(right) == 2000
    for name in ("piped", "ragged"):
        np.testing.assert_array_equal(load(str(tmp_path / f"{name}.wav")).array, right)


def test_bytes_after_the_last_chunk_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    wavfile.write(path, 8000, as_stored("int16"))
    right = load(str(path)).array
    for extra in (b"12345", b"x" * 40):
        path.write_bytes(path.read_bytes() + extra)
        np.testing.assert_array_equal(load(str(path)).array, right)


def test_flac_is_read_or_the_message_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tone.flac"
    path.write_bytes(b"fLaC and no more")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "soundfile", None)
        with pytest.raises(SignalError, match=r"pip install soundfile`, or convert it to WAV \(it is FLAC\)"):
            load(str(path))
    soundfile = pytest.importorskip("soundfile")
    with pytest.raises(SignalError, match="cannot be read as FLAC"):
        load(str(path))
    for subtype in ("PCM_16", "PCM_24"):
        soundfile.write(path, WAVE, 8000, subtype=subtype)
        signal = load(str(path))
        assert signal.rate == 8000
        np.testing.assert_allclose(signal.array[:, 0], WAVE, atol=2e-5)


def test_a_users_recording_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    wavfile.write(path, 8000, as_stored("int16"))
    assert Audio(factor=2).problem(load(str(path)), seed=0).measured.shape == (1000, 1)


def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path) -> None:
    wavfile.write(tmp_path / "short.wav", 8000, np.ones(63, np.int16))
    wavfile.write(tmp_path / "silent.wav", 8000, np.zeros(100, np.int16))
    wavfile.write(tmp_path / "loud.wav", 8000, (WAVE * 3).astype(np.float32))
    wavfile.write(tmp_path / "cut.wav", 8000, as_stored("int16"))
    (tmp_path / "cut.wav").write_bytes((tmp_path / "cut.wav").read_bytes()[:-1000])
    (tmp_path / "text.wav").write_text("no sound at all")
    (tmp_path / "empty.wav").touch()
    (tmp_path / "header.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    (tmp_path / "bare.wav").write_bytes(b"RIFF\x04\x00\x00\x00WAVE")
    for name, message in {
        "short": "has 63 samples",
        "silent": "is silent",
        "loud": "range is not known; declare it",
        "cut": "is damaged: it has fewer samples",
        "text": "cannot be read as WAV",
        "empty": "cannot be read as WAV",
        "header": "cannot be read as WAV",
        "bare": "its sample format is unknown",
        "missing": "does not exist",
    }.items():
        with pytest.raises(SignalError, match=message) as caught:
            load(str(tmp_path / f"{name}.wav"))
        assert f"{name}.wav" in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(SignalError, match="is a directory"):
        decode(tmp_path)
