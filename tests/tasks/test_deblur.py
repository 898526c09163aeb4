import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.ndimage import gaussian_filter

from inrbench.bench.config.identity import canonical
from inrbench.tasks.core.fourier import Convolution
from inrbench.tasks.deblur import Deblur, gaussian_kernel, motion_kernel
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError


def test_the_gaussian_agrees_with_scipy_away_from_the_border() -> None:
    problem = Deblur(size=64, noise=0).problem(load("camera"), seed=0)
    assert isinstance(problem.operator, Convolution)
    picture = problem.grid(problem.truth)[..., 0].astype(np.float64)
    theirs = gaussian_filter(picture, 1.5, truncate=4)[6:-6, 6:-6]
    ours = problem.measured.numpy().reshape(problem.operator.valid)
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("angle", [0.0, 30.0, 45.0, 90.0, -60.0, 180.0])
@pytest.mark.parametrize("length", [1.0, 9.0, 10.5])
def test_the_motion_is_a_segment_of_its_length_and_angle(length: float, angle: float) -> None:
    kernel = motion_kernel(length, angle)
    assert kernel.sum() == pytest.approx(1)
    assert min(np.array(kernel.shape) % 2) == 1
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1], atol=1e-12)
    down, right = (np.arange(n) - n // 2 for n in kernel.shape)
    moments = [
        (kernel * down[:, None] ** 2).sum(),
        (kernel * np.outer(-down, right)).sum(),
        (kernel * right**2).sum(),
    ]
    direction = np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))
    segment = length**2 / 12  # variance along a segment; the bilinear weights add at most 1/4 to the squares
    for found, expected, slack in zip(
        moments,
        [segment * direction[0] ** 2, segment * direction[0] * direction[1], segment * direction[1] ** 2],
        [0.26, 0.05, 0.26],
        strict=True,
    ):
        assert -0.05 < found - expected < slack


def test_kernels_of_no_length_leave_the_picture() -> None:
    assert motion_kernel(1, 0).shape == (1, 3)
    assert gaussian_kernel(0.01).max() == 1


@pytest.mark.parametrize("kernel", ["gaussian", "motion"])
def test_baselines_sharpen_and_are_in_the_usual_order(kernel: str) -> None:
    task = Deblur.model_validate({"size": 96, "kernel": kernel})
    problem = task.problem(load("astronaut"), seed=0)
    assert isinstance(problem.operator, Convolution)
    margins = [(k // 2, k // 2) for k in problem.operator.kernel.shape]
    blurred = np.pad(problem.measured.numpy().reshape(*problem.operator.valid, 3), [*margins, (0, 0)], mode="edge")

    def psnr(picture: np.ndarray) -> float:
        return task.score(problem, torch.from_numpy(picture).reshape(-1, 3))["psnr"]

    found = {name: psnr(baseline(problem)) for name, baseline in task.baselines().items()}
    assert found["tv"] > found["tikhonov"] > found["wiener"] > psnr(blurred) + 0.5


def test_a_picture_smaller_than_two_kernels_is_refused() -> None:
    with pytest.raises(SignalError, match=r"'camera' of 16 x 16 .* raise size"):
        Deblur(size=16).problem(load("camera"), seed=0)


@pytest.mark.parametrize(
    "bad",
    [
        {"kernel": "disc"},
        {"sigma": 0.0},
        {"kernel": "motion", "sigma": 2.0},
        {"length": 5.0},
        {"angle": 10.0},
        {"noise": -0.1},
    ],
)
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Deblur.model_validate(bad)


def test_the_valid_region_is_scored_without_its_margin() -> None:
    task = Deblur(size=48, scored="valid")
    problem = task.problem(load("camera"), seed=0)
    assert isinstance(problem.operator, Convolution)
    assert problem.operator.valid == (36, 36)
    values = problem.truth.reshape(48, 48).clone()
    values[:6], values[-6:], values[:, :6], values[:, -6:] = 5, 5, 5, 5
    assert task.score(problem, values.reshape(-1, 1))["psnr"] == np.inf
    values[6, 6] += 0.1
    assert task.score(problem, values.reshape(-1, 1))["psnr"] == pytest.approx(10 * np.log10(36 * 36 / 0.01), rel=1e-4)
    assert "scored" not in canonical(Deblur(size=48).model_dump(mode="json"))
