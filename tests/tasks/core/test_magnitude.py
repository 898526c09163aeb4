"""Magnitudes against numpy's transform."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inrbench.tasks.core.magnitude import FourierMagnitude


@pytest.mark.parametrize("frame", [(6, 7), (12, 14), (13, 9)])
def test_magnitudes_are_those_of_numpy(frame: tuple[int, int]) -> None:
    chance = np.random.default_rng(0)
    picture, masks = chance.random((6, 7)), chance.choice([-1.0, 1.0], (3, 6, 7))
    operator = FourierMagnitude((6, 7), torch.from_numpy(masks.reshape(3, -1)), frame)
    padded = np.zeros((3, *frame))
    padded[:, :6, :7] = masks * picture
    expected = np.abs(np.fft.fft2(padded, norm="ortho"))[:, :, : frame[1] // 2 + 1]
    found = operator.forward(torch.from_numpy(picture.reshape(-1, 1)))
    np.testing.assert_allclose(found.numpy().reshape(expected.shape), expected, atol=1e-12)
    assert len(found) == operator.out_rows


def test_a_negative_and_a_turned_picture_have_the_same_magnitudes() -> None:
    operator = FourierMagnitude((6, 7), torch.ones(1, 42), (12, 14))
    x = torch.rand(42, 1, dtype=torch.float64)
    for other in (-x, x.flip(0)):
        torch.testing.assert_close(operator.forward(other), operator.forward(x))


def test_the_gradient_agrees_with_differences() -> None:
    operator = FourierMagnitude((4, 5), torch.ones(1, 20), (8, 10))
    x, y = torch.rand(20, 1, dtype=torch.float64), torch.rand(operator.out_rows, 1, dtype=torch.float64)
    step = 1e-6 * torch.eye(20, dtype=torch.float64)
    slopes = [((operator.forward(x + e[:, None]) - operator.forward(x - e[:, None])) * y).sum() / 2e-6 for e in step]
    torch.testing.assert_close(operator.vjp(x, y)[:, 0], torch.stack(slopes), rtol=1e-6, atol=1e-8)
