import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import shepp_logan_phantom
from skimage.transform import downscale_local_mean

from tasks.signals import load as signals
from tasks.signals import packaged as catalogue
from tasks.signals.downloads import ORIGINALS
from tasks.signals.load import describe, identify, load, names
from tasks.signals.packaged import SOURCES
from tasks.signals.resize import resize
from tasks.signals.signal import KINDS, PICTURES, SignalError

HERE = [name for name in names() if name not in ORIGINALS]
"""What needs no file."""


@pytest.mark.parametrize("name", [name for name in HERE if SOURCES[name].kind in PICTURES])
def test_every_picture_loads_and_is_the_recorded_array(name: str) -> None:
    signal, source = load(name), SOURCES[name]
    assert signal.name == source.name == name
    assert signal.sha256 == source.sha256
    assert signal.array.dtype == np.float32
    assert signal.array.flags.c_contiguous
    assert signal.array.shape == (*source.shape[:2], 3 if source.kind == "image-rgb" else 1)
    assert signal.array.min() >= 0
    assert 0.5 < signal.array.max() <= 1
    assert signal.licence
    assert signal.kind == source.kind
    assert signal.sample is None


@pytest.mark.parametrize("name", [name for name in HERE if SOURCES[name].kind not in PICTURES])
def test_every_other_signal_loads_and_is_the_recorded_array(name: str) -> None:
    signal, source = load(name), SOURCES[name]
    assert signal.name == name
    assert signal.sha256 == source.sha256
    assert signal.kind == source.kind in KINDS
    assert signal.array.dtype == np.float32
    assert np.isfinite(signal.array).all()
    assert (signal.sample is None) is (signal.kind == "audio")
    assert (signal.rate is not None) is (signal.kind == "audio")


def test_the_electrocardiogram_is_lead_2_at_1000_samples_a_second() -> None:
    signal = load("ecg")
    assert signal.array.shape == (10000, 1)
    assert np.abs(signal.array).max() == 1
    assert signal.rate == 1000
    # Einthoven: lead II is the sum of leads I and III, and here the only one that can be told by it
    raw = SOURCES["ecg"].loader()
    np.testing.assert_allclose(raw[:, 1], raw[:, 0] + raw[:, 2], atol=5)


def test_hounsfield_units_are_those_of_the_file() -> None:
    import pydicom
    from pydicom.data import get_testdata_file

    for name, file in [("ct-small", "CT_small.dcm"), ("ct-head", "J2K_pixelrep_mismatch.dcm")]:
        data = pydicom.dcmread(str(get_testdata_file(file, download=False)))
        units = data.pixel_array * float(data.RescaleSlope) + float(data.RescaleIntercept)
        expected = (np.clip(units, -1000, 2000) + 1000) / 3000
        np.testing.assert_allclose(load(name).array[..., 0], expected, atol=1e-7)


def test_the_phantom_is_that_of_skimage() -> None:
    theirs = shepp_logan_phantom()
    ours = catalogue.shepp_logan(400) / 160
    assert ours.min() == 0
    assert ours.max() == 1
    assert np.median(np.abs(ours - theirs)) < 1e-12  # they differ only on the rims, which ours smooths
    assert np.abs(ours - theirs).mean() < 0.01
    assert np.abs(ours[::-1] - theirs).mean() > 0.03
    assert np.abs(ours[:, ::-1] - theirs).mean() > np.abs(ours - theirs).mean()


def test_a_changed_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "camera", replace(SOURCES["camera"], loader=lambda: np.zeros((512, 512), np.uint8)))
    with pytest.raises(SignalError, match=r"'camera' is not the recorded array .* scikit-image 0.26.0"):
        load("camera")


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> np.ndarray:
        raise ImportError("No module named 'pydicom'")

    monkeypatch.setitem(SOURCES, "ct-small", replace(SOURCES["ct-small"], loader=fail))
    with pytest.raises(SignalError, match=r"'ct-small' cannot be read from pydicom 3.0.2: No module"):
        load("ct-small")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("camra", "did you mean 'camera'"),
        ("ct_head", "did you mean 'ct-head'"),
        ("zzz", "choose one of astronaut"),
        ("", "known"),
    ],
)
def test_an_unknown_name_is_an_error(name: str, message: str) -> None:
    for function in (load, identify):
        with pytest.raises(SignalError, match=message) as caught:
            function(name)
        assert "\n" not in str(caught.value)


def test_identify_does_not_load_what_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "load", None)
    assert identify("camera") == "camera"


def test_describe_names_every_signal() -> None:
    rows = describe()
    assert [row["name"] for row in rows] == list(names())
    assert {row["kind"] for row in rows} == set(KINDS)
    sizes = {row["name"]: row["size"] for row in rows}
    assert (sizes["coffee"], sizes["ecg"], sizes["csg"]) == ("400 x 600", "10000", "any")
    assert all(text for row in rows for text in row.values())
    json.dumps(rows)


def test_listing_signals_imports_neither_torch_nor_a_decoder() -> None:
    code = (
        "import sys, tasks.signals.load as s; s.describe(); "
        "print({'torch', 'PIL', 'skimage', 'pydicom', 'scipy', 'matplotlib', 'pooch'} & set(sys.modules))"
    )
    root = Path(signals.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "set()"


# -- resize ------------------------------------------------------------------------------------------------------------


def test_resize_by_a_whole_factor_is_the_mean_over_blocks() -> None:
    picture = load("coffee").array
    expected = downscale_local_mean(picture.astype(np.float64), (4, 4, 1))
    np.testing.assert_allclose(resize(picture, (100, 150)), expected, atol=1e-6)
    np.testing.assert_array_equal(resize(picture, 150), resize(picture, (100, 150)))


@settings(deadline=None)
@given(height=st.integers(8, 40), width=st.integers(8, 40), longer=st.integers(2, 40))
def test_resize_keeps_the_aspect_and_the_mean_level(height: int, width: int, longer: int) -> None:
    if longer > max(height, width):
        return
    smaller = resize(np.full((height, width, 2), 0.25), longer)
    assert max(smaller.shape[:2]) == longer
    exact = longer * height / max(height, width)
    assert abs(smaller.shape[0] - max(1, exact)) <= 0.5 + 1e-9  # a side never falls below one pixel
    np.testing.assert_allclose(smaller, 0.25, rtol=1e-6)


@settings(deadline=None)
@given(height=st.integers(8, 30), width=st.integers(8, 30), data=st.data())
def test_resize_maps_a_ramp_to_a_centred_ramp(height: int, width: int, data: st.DataObject) -> None:
    wanted = data.draw(st.tuples(st.integers(2, height), st.integers(2, width)))
    down, right = np.mgrid[:height, :width] - np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    smaller = resize(np.stack([down, right], axis=-1), wanted)
    assert smaller.shape == (*wanted, 2)
    scale = min(height / wanted[0], width / wanted[1])
    for line in (smaller[:, 0, 0], smaller[0, :, 1]):
        np.testing.assert_allclose(line, -line[::-1], atol=1e-4)
        # a picture is a staircase, whose integral is within 1/8 of the ramp's
        np.testing.assert_allclose(line, (np.arange(len(line)) - (len(line) - 1) / 2) * scale, atol=0.26 / scale)


def test_resize_to_the_size_it_has_changes_nothing() -> None:
    picture = load("chelsea").array
    for size in (None, 451, (300, 451)):
        np.testing.assert_array_equal(resize(picture, size), picture)


@pytest.mark.parametrize("size", [452, (301, 100), (100, 452)])
def test_resize_never_enlarges(size: int | tuple[int, int]) -> None:
    with pytest.raises(SignalError, match="the cat is 300 x 451 pixels and would have to be enlarged"):
        resize(np.zeros((300, 451, 3)), size, "the cat")
