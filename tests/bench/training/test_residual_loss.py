"""Training on residuals of derivatives: exact gradients in blocks and threads, the engine, resuming, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from inrbench.activations.core.base import Domain, build
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.engine import AutogradEngine, choose_engine
from inrbench.bench.errors import BadInput
from inrbench.bench.optimizers.first_order import Sgd
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.residual_loss import ResidualLoss
from inrbench.bench.training.run_job import attempt, execute
from inrbench.bench.training.sampling import step_seed
from inrbench.tasks.core.base import Problem
from inrbench.tasks.eikonal import Eikonal
from inrbench.tasks.helmholtz import Helmholtz
from inrbench.tasks.signals.load import load
from tests.bench.config.layout import lay_out
from tests.bench.training.jobs import CPU, PLUGINS, values
from tests.bench.training.test_checkpoint import Killed, kill_after

TASKS: dict[str, Any] = {
    "second": lambda: Helmholtz(size=16, points=70, sides=30).problem(load("standing-wave"), 0),
    "first": lambda: Helmholtz(size=16, points=70, sides=30, form="first").problem(load("standing-wave"), 0),
    "eikonal": lambda: Eikonal(size=16, points=80, cloud=200).problem(load("sdf-torus"), 0),
}


def network_of(case: Problem, activation: str = "siren") -> torch.nn.Module:
    domain = Domain(case.coords.shape[1], case.truth.shape[1], case.shape)
    return build(PLUGINS.activations.get(activation)(), domain, width=16, depth=2, seed=3)


def plain(case: Problem, network: torch.nn.Module, seed: int) -> Tensor:
    """The loss of the whole sample, with derivatives taken one number at a time."""
    total = torch.zeros(())
    for residual in case.residuals:
        points, given = residual.sample(seed)
        x = points.clone().requires_grad_()
        y = network(x)
        rows = [torch.autograd.grad(y[:, c].sum(), x, create_graph=True)[0] for c in range(y.shape[1])]
        jacobian = torch.stack(rows, dim=1)
        laplacian = None
        if residual.order == 2:
            second = [[torch.autograd.grad(row[:, i].sum(), x, create_graph=True)[0] for i in (0, 1)] for row in rows]
            laplacian = torch.stack([along[:, 0] + across[:, 1] for along, across in second], dim=1)
        at = type("At", (), {"values": y, "jacobian": jacobian, "laplacian": laplacian})()
        total = total + residual.loss(at, given) / len(points)
    return total


@pytest.mark.parametrize(("rows", "threads"), [(1000, 1), (20, 1), (20, 2)])
@pytest.mark.parametrize("task", TASKS)
def test_blocks_on_threads_give_the_gradient_of_the_whole_sample(task: str, rows: int, threads: int) -> None:
    case = TASKS[task]()
    loss, network = ResidualLoss(case, data_seed=7), network_of(case, "tanh")  # tanh is no kernel: autograd alone
    expected = plain(case, network, step_seed(7, 4))
    wanted = torch.autograd.grad(expected, list(network.parameters()), allow_unused=True)
    loss.rows = rows
    found = loss.backward(AutogradEngine(network, threads), step=4)
    torch.testing.assert_close(found, expected.detach(), rtol=1e-5, atol=1e-7)
    scale = max(float(g.abs().max()) for g in wanted if g is not None)
    for parameter, other in zip(network.parameters(), wanted, strict=True):
        if other is not None:
            assert parameter.grad is not None
            assert float((parameter.grad - other).abs().max()) < 1e-4 * scale


def test_the_scored_loss_is_of_the_same_points_each_time_and_of_none_in_training() -> None:
    case = TASKS["second"]()
    loss, engine = ResidualLoss(case, data_seed=7), AutogradEngine(network_of(case))
    scored = [loss.losses(case.truth, engine) for _ in range(2)]
    assert scored[0] == scored[1]
    assert scored[0][0] not in {float(loss.backward(engine, step)) for step in range(20)}


def test_nothing_is_compiled_where_derivatives_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INRBENCH_COMPILE", "1")
    case = TASKS["second"]()
    assert choose_engine(network_of(case), case.coords, large=True, derivatives=True).name == "autograd"


def test_a_clipped_gradient_has_the_norm_asked_for() -> None:
    """Plain gradient descent moves by lr times the clipped gradient."""
    case = TASKS["eikonal"]()
    network = network_of(case)
    before = torch.cat([p.detach().flatten().clone() for p in network.parameters()])
    train = Train(steps=5, lr=0.1, clip=1e-2)
    next(Descent(AutogradEngine(network), ResidualLoss(case, 7), train, optimizer=Sgd()))
    after = torch.cat([p.detach().flatten() for p in network.parameters()])
    assert float((after - before).norm()) == pytest.approx(0.1 * 1e-2, rel=1e-3)


# -- jobs --------------------------------------------------------------------------------------------------------------

SMALL = {
    "second": "helmholtz: {size: 16, points: 128, sides: 64, cycles: 1}",
    "eikonal": "eikonal: {size: 16, points: 100, cloud: 500}",
}


def job(task: str = "second", activation: str = "siren: {omega0: 10.0}", **train: Any) -> Job:
    settings = ", ".join(f"{key}: {value}" for key, value in {"steps": 40, "lr": 1e-3, **train}.items())
    layout = f"train: {{{settings}}}\nmodel: {{width: 24, depth: 2}}\ntasks: {{{SMALL[task]}}}\n"
    return next(each for each in lay_out(f"{layout}activations: {{{activation}}}") if each.activation)


def test_a_network_solves_a_low_wave_number() -> None:
    outcome = execute(job(steps=400, lr=3e-3), PLUGINS, CPU)
    errors = values(outcome, "rel_l2")
    assert errors[0] > 0.5
    assert errors[-1] < 0.15
    assert outcome.network is not None
    assert outcome.network.engine == "autograd"
    assert not outcome.network.compiled


@pytest.mark.parametrize("task", SMALL)
def test_a_killed_job_ends_in_the_same_bits(task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, path = job(task, clip=1.0), tmp_path / "a.pt"
    whole = execute(one, PLUGINS, CPU)
    with monkeypatch.context() as patch:
        kill_after(patch, 25)
        with pytest.raises(Killed):
            execute(one, PLUGINS, CPU, checkpoint=path)
    resumed = execute(one, PLUGINS, CPU, checkpoint=path)
    assert resumed.resumed_step == 25
    assert [score._replace(train_s=0) for score in resumed.scores] == [s._replace(train_s=0) for s in whole.scores]
    arrays = [each.arrays[one.job_id]["reconstruction"] for each in (whole, resumed)]
    assert (arrays[0] == arrays[1]).all()


def test_a_network_with_too_few_derivatives_is_refused_when_the_suite_is_laid_out() -> None:
    with pytest.raises(
        BadInput, match="ReLU declares derivatives = 1 and task helmholtz needs 2; leave one of them out"
    ):
        job(activation="relu: {}")
    assert job("eikonal", activation="relu: {}").method == "relu"
    both = lay_out(
        f"tasks: {{{SMALL['second']}, {SMALL['eikonal']}}}\nactivations: {{siren: {{}}, relu: {{tasks: [eikonal]}}}}"
    )
    assert {(each.task_key, each.method) for each in both if each.activation} == {
        ("helmholtz", "siren"),
        ("eikonal", "siren"),
        ("eikonal", "relu"),
    }


@pytest.mark.parametrize(
    ("setting", "value"), [("batch", 0.1), ("holdout", 0.1), ("precision", "bf16"), ("stop", "discrepancy")]
)
def test_settings_of_measurements_are_refused(setting: str, value: Any) -> None:
    with pytest.raises(BadInput, match=rf"train\.{setting}.* has no meaning for task helmholtz"):
        job(**{setting: value})


BROKEN = '''
from inrbench.tasks.helmholtz import Helmholtz

class Modest(Helmholtz):
    """Needs two derivatives and says one."""

    name, label, version = "modest", "Modest", 1

    @property
    def derivatives(self):
        return 1
'''


def test_a_task_that_says_too_little_costs_its_job_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "modest.py").write_text(BROKEN)
    plugins = Plugins([tmp_path / "modest.py"])
    monkeypatch.setattr("tests.bench.config.layout.PLUGINS", plugins)
    (one,) = (each for each in lay_out("tasks: {modest: {size: 16}}\nactivations: {relu: {}}") if each.activation)
    outcome = attempt(one, plugins, CPU, lambda _: None)
    assert outcome.status == "error"
    assert "ReLU has too few derivatives (1) for modest" in str(outcome.error)


def test_an_activation_may_take_part_in_some_tasks_alone() -> None:
    text = "tasks: {image: {size: 16}, ct: {size: 16, angles: 4}}\nactivations: {relu: {}, siren: {tasks: [ct]}}"
    assert [(each.task_key, each.method) for each in lay_out(text) if each.activation] == [
        ("image", "relu"),
        ("ct", "relu"),
        ("ct", "siren"),
    ]
    assert {each.method for each in lay_out(text, tasks=["image"])} == {"relu"}
    for wrong, words in (("[imag]", "did you mean 'image'"), ("ct", "is not a list of tasks"), ("[]", None)):
        changed = text.replace("relu: {}, ", "").replace("[ct]", wrong)
        with pytest.raises(BadInput, match=words or "no activation takes part"):
            lay_out(changed)
    with pytest.raises(BadInput, match="no activation takes part"):
        lay_out(text.replace("relu: {}, ", ""), tasks=["image"])


def test_left_out_tasks_may_have_settings_of_their_own() -> None:
    text = "tasks: {a: {task: image, size: 16}, b: {task: image, size: 16}}\n"
    text += "activations: {siren: {per_task: {b: {omega0: 3.0}}}}"
    assert len(lay_out(text, tasks=["a"])) == 1


@pytest.mark.parametrize(
    ("task", "refused"),
    [
        ("ct: {signals: [shepp-logan], size: 32, angles: 12, noise: 0.01}", False),
        ("ct: {signals: [shepp-logan], size: 32, angles: 12, noise: 0.01, samples: analytic}", True),
        ("mri: {signals: [shepp-logan], size: 32, mask: radial, samples: analytic}", True),
        ("denoise: {signals: [camera], size: 16, noise: poisson}", False),
        ("low-dose-ct: {signals: [ct-small], size: 16}", False),
    ],
)
def test_stopping_at_the_noise_is_refused_where_the_truth_misses_the_data_by_more(task: str, refused: bool) -> None:
    text = f"tasks: {{{task}}}\nactivations: {{siren: {{}}}}"
    chosen = next(each for each in lay_out(f"{text}\ntrain: {{steps: 5, stop: discrepancy}}") if each.activation)
    if not refused:
        assert execute(chosen, PLUGINS, CPU).chosen_step == 5
        return
    with pytest.raises(ValueError, match=r"truth is [1-9]\S* times that of the noise; use stop: plateau or heldout"):
        execute(chosen, PLUGINS, CPU)
    other = next(each for each in lay_out(f"{text}\ntrain: {{steps: 5, stop: plateau}}") if each.activation)
    assert execute(other, PLUGINS, CPU).status == "ok"
