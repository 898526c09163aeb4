"""Every registered signal that needs no download is the recorded array, in its own unit."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.data import shepp_logan_phantom

from inrbench.tasks.signals.downloads import ORIGINALS
from inrbench.tasks.signals.load import load, names
from inrbench.tasks.signals.packaged import SOURCES
from inrbench.tasks.signals.phantoms import SHEPP_LOGAN, render
from inrbench.tasks.signals.signal import KINDS, PICTURES

HERE = [name for name in names() if name not in ORIGINALS]
"""Signals without a file to download."""


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
    assert (signal.sample is None) is (signal.kind in ("audio", "video", "scene", "solids", "waves"))
    assert (signal.rate is not None) is (signal.kind == "audio")


def test_the_electrocardiogram_is_lead_2_at_1000_samples_a_second() -> None:
    signal = load("ecg")
    assert signal.array.shape == (10000, 1)
    assert np.abs(signal.array).max() == 1
    assert signal.rate == 1000
    # Einthoven: lead II is the sum of leads I and III, which identifies it here
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
    ours = render(SHEPP_LOGAN, 400) / 160
    assert ours.min() == 0
    assert ours.max() == 1
    assert np.median(np.abs(ours - theirs)) < 1e-12  # they differ only on the rims, which ours smooths
    assert np.abs(ours - theirs).mean() < 0.01
    assert np.abs(ours[::-1] - theirs).mean() > 0.03
    assert np.abs(ours[:, ::-1] - theirs).mean() > np.abs(ours - theirs).mean()
