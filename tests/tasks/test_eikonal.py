"""The eikonal task: exact surface points and normals, SIREN's loss terms, the scores of signed distances."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.core.derivatives import differentiate
from inrbench.tasks.eikonal import Eikonal
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.signals.volumes.distance_fields import FIELDS, surface_points


@pytest.mark.parametrize("name", FIELDS)
def test_points_lie_on_the_surface_with_unit_normals_pointing_out(name: str) -> None:
    points, normals = surface_points(FIELDS[name], 2000, 1)
    assert points.shape == normals.shape == (2000, 3)
    np.testing.assert_allclose(FIELDS[name](tuple(points.T)), 0, atol=1e-8)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(FIELDS[name](tuple((points + 1e-3 * normals).T)), 1e-3, atol=1e-6)
    assert np.array_equal(points, surface_points(FIELDS[name], 2000, 1)[0])


def test_normals_of_a_sphere_are_radial_and_points_are_uniform() -> None:
    points, normals = surface_points(FIELDS["sdf-sphere"], 20_000, 2)
    np.testing.assert_allclose(normals, points / 0.6, atol=1e-6)
    np.testing.assert_allclose((normals**2).mean(axis=0), 1 / 3, atol=0.01)  # of a uniform direction
    np.testing.assert_allclose(normals.mean(axis=0), 0, atol=0.02)


class Ball(nn.Module):
    """factor · (‖x‖ - radius)."""

    def __init__(self, radius: float, factor: float = 1.0) -> None:
        super().__init__()
        self.radius, self.factor = radius, factor

    def forward(self, x: Tensor) -> Tensor:
        distance: Tensor = x.norm(dim=1, keepdim=True) - self.radius
        return self.factor * distance


def losses(network: nn.Module, **weights: float) -> float:
    """The loss of a network on the sphere with some weights, the others zero."""
    off = dict.fromkeys(("on_surface", "normals", "gradient", "off_surface"), 0.0)
    task = Eikonal(size=16, cloud=5000, points=4000, **{**off, **weights})
    case = task.problem(load("sdf-sphere"), 0)
    total = 0.0
    for residual in case.residuals:
        sample = residual.sample(5)
        total += residual.loss(differentiate(network, sample.points, 1), sample.given).item() / len(sample.points)
    return total


def test_each_term_is_the_one_published() -> None:
    for weights in ({"on_surface": 1.0}, {"normals": 1.0}, {"gradient": 1.0}):
        assert losses(Ball(0.6), **weights) < 1e-4
    assert losses(Ball(0.5), on_surface=3000.0) == pytest.approx(3000 * 0.1 / 2, rel=1e-3)
    assert losses(Ball(0.6, -1.0), normals=100.0) == pytest.approx(100 * 2 / 2, rel=1e-3)
    assert losses(Ball(0.6, 1.5), gradient=50.0) == pytest.approx(50 * 0.5, rel=1e-3)
    # a shell of thickness t about the sphere has the share 4π 0.6² t / 8 of the cube, and ∫ e^(-100|t|) dt = 1/50
    expected = 100 * 4 * np.pi * 0.36 / 8 / 50 / 2
    assert losses(Ball(0.6), off_surface=100.0) == pytest.approx(expected, rel=0.25)


def test_the_truth_scores_best_and_the_cloud_alone_nearly_so() -> None:
    task = Eikonal(size=24, cloud=3000)
    case = task.problem(load("sdf-torus"), 0)
    assert not len(case.measured)
    perfect = task.score(case, case.truth)
    assert (perfect["mae_surface"], perfect["iou"]) == (0, 1)
    planes = task.baselines()["tangent-planes"](case)
    found = task.score(case, torch.from_numpy(planes).reshape(-1, 1))
    assert found["mae_surface"] < 0.01
    assert found["iou"] > 0.97


def test_other_signals_are_refused() -> None:
    with pytest.raises(SignalError, match=r"'torus' is of kind shape-3d .* choose a signed distance such as sdf-torus"):
        Eikonal().problem(load("torus"), 0)
