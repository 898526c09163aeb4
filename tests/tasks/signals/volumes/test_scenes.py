"""Scenes: total density and support."""

from __future__ import annotations

import numpy as np
import pytest

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import pixel_centres


@pytest.mark.parametrize("name", ["blobs", "helix"])
def test_blobs_stay_in_the_cube_and_their_sum_in_the_unit_interval(name: str) -> None:
    table = load(name).array.astype(np.float64)
    assert table.shape[1] == 5
    for axis in range(3):
        border = np.exp(-0.5 * ((1 - np.abs(table[:, axis])) / table[:, 3]) ** 2)
        assert (border < 1e-3).all()
    axis_values = pixel_centres(40)
    points = np.stack(np.meshgrid(*[axis_values] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    at = np.concatenate([points, table[:, :3]])
    distances = ((at[:, None] - table[:, :3]) ** 2).sum(axis=2)
    density = (table[:, 4] * np.exp(-distances / (2 * table[:, 3] ** 2))).sum(axis=1)
    assert 0.7 < density.max() < 1
