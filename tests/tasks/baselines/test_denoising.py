"""Classical denoising gains over the noisy picture, whose own score is that of its noise."""

from __future__ import annotations

import pytest
import torch

from inrbench.tasks.denoise import Denoise
from inrbench.tasks.signals.load import load


def scores(task: Denoise, name: str) -> dict[str, float]:
    problem = task.problem(load(name), seed=0)
    return {
        method: task.score(problem, torch.from_numpy(baseline(problem)).reshape(problem.truth.shape))["psnr"]
        for method, baseline in task.baselines().items()
    }


@pytest.mark.parametrize("task", [Denoise(size=128), Denoise(size=128, noise="poisson"), Denoise(size=128, sigma=0.05)])
def test_baselines_are_better_than_nothing(task: Denoise) -> None:
    found = scores(task, "chelsea")
    assert found["tv"] > found["noisy"] + 4
    assert found["nl-means"] > found["noisy"] + 4


def test_the_input_is_as_noisy_as_its_noise() -> None:
    assert scores(Denoise(size=64), "chelsea")["noisy"] == pytest.approx(20, abs=0.3)
