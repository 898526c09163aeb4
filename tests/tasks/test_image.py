"""Image representation: every pixel is measured, without noise."""

from __future__ import annotations

import torch

from inrbench.tasks.core.operators import Identity
from inrbench.tasks.image import Image
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.resize import resize


def test_the_measurements_are_all_pixels_of_the_reduced_picture() -> None:
    problem = Image(size=(32, 48)).problem(load("coffee"), seed=0)
    assert isinstance(problem.operator, Identity)
    expected = torch.from_numpy(resize(load("coffee").array, (32, 48)))
    assert torch.equal(problem.measured.reshape(32, 48, 3), expected)
    assert torch.equal(problem.truth, problem.measured)
