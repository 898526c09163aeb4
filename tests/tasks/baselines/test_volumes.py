"""Volumes from ray sums: convergence with many views, the regularisation of few iterations, no negative density."""

from __future__ import annotations

import numpy as np

from inrbench.tasks.baselines.volumes import cgls, tv
from inrbench.tasks.ct3d import CT3D
from inrbench.tasks.signals.load import load


def error(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.linalg.norm(found - truth) / np.linalg.norm(truth))


def test_many_views_without_noise_give_the_volume_back() -> None:
    problem = CT3D(size=16, views=40, noise=0.0).problem(load("blobs"), seed=0)
    measured = problem.operator.forward(problem.truth)
    exact = type(problem)(problem.coords, problem.operator, measured, problem.truth, problem.shape)
    truth = problem.grid(problem.truth)
    assert error(cgls(exact, 100), truth) < 0.02
    assert error(tv(exact, 1e-5, 300), truth) < 0.1


def test_iterations_amplify_noise_and_total_variation_does_not() -> None:
    problem = CT3D(size=16, views=6, noise=0.05).problem(load("blobs"), seed=0)
    truth = problem.grid(problem.truth)
    few, many = cgls(problem, 5), cgls(problem, 100)
    assert error(few, truth) < error(many, truth)
    smooth = tv(problem, 1e-3)
    assert error(smooth, truth) < error(few, truth)
    assert smooth.min() >= 0 > few.min()
