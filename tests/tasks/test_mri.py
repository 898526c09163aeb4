import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.fourier import SampledFourier
from inrbench.tasks.mri import MRI
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError


def psnr(task: MRI, problem: Problem, method: str) -> float:
    found = torch.from_numpy(task.baselines()[method](problem)).reshape(problem.truth.shape)
    return task.score(problem, found)["psnr"]


def rank(problem: Problem) -> int:
    """The number of independent equations."""
    n, channels = problem.truth.shape
    unit = torch.eye(n * channels, dtype=torch.float64).reshape(n * channels, n, channels)
    rows = torch.stack([problem.operator.forward(x).reshape(-1) for x in unit])
    return int(torch.linalg.matrix_rank(rows, tol=1e-9))


def test_equations_for_a_real_and_for_a_complex_picture() -> None:
    """A real picture has half as many unknowns; spokes hold each frequency with its mirror image, without a phase."""
    ranks, samples = {}, 0
    for phase in ("none", "known", "unknown"):
        task = MRI(size=16, mask="radial", coils=1, phase=phase, noise=0)
        problem = task.problem(load("mri-head"), seed=0)
        ranks[phase] = rank(problem)
        samples = problem.operator.out_rows // (1 if phase == "unknown" else 2)
    # a frequency and its mirror image tell the same of a real picture
    assert samples - 2 <= ranks["none"] <= samples
    assert ranks["known"] > 1.7 * samples
    assert ranks["unknown"] == 2 * samples


@pytest.mark.parametrize("mask", ["cartesian", "radial", "variable"])
def test_the_share_of_kspace_is_the_declared_one(mask: str) -> None:
    task = MRI.model_validate({"size": 64, "mask": mask, "acceleration": 4.0, "coils": 2})
    problem = task.problem(load("mri-head"), seed=0)
    assert problem.operator.out_rows / (2 * 2 * 64 * 64) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("phase", ["none", "known", "unknown"])
def test_everything_sampled_without_noise_gives_the_picture_back(phase: str) -> None:
    task = MRI.model_validate({"size": 32, "coils": 4, "phase": phase, "noise": 0.0})
    problem = task.problem(load("mri-head"), seed=0)
    operator = problem.operator
    assert isinstance(operator, SampledFourier)
    everything = SampledFourier((32, 32), torch.arange(32 * 32), operator._maps, operator.complex_picture)
    torch.testing.assert_close(everything.adjoint(everything.forward(problem.truth)), problem.truth)


@pytest.mark.parametrize("phase", ["known", "unknown"])
def test_baselines_are_in_the_usual_order(phase: str) -> None:
    task = MRI.model_validate({"size": 96, "phase": phase})
    problem = task.problem(load("mri-head"), seed=0)
    found = [psnr(task, problem, method) for method in ("tv", "cg-sense", "zero-filled")]
    assert found[0] > found[1] + 1
    assert found[1] > found[2] + 0.5 > 20


def test_magnitudes_of_a_complex_picture_are_scored() -> None:
    task = MRI(size=32, phase="unknown")
    problem = task.problem(load("mri-head"), seed=0)
    turned = torch.view_as_real(torch.view_as_complex(problem.truth) * 1j)
    assert task.score(problem, turned)["psnr"] > 100
    magnitude = MRI(size=32).problem(load("mri-head"), seed=0).truth
    torch.testing.assert_close(task.comparable(problem.truth), magnitude)


@pytest.mark.parametrize("coils", [1, 4])
@pytest.mark.parametrize("phase", ["none", "known", "unknown"])
def test_the_closed_form_is_close_to_the_pixels_and_not_the_same(coils: int, phase: str) -> None:
    settings = {"size": 128, "coils": coils, "phase": phase, "mask": "radial", "noise": 0.0}
    problem = MRI.model_validate(settings | {"samples": "analytic"}).problem(load("shepp-logan"), seed=0)
    exact = problem.operator.forward(problem.truth)
    error = float((problem.measured - exact).norm() / exact.norm())
    assert 0.03 < error < 0.05  # at 256 pixels 0.027


def test_the_closed_form_is_for_the_phantom_alone() -> None:
    for name, size in (("mri-head", 32), ("shepp-logan", (32, 48))):
        with pytest.raises(SignalError, match="closed form"):
            MRI(size=size, samples="analytic").problem(load(name), seed=0)


@pytest.mark.parametrize(
    "bad",
    [
        {"acceleration": 1.0},
        {"coils": 3},
        {"mask": "spiral"},
        {"mask": "radial", "centre": 0.04},
        {"centre": 0.3},
        {"noise": -1.0},
        {"phase": "random"},
    ],
)
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MRI.model_validate(bad)
