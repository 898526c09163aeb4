"""Video: a clip is fitted, interpolated in time, or recovered from coded exposures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal, Self

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor

from inrbench.tasks.baselines.frames import linear_in_time, nearest_frame, static, tv
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, grid_coords, noise_like, require
from inrbench.tasks.core.exposure import CodedExposure, random_bumps
from inrbench.tasks.core.metrics import METRICS
from inrbench.tasks.core.operators import Identity, Mask, Operator
from inrbench.tasks.signals.resize import resize
from inrbench.tasks.signals.signal import Signal, SignalError

GROUP, OPENED = 8, 2


class Video(Task):
    """Recover a clip as a function of time, row and column, each in (-1, 1).

    PSNR is that of the pooled mean square error, SSIM the mean over frames. For ``held-out`` both are taken over the
    frames that were not measured and over nothing else.

    Attributes:
        mode: ``all``, every sample is measured. ``held-out``, every second frame is, from the first one on, and the
            last one, so that nothing is extrapolated. ``coded``, one readout for ``group`` frames, to which each pixel
            contributes the mean of ``opened`` successive frames, from a random one on.
        frames: number of frames, the first ones of the clip.
        size: of a frame: its longer side, [height, width], or None for the size it has.
        group: for ``coded``, the number of frames for one readout.
        opened: for ``coded``, the number of frames in which a pixel is open.
        noise: standard deviation of Gaussian noise on the measurements.
        tv_weight: of the baseline ``tv``, for ``coded``. Of 1e-3, 3e-3, 1e-2 and 3e-2 the best for `moving-discs` and
            `echo` at 64 pixels with 16 frames and noise of 0.01; less did not converge.
    """

    name, label, version = "video", "Video", 1
    kinds = ("video",)
    classical = {"tv": {"tv_weight": (1e-5, 1e-1)}}

    mode: Literal["all", "held-out", "coded"] = "all"
    frames: int = Field(16, ge=3)
    size: Size = 64
    group: int = Field(GROUP, ge=2)
    opened: int = Field(OPENED, ge=1)
    noise: float = Field(0.0, ge=0)
    tv_weight: float = Field(1e-3, gt=0)

    @model_validator(mode="after")
    def _of_this_mode(self) -> Video:
        if self.mode != "coded" and (self.group, self.opened) != (GROUP, OPENED):
            raise ValueError(f"group and opened have no effect on the mode {self.mode}; leave them out")
        if self.mode == "coded" and self.frames % self.group:
            raise ValueError(f"{self.frames} frames do not fill groups of {self.group}; set frames to a multiple of it")
        if self.mode == "coded" and self.opened >= self.group:
            raise ValueError(f"opened is {self.opened} and must be less than group, which is {self.group}")
        return self

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (
            cls(frames=4, size=16, noise=0.05),
            cls(frames=4, size=16, mode="held-out"),
            cls(frames=8, size=16, mode="coded", noise=0.01),
            cls(frames=8, size=16, mode="coded", opened=1),
        )

    def signals(self) -> tuple[str, ...]:
        return ("echo",)

    @property
    def random(self) -> bool:
        return super().random or self.mode == "coded"

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, self.kinds, "choose a clip such as echo or moving-discs")
        available = len(signal.array)
        if available < self.frames:
            raise SignalError(f"signal {signal.name!r} has {available} frames; lower frames, which is {self.frames}")
        clip = signal.array[: self.frames]
        # all frames become channels of one picture, which is resized at once
        stacked = clip.transpose(1, 2, 0, 3)
        picture = resize(stacked.reshape(*stacked.shape[:2], -1), self.size, f"signal {signal.name!r}")
        height, width = picture.shape[:2]
        values = picture.reshape(height, width, self.frames, -1).transpose(2, 0, 1, 3)
        truth = torch.from_numpy(np.ascontiguousarray(values)).reshape(-1, clip.shape[3])
        shape = (self.frames, height, width)
        operator = self._operator(shape, seed)
        measured = operator.forward(truth)
        if self.noise:
            measured = measured + noise_like(measured, self.noise, seed + 1)  # another draw than that of the code
        return Problem(grid_coords(shape), operator, measured, truth, shape, noise_std=self.noise or None)

    def _operator(self, shape: tuple[int, int, int], seed: int) -> Operator:
        n = shape[0] * shape[1] * shape[2]
        index = torch.arange(n).reshape(shape)
        if self.mode == "all":
            return Identity(n)
        if self.mode == "held-out":
            return Mask(n, index[sorted({*range(0, shape[0], 2), shape[0] - 1})].reshape(-1))
        code = random_bumps(shape, self.group, self.opened, seed)
        if self.opened == 1:  # the same operator up to the order of rows, of which training evaluates only those needed
            return Mask(n, index[code])
        return CodedExposure(code, self.group)

    def baselines(self) -> Mapping[str, Baseline]:
        if self.mode == "held-out":
            return {"linear": linear_in_time, "nearest": nearest_frame}
        if self.mode == "coded":
            return {
                "tv": partial(tv, weight=self.tv_weight, group=self.group),
                "static": partial(static, group=self.group),
            }
        return {}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        estimate, truth = problem.grid(values), problem.grid(problem.truth)
        if self.mode == "held-out":
            unseen = problem.unseen().reshape(problem.shape).all(axis=(1, 2))
            estimate, truth = estimate[unseen], truth[unseen]
        similar = [METRICS["ssim"].function(*pair) for pair in zip(estimate, truth, strict=True)]
        return {"psnr": METRICS["psnr"].function(estimate, truth), "ssim": float(np.mean(similar))}
