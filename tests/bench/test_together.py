"""Training together: what comes out is what each job gives alone, and what goes wrong costs one job."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from activations.base import Activation, Domain, build
from activations.stacked import Stack, Unstackable
from bench import suite, together
from bench.devices import SlotSpec
from bench.job import Job
from bench.plan import groups
from bench.registry import Plugins
from bench.runner import Runner
from bench.settings import Train, read_yaml, validated
from bench.slot import Failure, Slot
from bench.store import Store
from bench.suite import Suite
from bench.together import Apart, Lockstep, hold_against
from bench.train import Descent, Objective
from tasks.base import Problem, grid_coords
from tasks.operators import AreaAverage, Identity, Mask, Operator

CPU = SlotSpec("cpu", "", threads=1, exclusive=True)
SHAPE = (6, 8)
RATES = (1e-3, 3e-3, 1e-2)

PARAMS: dict[str, Sequence[dict[str, Any]]] = {
    "bw-relu": [
        *({"learn_c": how} for how in ("network", "layer")),
        *({name: True} for name in ("linear_layers", "skip", "weight_norm")),
        {"init": "centred", "learn_c": "layer", "skip": True, "weight_norm": True},
    ]
}
CASES = [(name, params) for name in Plugins().activations.names() for params in [{}, *PARAMS.get(name, [])]]


def objective(index: int, operator: Operator, held: bool = False) -> Objective:
    """The objective of one job: its own measurements, in float64."""
    generator = torch.Generator().manual_seed(index)
    measured = torch.rand(operator.out_rows, 2, generator=generator, dtype=torch.float64)
    truth = torch.rand(operator.in_rows, 2, generator=generator, dtype=torch.float64)
    mask = torch.randperm(operator.out_rows, generator=generator) < 5 if held else None
    return Objective(Problem(grid_coords(SHAPE).double(), operator, measured, truth, SHAPE), 2048, mask)


def networks(activations: Sequence[Activation]) -> list[nn.Module]:
    domain = Domain(2, 2, SHAPE)
    return [build(each, domain, width=9, depth=3, seed=seed).double() for seed, each in enumerate(activations)]


def compare(activations: Sequence[Activation], objectives: Sequence[Objective], trains: Sequence[Train]) -> None:
    """Train networks in lock-step and copies of them alone; their gradients and then their weights must agree."""
    ours = networks(activations)
    alone = copy.deepcopy(ours)
    stack = Stack(ours, activations)
    lockstep = Lockstep(stack, objectives, trains)
    hold_against(stack, lockstep, ours, objectives, near=1e-9)
    lockstep.advance(trains[0].steps)
    for network, single, goal, train in zip(ours, alone, objectives, trains, strict=True):
        before = [p.detach().clone() for p in single.parameters()]
        for _ in Descent(single, goal, train):
            pass
        assert any(not torch.equal(p, old) for p, old in zip(single.parameters(), before, strict=True))
        for mine, theirs in zip(network.parameters(), single.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_weights_are_those_of_training_alone(name: str, params: dict[str, Any]) -> None:
    activation = Plugins().activations.get(name)(**params)
    goals = [objective(index, Identity(48)) for index in range(3)]
    compare([activation] * 3, goals, [Train(steps=8, lr=rate) for rate in RATES])


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("siren", {"omega0": (5.0, 20.0, 60.0)}),
        ("finer", {"omega0": (5.0, 20.0, 60.0), "first_bias": (0.5, 1.0, 2.0)}),
        ("gauss", {"scale": (2.0, 5.0, 10.0)}),
        ("wire", {"omega0": (5.0, 8.0, 10.0), "s0": (5.0, 10.0, 20.0)}),
        ("bw-relu", {"c": (1.0, 3.0, 9.0)}),
        ("mfn", {"input_scale": (16.0, 64.0, 256.0)}),
    ],
)
def test_each_job_has_its_own_numbers(name: str, numbers: dict[str, tuple[float, ...]]) -> None:
    cls = Plugins().activations.get(name)
    activations = [cls(**{key: values[index] for key, values in numbers.items()}) for index in range(3)]
    compare(activations, [objective(index, Identity(48)) for index in range(3)], [Train(steps=8)] * 3)


@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.1}, {"optimizer": "sgd"}])
@pytest.mark.parametrize(
    "operator",
    [
        lambda index: Mask(48, torch.randperm(48, generator=torch.Generator().manual_seed(index))[:20]),
        lambda index: AreaAverage(SHAPE, 2),
    ],
)
@pytest.mark.parametrize("held", [False, True])
def test_every_objective_and_optimiser(
    operator: Callable[[int], Operator], held: bool, settings: dict[str, Any]
) -> None:
    activation = Plugins().activations.get("siren")()
    trains = [
        Train(steps=8, lr=rate, lr_decay=decay, **settings) for rate, decay in zip(RATES, (1, 0.5, 0.1), strict=True)
    ]
    compare([activation] * 3, [objective(index, operator(index), held) for index in range(3)], trains)


def test_measurements_that_differ_in_number_are_refused() -> None:
    activation = Plugins().activations.get("relu")()
    goals = [objective(0, Mask(48, torch.arange(9))), objective(1, Mask(48, torch.arange(10)))]
    with pytest.raises(Apart, match="number"):
        Lockstep(Stack(networks([activation] * 2), [activation] * 2), goals, [Train(steps=2)] * 2)


class Mixing(Activation):
    """Not pointwise: it takes the mean over the first axis, which in a stack is that of the networks."""

    name, label, version = "mixing", "Mixing", 1

    def forward(self, z: Tensor) -> Tensor:
        return torch.relu(z - z.mean(0))


class Owner(Activation):
    """A module of its own with parameters, which does not say that it can be stacked."""

    name, label, version = "owner", "Owner", 1

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        return nn.Sequential(nn.Linear(in_features, out_features), nn.PReLU())


def test_a_module_that_mixes_networks_is_found_out() -> None:
    activations = [Mixing()] * 2
    ours, goals = networks(activations), [objective(index, Identity(48)) for index in range(2)]
    stack = Stack(ours, activations)
    with pytest.raises(Apart, match="not that of the network alone"):
        hold_against(stack, Lockstep(stack, goals, [Train(steps=2)] * 2), ours, goals)


def test_an_unknown_module_leaves_the_networks_as_they_were() -> None:
    ours = networks([Owner()] * 2)
    before = [p.data_ptr() for network in ours for p in network.parameters()]
    with pytest.raises(Unstackable, match="PReLU"):
        Stack(ours, [Owner()] * 2)
    assert [p.data_ptr() for network in ours for p in network.parameters()] == before


# -- groups ------------------------------------------------------------------------------------------------------------


def jobs_of(activations: str, repeats: int = 2, plugins: Plugins | None = None, **changes: Any) -> list[Job]:
    values = read_yaml(
        f"{{suite: s, repeats: {repeats}, model: {{width: 8, depth: 2}}, train: {{steps: 6, checkpoints: 3}}, "
        f"tasks: {{denoise: {{signals: [camera], size: 16}}}}, activations: {activations}}}",
        "s",
    )
    return suite.jobs(validated(Suite, values | changes, "s"), plugins or Plugins(), "s")


def test_groups_hold_what_differs_in_numbers_only_and_lose_nothing() -> None:
    jobs = jobs_of(
        "{siren: {omega0: [5.0, 30.0]}, fast: {activation: siren, train: {lr: 0.01}}, relu: {}, "
        "long: {activation: relu, train: {steps: 9}}, own: {activation: relu, train: {stop_loss: 0.1}}}",
        repeats=3,
    )
    found = groups(jobs, 5)
    kinds = [sorted({job.method for job in group}) for group in found]
    assert sorted(map(len, found)) == [1, 1, 1, *[1] * sum(job.activation is None for job in jobs), 3, 3, 4, 5]
    assert ["relu"] in kinds
    assert ["long"] in kinds
    assert all(len(group) == 1 for group in found if group[0].baseline or group[0].method == "own")
    assert sorted(job.job_id for group in found for job in group) == sorted(job.job_id for job in jobs)
    assert [group[0] for group in found] == [job for job in jobs if any(job is group[0] for group in found)]
    assert groups(jobs, 1) == [[job] for job in jobs]


def test_large_networks_are_left_alone() -> None:
    jobs = jobs_of("{relu: {}}", model={"width": 512, "depth": 2})
    alone = [job for job in jobs if job.activation]
    assert "enough work" in str(together.attempt(alone, Plugins(), torch.device("cpu"), lambda _: None))
    assert together.worthwhile(256, 96)
    assert not together.worthwhile(4096, 1)


# -- through the runner ------------------------------------------------------------------------------------------------


def run(
    folder: Path, jobs: Sequence[Job], plugin: Sequence[Path] = (), **options: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run jobs; returns the rows by job and the scores."""
    store = Store(folder, "s")
    outcomes = list(Runner(store, [CPU], plugin, **options).run(jobs, {}))
    assert sorted(job.job_id for job, _ in outcomes) == sorted(job.job_id for job in jobs)
    assert None not in {status for _, status in outcomes}
    rows = store.runs().set_index("job_id").loc[[job.job_id for job in jobs]]
    assert dict(rows["status"]) == {job.job_id: status for job, status in outcomes}
    return rows, store.scores().set_index(["job_id", "step", "metric"])[["value", "direction"]]


def test_rows_scores_and_artifacts_are_those_of_jobs_run_alone(tmp_path: Path) -> None:
    jobs = jobs_of(
        "{siren: {omega0: [5.0, 30.0]}, wild: {activation: siren, train: {lr: 1.0e+30}}, "
        "fast: {activation: siren, train: {lr: 0.01}}, relu: {}}"
    )
    alone, scores = run(tmp_path / "alone", jobs)
    rows, ours = run(tmp_path / "together", jobs, together=16)
    assert rows["status"].tolist() == alone["status"].tolist()
    assert set(rows.loc[rows["method"] == "wild", "status"]) == {"diverged"}  # and nothing else: the scores agree
    assert set(rows.loc[rows["method"] != "wild", "status"]) == {"ok"}
    trained = rows["activation"].notna()
    assert set(rows.loc[trained & (rows["activation"] == "siren"), "together"]) == {8}
    assert set(rows.loc[rows["activation"] == "relu", "together"]) == {2}
    assert rows.loc[~trained, "together"].isna().all()
    assert alone["together"].isna().all()
    assert not rows.loc[trained, "timing_valid"].any()
    assert alone["timing_valid"].all()
    same = ["method", "repeat", "data_seed", "init_seed", "problem_id", "params", "width", "steps", "chosen_step"]
    same += ["error", "attempt", "metric", "data_sha256", "source_sha256"]
    pd.testing.assert_frame_equal(
        rows.loc[rows["method"] != "wild", same], alone.loc[rows["method"] != "wild", same], check_dtype=False
    )
    phases = rows[["setup_s", "warmup_s", "train_s", "eval_s"]].sum(axis=1)
    assert (phases <= rows["wall_s"]).all()
    wild = set(rows.index[rows["method"] == "wild"])
    calm = [job.job_id for job in jobs if job.job_id not in wild]
    pd.testing.assert_frame_equal(ours.loc[calm].sort_index(), scores.loc[calm].sort_index(), rtol=1e-4)
    for folder in ("alone", "together"):
        names = {path.name for path in (tmp_path / folder / "s" / "artifacts").iterdir()}
        assert names >= {f"{job.job_id}.npz" for job in jobs} | {f"ref-{job.problem_id}.npz" for job in jobs}


FRAGILE = '''
import os, signal
import torch
from activations import Activation, Param

class Fragile(Activation):
    """Goes wrong where one of its numbers is 2."""

    name, label, version = "fragile", "Fragile", 1
    how: str = Param("raise")
    k: float = Param(1.0)

    def forward(self, z):
        if (torch.as_tensor(self.k) == 2).any():
            if self.how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise RuntimeError("told to fail")
        return torch.relu(z)
'''


@pytest.mark.parametrize(("how", "status"), [("kill", "crashed"), ("raise", "error")])
def test_a_fault_in_a_group_costs_the_job_that_it_is_of(how: str, status: str, tmp_path: Path) -> None:
    path = tmp_path / "fragile.py"
    path.write_text(FRAGILE)
    jobs = jobs_of(f"{{fragile: {{how: {how}, k: [1.0, 2.0, 3.0]}}}}", 1, Plugins([path]))
    jobs = [job for job in jobs if job.activation]
    rows, _ = run(tmp_path, jobs, [path], together=3)
    assert rows["status"].tolist() == ["ok", status, "ok"]
    assert rows["together"].isna().all()
    assert rows["attempt"].tolist() == [1, 1, 1]


def test_a_group_over_its_limit_is_run_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = []

    def slow(self: Slot, jobs: Sequence[Job], log: Path, limit_s: float | None, *_: Any) -> None:
        limits.append(limit_s)
        raise Failure("timeout", "no result within the time limit")

    monkeypatch.setattr(Slot, "run_together", slow)
    jobs = [job for job in jobs_of("{relu: {}}", 3) if job.activation]
    rows, _ = run(tmp_path, jobs, together=4, limit_s=100.0)
    assert limits == [300.0]
    assert set(rows["status"]) == {"ok"}
    assert rows["together"].isna().all()


def test_a_stopped_group_leaves_rows_that_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(self: Slot, *_: Any) -> None:
        raise Failure("interrupted", "stopped by the user")

    monkeypatch.setattr(Slot, "run_together", stopped)
    rows, _ = run(tmp_path, [job for job in jobs_of("{relu: {}}", 3) if job.activation], together=4)
    assert rows["status"].tolist() == ["interrupted"] * 3


def test_a_job_that_another_run_holds_is_left_out_of_its_group(tmp_path: Path) -> None:
    jobs = [job for job in jobs_of("{relu: {}}", 3) if job.activation]
    store = Store(tmp_path, "s")
    assert store.claims.take(jobs[1].job_id)
    outcomes = Runner(store, [CPU], together=4).run(jobs, {})
    first = [next(outcomes)[0] for _ in range(2)]
    assert first == [jobs[0], jobs[2]]
    store.claims.release(jobs[1].job_id)
    assert [job for job, _ in outcomes] == [jobs[1]]
    found = store.runs().set_index("job_id")["together"]
    assert [found[job.job_id] for job in first] == [2, 2]
    assert pd.isna(found[jobs[1].job_id])


def test_nothing_is_trained_together_unless_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: Slot, *_: Any) -> None:
        raise AssertionError("trained together")

    monkeypatch.setattr(Slot, "run_together", never)
    rows, _ = run(tmp_path, [job for job in jobs_of("{relu: {}}") if job.activation])
    assert rows["together"].isna().all()
    assert rows["timing_valid"].all()


@pytest.mark.slow
def test_the_command_line(tiny: Path, inrbench: Callable[..., Any], tmp_path: Path) -> None:
    assert "--together 0: must be" in inrbench("run", tiny, "--together", 0).stderr
    ended = inrbench("run", tiny, "--together", 4, "--set", "repeats=2", "--devices", "cpu")
    assert ended.returncode == 0, ended.stderr
    assert Store(tmp_path / "results", "tiny").runs()["together"].tolist() == [2, 2, 2, 2]
