"""Parts of tasks: sizes of pictures, refused signals, the sampling grid, noise and draws, scores of unseen points."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.audio import Audio
from inrbench.tasks.bandwidth import Bandwidth
from inrbench.tasks.compressive import Compressive
from inrbench.tasks.core.base import MOST_PHOTONS, Task, draw, grid_coords, noise_like, picture
from inrbench.tasks.core.operators import Mask
from inrbench.tasks.ct import CT
from inrbench.tasks.deblur import Deblur
from inrbench.tasks.denoise import Denoise
from inrbench.tasks.function import Function
from inrbench.tasks.image import Image
from inrbench.tasks.inpaint import Inpaint
from inrbench.tasks.low_dose_ct import LowDoseCT
from inrbench.tasks.mri import MRI
from inrbench.tasks.occupancy import Occupancy
from inrbench.tasks.poisson import Poisson
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.superres import SuperRes

PICTURES = [Bandwidth(), Compressive(), Deblur(), MRI(), Poisson()]


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


@pytest.mark.parametrize("name", ["measured", "truth"])
def test_complex_numbers_are_refused_with_the_remedy(name: str) -> None:
    problem = Image(size=16).problem(load("camera"), seed=0)
    changed: dict[str, Any] = {name: problem.truth.to(torch.complex64)}
    with pytest.raises(ValueError, match=f"{name} is complex, and all here is real; give its real and imaginary part"):
        replace(problem, **changed)


@pytest.mark.parametrize("name", ["measured", "truth"])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_numbers_that_are_not_finite_are_refused_with_the_remedy(name: str, value: float) -> None:
    problem = Image(size=16).problem(load("camera"), seed=0)
    values = problem.truth.clone()
    values[3] = value
    changed: dict[str, Any] = {name: values}
    with pytest.raises(ValueError, match=f"{name} has values that are not finite; lower the task's noise"):
        replace(problem, **changed)


@pytest.mark.parametrize("task", [CT(size=16, angles=8, noise=1e300), Denoise(size=16, sigma=1e300)])
def test_noise_beyond_all_numbers_is_refused(task: Task) -> None:
    with pytest.raises(ValueError, match="measured has values that are not finite"):
        task.problem(load("ct-small"), seed=0)


def test_more_photons_than_can_be_drawn_are_refused() -> None:
    counted = Denoise(size=16, noise="poisson", tau=MOST_PHOTONS).problem(load("camera"), seed=0)
    torch.testing.assert_close(counted.measured, counted.truth)
    counts = LowDoseCT(size=16, angles=8, dose=MOST_PHOTONS).problem(load("ct-small"), seed=0)
    assert float(counts.measured.min()) > 0
    for task, name in ((Denoise, "tau"), (LowDoseCT, "dose")):
        with pytest.raises(ValidationError, match=r"more than 1e\+15 photons cannot be drawn; lower it"):
            task.model_validate({name: 1e16})
