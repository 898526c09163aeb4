import numpy as np
import pytest
import torch

from inrbench.tasks.core import kspace
from inrbench.tasks.core.base import grid_coords
from inrbench.tasks.core.fourier import SampledFourier, frequencies
from inrbench.tasks.signals.phantoms import exact_ellipses

SHAPES = [(64, 64), (48, 65)]


@pytest.mark.parametrize("shape", SHAPES)
def test_cartesian_lines_are_whole_and_the_centre_is_complete(shape: tuple[int, int]) -> None:
    kept = kspace.cartesian(shape, 0.25, 0.08, seed=0)
    counts = np.bincount(kept.numpy() // shape[1], minlength=shape[0])
    assert set(counts) == {0, shape[1]}
    assert np.count_nonzero(counts) == round(0.25 * shape[0])
    low = round(0.08 * shape[0])
    assert counts[np.argsort(np.abs(np.fft.fftfreq(shape[0])), kind="stable")[:low]].all()
    assert not torch.equal(kept, kspace.cartesian(shape, 0.25, 0.08, seed=1))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.1, 0.25, 0.6])
def test_radial_spokes_reach_the_share_and_are_symmetric(shape: tuple[int, int], share: float) -> None:
    kept = kspace.radial(shape, share)
    n = shape[0] * shape[1]
    assert share <= len(kept) / n < share + 0.03
    assert len(set(kept.tolist())) == len(kept)
    assert 0 in kept.tolist()
    mask = torch.zeros(n, dtype=torch.bool)
    mask[kept] = True
    negative = torch.roll(mask.reshape(shape).flip(0, 1), (1, 1), (0, 1))
    assert torch.equal(negative, mask.reshape(shape))


@pytest.mark.parametrize("shape", SHAPES)
def test_variable_density_falls_with_the_radius(shape: tuple[int, int]) -> None:
    kept = kspace.variable_density(shape, 0.25, 0.04, seed=0)
    n = shape[0] * shape[1]
    assert len(set(kept.tolist())) == len(kept) == round(0.25 * n)
    radius = (frequencies(shape) / torch.tensor(shape) * 2).norm(dim=1)
    inside = torch.zeros(n, dtype=torch.bool)
    inside[kept] = True
    shares = [float(inside[(radius >= a) & (radius < b)].float().mean()) for a, b in ((0, 0.2), (0.3, 0.6), (0.8, 1.4))]
    assert shares[0] > 0.9 > shares[1] > 2 * shares[2]
    assert inside[radius.argsort()[: round(0.04 * n)]].all()


@pytest.mark.parametrize("coils", [1, 2, 4])
@pytest.mark.parametrize("phase", [False, True])
def test_sensitivities_are_bumps_with_squares_that_sum_to_one(coils: int, phase: bool) -> None:
    shape = (16, 24)
    maps = kspace.sensitivities(coils, phase).on_grid(shape)
    assert maps.shape == (coils, 16 * 24)
    torch.testing.assert_close(maps.abs().square().sum(dim=0), torch.ones(16 * 24, dtype=torch.float64))
    x = grid_coords(shape).double()
    turn = 2 * torch.sin(torch.pi * (0.45 * x[:, 0] + 0.3 * x[:, 1]) + 0.4) if phase else torch.zeros(len(x))
    down, right = ((torch.pi * (x[:, axis] + 1) / 4) for axis in (0, 1))
    ends = {
        1: [torch.ones(len(x))],
        2: [down.cos(), down.sin()],
        4: [f * g for f in (down.cos(), down.sin()) for g in (right.cos(), right.sin())],
    }[coils]
    expected = torch.stack(ends).double() * torch.exp(1j * turn)
    torch.testing.assert_close(maps, expected.to(maps.dtype), atol=1e-6, rtol=1e-6)


def test_other_numbers_of_coils_are_refused() -> None:
    with pytest.raises(ValueError, match="1, 2 or 4"):
        kspace.sensitivities(3, phase=True)


def test_the_transform_of_an_ellipse_agrees_with_numerical_integration() -> None:
    ellipse = (0.7, 0.5, 0.3, 0.1, -0.2, 25.0)
    k = np.array([[0, 0], [1, 0], [0, 3], [-2.3, 4.1]])
    # polar coordinates of the ellipse: Gauss-Legendre along the radius, equal steps around
    r, weights = np.polynomial.legendre.leggauss(40)
    r, weights = (r + 1) / 2, weights / 2
    around = np.arange(200) * 2 * np.pi / 200
    u, v = 0.5 * np.outer(r, np.cos(around)), 0.3 * np.outer(r, np.sin(around))
    cos, sin = np.cos(np.deg2rad(25)), np.sin(np.deg2rad(25))
    right, up = 0.1 + u * cos - v * sin, -0.2 + u * sin + v * cos
    area = 0.7 * 0.5 * 0.3 * (weights * r)[:, None] * (2 * np.pi / 200)
    expected = [(area * np.exp(-1j * np.pi * (right * b - up * a))).sum() for a, b in k]
    np.testing.assert_allclose(kspace.ellipses_transform([ellipse], k), expected, atol=1e-10)


@pytest.mark.parametrize("coils", [1, 4])
def test_the_closed_form_is_the_limit_of_fine_pixels(coils: int) -> None:
    sensitivities = kspace.sensitivities(coils, phase=True)
    fine = 1024
    at = (2 * np.arange(fine) + 1) / fine - 1
    picture = np.zeros((fine, fine))
    ellipses = exact_ellipses("phantom-1", (fine, fine), "analytic")
    assert ellipses is not None
    for intensity, a, b, x0, y0, degrees in ellipses:
        cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        x, y = at[None, :] - x0, -at[:, None] - y0
        picture += intensity * (((x * cos + y * sin) / a) ** 2 + ((y * cos - x * sin) / b) ** 2 <= 1)
    # the lowest 5 x 5 frequencies, found on the fine grid and on that of 32 x 32
    low = [(k % 32) * 32 + m % 32 for k in range(-2, 3) for m in range(-2, 3)]
    low_fine = torch.tensor([(k % fine) * fine + m % fine for k in range(-2, 3) for m in range(-2, 3)])
    operator = SampledFourier((fine, fine), low_fine, sensitivities.on_grid((fine, fine)))
    with torch.no_grad():
        samples = operator.forward(torch.from_numpy(picture).reshape(-1, 1))
    ours = kspace.ellipses_kspace(ellipses, (32, 32), torch.tensor(low), sensitivities).reshape(-1)
    expected = torch.complex(*samples[:, 0].chunk(2)).numpy() * 32 / fine
    assert np.abs(ours - expected).max() < 2e-3 * np.abs(expected).max()
