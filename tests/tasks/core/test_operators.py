"""Operators against independent implementations, and their adjoints."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import downscale_local_mean

from inrbench.tasks.core import kspace
from inrbench.tasks.core.fourier import Convolution, RandomCosine, SampledFourier
from inrbench.tasks.core.gradient import Gradient
from inrbench.tasks.core.operators import AreaAverage, Identity, Mask, Operator, check_adjoint
from inrbench.tasks.core.radon import Radon, half_turn
from inrbench.tasks.deblur import gaussian_kernel

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


class Ghost(Operator):
    """A picture of 24 rows and itself, moved down by 8 rows and faint."""

    def __init__(self, width: int = 20) -> None:
        self.width, self.in_rows, self.out_rows = width, 24 * width, 24 * width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x + x.roll(8 * self.width, 0)) / 2


class Wrong(Ghost):
    def adjoint(self, y: torch.Tensor) -> torch.Tensor:
        return (y + y.roll(8 * self.width, 0)) / 2


class Right(Ghost):
    def adjoint(self, y: torch.Tensor) -> torch.Tensor:
        return (y + y.roll(-8 * self.width, 0)) / 2


class Magnitude(Ghost):
    linear = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.square()


class WithNumpy(Ghost):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.roll(x.detach().numpy(), 3))


class Mixing(Ghost):
    """Three channels into one."""

    in_channels = 3

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ torch.tensor([[1.0], [2.0], [3.0]], dtype=x.dtype)


def test_an_operator_without_an_adjoint_has_it_by_autograd() -> None:
    for operator, channels in ((Ghost(), 2), (Mixing(), 3)):
        x = torch.randn(operator.in_rows, channels, dtype=torch.float64)
        with torch.no_grad():
            y = torch.randn_like(operator.forward(x))
            left, right = (operator.forward(x) * y).sum(), (x * operator.adjoint(y)).sum()
        assert float(left) == pytest.approx(float(right))
        check_adjoint(operator, channels)


def test_a_wrong_adjoint_is_found_and_a_right_one_is_not() -> None:
    check_adjoint(Right(), 1)
    for operator in (Wrong(), Wrong(width=5000)):
        with pytest.raises(
            ValueError, match=r"Wrong\.adjoint is not the adjoint of forward, it is off by \d+%"
        ) as error:
            check_adjoint(operator, 1)
        assert "\n" not in str(error.value)


def test_an_operator_that_is_not_linear_has_no_adjoint_and_is_not_asked_for_one() -> None:
    check_adjoint(Magnitude(), 1)
    with pytest.raises(ValueError, match="Magnitude is not linear and has no adjoint"):
        Magnitude().adjoint(torch.zeros(480, 1))
    x = torch.randn(480, 1)
    torch.testing.assert_close(Magnitude().vjp(x, torch.ones(480, 1)), 2 * x)


def test_a_forward_outside_of_torch_is_refused() -> None:
    with pytest.raises(ValueError, match=r"WithNumpy\.forward has no gradient"):
        check_adjoint(WithNumpy(), 1)


def test_the_gradient_through_forward_has_the_bits_of_the_adjoint() -> None:
    """Stored results were trained with the adjoint as the gradient."""
    shape = (24, 30)
    kept = torch.arange(0, (23 * 30 + 24 * 29), 3)
    coils = kspace.sensitivities(4, phase=True).on_grid(shape)
    operators: list[Operator] = [
        AreaAverage(shape, 2),
        Radon(shape, half_turn(7)),
        Convolution(shape, gaussian_kernel(1.5)),
        Gradient(shape),
        Gradient(shape, kept),
        SampledFourier(shape, torch.arange(0, 720, 3), coils),
    ]
    for operator in operators:
        x = torch.randn(operator.in_rows, 1)
        y = torch.randn_like(operator.forward(x))
        assert torch.equal(operator.vjp(x, y), operator.adjoint(y)), operator


class Doubled(Mask):
    """A shipped operator with something of its own."""

    def __init__(self, rows: torch.Tensor, in_rows: int) -> None:
        super().__init__(in_rows, rows)
        self.parts: dict[str, Any] = {"weights": [torch.full((len(rows), 1), 2.0)], "inner": Magnitude()}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weights: torch.Tensor = self.parts["weights"][0]
        return weights * super().forward(x)


def test_an_operator_that_is_moved_keeps_its_class_and_moves_all_that_it_holds() -> None:
    operator = Doubled(torch.tensor([1, 3]), 5)
    moved = operator.to("meta")
    assert isinstance(moved, Doubled)
    assert isinstance(moved.rows, torch.Tensor)
    assert {moved.rows.device.type, moved.parts["weights"][0].device.type} == {"meta"}
    assert type(moved.parts["inner"]) is Magnitude
    x = torch.randn(5, 1)
    assert torch.equal(operator.forward(x), 2 * x[[1, 3]])  # which has stayed where it was
    assert torch.equal(operator.to("cpu").forward(x), 2 * x[[1, 3]])


SHIPPED: list[Operator] = [Convolution((24, 24), gaussian_kernel(1.0)), Gradient((4, 5), torch.arange(3)),
                           RandomCosine((4, 4), torch.arange(5), torch.ones(16)), AreaAverage((4, 4), 2)]  # fmt: skip


@pytest.mark.parametrize("operator", SHIPPED, ids=lambda operator: type(operator).__name__)
def test_no_tensor_of_a_shipped_operator_is_left_behind(operator: Operator) -> None:
    moved = operator.to("meta")
    assert type(moved) is type(operator)
    held = [value for value in vars(moved).values() if isinstance(value, torch.Tensor)]
    assert all(tensor.device.type == "meta" for tensor in held)
