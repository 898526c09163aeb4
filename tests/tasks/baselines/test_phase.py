"""Phase retrieval by projections: it finds pictures from exact magnitudes, and keeps what is known of them."""

from __future__ import annotations

import torch

from inrbench.tasks.baselines.phase import alternating_projections, hio
from inrbench.tasks.phase import Phase
from inrbench.tasks.signals.load import load


def test_hio_finds_a_picture_from_an_oversampled_spectrum() -> None:
    task = Phase(size=32, pattern="oversampled")
    problem = task.problem(load("camera"), seed=0)
    found = torch.from_numpy(hio(problem)).reshape(-1, 1)
    assert float(found.min()) >= 0
    assert task.score(problem, found)["psnr"] > 60


def test_error_reduction_alone_does_not() -> None:
    """What hybrid input-output is for."""
    task = Phase(size=32, pattern="oversampled")
    problem = task.problem(load("camera"), seed=0)
    alone = task.score(problem, torch.from_numpy(hio(problem, iterations=0, last=500)).reshape(-1, 1))["psnr"]
    assert alone < 25


def test_alternating_projections_find_a_picture_behind_four_masks() -> None:
    task = Phase(size=32)
    problem = task.problem(load("camera"), seed=0)
    assert task.score(problem, torch.from_numpy(alternating_projections(problem)).reshape(-1, 1))["psnr"] > 100
