"""NumPy arrays and NIfTI volumes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.signals.user_file import UserFile

RNG = np.random.default_rng(2)


def saved(path: Path, array: np.ndarray[Any, Any]) -> str:
    np.save(path, array)
    return str(path)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["|u1", "<u2", ">u2", "<f4", ">f8", "|b1"])
def test_an_array_is_a_picture(tmp_path: Path, kind: str, order: Any) -> None:
    unit = RNG.random((20, 30, 3))
    top = np.iinfo(kind).max if "u" in kind else 1
    array = np.round(unit * top) if top > 1 or "b" in kind else unit
    signal = load(saved(tmp_path / "x.npy", np.array(array, kind, order=order)))
    assert signal.kind == "image-rgb"
    np.testing.assert_allclose(signal.array, array / top, atol=1e-7)


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 1)])
def test_one_channel(tmp_path: Path, shape: tuple[int, ...]) -> None:
    signal = load(saved(tmp_path / "x.npy", RNG.random(shape)))
    assert (signal.kind, signal.array.shape) == ("image-gray", (20, 30, 1))


def test_another_range_must_be_declared(tmp_path: Path) -> None:
    array = np.linspace(-1500, 2500, 900).reshape(30, 30)
    path = saved(tmp_path / "hu.npy", array)
    with pytest.raises(SignalError, match="float64 values from -1500 to 2500, whose range is not known; declare it"):
        load(path)
    signal = load(UserFile(path, range=(-1000, 2000), unit="HU"))
    np.testing.assert_allclose(signal.array[..., 0], np.clip((array + 1000) / 3000, 0, 1), atol=1e-6)
    assert signal.notes[0].startswith("-1000…2000 HU → 0…1, 25 % of the values clipped")
    other = load(UserFile(path, range=(-1000, 1000), unit="HU"))
    assert other.name != signal.name
    array[3, 4] = np.nan
    with pytest.raises(SignalError, match="not finite"):
        load(UserFile(saved(tmp_path / "hu.npy", array), range=(0, 1)))


def test_frames(tmp_path: Path) -> None:
    stack = RNG.random((5, 20, 30))
    path = saved(tmp_path / "stack.npy", stack)
    np.testing.assert_array_equal(load(path).array[..., 0], stack[2].astype(np.float32))
    assert load(path).notes == ("frame 3 of 5",)
    np.testing.assert_array_equal(load(UserFile(path, frame=4)).array[..., 0], stack[4].astype(np.float32))
    film = RNG.random((4, 20, 30, 3))
    path = saved(tmp_path / "film.npy", film)
    np.testing.assert_array_equal(load(UserFile(path, frame=0)).array, film[0].astype(np.float32))


def test_one_axis_is_a_sound(tmp_path: Path) -> None:
    wave = np.sin(np.arange(500) / 9)
    signal = load(saved(tmp_path / "tone.npy", wave))
    assert (signal.kind, signal.rate) == ("audio", None)
    np.testing.assert_array_equal(signal.array[:, 0], wave.astype(np.float32))
    volts = load(UserFile(saved(tmp_path / "tone.npy", 5 * wave), range=(-5, 5), unit="V"))
    np.testing.assert_allclose(volts.array[:, 0], wave, atol=1e-6)
    assert volts.notes == ("-5…5 V → -1…1",)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 2, 2, 2, 2)), "has the shape"),
        (np.zeros((20, 30), complex), "values of type complex128 are not a picture"),
        (np.array(["a"] * 9), "are not a picture"),
        (np.zeros((4, 4)), "at least 8 x 8"),
        (np.zeros(()), "has the shape"),
        (np.zeros((0, 20, 30)), "has 0 frames"),
        (np.zeros(0), "has 0 samples"),
    ],
)
def test_an_array_that_cannot_be_used_is_one_line(tmp_path: Path, array: np.ndarray, message: str) -> None:
    with pytest.raises(SignalError, match=message) as caught:
        load(saved(tmp_path / "x.npy", array))
    assert "\n" not in str(caught.value)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(SignalError, match=r"x\.npy cannot be read: "):
        load(str(tmp_path / "x.npy"))
    (tmp_path / "text.npy").write_text("no array")
    with pytest.raises(SignalError, match=r"text\.npy cannot be read: ") as caught:
        load(str(tmp_path / "text.npy"))
    assert "\n" not in str(caught.value)


def test_a_nifti_volume_is_a_slice_seen_from_the_feet_up(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    volume = RNG.random((20, 30, 9)).astype(np.float32)  # right, anterior, superior
    expected = volume[:, :, 4].T[::-1]
    low, high = float(expected.min()), float(expected.max())
    for axes, name in (((1, 1, 1), "ras.nii"), ((-1, -1, 1), "lps.nii.gz")):
        stored = volume[:: axes[0], :: axes[1], :: axes[2]]
        nibabel.save(nibabel.Nifti1Image(stored, np.diag([*axes, 1.0])), tmp_path / name)
        signal = load(str(tmp_path / name))
        np.testing.assert_allclose(signal.array[..., 0], (expected - low) / (high - low), atol=1e-6)
        assert signal.notes[:2] == ("slice 5 of 9", "no range stated: least and largest value of the slice")
    chosen = load(UserFile(str(tmp_path / "ras.nii"), frame=0, range=(0, 2)))
    np.testing.assert_allclose(chosen.array[..., 0], volume[:, :, 0].T[::-1] / 2, atol=1e-6)


def test_slope_range_and_time_of_a_nifti_file(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    stored = RNG.integers(0, 1000, (20, 30, 3, 2), dtype=np.int16)
    image = nibabel.Nifti1Image(stored, np.eye(4))
    image.header.set_slope_inter(2, 10)
    image.header["cal_min"], image.header["cal_max"] = 10, 1500
    nibabel.save(image, tmp_path / "x.nii.gz")
    signal = load(str(tmp_path / "x.nii.gz"))
    true = np.asarray(nibabel.load(tmp_path / "x.nii.gz").dataobj)[:, :, 1, 0].T[::-1]
    np.testing.assert_allclose(signal.array[..., 0], np.clip((true - 10) / 1490, 0, 1), atol=1e-5)
    assert signal.notes[:2] == ("slice 2 of 3", "volume 1 of 2")


def test_nifti_without_its_package_and_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.nii.gz"
    path.write_text("no volume")
    pytest.importorskip("nibabel")
    with pytest.raises(SignalError, match="cannot be read as NIfTI") as caught:
        load(str(path))
    assert "\n" not in str(caught.value)
    monkeypatch.setitem(__import__("sys").modules, "nibabel", None)
    with pytest.raises(SignalError, match="needs the package nibabel; run `pip install nibabel`"):
        load(str(path))
