import numpy as np
import torch

from inrbench.tasks.baselines.least_squares import least_squares
from inrbench.tasks.deblur import Deblur
from inrbench.tasks.mri import MRI
from inrbench.tasks.signals.load import load


def test_damped_least_squares_agrees_with_a_dense_solution() -> None:
    problem = MRI(size=12, coils=2, acceleration=2.0).problem(load("mri-head"), seed=0)
    dense = problem.operator.forward(torch.eye(144, dtype=torch.float64)[:, :, None].permute(2, 1, 0)[0]).numpy()
    normal = dense.T @ dense + 0.1**2 * np.eye(144)
    expected = np.linalg.solve(normal, dense.T @ problem.measured.double().numpy()[:, 0])
    np.testing.assert_allclose(least_squares(problem, damp=0.1).reshape(-1), expected, atol=1e-4)


def test_smooth_least_squares_agrees_with_a_dense_solution() -> None:
    problem = Deblur(size=(20, 16), sigma=0.6).problem(load("camera"), seed=0)
    unit = np.eye(320).reshape(20, 16, -1)
    dense = problem.operator.forward(torch.from_numpy(unit.reshape(320, -1))).numpy()
    gradient = np.concatenate([np.diff(unit, axis=0).reshape(-1, 320), np.diff(unit, axis=1).reshape(-1, 320)])
    normal = dense.T @ dense + 0.2**2 * gradient.T @ gradient
    expected = np.linalg.solve(normal, dense.T @ problem.measured.double().numpy()[:, 0])
    found = least_squares(problem, smooth=0.2, iterations=1000).reshape(-1)
    np.testing.assert_allclose(found, expected, atol=1e-4)
