"""Magnetic resonance imaging: a share of k-space is measured by receiver coils, and the picture is recovered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from inrbench.tasks.baselines.least_squares import adjoint, least_squares
from inrbench.tasks.baselines.total_variation import tv
from inrbench.tasks.core import kspace
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, grid_coords, noise_like, picture
from inrbench.tasks.core.fourier import SampledFourier
from inrbench.tasks.signals.phantoms import Ellipse, exact_ellipses
from inrbench.tasks.signals.signal import GRAY, Signal, SignalError

DEFAULT_CENTRE = 0.08


class MRI(Task):
    """Recover a picture from undersampled k-space.

    The k-space of a real picture is conjugate-symmetric: each sample brings its mirror image with it, so that an
    acceleration of 4 is as mild as one of 2. A smooth known phase removes that symmetry, but the picture stays real and
    M complex samples are 2M equations for N unknowns. With ``phase: unknown`` the picture is complex, the network has
    one output for the real and one for the imaginary part, the acceleration means what it does in a scanner, and
    magnitudes are scored.

    N unknowns of a real picture with a known phase have 2 · coils / acceleration · N equations: the four coils of the
    default acceleration of 4 are ill conditioned and not undersampled. One coil is, with half of the equations.

    Attributes:
        size: of the picture: its longer side, [height, width], or None for the size it has.
        mask: ``cartesian``, whole rows; ``radial``, the grid points next to evenly spread spokes; ``variable``, single
            frequencies, denser towards the centre.
        acceleration: one over the share of k-space that is sampled.
        centre: share of k-space around the origin that is always sampled, for ``cartesian`` and ``variable``.
        coils: 1, 2 or 4, with known smooth sensitivities whose squares sum to one.
        phase: of the picture: ``none``, ``known`` or ``unknown``; see `inrbench.tasks.core.kspace.sensitivities`.
        samples: ``discrete``, made by the operator that is inverted; ``analytic``, the exact Fourier integrals of a
            phantom of ellipses, such as `shepp-logan`, so that no operator on pixels made the data; ``mixed``,
            analytic for phantoms and discrete for pictures.
        noise: standard deviation of Gaussian noise on the real and on the imaginary part of each sample. The transform
            is orthonormal: a fully sampled picture has this noise in each pixel.
        tv_weight: of the baseline ``tv``. Of 3e-4, 1e-3, 3e-3 and 1e-2 the best, or within 0.1 dB of it, for
            `mri-abdomen` and `shepp-logan` at 128 pixels, with each mask.
        damp: of the baseline ``cg-sense``, the weight of the values; of 0, 0.03, 0.1 and 0.3 the best for the same.
            Without it the noise of what is hardly measured is amplified beyond use.
    """

    name, label, version = "mri", "MRI", 1
    kinds = GRAY
    classical = {"tv": {"tv_weight": (1e-4, 1e-1)}, "cg-sense": {"damp": (1e-3, 1.0)}}

    size: Size = None
    mask: Literal["cartesian", "radial", "variable"] = "cartesian"
    acceleration: float = Field(4.0, ge=1.5)
    centre: float = Field(DEFAULT_CENTRE, gt=0, lt=1)
    coils: Literal[1, 2, 4] = 4
    phase: Literal["none", "known", "unknown"] = "known"
    samples: Literal["discrete", "analytic", "mixed"] = "discrete"
    noise: float = Field(0.01, ge=0)
    tv_weight: float = Field(3e-3, gt=0)
    damp: float = Field(0.1, ge=0)

    @model_validator(mode="after")
    def _centre_fits(self) -> MRI:
        if self.mask == "radial" and self.centre != DEFAULT_CENTRE:
            raise ValueError("centre has no effect on the mask radial, whose spokes meet there; leave it out")
        if self.mask != "radial" and self.centre * self.acceleration > 1:
            raise ValueError(
                f"the centre alone exceeds 1/acceleration; lower it to at most {1 / self.acceleration:.3g}"
            )
        return self

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (
            cls(size=32),
            cls(size=32, mask="variable", phase="unknown", noise=0.0),
            cls(size=32, mask="radial", coils=1, phase="none", noise=0.0),
        )

    def signals(self) -> tuple[str, ...]:
        return ("mri-head",)

    @property
    def random(self) -> bool:
        return super().random or self.mask != "radial"

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        if truth.shape[1] != 1:
            raise SignalError(
                f"signal {signal.name!r} has {truth.shape[1]} channels and MRI needs one; choose a gray picture"
            )
        kept = self._sampled(shape, seed)
        unknown = self.phase == "unknown"
        coils = kspace.sensitivities(self.coils, phase=self.phase == "known")
        operator = SampledFourier(shape, kept, coils.on_grid(shape), complex_picture=unknown)
        whole = kspace.sensitivities(1, phase=True).on_grid(shape)[0]
        if unknown:
            truth = torch.view_as_real(truth[:, 0].double() * whole).float()
        analytic = exact_ellipses(signal.name, shape, self.samples)
        measured = operator.forward(truth) if analytic is None else self._analytic(analytic, shape, kept)
        if self.noise:
            # other random numbers than those of the mask
            measured = measured + noise_like(measured, self.noise, seed ^ 1)
        return Problem(grid_coords(shape), operator, measured, truth, shape, noise_std=self.noise or None)

    def _sampled(self, shape: tuple[int, int], seed: int) -> Tensor:
        share = 1 / self.acceleration
        if self.mask == "cartesian":
            return kspace.cartesian(shape, share, self.centre, seed)
        if self.mask == "radial":
            return kspace.radial(shape, share)
        return kspace.variable_density(shape, share, self.centre, seed)

    def _analytic(self, ellipses: Sequence[Ellipse], shape: tuple[int, int], kept: Tensor) -> Tensor:
        coils = kspace.sensitivities(self.coils, phase=self.phase != "none")
        samples = torch.from_numpy(kspace.ellipses_kspace(ellipses, shape, kept, coils).reshape(-1))
        if self.phase == "unknown":
            return torch.view_as_real(samples).float()
        return torch.cat([samples.real, samples.imag]).float()[:, None]

    def baselines(self) -> Mapping[str, Baseline]:
        return {
            "tv": partial(tv, weight=self.tv_weight),
            "cg-sense": partial(least_squares, damp=self.damp),
            "zero-filled": adjoint,
        }

    def comparable(self, values: Tensor) -> Tensor:
        return values.norm(dim=1, keepdim=True) if self.phase == "unknown" else values
