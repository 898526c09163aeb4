import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.poisson import Poisson
from inrbench.tasks.signals.load import load


def test_a_constant_changes_no_measurement_and_no_score() -> None:
    task = Poisson(size=32)
    problem = task.problem(load("astronaut"), seed=0)
    shift = torch.tensor([0.3, -2.0, 10.0])
    other = problem.truth + shift
    torch.testing.assert_close(
        problem.operator.forward(other), problem.operator.forward(problem.truth), atol=1e-5, rtol=0
    )
    assert task.score(problem, other)["psnr"] > 100
    assert task.score(problem, 2 * problem.truth)["psnr"] < 20
    means = task.comparable(other).mean(dim=0)
    torch.testing.assert_close(means, torch.full((3,), 0.5))


def test_with_differences_missing_a_penalty_is_better_than_none() -> None:
    task = Poisson(size=(64, 64), keep=0.5, noise=0.02)
    problem = task.problem(load("coins"), seed=0)
    assert problem.operator.out_rows == round(0.5 * 2 * 64 * 63)
    found = {
        name: task.score(problem, torch.from_numpy(baseline(problem)).reshape(-1, 1))["psnr"]
        for name, baseline in task.baselines().items()
    }
    assert set(found) == {"tv", "tikhonov", "least-squares"}
    assert min(found["tv"], found["tikhonov"]) > found["least-squares"] + 3


def test_total_variation_gains_on_noise() -> None:
    task = Poisson(size=64)
    problem = task.problem(load("coins"), seed=0)
    found = {
        name: task.score(problem, torch.from_numpy(baseline(problem)).reshape(-1, 1))["psnr"]
        for name, baseline in task.baselines().items()
    }
    assert found["tv"] > found["dct"] + 0.3 > 22
    assert found["tikhonov"] > 22


@pytest.mark.parametrize("bad", [{"keep": 0.0}, {"keep": 1.5}, {"noise": -1.0}, {"smooth": 0.0}])
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Poisson.model_validate(bad)
