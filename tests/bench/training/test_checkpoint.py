"""Checkpoints: a killed job resumes where it stood and ends in the same bits; what does not fit is left."""

from __future__ import annotations

import contextlib
import copy
import itertools
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, ParamGroup, build
from inrbench.activations.siren import Siren
from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.config import expand, suite
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.engine.engine import AutogradEngine
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.runner import plan
from inrbench.bench.runner.runner import Runner, local_slots
from inrbench.bench.store.compact import compact
from inrbench.bench.store.schema import Score
from inrbench.bench.store.store import Store
from inrbench.bench.training import checkpoint, loop
from inrbench.bench.training.checkpoint import Checkpointer, Fingerprint, Snapshot, TrainingState, fingerprint
from inrbench.bench.training.clock import PHASES, Clock
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.early_stopping import EvalPoint
from inrbench.bench.training.objective import Objective
from inrbench.bench.training.result import Outcome
from inrbench.bench.training.run_job import execute
from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.operators import Identity
from tests.bench.processes import family

PLUGINS = Plugins()
CPU = torch.device("cpu")
SLOT = SlotSpec("cpu", "", threads=1, exclusive=True)
SCORES = [Score(3, 0.25, "psnr", 1 / 3, 1)]
OPTIMISERS: dict[str, dict[str, Any]] = {
    name: {"optimizer": {"name": name}, **({"weight_decay": 1e-2} if name == "adamw" else {})}
    for name in PLUGINS.optimizers.names()
}


class Killed(BaseException):
    """In place of a SIGKILL, within one process."""


def problem(points: int = 60) -> Problem:
    coords = torch.linspace(-1, 1, points).reshape(-1, 1)
    truth = 0.5 + 0.4 * torch.cos(3 * coords)
    return Problem(coords, Identity(points), truth.clone(), truth, (points,))


def descent(activation: Activation, seed: int = 0, width: int = 8, **train: Any) -> Descent:
    network = build(activation, Domain(1, 1, (60,)), width=width, depth=2, seed=seed)
    groups, hidden = activation.optimizer_groups(network), activation.hidden_matrices(network)
    settings = Train(steps=10, lr=1e-2, **train)
    optimizer = PLUGINS.optimizer(settings)
    return Descent(AutogradEngine(network), Objective(problem(), 50), settings, None, groups, optimizer, hidden)


def checkpointer(path: Path, training: Descent, scored: bool = False, **changed: Any) -> Checkpointer:
    known: Fingerprint = {**fingerprint("a" * 16, CPU, (Activation,), 50, "autograd"), **changed}
    state = TrainingState(training, Clock(CPU), CPU, lambda: known)
    if scored:
        state.points, state.scores = [EvalPoint(3, 0.5, None)], [*SCORES]
    return Checkpointer(state, path)


def saved(path: Path, training: Descent, steps: int = 4) -> Checkpointer:
    """Train some steps and save."""
    for _ in itertools.islice(training, steps):
        pass
    one = checkpointer(path, training, scored=True)
    one.save()
    return one


def same(one: Any, other: Any) -> bool:
    """Whether two states are the same to the bit."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return torch.equal(one, other) if isinstance(one, Tensor) else bool(one == other)


# -- one checkpoint ----------------------------------------------------------------------------------------------------


OF_EACH_KIND = ("siren", "wire", "mfn", "instant-ngp")
"""An MLP, a complex one, a filter network, and one with groups of its own: what an optimiser could depend on."""

PAIRS = [(name, "adam") for name in PLUGINS.activations.names()]
PAIRS += [(name, optimiser) for optimiser in OPTIMISERS if optimiser != "adam" for name in OF_EACH_KIND]


@pytest.mark.parametrize(("name", "optimiser"), PAIRS)
def test_a_network_goes_on_in_the_same_bits(name: str, optimiser: str, tmp_path: Path) -> None:
    activation = PLUGINS.activations.get(name)()
    first = descent(activation, **OPTIMISERS[optimiser])
    written = saved(tmp_path / "a.pt", first)
    torch.rand(1)
    second = descent(activation, seed=1, **OPTIMISERS[optimiser])
    assert not same(first.state(), second.state())
    resumed = checkpointer(tmp_path / "a.pt", second)
    assert resumed.resume() == 4
    state = resumed.state.snapshot()
    assert (state.points, state.scores) == ([EvalPoint(3, 0.5, None)], SCORES)
    assert all(state.seconds[phase] == written.state.snapshot().seconds[phase] for phase in PHASES)
    losses = [[float(loss) for loss in training] for training in (first, second)]
    assert losses[0] == losses[1]
    assert len(losses[0]) == 6
    assert same(first.state(), second.state())


class Grouped(Siren):
    """SIREN, the later matrices first and faster, all biases with constants of their own."""

    def optimizer_groups(self, network: nn.Module) -> list[ParamGroup]:
        biases = [p for p in network.parameters() if p.dim() == 1]
        first, *later = (p for p in network.parameters() if p.dim() == 2)
        fast = ParamGroup(later, lr_factor=3.0)
        return [
            fast,
            ParamGroup([first]),
            ParamGroup(biases, lr_factor=0.5, options={"adam": {"betas": (0.9, 0.99), "eps": 1e-15}}),
        ]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_groups_go_on_with_their_own_settings(optimiser: str, tmp_path: Path) -> None:
    first, usual = descent(Grouped(), **OPTIMISERS[optimiser]), descent(Siren(), **OPTIMISERS[optimiser])
    saved(tmp_path / "a.pt", first)
    second = descent(Grouped(), seed=1, **OPTIMISERS[optimiser])
    assert checkpointer(tmp_path / "a.pt", second).resume() == 4
    losses = [[float(loss) for loss in training] for training in (first, second)]
    assert losses[0] == losses[1]
    assert len(losses[0]) == 6
    assert same(first.state(), second.state())
    if optimiser != "lbfgs":  # one vector, without groups
        assert losses[0] != [float(loss) for loss in usual][4:]


def test_values_of_every_dtype_come_back(tmp_path: Path) -> None:
    tensors = {
        "half": torch.tensor([1.5, float("nan")], dtype=torch.bfloat16),
        "complex": torch.tensor([[1 + 2j], [3 - 4j]]),
        "flag": torch.tensor(True),
        "none": torch.zeros(0, 3),
        "turned": torch.arange(6.0).reshape(2, 3).T,
    }
    state = Snapshot(1, dict.fromkeys((*PHASES, "wall"), 0.1), [EvalPoint(1, float("inf"), 0.5)], SCORES, tensors)
    (tmp_path / "a.pt").write_bytes(checkpoint.encode(state, {"job_id": "x"}))
    back = checkpoint.read(tmp_path / "a.pt", {"job_id": "x"})
    assert (back.step, back.seconds, back.points, back.scores) == (1, state.seconds, state.points, SCORES)
    for name, value in tensors.items():
        assert back.values[name].dtype == value.dtype
        assert torch.equal(back.values[name].nan_to_num(7), value.nan_to_num(7)), name


def refused(path: Path, training: Descent, capsys: pytest.CaptureFixture[str], **changed: Any) -> str:
    """Resuming starts anew, changes nothing and says why in one line; returns that line."""
    before = copy.deepcopy(training.state())
    one = checkpointer(path, training, **changed)
    assert one.resume() is None
    state = one.state.snapshot()
    assert (training.step, state.points, state.scores) == (0, [], [])
    assert same(training.state(), before)
    assert all(state.seconds[phase] == 0 for phase in PHASES)
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "starts again" in said
    return said


@pytest.fixture
def siren() -> Activation:
    return PLUGINS.activations.get("siren")()


@pytest.mark.parametrize("name", fingerprint("a", CPU, (Activation,), 50, "autograd"))
def test_another_fingerprint_does_not_count(
    name: str, siren: Activation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(tmp_path / "a.pt", descent(siren))
    assert f"its {name} is" in refused(tmp_path / "a.pt", descent(siren), capsys, **{name: "another"})


def test_a_damaged_checkpoint_does_not_count(
    siren: Activation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, chance, training = tmp_path / "a.pt", random.Random(0), descent(siren)
    saved(path, descent(siren))
    whole = path.read_bytes()
    for length in [0, 1, 32, 33, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert "damaged" in refused(path, training, capsys)
    for _ in range(50):
        content = bytearray(whole)
        content[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        assert "damaged" in refused(path, training, capsys)


def test_other_files_do_not_count(siren: Activation, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, training = tmp_path / "a.pt", descent(siren)
    path.write_bytes(b"no archive")
    refused(path, training, capsys)
    contents: list[object] = [[], {}, {"fingerprint": 3}, {"fingerprint": {}}, {"fingerprint": {}, "step": "one"}]
    for content in contents:
        torch.save(content, path)
        path.write_bytes(checkpoint.sealed(path.read_bytes()))
        refused(path, training, capsys)
    path.unlink()
    path.mkdir()
    refused(path, training, capsys)


class Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, (str(self.target),)


def test_reading_runs_no_code(siren: Activation, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, target = tmp_path / "a.pt", tmp_path / "made"
    torch.save({"fingerprint": Bomb(target)}, path)
    for content in (path.read_bytes(), pickle.dumps(Bomb(target))):
        path.write_bytes(checkpoint.sealed(content))
        refused(path, descent(siren), capsys)
    assert not target.exists()
    pickle.loads(content)  # it is one that would have gone off
    assert target.exists()


def test_another_network_or_step_does_not_count(
    siren: Activation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.pt"
    saved(path, descent(siren))
    assert "not of this network" in refused(path, descent(siren, width=9), capsys)
    assert "not of this network" in refused(path, descent(PLUGINS.activations.get("mfn")()), capsys)
    saved(path, descent(siren), steps=10)
    assert "step 10 of 10" in refused(path, descent(siren), capsys)


def test_a_full_disk_costs_the_checkpoint_alone(
    siren: Activation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(checkpoint, "atomic_write", full)
    saved(tmp_path / "a.pt", descent(siren))
    assert capsys.readouterr().out == "no checkpoint at step 4: No space left on device; training goes on\n"


def test_the_hash_of_the_sources_sees_every_file_in_every_folder(tmp_path: Path) -> None:
    deep = tmp_path / "engine" / "deep.py"
    deep.parent.mkdir()
    deep.write_text("x = 1")
    hashes = [checkpoint.source_of([tmp_path])]
    deep.write_text("x = 2")
    hashes.append(checkpoint.source_of([tmp_path]))
    deep.rename(deep.with_name("deeper.py"))
    hashes.append(checkpoint.source_of([tmp_path]))
    (tmp_path / "__init__.py").touch()
    hashes.append(checkpoint.source_of([tmp_path]))
    assert len(set(hashes)) == 4


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan"])
def test_an_interval_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INRBENCH_CHECKPOINT", text)
    with pytest.raises(ValueError, match="set it to seconds"):
        checkpoint.interval()


# -- one job -----------------------------------------------------------------------------------------------------------


def job(task: str = "image", activation: str = "siren", params: dict[str, Any] | None = None, **train: Any) -> Job:
    values = {
        "suite": "s",
        "repeats": 1,
        "model": {"depth": 3, "width": 16},
        "train": {"steps": 40, "lr": 1e-3, **train},
        "tasks": {task: {"signals": ["coins"], "size": [24, 24]}},
        "activations": {activation: params or {}},
    }
    return next(job for job in expand.jobs(validated(Suite, values, "s"), PLUGINS, "s") if job.activation)


def kill_after(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """From now on a job is killed once it has kept where it stands after that step."""
    save = Checkpointer.save

    def patched(self: Checkpointer) -> None:
        if self.state.descent.step == step:
            save(self)
            raise Killed

    monkeypatch.setenv("INRBENCH_CHECKPOINT", "1e-9")
    monkeypatch.setattr(Checkpointer, "save", patched)


def values(outcome: Outcome) -> list[tuple[Any, ...]]:
    return [(score.step, score.metric, score.value) for score in outcome.scores]


CASES: dict[str, dict[str, Any]] = {
    "learned-c": {"activation": "bw-relu", "params": {"learn_c": "layer"}, "path_norm": 1e-3},
    "shared-c": {"activation": "bw-relu", "params": {"learn_c": "network", "skip": True}},
    "weight-norm": {"activation": "bw-relu", "params": {"weight_norm": True}, "weight_decay": 1e-2},
    "sgd": {"activation": "relu", "optimizer": "sgd", "lr": 1e-1, "diagnostics": True},
    "holdout": {"task": "denoise", "holdout": 0.25, "stop": "heldout"},
    "stop-loss": {"steps": 400, "stop_loss": 0.005},
    "superres": {"task": "superres", "activation": "relu-pe", "lr_decay": 0.01},
    "ct": {"task": "ct", "activation": "wire", "holdout": 0.1},
    "batch": {"task": "denoise", "holdout": 0.25, "batch": 0.1},
    "batch-of-angles": {"task": "ct", "batch": 0.1, "stop_loss": 1e-9},
    "table": {"task": "superres", "activation": "instant-ngp", "weight_decay": 1e-3},
    "variation": {"activation": "grid", "params": {"tv": 1e-3}, "lr_decay": 0.01},
    "muon": {"activation": "wire", "optimizer": "muon", "lr": 1e-2},
    "lbfgs": {"task": "ct", "optimizer": {"name": "lbfgs", "history": 5}, "lr": 1.0},
    "nadam": {"optimizer": "nadam", "schedule": "warmup-cosine"},
    "bf16": {"activation": "gauss", "precision": "bf16", "eval_steps": 5},
}


@pytest.mark.parametrize("case", CASES)
def test_a_resumed_job_gives_the_same_bits(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = job(**CASES[case])
    whole = execute(one, PLUGINS, CPU)
    assert whole.resumed_step is None
    if case == "stop-loss":
        assert whole.steps is not None
        assert 25 < whole.steps < 400
    for step in (1, 25):
        path = tmp_path / f"{step}.pt"
        with monkeypatch.context() as patch:
            kill_after(patch, step)
            with pytest.raises(Killed):
                execute(one, PLUGINS, CPU, checkpoint=path)
        resumed = execute(one, PLUGINS, CPU, checkpoint=path)
        assert resumed.resumed_step == step
        assert values(resumed) == values(whole)
        for name in ("status", "steps", "chosen_step", "network"):
            assert getattr(resumed, name) == getattr(whole, name)
        first, second = (result.arrays[one.job_id]["reconstruction"] for result in (whole, resumed))
        assert np.array_equal(first, second)
        assert resumed.steps is not None
        assert resumed.steps > step


@pytest.mark.needs_compiler
def test_kernels_compiled_before_the_kill_are_compiled_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INRBENCH_COMPILE", "1")
    one, path = job(), tmp_path / "a.pt"
    whole = execute(one, PLUGINS, CPU)
    with monkeypatch.context() as patch:
        kill_after(patch, 25)
        with pytest.raises(Killed):
            execute(one, PLUGINS, CPU, checkpoint=path)
    monkeypatch.setenv("INRBENCH_COMPILE", "0")
    assert execute(one, PLUGINS, CPU, checkpoint=path).resumed_step is None
    monkeypatch.setenv("INRBENCH_COMPILE", "1")
    resumed = execute(one, PLUGINS, CPU, checkpoint=path)
    assert resumed.resumed_step == 25
    assert values(resumed) == values(whole)


NOISY = '''
import torch
from inrbench.activations import Activation

class Noisy(Activation):
    """Drops units at random."""

    name, label, version = "noisy", "Noisy", 1

    def forward(self, z):
        return torch.relu(z) * (torch.rand_like(z) > 0.1)
'''


def test_random_numbers_go_on_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "noisy.py").write_text(NOISY)
    plugins, path = Plugins([tmp_path / "noisy.py"]), tmp_path / "a.pt"
    monkeypatch.setitem(globals(), "PLUGINS", plugins)
    one = job(activation="noisy")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        whole = execute(one, plugins, CPU)
        torch.manual_seed(0)
        with monkeypatch.context() as patch:
            kill_after(patch, 25)
            with pytest.raises(Killed):
                execute(one, plugins, CPU, checkpoint=path)
        torch.manual_seed(1)
        assert values(execute(one, plugins, CPU, checkpoint=path)) == values(whole)
        path.unlink()
        assert values(execute(one, plugins, CPU, checkpoint=path)) != values(whole)


def test_the_clock_adds_up_over_the_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, path = job(steps=400), tmp_path / "a.pt"
    start = time.perf_counter()
    with monkeypatch.context() as patch:
        kill_after(patch, 300)
        with pytest.raises(Killed):
            execute(one, PLUGINS, CPU, checkpoint=path)
    before = read_seconds(path)
    between = time.perf_counter()
    result = execute(one, PLUGINS, CPU, checkpoint=path)
    end = time.perf_counter()
    assert result.timings is not None
    row = asdict(result.timings)
    assert all(row[f"{phase}_s"] > before[phase] > 0 for phase in PHASES)
    assert before["wall"] + end - between >= row["wall_s"] > before["wall"]
    assert row["wall_s"] <= end - start
    assert sum(row[f"{phase}_s"] for phase in PHASES) == pytest.approx(row["wall_s"], rel=0.05, abs=0.05)
    seconds = [score.train_s for score in result.scores]
    assert seconds == sorted(seconds)
    assert seconds[-1] == row["train_s"]


def read_seconds(path: Path) -> dict[str, float]:
    return checkpoint.read(path, {}).seconds


def test_a_short_job_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INRBENCH_CHECKPOINT", raising=False)
    monkeypatch.setattr(loop, "fingerprint", partial(pytest.fail, "the fingerprint of a short job was looked up"))
    assert execute(job(), PLUGINS, CPU, checkpoint=tmp_path / "checkpoints" / "a.pt").status == "ok"
    assert list(tmp_path.iterdir()) == []


# -- a run that is killed ----------------------------------------------------------------------------------------------

LONG = """
suite: long
repeats: 1
model: {depth: 2, width: 8}
train: {steps: 1500, lr: 1.0e-3}
tasks: {image: {signals: [camera], size: 16}}
activations: {bw-relu: {learn_c: layer}}
"""

DRIVER = """
import sys
from inrbench.bench.config import expand, suite
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.runner.runner import Runner, local_slots
from inrbench.bench.store.store import Store

chosen, where = suite.load(sys.argv[1])
store = Store(sys.argv[2], chosen.suite)
runner = Runner(store, local_slots(store, [SlotSpec("cpu", "", 1, True)]))
list(runner.run(expand.jobs(chosen, Plugins(), where), {}))
"""


def written_in(folder: Path) -> tuple[Path, Job]:
    """The suite's file and its one job."""
    path = folder / "long.yaml"
    path.write_text(LONG)
    (one,) = expand.jobs(suite.load(str(path))[0], PLUGINS, "long")
    return path, one


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What the job gives that nobody disturbs."""
    return execute(written_in(tmp_path_factory.mktemp("whole"))[1], PLUGINS, CPU)


@pytest.fixture
def long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Job, Store]:
    """A suite of one job that takes some seconds and keeps where it stands every twentieth of one."""
    monkeypatch.setenv("INRBENCH_CHECKPOINT", "0.05")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return *written_in(tmp_path), Store(tmp_path / "results", "long")


def until_kept(store: Store, one: Job) -> None:
    end = time.monotonic() + 60
    while not store.checkpoint_file(one.job_id).exists():
        assert time.monotonic() < end, "no checkpoint was written"
        time.sleep(0.01)


def finish(store: Store, one: Job, attempt: int, whole: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the job again: it resumes, and all of it is as if nothing had happened."""
    monkeypatch.setenv("INRBENCH_CHECKPOINT", "inf")  # no more of them; the one that is there counts all the same
    assert store.checkpointed() == {one.job_id}
    work = plan.make([one], store, retry=["crashed"])
    assert list(Runner(store, local_slots(store, [SLOT])).run(work.todo, work.attempts)) == [(one, "ok")]
    row = store.runs().iloc[0]
    log = store.log_file(one.job_id).read_text()
    assert f"resumed after step {row['resumed_step']:.0f} of 1500" in log
    assert 0 < row["resumed_step"] < 1500
    assert (row["status"], row["attempt"], row["steps"]) == ("ok", attempt, 1500)
    assert not row["timing_valid"]
    assert not list(store.checkpoint_file("").parent.iterdir())
    stored = store.arrays(one.job_id)
    assert stored is not None
    assert np.array_equal(stored["reconstruction"], whole.arrays[one.job_id]["reconstruction"])
    columns = zip(*(store.scores()[name] for name in ("step", "metric", "value")), strict=True)
    assert list(columns) == values(whole)


def test_a_killed_worker_costs_no_more_than_the_last_moments(
    long: tuple[Path, Job, Store], whole: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, one, store = long
    slots = local_slots(store, [SLOT])
    runner = Runner(store, slots)
    outcomes: list[tuple[Job, str]] = []
    thread = threading.Thread(target=lambda: outcomes.extend(runner.run([one], {})))
    thread.start()
    until_kept(store, one)
    worker = slots[0].worker
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    thread.join(30)
    assert outcomes == [(one, "crashed")]
    finish(store, one, 2, whole, monkeypatch)


def test_a_killed_run_costs_no_more_than_the_last_moments(
    long: tuple[Path, Job, Store], whole: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, one, store = long
    process = subprocess.Popen([sys.executable, "-P", "-c", DRIVER, str(path), str(store.root.parent)])
    until_kept(store, one)
    for pid in family(process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait(30)
    assert store.runs().empty
    finish(store, one, 1, whole, monkeypatch)


def test_what_is_left_behind_is_swept_up(tmp_path: Path) -> None:
    def leave(store: Store) -> dict[str, Path]:
        ids = {status: f"{number:016x}" for number, status in enumerate(("ok", "diverged", "crashed", "none"))}
        for status, job_id in ids.items():
            if status != "none":
                row = {"job_id": job_id, "suite": "s", "status": status, "attempt": 1, "repeat": 0}
                store.commit(row, [SCORES[0]._replace(step=1)])
            atomic_write(store.checkpoint_file(job_id), b"x")
        halves = store.checkpoint_file(f".{'0' * 15}9").with_suffix(".pt.77.tmp")
        halves.write_bytes(b"x")
        foreign = store.checkpoint_file("notes").with_suffix(".txt")
        foreign.write_bytes(b"x")
        return {status: store.checkpoint_file(job_id) for status, job_id in ids.items()} | {
            "half": halves,
            "foreign": foreign,
        }

    for how in ("compact", "run", "claimed"):
        store = Store(tmp_path / how, "s")
        found = leave(store)
        with store.locks.holding(found["ok"].stem) if how == "claimed" else contextlib.nullcontext():
            if how == "run":
                assert list(Runner(store, []).run([], {})) == []
            else:
                compact(store)
        kept = {status for status, path in found.items() if path.exists()}
        assert kept == {"crashed", "none", "foreign"} | ({"ok"} if how == "claimed" else set())
