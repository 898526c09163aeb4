"""Phase retrieval: a picture from magnitudes of its Fourier transform alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

import torch
from pydantic import Field
from torch import Tensor

from inrbench.tasks.baselines.phase import alternating_projections, hio
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, grid_coords, noise_like, picture
from inrbench.tasks.core.magnitude import FourierMagnitude
from inrbench.tasks.signals.signal import GRAY, Signal, SignalError

ASYMMETRY = 1e-3
"""Least asymmetry of a picture, at which it is distinguished from itself turned by 180°."""

BORDER = 1e-3
"""Least value on each side of a picture, at which it is distinguished from itself moved."""


class Phase(Task):
    """Recover a picture from the magnitudes of its Fourier transform.

    A picture and its negative have the same magnitudes, and without masks so has the picture turned by 180°. What is
    left open is removed from the reconstruction and from the truth before they are scored and drawn: the sign is chosen
    for a positive mean, and the turn so that the centre of mass lies above the middle (`orientation`). A picture with a
    black row or column at its border also has the same magnitudes when it is moved, and is refused without masks.

    Attributes:
        size: of the picture: its longer side, [height, width], or None for the size it has.
        pattern: ``coded``, the picture is multiplied by random signs before each of ``masks`` transforms [coded
            diffraction; E. Candès, X. Li and M. Soltanolkotabi, ACHA 39 (2015)]; or ``oversampled``, one transform of
            the picture in a frame of zeros twice its size, where only the zeros and the sign of the values tell phases.
        masks: number of masks of ``coded``.
        noise: standard deviation of Gaussian noise on the magnitudes. The transforms are orthonormal.
    """

    name, label, version = "phase", "Phase retrieval", 1
    kinds = GRAY

    size: Size = None
    pattern: Literal["coded", "oversampled"] = "coded"
    masks: int = Field(4, ge=1, le=64)
    noise: float = Field(0.0, ge=0)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=32), cls(size=16, pattern="oversampled"), cls(size=32, noise=0.02))

    def signals(self) -> tuple[str, ...]:
        return ("camera",)

    @property
    def random(self) -> bool:
        return self.noise > 0 or self.pattern == "coded"

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        if truth.shape[1] != 1:
            raise SignalError(
                f"signal {signal.name!r} has {truth.shape[1]} channels and phase retrieval needs one; "
                "choose a gray picture"
            )
        if self.pattern == "oversampled" and abs(orientation(truth)) < ASYMMETRY:
            raise SignalError(
                f"signal {signal.name!r} is too much like itself turned by 180°, which has the same magnitudes; choose "
                "another one, or pattern: coded"
            )
        whole = truth.reshape(shape)
        sides = (whole[0], whole[-1], whole[:, 0], whole[:, -1])
        if self.pattern == "oversampled" and min(float(side.max()) for side in sides) < BORDER:
            raise SignalError(
                f"signal {signal.name!r} has a black row or column at its border, and moved it has the same "
                "magnitudes; choose another one, crop it, or set pattern: coded"
            )
        if self.pattern == "coded":
            generator = torch.Generator().manual_seed(seed)
            signs = 2 * torch.randint(2, (self.masks, len(truth)), generator=generator) - 1
            operator = FourierMagnitude(shape, signs.float(), shape)
        else:
            operator = FourierMagnitude(shape, torch.ones(1, len(truth)), (2 * shape[0], 2 * shape[1]))
        measured = operator.forward(truth)
        if self.noise:
            # other random numbers than those of the masks
            measured = measured + noise_like(measured, self.noise, seed ^ 1)
        return Problem(grid_coords(shape), operator, measured, truth, shape, noise_std=self.noise or None)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"hio": hio} if self.pattern == "oversampled" else {"alternating": alternating_projections}

    def comparable(self, values: Tensor) -> Tensor:
        values = torch.where(values.sum() < 0, -values, values)
        turned = self.pattern == "oversampled" and orientation(values) < 0
        return values.flip(0) if turned else values


def orientation(values: Tensor) -> float:
    """How far the centre of mass of values (N, 1), row by row, lies above the middle, from -1 to 1: a picture turned by
    180° has the opposite one, as its values come in reverse order."""
    at = torch.linspace(1, -1, len(values), dtype=torch.float64, device=values.device)
    return float((at * values[:, 0].double()).sum() / values.double().abs().sum().clamp(min=1e-30))
