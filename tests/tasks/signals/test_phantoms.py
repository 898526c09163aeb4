"""Phantoms that are drawn: the same every time, within their densities, and refused where they have no closed form."""

from __future__ import annotations

import numpy as np
import pytest

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.phantoms import INNER, NAMES, drawn, exact_ellipses, phantom
from inrbench.tasks.signals.signal import SignalError


def test_a_seed_gives_the_same_ellipses_and_another_gives_others() -> None:
    assert drawn(1) == phantom("phantom-1")
    assert len(drawn(2)) == INNER + 2
    assert len({drawn(seed) for seed in (1, 2, 3)}) == 3


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_is_the_sum_of_the_ellipses(name: str) -> None:
    ellipses = exact_ellipses(name, (256, 256), "analytic")
    assert ellipses is not None
    picture = load(name).array[..., 0]
    x = (2 * np.arange(256) + 1) / 256 - 1
    density = np.zeros((256, 256))
    for intensity, a, b, x0, y0, degrees in ellipses:  # as complex numbers, x + iy, y upwards
        z = ((x[None] - x0) + 1j * (-x[:, None] - y0)) * np.exp(-1j * np.deg2rad(degrees))
        density += intensity * ((z.real / a) ** 2 + (z.imag / b) ** 2 <= 1)
    assert np.median(np.abs(picture - density)) < 1e-6
    assert np.mean(np.abs(picture - density) > 1e-6) < 0.08  # only on the rims, of which a pixel has parts
    assert picture.min() == 0
    assert picture.max() <= 1


def test_what_has_no_closed_form_is_refused_or_measured_as_pixels() -> None:
    assert exact_ellipses("ct-small", (64, 64), "mixed") is None
    assert exact_ellipses("phantom-1", (64, 64), None) is None
    assert exact_ellipses("phantom-1", (64, 64), "discrete") is None
    with pytest.raises(SignalError, match=r"ct-small.*closed form; choose signals from shepp-logan, phantom-1"):
        exact_ellipses("ct-small", (64, 64), "analytic")
    with pytest.raises(SignalError, match=r"64 x 48 pixels.*a square size"):
        exact_ellipses("phantom-1", (64, 48), "mixed")
