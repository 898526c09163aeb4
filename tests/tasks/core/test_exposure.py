"""Coded exposure: adjoint, a loop over pixels, norm, the code's bumps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inrbench.tasks.core.exposure import CodedExposure, random_bumps


def operator(opened: int = 2) -> tuple[CodedExposure, torch.Tensor]:
    code = random_bumps((8, 5, 6), 4, opened, seed=3)
    return CodedExposure(code, 4), code


def test_the_adjoint() -> None:
    exposure, _ = operator()
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(exposure.in_rows, 3, generator=generator, dtype=torch.float64)
    y = torch.randn(exposure.out_rows, 3, generator=generator, dtype=torch.float64)
    left, right = float((exposure.forward(x) * y).sum()), float((x * exposure.adjoint(y)).sum())
    assert left == pytest.approx(right, rel=1e-12)


def test_a_readout_is_the_mean_of_the_open_frames() -> None:
    exposure, code = operator(opened=3)
    clip = np.random.default_rng(0).random((8, 5, 6, 3))
    found = exposure.forward(torch.from_numpy(clip).reshape(-1, 3)).reshape(2, 5, 6, 3).numpy()
    shutter = code.numpy()
    for readout, row, column in np.ndindex(2, 5, 6):
        frames = [t for t in range(4 * readout, 4 * readout + 4) if shutter[t, row, column]]
        assert len(frames) == 3
        np.testing.assert_allclose(found[readout, row, column], clip[frames, row, column].mean(axis=0), rtol=1e-6)


def test_the_norm_is_that_of_the_dense_matrix() -> None:
    code = torch.zeros(4, 2, 2, dtype=torch.bool)
    code[0] = True
    code[1:3, 0] = True
    exposure = CodedExposure(code, 4)
    dense = exposure.forward(torch.eye(16)).numpy()
    assert exposure.square_norm == pytest.approx(np.linalg.norm(dense, 2) ** 2)


def test_bumps_are_successive_and_start_everywhere() -> None:
    code = random_bumps((16, 32, 32), 8, 3, seed=0).reshape(2, 8, -1).int()
    assert (code.sum(dim=1) == 3).all()
    assert (code.diff(dim=1).clamp(min=0).sum(dim=1) + code[:, 0] == 1).all()
    starts = code.argmax(dim=1).flatten().bincount(minlength=6)
    assert len(starts) == 6
    assert (starts > 0.8 * 2 * 32 * 32 / 6).all()
    assert not torch.equal(code, random_bumps((16, 32, 32), 8, 3, seed=1).reshape(2, 8, -1).int())


def test_a_pixel_that_is_never_open_and_a_rest_of_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="never open"):
        CodedExposure(torch.zeros(4, 2, 2, dtype=torch.bool), 4)
    with pytest.raises(ValueError, match="5 frames do not fill groups of 4"):
        CodedExposure(torch.ones(5, 2, 2, dtype=torch.bool), 4)
