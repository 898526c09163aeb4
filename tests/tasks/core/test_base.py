"""Problems of every task: shapes, seeds, scores, baselines; sizes of pictures; the sampling grid."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.audio import Audio
from inrbench.tasks.bandwidth import Bandwidth
from inrbench.tasks.compressive import Compressive
from inrbench.tasks.core.base import Task, draw, grid_coords, noise_like, picture
from inrbench.tasks.core.metrics import METRICS, describe
from inrbench.tasks.core.operators import Identity, Mask
from inrbench.tasks.ct import CT
from inrbench.tasks.ct3d import CT3D
from inrbench.tasks.deblur import Deblur
from inrbench.tasks.denoise import Denoise
from inrbench.tasks.function import Function
from inrbench.tasks.image import Image
from inrbench.tasks.inpaint import Inpaint
from inrbench.tasks.mri import MRI
from inrbench.tasks.multi_superres import MultiSuperRes
from inrbench.tasks.occupancy import Occupancy
from inrbench.tasks.poisson import Poisson
from inrbench.tasks.sdf import Sdf
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.superres import SuperRes
from inrbench.tasks.video import Video

TASKS = [
    Image(size=32),
    SuperRes(size=(32, 48)),
    SuperRes(size=(32, 48), noise=0.05),
    CT(size=32),
    CT(size=32, noise=0.02),
    Denoise(size=32),
    Denoise(size=32, noise="poisson"),
    Inpaint(size=32),
    Inpaint(size=(33, 48), pattern="grid"),
    Audio(samples=512),
    Audio(samples=511, start=100, factor=4),
    Occupancy(size=16),
    Function(),
    Function(samples=100),
    Sdf(size=16),
    MultiSuperRes(size=(48, 48), noise=0.02),
    CT3D(size=16, noise=0.1),
    CT3D(size=16, noise=0.1, geometry="orbit"),
    Video(frames=4, size=16, noise=0.05),
    Video(frames=4, size=16, mode="held-out"),
    Video(frames=8, size=16, mode="coded", noise=0.01),
    Video(frames=8, size=16, mode="coded", opened=1),
    Bandwidth(size=48),
    Compressive(size=32),
    Compressive(size=32, keep=0.5, noise=0.0),
    Deblur(size=48),
    Deblur(size=48, kernel="motion", noise=0.0),
    MRI(size=32),
    MRI(size=32, mask="variable", phase="unknown", noise=0.0),
    MRI(size=32, mask="radial", coils=1, phase="none", noise=0.0),
    Poisson(size=32),
    Poisson(size=32, keep=0.7, noise=0.0),
]

FIRST = {task.name: task for task in reversed(TASKS)}
"""The first of the above of each kind."""

PICTURES = [Bandwidth(), Compressive(), Deblur(), MRI(), Poisson()]

LEAST_PSNR = 15
EXCEPTIONS = {"denoise": 14, "inpaint": 14, "occupancy": 9, "compressive": 6, "poisson": 9}
"""Least PSNR in dB of the baselines of a task, where it is not `LEAST_PSNR`."""


def test_coords_are_pixel_centres_in_row_major_order() -> None:
    assert grid_coords((2,)).tolist() == [[-0.5], [0.5]]
    coords = grid_coords((4, 8))
    assert coords.shape == (32, 2)
    assert coords.dtype == torch.float32
    grid = coords.reshape(4, 8, 2)
    assert grid[:, 0, 0].tolist() == [-0.75, -0.25, 0.25, 0.75]
    assert grid[0, :, 1].tolist() == [(2 * i + 1) / 8 - 1 for i in range(8)]


def test_coarse_coords_are_the_means_of_fine_ones() -> None:
    fine = grid_coords((8, 12)).reshape(2, 4, 3, 4, 2).mean(dim=(1, 3)).reshape(-1, 2)
    torch.testing.assert_close(fine, grid_coords((2, 3)))


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_what_every_problem_holds(task: Task) -> None:
    (name,) = task.signals()
    problem = task.problem(load(name), seed=0)
    n, channels = problem.truth.shape
    assert len(problem.shape) == problem.coords.shape[1]
    assert n == np.prod(problem.shape) == problem.operator.in_rows == len(problem.coords)
    assert problem.measured.shape == (problem.operator.out_rows, channels)
    assert {problem.coords.dtype, problem.measured.dtype, problem.truth.dtype} == {torch.float32}
    exact = problem.operator.forward(problem.truth)
    assert torch.equal(problem.measured, exact) is (problem.noise_std is None)
    if problem.noise_std is not None:
        assert float((problem.measured - exact).std()) == pytest.approx(problem.noise_std, rel=0.1)
    values = problem.truth.clone()
    score = task.score(problem, values)
    assert set(task.metrics) <= set(METRICS) & set(score)
    assert all(type(value) is float and describe(name).direction for name, value in score.items())
    perfect = {"ssim": 1.0, "iou": 1.0}
    for name, value in score.items():
        assert value == pytest.approx(perfect.get(name, np.inf if describe(name).direction > 0 else 0)), name
    assert torch.equal(values, problem.truth)


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_scores_fall_with_the_error_and_leave_the_reconstruction_alone(task: Task) -> None:
    problem = task.problem(load(task.signals()[0]), seed=0)
    noise = noise_like(problem.truth, 0.3, seed=1)
    near, far = problem.truth + noise, problem.truth + 2 * noise
    kept = far.clone()
    for (name, better), worse in zip(task.score(problem, near).items(), task.score(problem, far).values(), strict=True):
        assert describe(name).direction * (better - worse) > 0, name
    assert torch.equal(far, kept)
    far[3] = torch.nan
    if isinstance(problem.operator, Identity):
        assert all(np.isnan(value) for value in task.score(problem, far).values())


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_what_is_seeded_is_called_random(task: Task) -> None:
    signal = load(task.signals()[0])
    first, other = (task.problem(signal, seed).measured for seed in (0, 1))
    assert torch.equal(first, other) is not task.random


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_seeds_rule_the_noise_and_nothing_else(task: Task) -> None:
    signal = load(task.signals()[0])
    first, again, other = (task.problem(signal, seed) for seed in (3, 3, 2**63 - 1))
    assert torch.equal(first.measured, again.measured)
    assert torch.equal(first.truth, other.truth)


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_baselines_are_reconstructions_and_repeatable(task: Task) -> None:
    problem = task.problem(load(task.signals()[0]), seed=0)
    for baseline in task.baselines().values():
        picture = baseline(problem)
        assert picture.shape == (*problem.shape, problem.truth.shape[1])
        assert picture.dtype == np.float32
        if task is FIRST[task.name]:
            np.testing.assert_array_equal(picture, baseline(problem))
        values = task.comparable(torch.from_numpy(picture).reshape(problem.truth.shape))
        error = float((values - task.comparable(problem.truth)).square().mean())
        assert -10 * np.log10(error) > EXCEPTIONS.get(task.name, LEAST_PSNR)


def test_scores_over_unseen_points_ignore_the_measured_ones() -> None:
    problem = Inpaint(size=16).problem(load("camera"), seed=0)
    unseen = torch.from_numpy(problem.unseen())[:, None]
    values = problem.truth + torch.where(unseen, 0.1, 100.0)
    found = problem.unseen_scores(values, ("psnr", "mae"))
    assert found == {"psnr": pytest.approx(20, abs=1e-3), "mae": pytest.approx(0.1, abs=1e-5)}


def test_an_operator_that_mixes_grid_points_has_no_unseen_ones() -> None:
    problem = SuperRes(size=(32, 48)).problem(load("coffee"), seed=0)
    with pytest.raises(ValueError, match="AreaAverage mixes grid points; use an operator that selects them"):
        problem.unseen_scores(problem.truth, ("psnr",))


def test_the_package_exports_the_parts_of_a_task() -> None:
    from inrbench import tasks

    assert tasks.Mask is Mask
    assert tasks.picture is picture
    assert {name for name in tasks.__all__ if not hasattr(tasks, name)} == set()
    typo = "Maks"
    with pytest.raises(AttributeError, match="no attribute 'Maks'"):
        getattr(tasks, typo)


def test_noise_has_the_declared_spread_and_leaves_the_global_generator_alone() -> None:
    state = torch.get_rng_state()
    noise = noise_like(torch.empty(100_000, 1), 0.3, seed=1)
    assert float(noise.std()) == pytest.approx(0.3, rel=0.02)
    assert torch.equal(torch.get_rng_state(), state)


def test_draws_are_without_replacement_and_seeded() -> None:
    rows = draw(1000, 300, seed=5)
    assert len(set(rows.tolist())) == 300
    assert rows.tolist() == sorted(rows.tolist())
    assert torch.equal(rows, draw(1000, 300, seed=5))
    assert not torch.equal(rows, draw(1000, 300, seed=6))
    assert draw(4, 4, seed=0).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "task", [Image(), SuperRes(), CT(), Denoise(), Inpaint(), Audio(), Occupancy(), Function(), *PICTURES]
)
def test_signals_of_another_kind_are_refused_with_the_remedy(task: Task) -> None:
    for name in ("camera", "ecg", "csg", "horse", "doppler"):
        signal = load(name)
        if signal.kind == load(task.signals()[0]).kind or (name == "horse" and task.name == "occupancy"):
            continue
        if name == "camera" and task.name not in ("audio", "occupancy", "function"):
            continue
        with pytest.raises(SignalError, match=rf"'{name}' is of kind {signal.kind} .* choose") as caught:
            task.problem(signal, seed=0)
        assert "\n" not in str(caught.value)


def test_a_size_may_be_a_side_a_list_or_a_pair() -> None:
    assert Image(size=64).size == 64
    assert Image.model_validate({"size": [96, 144]}) == Image(size=(96, 144))
    assert Image.model_validate({"size": None}).size is None


@pytest.mark.parametrize("size", [7, 0, -8, 64.0, "64", True, [64], [64, 7], [64, 64, 3], [], ["a", 64], {"h": 64}])
def test_other_sizes_are_refused_in_one_message(size: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Image.model_validate({"size": size})
    (error,) = caught.value.errors()
    assert error["loc"] == ("size",)
    assert "the longer side in pixels, or [height, width], of at least 8" in error["msg"]


def test_picture_names_the_signal_that_is_too_small() -> None:
    with pytest.raises(SignalError, match="signal 'text' is 172 x 448 pixels and would have to be enlarged"):
        picture(load("text"), (256, 256))
