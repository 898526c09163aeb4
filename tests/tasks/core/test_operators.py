"""Operators against independent implementations, and their adjoints."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import downscale_local_mean

from inrbench.tasks.core.operators import AreaAverage, Identity, Mask, Operator

small = st.integers(1, 6)


def assert_adjoint(
    operator: Operator, channels: int, dtype: torch.dtype = torch.float64, tolerance: float = 1e-12
) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(operator.in_rows, channels, generator=generator, dtype=dtype)
    y = torch.randn(operator.out_rows, channels, generator=generator, dtype=dtype)
    forward, adjoint = operator.forward(x), operator.adjoint(y)
    assert forward.shape == y.shape
    assert adjoint.shape == x.shape
    left, right = (forward.double() * y).sum(), (x * adjoint.double()).sum()
    assert abs(float(left - right)) <= tolerance * float(forward.norm() * y.norm() + 1e-30)


@settings(deadline=None)
@given(n=st.integers(1, 50), channels=small)
def test_identity_adjoint(n: int, channels: int) -> None:
    assert_adjoint(Identity(n), channels)


@settings(deadline=None)
@given(n=st.integers(1, 50), channels=small, data=st.data())
def test_mask_adjoint(n: int, channels: int, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=60))
    assert_adjoint(Mask(n, torch.tensor(rows)), channels)


@settings(deadline=None)
@given(height=small, width=small, factor=small, channels=small)
def test_area_average_adjoint(height: int, width: int, factor: int, channels: int) -> None:
    assert_adjoint(AreaAverage((height * factor, width * factor), factor), channels)


def test_area_average_agrees_with_skimage() -> None:
    picture = np.random.default_rng(0).random((24, 36, 3))
    operator = AreaAverage((24, 36), 4)
    ours = operator.forward(torch.from_numpy(picture).reshape(-1, 3)).reshape(*operator.coarse, 3)
    np.testing.assert_allclose(ours, downscale_local_mean(picture, (4, 4, 1)), rtol=1e-12)


def test_area_average_of_the_pseudo_inverse_is_the_identity() -> None:
    operator = AreaAverage((8, 12), 4)
    y = torch.rand(operator.out_rows, 1, dtype=torch.float64)
    torch.testing.assert_close(operator.forward(operator.adjoint(y) * 16), y)


@pytest.mark.parametrize("shape", [(10, 8), (8, 10)])
def test_area_average_refuses_a_rest(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="blocks of 4 x 4"):
        AreaAverage(shape, 4)


@pytest.mark.parametrize("rows", [[5], [-1], []])
def test_mask_refuses_rows_off_the_grid(rows: list[int]) -> None:
    with pytest.raises(ValueError, match="rows must"):
        Mask(5, torch.tensor(rows, dtype=torch.int64))


def test_to_moves_what_an_operator_holds() -> None:
    assert Mask(5, torch.tensor([1, 3])).to("meta").rows.device.type == "meta"
    assert AreaAverage((4, 4), 2).to("cpu").out_rows == 4
