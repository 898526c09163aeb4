"""Inpainting: recovery of a picture from a part of its pixels.

The score over the pixels that were not measured shows how well a network interpolates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from inrbench.tasks.baselines.inpainting import biharmonic
from inrbench.tasks.baselines.interpolation import linear, nearest
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, draw, grid_coords, picture
from inrbench.tasks.core.operators import Mask
from inrbench.tasks.signals.signal import PICTURES, Signal

KEEP = 0.2
"""Default share of measured pixels."""


class Inpaint(Task):
    """Recovery of a picture from some of its pixels.

    Random masks are drawn without replacement, so that the measured share equals ``keep``; with replacement, as in
    some published codes, a share of 20 % becomes 18 %. The headline ``psnr_unseen`` covers only pixels that were not
    measured, because the error at the measured ones shows how well known values were fitted.

    Attributes:
        size: size of the picture in pixels: its longer side, [height, width], or None for its own size.
        keep: share of pixels that are measured.
        pattern: ``random`` (None is the same); or ``grid``, every second pixel of every second row, which is the test
            on held-out pixels of M. Tancik et al., NeurIPS 2020, sec. 6, and does not use ``keep``; or ``hole``, all
            but one block in a place drawn at random, with the sides of the picture's ratio, that misses a share of
            1 - ``keep`` and reaches no border. In it a network has to continue structures, not to fill gaps of a pixel.
    """

    name, label, version = "inpaint", "Inpainting", 1
    kinds = PICTURES
    metrics = ("psnr_unseen", "psnr", "ssim")

    size: Size = None
    keep: float = Field(KEEP, gt=0, lt=1)
    pattern: Literal["random", "grid", "hole"] | None = None

    @model_validator(mode="after")
    def _one_pattern(self) -> Inpaint:
        if self.pattern == "grid" and self.keep != KEEP:
            raise ValueError("keep has no effect on the pattern grid, which measures a quarter; leave it out")
        return self

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=32), cls(size=(33, 48), pattern="grid"), cls(size=32, pattern="hole", keep=0.9))

    def signals(self) -> tuple[str, ...]:
        return ("astronaut",)

    @property
    def random(self) -> bool:
        return self.pattern != "grid"

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        n = len(truth)
        if self.pattern == "grid":
            rows = torch.arange(n).reshape(shape)[::2, ::2].reshape(-1)
        elif self.pattern == "hole":
            rows = torch.nonzero(~hole(shape, 1 - self.keep, seed).reshape(-1))[:, 0]
        else:
            rows = draw(n, min(max(round(self.keep * n), 1), n - 1), seed)
        operator = Mask(n, rows)
        return Problem(grid_coords(shape), operator, operator.forward(truth), truth, shape)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"biharmonic": biharmonic, "linear": linear, "nearest": nearest}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        return super().score(problem, values) | problem.unseen_scores(values, ("psnr_unseen",))


def hole(shape: tuple[int, int], share: float, seed: int) -> Tensor:
    """(H, W) bool: a block that covers ``share`` of a picture, to a row and a column, and leaves the border free."""
    generator = torch.Generator().manual_seed(seed)
    inside = torch.zeros(shape, dtype=torch.bool)
    sides = [min(max(round(n * share**0.5), 1), n - 2) for n in shape]
    top, left = (
        int(torch.randint(1, n - side, (1,), generator=generator)) for n, side in zip(shape, sides, strict=True)
    )
    inside[top : top + sides[0], left : left + sides[1]] = True
    return inside
