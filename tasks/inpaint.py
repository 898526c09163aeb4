"""Inpainting: a share of the pixels is measured, and the score tells how well the others are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor

from tasks.baselines.inpainting import biharmonic
from tasks.baselines.interpolation import linear, nearest
from tasks.core.base import Baseline, Problem, Size, Task, draw, grid_coords, picture
from tasks.core.metrics import psnr
from tasks.core.operators import Mask
from tasks.signals.signal import Signal

KEEP = 0.2


class Inpaint(Task):
    """Recover a picture from some of its pixels.

    Random masks are drawn without replacement, so that the share measured is the share declared; drawn with it, as
    some codes do, a fifth is 18 %. The headline is taken over the pixels that were not measured, for the others only
    tell how well what is known was fitted.

    Attributes:
        size: of the picture: its longer side, [height, width], or None for the size it has.
        keep: the share of pixels that are measured.
        pattern: ``random`` (None is the same), or ``grid``: every second pixel of every second row, and ``keep`` is
            left as it is. That is the test on held-out pixels of M. Tancik et al., NeurIPS 2020, sec. 6.
    """

    name, label, version = "inpaint", "Inpainting", 1
    metrics = ("psnr_unseen", "psnr", "ssim")

    size: Size = None
    keep: float = Field(KEEP, gt=0, lt=1)
    pattern: Literal["random", "grid"] | None = None

    @model_validator(mode="after")
    def _one_pattern(self) -> Inpaint:
        if self.pattern == "grid" and self.keep != KEEP:
            raise ValueError("keep has no effect on the pattern grid, which measures a quarter; leave it out")
        return self

    def signals(self) -> tuple[str, ...]:
        return ("astronaut",)

    @property
    def random(self) -> bool:
        return self.pattern != "grid"

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        n = len(truth)
        if self.random:
            rows = draw(n, min(max(round(self.keep * n), 1), n - 1), seed)
        else:
            rows = torch.arange(n).reshape(shape)[::2, ::2].reshape(-1)
        operator = Mask(n, rows)
        return Problem(grid_coords(shape), operator, operator.forward(truth), truth, shape)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"biharmonic": biharmonic, "linear": linear, "nearest": nearest}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        estimate, truth = problem.grid(values), problem.grid(problem.truth)
        unseen = problem.unseen().reshape(problem.shape)
        return super().score(problem, values) | {"psnr_unseen": psnr(estimate[unseen], truth[unseen])}
