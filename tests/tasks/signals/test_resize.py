"""Area-average resizing: means over blocks, the aspect ratio, the alignment of centres."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import downscale_local_mean

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.resize import resize
from inrbench.tasks.signals.signal import SignalError


def test_resize_by_a_whole_factor_is_the_mean_over_blocks() -> None:
    picture = load("coffee").array
    expected = downscale_local_mean(picture.astype(np.float64), (4, 4, 1))
    np.testing.assert_allclose(resize(picture, (100, 150)), expected, atol=1e-6)
    np.testing.assert_array_equal(resize(picture, 150), resize(picture, (100, 150)))


@settings(deadline=None)
@given(height=st.integers(8, 40), width=st.integers(8, 40), data=st.data())
def test_resize_keeps_the_aspect_and_the_mean_level(height: int, width: int, data: st.DataObject) -> None:
    longer = data.draw(st.integers(2, max(height, width)))
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
