"""Drawing of measurements: those that are kept from training, and the batch of each step.

What is drawn depends on a job's data seed, which is the same for all activations of a repeat, and a batch on the number
of its step besides. No generator has a state that lasts: a job that resumes from a checkpoint draws the same
batches again, on every device.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inrbench.bench.config.identity import seed
from inrbench.bench.config.job import Job
from inrbench.tasks.core.base import Problem


def held_out(job: Job, problem: Problem, share: float | None) -> Tensor | None:
    """(M,) bool: the measurements kept from training, drawn by the job's data seed, the same for every activation."""
    if share is None:
        return None
    count = len(problem.measured)
    generator = torch.Generator().manual_seed(seed(heldout=True, data=job.data_seed))
    picked = torch.randperm(count, generator=generator)[: held_out_size(share, count)]
    mask = torch.zeros(count, dtype=torch.bool)
    mask[picked] = True
    return mask.to(problem.measured.device)


def held_out_size(share: float, count: int) -> int:
    """The number that is kept of ``count`` measurements, at least one."""
    return max(1, round(share * count))


class Batches:
    """The batch of each step: ``size`` of ``count`` indices without replacement.

    Args:
        data_seed: that of the job.
        device: where the indices are wanted.
    """

    def __init__(self, count: int, size: int, data_seed: int, device: torch.device) -> None:
        self.count, self.size = count, size
        self._data_seed, self._device = data_seed, device

    def at(self, step: int) -> Tensor:
        """(size,) int64, in random order, for the step after ``step`` others."""
        generator = torch.Generator().manual_seed(step_seed(self._data_seed, step))
        batch = torch.randperm(self.count, generator=generator)[: self.size]
        if self._device.type == "cpu":
            return batch
        return batch.pin_memory().to(self._device, non_blocking=True)  # a step waits for no device


def step_seed(data_seed: int, step: int) -> int:
    """The seed of all that is drawn for one step."""
    return seed(step=step, data=data_seed)


def batch_size(batch: float | int, count: int) -> int:
    """The number that a setting means: a share (float) of ``count``, at least one, or a number (int), at most all."""
    return max(1, round(batch * count)) if isinstance(batch, float) else min(batch, count)
