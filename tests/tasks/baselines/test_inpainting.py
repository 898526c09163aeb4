"""Biharmonic inpainting keeps the measured pixels, and is better than interpolation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inrbench.tasks.inpaint import Inpaint
from inrbench.tasks.signals.load import load


@pytest.mark.parametrize("task", [Inpaint(size=96), Inpaint(size=96, pattern="grid")], ids=repr)
def test_baselines_keep_what_is_known_and_are_in_the_usual_order(task: Inpaint) -> None:
    problem = task.problem(load("astronaut"), seed=0)
    known = ~problem.unseen()
    found = {}
    for name, baseline in task.baselines().items():
        values = torch.from_numpy(baseline(problem)).reshape(-1, 3)
        np.testing.assert_allclose(values[known], problem.measured, atol=1e-6)
        found[name] = task.score(problem, values)["psnr_unseen"]
    assert found["biharmonic"] > found["linear"] > found["nearest"] > 14
