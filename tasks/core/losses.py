"""Data losses: how far predicted measurements are from what was measured, as a mean over all measurements.

A task has one (`Task.loss`), and `train: {loss: …}` replaces it. The loss of the prediction p = A f and
the measurement y is the mean of its `terms`, each at least 0 and 0 only where p = y:

| name | term | the likelihood of |
| --- | --- | --- |
| ``l2`` | (p - y)² | Gaussian noise of one variance; with weights, of variances that are known up to a factor |
| ``l1`` | abs(p - y) | Laplacian noise; outliers |
| ``huber`` | with r = p - y: r² up to abs(r) = δ, 2 δ abs(r) - δ² beyond | Gaussian noise with outliers |
| ``poisson`` | the deviance 2 (p - y + y log(y / p)) | counts |

Huber's: P. Huber, Ann. Math. Statist. 35 (1964).
"""

from __future__ import annotations

import math
from typing import ClassVar

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

LEAST = 1e-3
"""Counts below which the logarithm of the Poisson likelihood is continued by its tangent, as networks may be
negative."""


class DataLoss(BaseModel):
    """Base class of data losses. A subclass defines `terms`; its gradient comes by autograd.

    Attributes:
        name: as written in suites.
        weighted: whether each measurement counts by its weight (`Problem.weights`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    name: ClassVar[str]

    weighted: bool = False

    def terms(self, predicted: Tensor, measured: Tensor) -> Tensor:
        """The loss of each measurement: two tensors (M, C) -> (M, C). Differentiable in the first."""
        raise NotImplementedError

    def noise_level(self, noise_std: float | None) -> float | None:
        """The loss that the truth is expected to have, for stopping by the discrepancy principle, where the problem's
        operator made the data.

        Args:
            noise_std: root mean square of the noise on the measurements; None if it is not known.

        Returns:
            None where it does not follow from that.
        """
        return None

    def refusal(self, measured: Tensor) -> str:
        """Why measurements (M, C) cannot have this loss, and what to do; empty if they can."""
        return ""

    def sum_and_gradient(self, predicted: Tensor, measured: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
        """The sum of the terms, a scalar without gradient, and its gradient (M, C) in the prediction."""
        predicted = predicted.detach().requires_grad_()
        with torch.enable_grad():
            terms = self.terms(predicted, measured)
            total = (terms if weights is None else terms * weights).sum()
        return total.detach(), torch.autograd.grad(total, predicted)[0]


class L2(DataLoss):
    """Mean square."""

    name = "l2"

    def terms(self, predicted: Tensor, measured: Tensor) -> Tensor:
        return (predicted - measured).square()

    def noise_level(self, noise_std: float | None) -> float | None:
        return None if noise_std is None or self.weighted else noise_std**2

    def sum_and_gradient(self, predicted: Tensor, measured: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
        # The same numbers as by autograd, in less time: it is called for every block of every step.
        residual = predicted - measured
        weighted = residual if weights is None else residual * weights
        return (residual * weighted).sum() if weights is not None else residual.square().sum(), 2 * weighted


class L1(DataLoss):
    """Mean absolute value."""

    name = "l1"

    def terms(self, predicted: Tensor, measured: Tensor) -> Tensor:
        return (predicted - measured).abs()

    def noise_level(self, noise_std: float | None) -> float | None:
        # of Gaussian noise
        return None if noise_std is None or self.weighted else noise_std * math.sqrt(2 / math.pi)


class Huber(DataLoss):
    """Square near 0, linear beyond ``delta``, which has the unit of the measurements."""

    name = "huber"

    delta: float = Field(0.1, gt=0)

    def terms(self, predicted: Tensor, measured: Tensor) -> Tensor:
        size = (predicted - measured).abs()
        return torch.where(size <= self.delta, size.square(), self.delta * (2 * size - self.delta))


class PoissonDeviance(DataLoss):
    """Deviance of Poisson counts; at the truth its expectation is 1 for means of about five counts and more."""

    name = "poisson"

    def terms(self, predicted: Tensor, measured: Tensor) -> Tensor:
        above = predicted.clamp(min=LEAST)
        logarithm = above.log() + (predicted - above) / LEAST
        entropy: Tensor = torch.special.xlogy(measured, measured)
        return 2 * (predicted - measured + entropy - measured * logarithm)

    def noise_level(self, noise_std: float | None) -> float | None:
        return None if self.weighted else 1.0

    def refusal(self, measured: Tensor) -> str:
        if bool((measured < 0).any()):
            return "is for counts, and some measurements are negative; use l2, l1 or huber"
        return ""


LOSSES: dict[str, type[DataLoss]] = {loss.name: loss for loss in (L2, L1, Huber, PoissonDeviance)}
"""Every data loss by name."""
