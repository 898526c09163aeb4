"""The Radon transform: adjoint, exact projections, agreement with scikit-image."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage.transform import radon as skimage_radon

from inrbench.tasks.core.radon import Radon, _tensors, count_bins, ellipses_sinogram, half_turn, radon_matrix
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.phantoms import NAMES, exact_ellipses


def project(picture: NDArray[np.float64], angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """(angles, detectors) in units of pixels."""
    operator = Radon((picture.shape[0], picture.shape[1]), angles)
    values = torch.from_numpy(picture.astype(np.float32)).reshape(-1, 1)
    return operator.sinogram(operator.forward(values))[..., 0].double().numpy() * operator.length


@settings(deadline=None, max_examples=40)
@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    angles=st.lists(st.floats(-400, 400), min_size=1, max_size=5),
    channels=st.integers(1, 3),
)
def test_adjoint(height: int, width: int, angles: list[float], channels: int) -> None:
    operator = Radon((height, width), np.array(angles))
    x = torch.randn(operator.in_rows, channels, generator=torch.Generator().manual_seed(1))
    y = torch.randn(operator.out_rows, channels, generator=torch.Generator().manual_seed(2))
    forward, adjoint = operator.forward(x).double(), operator.adjoint(y).double()
    assert abs(float((forward * y).sum() - (x * adjoint).sum())) <= 1e-5 * float(x.norm() * y.norm())


def test_the_kept_transpose_is_the_transpose() -> None:
    matrix, transpose = _tensors((9, 14), (0.0, 31.0, 90.0, 135.0))
    assert torch.equal(matrix.to_dense().T, transpose.to_dense())


@settings(deadline=None, max_examples=40)
@given(height=st.integers(1, 12), width=st.integers(1, 12), angle=st.floats(-400, 400))
def test_every_angle_preserves_mass_of_every_pixel(height: int, width: int, angle: float) -> None:
    matrix = radon_matrix((height, width), (angle,))
    np.testing.assert_allclose(matrix.sum(axis=0) * max(height, width), 1, atol=1e-5)


def test_no_pixel_meets_more_than_three_bins_of_a_projection() -> None:
    matrix = radon_matrix((13, 16), tuple(half_turn(24).tolist()))
    assert matrix.nnz == (matrix.data > 0).sum()
    assert matrix.indices.dtype == np.int32
    per_angle = np.diff(matrix.tocsc().indptr) / 24
    assert per_angle.max() <= 3


def test_right_angles_give_sums_over_columns_and_rows() -> None:
    picture = np.random.default_rng(0).random((10, 10))
    sinogram = project(picture, np.array([0.0, 90.0, 180.0]))
    margin = (sinogram.shape[1] - 10) // 2
    inner = sinogram[:, margin : margin + 10]
    np.testing.assert_allclose(inner[0], picture.sum(axis=0), rtol=1e-5)
    np.testing.assert_allclose(inner[1], picture.sum(axis=1)[::-1], rtol=1e-5)
    np.testing.assert_allclose(inner[2], picture.sum(axis=0)[::-1], rtol=1e-5)


@pytest.mark.parametrize("shape", [(8, 8), (8, 20), (21, 8)])
def test_a_line_of_ones_across_the_longer_side_gives_one(shape: tuple[int, int]) -> None:
    operator = Radon(shape, np.array([0.0 if shape[0] >= shape[1] else 90.0]))
    assert float(operator.forward(torch.ones(operator.in_rows, 1)).max()) == pytest.approx(1, abs=1e-5)


def test_values_do_not_depend_on_the_resolution() -> None:
    coarse = np.random.default_rng(0).random((16, 16))
    fine = coarse.repeat(4, axis=0).repeat(4, axis=1)
    angles = np.array([0.0, 45.0, 73.0])
    largest = [
        float(Radon(p.shape, angles).forward(torch.tensor(p, dtype=torch.float32).reshape(-1, 1)).max())
        for p in (coarse, fine)
    ]
    assert largest[1] == pytest.approx(largest[0], rel=0.1)


def test_the_detector_covers_the_corners_and_has_the_parity_of_the_width() -> None:
    for shape in [(1, 1), (8, 8), (7, 7), (10, 3), (128, 128), (256, 256)]:
        bins = count_bins(shape)
        assert math.hypot(*shape) <= bins < math.hypot(*shape) + 2
        assert (bins - shape[1]) % 2 == 0


def test_agrees_with_skimage_on_a_smooth_picture() -> None:
    # an odd side, for which the centre of rotation of scikit-image, the pixel n // 2, is the centre of the picture
    side = 65
    picture = gaussian_filter(np.random.default_rng(3).random((side, side)), 3)
    picture -= picture.min()
    picture *= np.hanning(side)[:, None] * np.hanning(side)
    angles = np.array([0.0, 10.0, 45.0, 77.0, 90.0, 130.0, 171.0])
    theirs = skimage_radon(picture, angles, circle=False).T
    ours = project(picture, angles)
    # both detectors have a bin on the axis: theirs at n // 2, ours in the middle
    left = theirs.shape[1] // 2 - ours.shape[1] // 2
    theirs = np.pad(theirs, ((0, 0), (2, 2)))[:, left + 2 :][:, : ours.shape[1]]
    assert np.abs(ours - theirs).max() < 0.01 * theirs.max()
    assert np.abs(ours[:, ::-1] - theirs).max() > 0.05 * theirs.max()


def test_agrees_with_the_integrals_of_an_ellipse() -> None:
    side, a, b = 128, 30.0, 50.0
    x0, y0 = 12.0, -8.0  # to the right of the centre, and below it
    fine = (np.arange(side * 8) + 0.5) / 8 - side / 2
    inside = ((fine - x0) / a) ** 2 + ((fine[:, None] - y0) / b) ** 2 <= 1
    picture = inside.reshape(side, 8, side, 8).mean(axis=(1, 3))
    angles = half_turn(12)
    ours = project(picture, angles)
    s = np.arange(ours.shape[1]) - (ours.shape[1] - 1) / 2
    cos, sin = np.cos(np.deg2rad(angles))[:, None], np.sin(np.deg2rad(angles))[:, None]
    reach = (a * cos) ** 2 + (b * sin) ** 2
    chord = 2 * a * b / reach * np.sqrt(np.maximum(reach - (s - x0 * cos + y0 * sin) ** 2, 0))
    assert np.abs(ours - chord).mean() < 0.002 * chord.max()
    # away from the rim, where the chord's slope is infinite and a bin of finite width differs from a ray
    steep = np.abs(np.gradient(chord, axis=1)) > 5
    assert np.abs(ours - chord)[~steep].max() < 0.03 * chord.max()


def test_half_turn_has_no_duplicate() -> None:
    assert half_turn(4).tolist() == [0.0, 45.0, 90.0, 135.0]


def test_gradient_is_the_adjoint() -> None:
    operator = Radon((6, 7), half_turn(5))
    x = torch.rand(42, 2, requires_grad=True)
    y = torch.rand(operator.out_rows, 2)
    (operator.forward(x) * y).sum().backward()
    torch.testing.assert_close(x.grad, operator.adjoint(y))


def test_one_channel_equals_its_share_of_several() -> None:
    operator = Radon((6, 7), half_turn(5))
    x = torch.rand(42, 3)
    torch.testing.assert_close(operator.forward(x)[:, 1:2], operator.forward(x[:, 1:2]))


def test_to_gives_a_working_copy() -> None:
    operator = Radon((6, 7), half_turn(5))
    x = torch.rand(42, 1)
    assert torch.equal(operator.to("cpu").forward(x), operator.forward(x))


@pytest.mark.parametrize("angles", [[], [math.nan], [[0.0]]])
def test_refuses_bad_angles(angles: list[float]) -> None:
    with pytest.raises(ValueError, match="angles must be"):
        Radon((4, 4), np.array(angles))


def test_the_exact_sinogram_of_ellipses_is_the_mean_of_their_line_integrals() -> None:
    ellipses = [(0.7, 0.5, 0.3, 0.1, -0.2, 25.0), (-0.2, 0.1, 0.4, -0.3, 0.3, 0.0)]
    operator = Radon((24, 24), np.array([0.0, 37.0, 90.0, 151.0]))
    ours = operator.sinogram(ellipses_sinogram(ellipses, operator))[..., 0].numpy()
    parts = 200  # rays through each bin, and points along each ray, in [-1.5, 1.5]
    along = (np.arange(6000) + 0.5) / 2000 - 1.5
    for row, degrees in zip(ours, operator.angles, strict=True):
        cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        for k in range(0, operator.detectors, 5):
            s = (k + (np.arange(parts) + 0.5) / parts - operator.detectors / 2)[:, None] * 2 / 24
            x, y = s * cos - along * sin, s * sin + along * cos  # y upwards
            density = np.zeros_like(x)
            for intensity, a, b, x0, y0, turn in ellipses:
                z = ((x - x0) + 1j * (y - y0)) * np.exp(-1j * np.deg2rad(turn))
                density += intensity * ((z.real / a) ** 2 + (z.imag / b) ** 2 <= 1)
            assert row[k] == pytest.approx(density.sum(axis=1).mean() / 2000 / 2, abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_pixels_come_near_the_exact_sinogram(name: str) -> None:
    ellipses = exact_ellipses(name, (256, 256), "analytic")
    assert ellipses is not None
    operator = Radon((256, 256), half_turn(7))
    measured = operator.forward(torch.from_numpy(load(name).array.reshape(-1, 1)))
    exact = ellipses_sinogram(ellipses, operator)
    assert float((measured - exact).norm() / exact.norm()) < 8e-3  # most of it on the thin rims
    mirrored = operator.forward(torch.from_numpy(load(name).array[:, ::-1].reshape(-1, 1).copy()))
    assert float((mirrored - exact).norm() / exact.norm()) > 3e-2 or name == "shepp-logan"
