import numpy as np
import pytest
import torch
from scipy.fft import dctn
from scipy.signal import convolve2d

from inrbench.tasks.core.fourier import Convolution, RandomCosine, SampledFourier, frequencies
from tests.tasks.core.test_operators import assert_adjoint


def random_maps(coils: int, n: int) -> torch.Tensor:
    return torch.randn(coils, n, generator=torch.Generator().manual_seed(1), dtype=torch.complex128)


@pytest.mark.parametrize("shape", [(8, 6), (7, 9)])
@pytest.mark.parametrize("coils", [1, 3])
def test_sampled_fourier_adjoint(shape: tuple[int, int], coils: int) -> None:
    n = shape[0] * shape[1]
    kept, maps = torch.tensor([0, 3, 11, n - 1]), random_maps(coils, n)
    assert_adjoint(SampledFourier(shape, kept, maps), 1)
    assert_adjoint(SampledFourier(shape, kept, maps), 3)
    assert_adjoint(SampledFourier(shape, kept, maps, complex_picture=True), 2)


@pytest.mark.parametrize("shape", [(8, 6), (7, 9)])
def test_sampled_fourier_agrees_with_the_sum_over_pixel_centres(shape: tuple[int, int]) -> None:
    height, width = shape
    n = height * width
    rng = np.random.default_rng(0)
    picture, kept, maps = rng.standard_normal((n, 2)), np.array([1, 5, n // 2, n - 1]), random_maps(2, n)
    down, right = (2 * np.arange(height) + 1) / height - 1, (2 * np.arange(width) + 1) / width - 1
    centres = np.stack(np.meshgrid(down, right, indexing="ij"), axis=-1).reshape(n, 2)
    signed = np.stack(
        [(kept // width + height // 2) % height - height // 2, (kept % width + width // 2) % width - width // 2], axis=1
    )
    waves = np.exp(-1j * np.pi * signed @ centres.T) / np.sqrt(n)
    operator = SampledFourier(shape, torch.from_numpy(kept), maps, complex_picture=True)
    ours = torch.view_as_complex(operator.forward(torch.from_numpy(picture)))
    theirs = np.concatenate([waves @ (coil * (picture[:, 0] + 1j * picture[:, 1])) for coil in maps.numpy()])
    assert np.array_equal(frequencies(shape)[kept].numpy(), signed)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)
    real = SampledFourier(shape, torch.from_numpy(kept), maps)
    as_complex = torch.stack([torch.from_numpy(picture[:, 0]), torch.zeros(n, dtype=torch.float64)], dim=1)
    expected = operator.forward(as_complex)
    torch.testing.assert_close(real.forward(torch.from_numpy(picture[:, :1])), expected.T.reshape(-1, 1))


def test_sampled_fourier_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="maps"):
        SampledFourier((4, 4), torch.tensor([0]), random_maps(1, 15))
    with pytest.raises(ValueError, match="kept"):
        SampledFourier((4, 4), torch.tensor([16]), random_maps(1, 16))


@pytest.mark.parametrize(("shape", "kernel"), [((9, 12), (3, 5)), ((8, 8), (1, 4)), ((5, 6), (5, 6))])
def test_convolution_adjoint_and_scipy(shape: tuple[int, int], kernel: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    weights, picture = rng.standard_normal(kernel), rng.standard_normal((*shape, 2))
    operator = Convolution(shape, weights)
    assert_adjoint(operator, 2)
    ours = operator.forward(torch.from_numpy(picture).reshape(-1, 2)).reshape(*operator.valid, 2).numpy()
    for channel in range(2):
        theirs = convolve2d(picture[..., channel], weights, mode="valid")
        np.testing.assert_allclose(ours[..., channel], theirs, atol=1e-12)


def test_convolution_refuses_a_kernel_larger_than_the_picture() -> None:
    with pytest.raises(ValueError, match="kernel"):
        Convolution((4, 8), np.ones((5, 3)))


@pytest.mark.parametrize("shape", [(8, 8), (5, 7)])
def test_random_cosine_adjoint_and_scipy(shape: tuple[int, int]) -> None:
    n = shape[0] * shape[1]
    rng = np.random.default_rng(0)
    picture, signs, rows = rng.standard_normal((n, 2)), rng.choice([-1, 1], n), rng.permutation(n)[: n // 2]
    operator = RandomCosine(shape, torch.from_numpy(rows), torch.from_numpy(signs))
    assert_adjoint(operator, 2)
    theirs = dctn((picture * signs[:, None]).reshape(*shape, 2), axes=(0, 1), norm="ortho").reshape(n, 2)[rows]
    np.testing.assert_allclose(operator.forward(torch.from_numpy(picture)), theirs, atol=1e-12)
    y = torch.randn(len(rows), 1, dtype=torch.float64)
    torch.testing.assert_close(operator.forward(operator.adjoint(y)), y)


def test_single_precision_is_kept_and_close() -> None:
    shape, n = (16, 16), 256
    x = torch.rand(n, 1, dtype=torch.float64)
    for operator in (
        SampledFourier(shape, torch.arange(0, n, 3), random_maps(2, n)),
        Convolution(shape, np.ones((3, 3)) / 9),
        RandomCosine(shape, torch.arange(0, n, 3), torch.ones(n)),
    ):
        y = operator.forward(x.float())
        assert y.dtype == operator.adjoint(y).dtype == torch.float32
        torch.testing.assert_close(y.double(), operator.forward(x), rtol=1e-5, atol=1e-5)
        assert operator.to("meta").forward(x.to("meta")).shape == y.shape
