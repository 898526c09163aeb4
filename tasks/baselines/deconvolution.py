"""Classical deconvolution in the frequency domain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.fourier import Convolution


def wiener(problem: Problem, balance: float) -> NDArray[np.float32]:
    """Wiener's filter with a Laplacian as prior [F. Orieux et al., JOSA A 27 (2010)], by scikit-image: (H, W, C).

    The filter takes pictures for periodic. The valid region is therefore continued to the size of the picture by its
    border pixels, and beyond that faded into the opposite border over as many pixels as the kernel has.

    Args:
        problem: whose operator is a `Convolution` with a kernel of odd sides.
        balance: weight of the prior.
    """
    from skimage.restoration import wiener as restore

    operator = problem.operator
    assert isinstance(operator, Convolution)
    reach = operator.kernel.shape
    blurred = problem.measured.cpu().double().numpy().reshape(*operator.valid, -1)
    whole = np.pad(blurred, [*((k // 2, k // 2) for k in reach), (0, 0)], mode="edge")
    whole = _periodic(_periodic(whole, reach[0], 0), reach[1], 1)
    planes: list[Any] = [
        restore(plane, operator.kernel, balance, clip=False)  # type: ignore[no-untyped-call]
        for plane in np.moveaxis(whole, -1, 0)
    ]
    height, width = problem.shape
    return np.stack(planes, axis=-1)[:height, :width].astype(np.float32)


def _periodic(values: NDArray[np.float64], more: int, axis: int) -> NDArray[np.float64]:
    """``more`` rows after the last one, faded linearly from it into the first one."""
    first, last = values.take([0], axis), values.take([-1], axis)
    shape = [1] * values.ndim
    shape[axis] = more
    fade = (np.arange(1, more + 1) / (more + 1)).reshape(shape)
    return np.concatenate([values, last * (1 - fade) + first * fade], axis=axis)
