import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.compressive import Compressive
from inrbench.tasks.signals.load import load


def test_every_pixel_weighs_alike_and_the_number_is_exact() -> None:
    problem = Compressive(size=(32, 48), keep=0.25).problem(load("camera"), seed=0)
    assert problem.operator.out_rows == round(0.25 * 32 * 48)
    rows = problem.operator.adjoint(torch.eye(problem.operator.out_rows, dtype=torch.float64))
    torch.testing.assert_close(rows.T @ rows, torch.eye(problem.operator.out_rows, dtype=torch.float64))
    weights = rows.square().sum(dim=1)
    assert float(weights.std() / weights.mean()) < 0.1


def test_the_least_norm_keeps_what_was_measured_and_total_variation_finds_more() -> None:
    task = Compressive(size=96, noise=0.0)
    problem = task.problem(load("chelsea"), seed=0)
    found = {name: torch.from_numpy(baseline(problem)).reshape(-1, 3) for name, baseline in task.baselines().items()}
    torch.testing.assert_close(problem.operator.forward(found["least-norm"]), problem.measured, atol=1e-5, rtol=1e-5)
    assert float(found["least-norm"].norm()) < float(problem.truth.norm())
    scores = {name: task.score(problem, values)["psnr"] for name, values in found.items()}
    assert scores["tv"] > 24 > scores["least-norm"] + 10


@pytest.mark.parametrize("bad", [{"keep": 0.0}, {"keep": 1.0}, {"noise": -1.0}, {"tv_weight": 0.0}])
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Compressive.model_validate(bad)
