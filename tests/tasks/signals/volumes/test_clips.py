"""Clips: speed of the discs and the grating, range and motion of the echocardiogram."""

from __future__ import annotations

import numpy as np
import pytest

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import pixel_centres
from inrbench.tasks.signals.volumes.clips import DISCS, SPEED


def test_each_disc_moves_at_its_speed() -> None:
    clip = load("moving-discs").array.astype(np.float64)
    axis = pixel_centres(128)
    for channel, (_, start, velocity, colour) in enumerate(DISCS):
        # the grating is grey, so that only discs differ between their own channel and the next one
        excess = np.clip(clip[..., channel] - clip[..., (channel + 1) % 3], 0, None)
        shade = (colour[channel] - colour[(channel + 1) % 3]) / 240
        mask = excess > 0.9 * shade
        for frame in (0, 8):
            centre = [
                float((mask[frame].mean(axis=1 - a) * axis).sum() / mask[frame].mean(axis=1 - a).sum()) for a in (0, 1)
            ]
            expected = [p + v * frame for p, v in zip(start, velocity, strict=True)]
            assert centre == pytest.approx(expected, abs=0.02), channel


def test_the_grating_drifts_at_its_speed() -> None:
    clip = load("moving-discs").array[..., 0]
    period = 1 / (5 * SPEED)  # phase 2.5 (y + x - 2 speed t) grows by one
    assert period == 10
    corner = np.s_[-16:, -16:]  # no disc comes here in the first frames
    np.testing.assert_array_equal(clip[0][corner], clip[10][corner])
    assert np.abs(clip[0][corner] - clip[5][corner]).mean() > 0.1


def test_the_heart_moves_in_every_frame() -> None:
    clip = load("echo").array
    assert clip.shape == (28, 128, 128, 1)
    assert clip.min() == 0
    assert clip.max() == 1
    assert (np.abs(np.diff(clip, axis=0)).mean(axis=(1, 2, 3)) > 0.01).all()
