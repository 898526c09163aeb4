"""Occupancy: the grid of the truth, and scores over unmeasured points."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.baselines.interpolation import biharmonic_spline
from inrbench.tasks.core.metrics import iou
from inrbench.tasks.core.operators import Mask
from inrbench.tasks.occupancy import Occupancy
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError


def test_the_default_problem() -> None:
    problem = Occupancy().problem(load("csg"), seed=0)
    assert problem.shape == (64, 64, 64)
    assert problem.coords.shape == (64**3, 3)
    assert isinstance(problem.operator, Mask)
    assert len(problem.operator.rows.unique()) == round(0.1 * 64**3)
    assert problem.truth.unique().tolist() == [0, 1]


@pytest.mark.parametrize("name", ["csg", "gyroid", "torus", "terrain"])
def test_the_grid_of_the_truth_is_that_of_the_coordinates(name: str) -> None:
    signal = load(name)
    assert signal.sample is not None
    problem = Occupancy(size=16).problem(signal, seed=0)
    for row in range(0, 16**3, 97):
        point = tuple(np.array([float(value)]) for value in problem.coords[row].double())
        assert bool(signal.sample(point)) == bool(problem.truth[row]), row


def test_a_silhouette_has_two_dimensions() -> None:
    problem = Occupancy(size=32).problem(load("horse"), seed=0)
    assert problem.shape == (32, 32)
    assert problem.coords.shape == (1024, 2)


def test_only_points_that_were_not_measured_are_scored() -> None:
    task = Occupancy(size=16, train_share=0.5)
    problem = task.problem(load("csg"), seed=0)
    unseen = torch.from_numpy(problem.unseen())[:, None]
    assert task.score(problem, torch.where(unseen, problem.truth, 1 - problem.truth)) == {"iou": 1, "mse": 0}
    estimate = torch.where(unseen, 0.4, problem.truth)
    assert task.score(problem, estimate)["iou"] == 0
    assert iou(problem.grid(estimate), problem.grid(problem.truth)) > 0.3


def test_the_nearest_neighbour_is_right_where_it_was_told() -> None:
    task = Occupancy(size=24, train_share=0.3)
    problem = task.problem(load("torus"), seed=0)
    values = torch.from_numpy(task.baselines()["nearest"](problem)).reshape(-1, 1)
    assert torch.equal(problem.operator.forward(values), problem.measured)
    assert 0.6 < task.score(problem, values)["iou"] < 1


@pytest.mark.parametrize("name", ["torus", "horse"])
def test_baselines_are_right_where_they_were_told_and_the_spline_is_ahead(name: str) -> None:
    task = Occupancy(size=24, train_share=0.3)
    problem = task.problem(load(name), seed=0)
    scores = {}
    for label, baseline in task.baselines().items():
        values = torch.from_numpy(baseline(problem)).reshape(-1, 1)
        torch.testing.assert_close(problem.operator.forward(values), problem.measured, atol=1e-5, rtol=0)
        scores[label] = task.score(problem, values)["iou"]
    assert 0.5 < scores["nearest"] < scores["biharmonic"] < 1


def test_the_spline_of_two_dimensions_reproduces_a_plane() -> None:
    task = Occupancy(size=24, train_share=0.3)
    problem = task.problem(load("horse"), seed=0)
    plane = (problem.coords @ torch.tensor([[0.3], [-0.2]])) + 0.5
    problem = dataclasses.replace(problem, measured=problem.operator.forward(plane))
    values = torch.from_numpy(biharmonic_spline(problem)).reshape(-1, 1)
    torch.testing.assert_close(values, plane.float(), atol=1e-4, rtol=0)


def test_a_grid_that_is_too_large_is_refused_before_it_is_built() -> None:
    with pytest.raises(SignalError, match=r"'csg' on a grid of 4096 points along each axis .* lower size"):
        Occupancy(size=4096).problem(load("csg"), seed=0)


@pytest.mark.parametrize("bad", [{"size": 7}, {"size": 64.0}, {"train_share": 0}, {"train_share": 1}])
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Occupancy.model_validate(bad)
