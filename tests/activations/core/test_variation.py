"""Total variation of values on a grid."""

from __future__ import annotations

import pytest
import torch

from inrbench.activations.core.variation import total_variation


@pytest.mark.parametrize("shape", [(40, 50), (20, 20)])
def test_a_plane_has_the_sum_of_its_slopes(shape: tuple[int, int]) -> None:
    rows, columns = (torch.linspace(-1 + 1 / n, 1 - 1 / n, n, dtype=torch.float64) for n in shape)
    plane = 3 * rows[:, None] - 2 * columns
    values = torch.stack([plane, torch.zeros_like(plane)], dim=-1).reshape(-1, 2)
    assert float(total_variation(values, shape)) == pytest.approx(5)


def test_a_step_counts_by_its_height_whatever_the_resolution() -> None:
    for n in (16, 64):
        step = (torch.arange(n) >= n // 2).double()[:, None]
        assert float(total_variation(step, (n,))) == pytest.approx(0.5 * n / (n - 1))  # 1 over a side of length 2
