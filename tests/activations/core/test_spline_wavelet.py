"""The wavelet against its definition as seven ReLUs, in value, derivative and every dtype."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inrbench.activations.core.spline_wavelet import psi

KNOTS = [k / 2 for k in range(7)]
VALUES = [Fraction(0), Fraction(1, 12), Fraction(-1, 2), Fraction(5, 6), Fraction(-1, 2), Fraction(1, 12), Fraction(0)]
SLOPES = [0, 1 / 6, -7 / 6, 8 / 3, -8 / 3, 7 / 6, -1 / 6, 0]
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def seven_relus(x: torch.Tensor) -> torch.Tensor:
    r = torch.relu
    return (
        r(x) / 6
        - 8 / 6 * r(x - 0.5)
        + 23 / 6 * r(x - 1)
        - 16 / 3 * r(x - 1.5)
        + 23 / 6 * r(x - 2)
        - 8 / 6 * r(x - 2.5)
        + r(x - 3) / 6
    )


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=40), st.floats(0.1, 20))
@settings(max_examples=100, deadline=None)
def test_psi_is_the_sum_of_seven_relus(points: list[float], c: float) -> None:
    x = torch.tensor(points, dtype=torch.float64)
    torch.testing.assert_close(psi(x, c), seven_relus(c * x), rtol=0, atol=1e-11)


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_at_the_knots_are_correctly_rounded(dtype: torch.dtype) -> None:
    expected = torch.tensor([float(v) for v in VALUES], dtype=torch.float64).to(dtype)
    got = psi(torch.tensor(KNOTS, dtype=dtype))
    # One rounding of 1/6 and one of the product: at most one unit in the last place.
    torch.testing.assert_close(got, expected, rtol=torch.finfo(dtype).eps, atol=0)
    assert got[0] == got[-1] == 0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("c", [1.0, 3.0, 9.0])
def test_psi_is_exactly_zero_outside_its_support(dtype: torch.dtype, c: float) -> None:
    beyond = [3 / c * 1.02, 5 / c, 20 / c, 1000 / c, 6e4 / c, float("inf")]
    x = torch.tensor([-0.0, *beyond, -1e-7, *(-v for v in beyond)], dtype=dtype)
    assert torch.equal(psi(x, c), torch.zeros_like(x))


def test_half_precision_is_exact_where_the_seven_relus_are_not() -> None:
    x = torch.linspace(-4, 100, 5001).half()
    outside = (x <= 0) | (x >= 3)
    assert seven_relus(x)[outside].abs().max() > 0.1
    assert psi(x)[outside].abs().max() == 0
    assert (psi(x).double() - seven_relus(x.double())).abs().max() < 5e-4


def test_two_vanishing_moments_and_norm() -> None:
    x = (torch.arange(600_000, dtype=torch.float64) + 0.5) * 3 / 600_000
    y, step = psi(x), 3 / 600_000
    assert abs(float(y.sum() * step)) < 1e-9
    assert abs(float((x * y).sum() * step)) < 1e-9
    assert float((x**2 * y).sum() * step) == pytest.approx(-1 / 24, abs=1e-8)
    assert float((y**2).sum() * step) == pytest.approx(1 / 4, abs=1e-8)


@pytest.mark.parametrize("c", [1.0, 2.5])
def test_slopes(c: float) -> None:
    middles = torch.tensor([-0.25 + 0.5 * k for k in range(8)], dtype=torch.float64)
    z = (middles / c).requires_grad_()
    (slope,) = torch.autograd.grad(psi(z, c).sum(), z)
    np.testing.assert_allclose(slope.numpy(), np.array(SLOPES) * c, atol=1e-12)


def test_gradient_matches_finite_differences_away_from_the_knots() -> None:
    generator = torch.Generator().manual_seed(0)
    z = (torch.rand(200, generator=generator, dtype=torch.float64) * 5 - 1) / 3
    z = z[((3 * z * 2) - (3 * z * 2).round()).abs() > 1e-2].requires_grad_()
    assert torch.autograd.gradcheck(lambda v: psi(v, 3.0), (z,), eps=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_gradient_keeps_dtype_and_is_zero_outside(dtype: torch.dtype) -> None:
    z = torch.tensor([-5.0, -0.1, 3.1, 1e4], dtype=dtype, requires_grad=True)
    (gradient,) = torch.autograd.grad(psi(z).sum(), z)
    assert gradient.dtype == dtype
    assert torch.equal(gradient, torch.zeros_like(gradient))


def test_nothing_but_the_arguments_and_the_value_is_kept_for_backward_and_nothing_is_overwritten() -> None:
    for c in (3.0, torch.tensor(3.0, requires_grad=True)):
        kept: list[torch.Tensor] = []
        z = torch.randn(50, 7, requires_grad=True)
        before = z.detach().clone()

        def keep(t: torch.Tensor, kept: list[torch.Tensor] = kept) -> torch.Tensor:
            kept.append(t)
            return t

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
            y = psi(z, c)
        assert len(kept) == (2 if isinstance(c, float) else 4)  # c z as well where c is trained
        assert {t.data_ptr() for t in kept} >= {z.data_ptr(), y.data_ptr()}
        upstream = torch.ones_like(y)
        y.backward(upstream)
        assert torch.equal(z.detach(), before)
        assert torch.equal(upstream, torch.ones_like(y))
        assert all(a.grad is not None and a.grad.shape == a.shape for a in (z, c) if isinstance(a, torch.Tensor))


def test_psi_takes_views() -> None:
    z = torch.randn(20, 30).t()
    torch.testing.assert_close(psi(z), seven_relus(z.double()).float(), rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("c", [1.0, 2.5, -2.0])
def test_a_tensor_for_c_gives_what_a_number_gives(dtype: torch.dtype, c: float) -> None:
    z = torch.linspace(-2, 4, 601, dtype=torch.float64).to(dtype).requires_grad_()
    learned = torch.tensor(c, dtype=dtype, requires_grad=True)
    tolerance = 8 * torch.finfo(dtype).eps
    torch.testing.assert_close(psi(z, learned), psi(z, c), rtol=0, atol=abs(c) * tolerance)
    away = (c * z.detach().double() * 2).frac().abs() > 0.1
    (got,) = torch.autograd.grad(psi(z[away], learned).sum(), z)
    (expected,) = torch.autograd.grad(psi(z[away], c).sum(), z)
    torch.testing.assert_close(got, expected, rtol=tolerance, atol=0)
    assert psi(z, learned).dtype == dtype


def test_gradient_in_c_matches_finite_differences() -> None:
    generator = torch.Generator().manual_seed(0)
    z = torch.rand(200, generator=generator, dtype=torch.float64) * 2 - 0.5
    z = z[((3 * z * 2) - (3 * z * 2).round()).abs() > 1e-2]
    c = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(psi, (z, c), eps=1e-6)
    assert torch.autograd.gradcheck(psi, (z.requires_grad_(), c), eps=1e-6)
