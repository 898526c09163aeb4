"""The search for settings: equal trials for every activation, successive halving, and the best of them kept."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from inrbench.activations.core.base import LogUniform
from inrbench.bench.config import expand
from inrbench.bench.config.job import Job, distinct
from inrbench.bench.config.lock import Lock, TunedSettings
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite, select_tasks
from inrbench.bench.errors import BadInput
from inrbench.bench.optimizers import Optimizer
from inrbench.bench.runner import plan
from inrbench.bench.runner.row import Attempt, Execution, to_row
from inrbench.bench.store import trials
from inrbench.bench.store.schema import Score
from inrbench.bench.store.store import Store
from inrbench.bench.training.result import Outcome
from inrbench.bench.tune import Search
from tests.bench.command import Inrbench

SEARCHED = """
suite: tiny
repeats: 3
lock: tiny.lock.yaml
tuning: {signals: {image: [coins]}, rounds: [{trials: 4, share: 0.5}, {trials: 2}]}
model: {depth: 2, width: 8}
train: {steps: 8, lr: 0.00301}
tasks: {image: {signals: [camera], size: 16}}
activations: {relu: {}, siren: {}, wire: {}}
"""
DEFAULT_RATE = 0.00301
PLUGINS = Plugins()


def search(tuning: str = "{signals: {image: [coins]}, trials: 4}", **changes: Any) -> Search:
    values = {**yaml.safe_load(SEARCHED), "tuning": yaml.safe_load(tuning), **changes}
    return Search(validated(Suite, values, "s"), PLUGINS, "s")


def first(of: Search) -> list[Job]:
    return of.jobs(0, of.all())


def rates(jobs: list[Job], name: str) -> list[float]:
    return [job.train.lr for job in jobs if job.train and job.activation and job.activation.name == name]


def values(jobs: list[Job], name: str, key: str) -> list[float]:
    return [job.activation.params[key] for job in jobs if job.activation and job.activation.name == name]


def test_every_activation_gets_the_same_learning_rates_and_other_signals() -> None:
    jobs = first(search())
    assert {(job.signal, job.repeat) for job in jobs} == {("coins", 0)}
    assert rates(jobs, "relu") == rates(jobs, "siren") == rates(jobs, "wire")
    assert len(set(rates(jobs, "relu"))) == 4
    assert all(Optimizer.rates.low <= rate <= Optimizer.rates.high for rate in rates(jobs, "relu"))
    scales = values(jobs, "siren", "omega0")
    assert len(set(scales)) == 4
    assert all(5 <= scale <= 100 for scale in scales)


def test_the_first_trial_has_the_settings_that_the_suite_has_without_a_search() -> None:
    jobs = first(search(activations={"wire": {"s0": 7.0}, "siren": {"train": {"lr": 0.002}}}))
    assert (rates(jobs, "wire")[0], rates(jobs, "siren")[0]) == (DEFAULT_RATE, 0.002)
    assert (values(jobs, "wire", "omega0")[0], values(jobs, "wire", "s0")[0]) == (10.0, 7.0)
    assert values(jobs, "siren", "omega0")[0] == 30.0
    assert DEFAULT_RATE not in rates(jobs, "wire")[1:]
    assert 7.0 not in values(jobs, "wire", "s0")[1:]


PARTICULAR: dict[str, Any] = {
    "wire": {
        "omega0": 20.0,
        "train": {"tv": 1e-5},
        "per_task": {
            "image": {
                "s0": 12.0,
                "model": {"depth": 4, "init": "variance"},
                "train": {"lr": 0.05, "batch": 0.5, "steps": 6, "optimizer": {"name": "muon", "momentum": 0.9}},
            }
        },
    },
    "relu": {"per_task": {"image": {"train": {"lr": 0.02}}}},
}


def test_what_a_suite_sets_for_a_task_is_the_same_in_all_trials() -> None:
    tuning = "{signals: {image: [coins], noisy: [coins]}, rounds: [{trials: 4, share: 0.5}, {trials: 2}]}"
    tasks = {
        "image": {"signals": ["camera"], "size": 16, "train": {"lr": 0.004}},
        "noisy": {"task": "denoise", "signals": ["camera"], "size": 16, "train": {"optimizer": "muon", "lr": 0.007}},
    }
    searching = search(tuning, activations=PARTICULAR, tasks=tasks)
    jobs = {(job.method, job.task_key): job for job in first(searching)}
    for trial in range(4):
        job = jobs[f"wire-t{trial:02d}", "image"]
        assert job.activation is not None
        assert job.model is not None
        assert job.train is not None
        assert job.activation.params["s0"] == 12.0
        assert (job.model.depth, job.model.width, job.model.init) == (4, 8, "variance")
        train = job.train
        assert (train.lr, train.batch, train.steps, train.optimizer.name) == (0.05, 0.5, 3, "muon")
        assert train.optimizer.options["momentum"] == 0.9
    searched = searching.values("wire", "image")
    assert set(searched[1]) == {"omega0", "optimizer.adam_lr", "train.tv", "sigma_p"}
    assert len({str(trial) for trial in searched}) == 4
    assert searched[0]["omega0"] == 20.0
    # on the other task the learning rate is searched too, from that of the task
    searched = searching.values("wire", "noisy")
    found = [jobs[f"wire-t{trial:02d}", "noisy"].train for trial in range(4)]
    assert [train.lr for train in found if train] == [trial["lr"] for trial in searched]
    assert (searched[0]["lr"], len({trial["lr"] for trial in searched})) == (0.007, 4)
    assert "optimizer.adam_lr" in searched[1]
    # nothing is left to search for ReLU on the picture
    assert searching.all()["relu", "image"] == [0]
    assert (alone := jobs["relu-t00", "image"].train) is not None
    assert alone.lr == 0.02


def test_a_run_has_the_settings_with_which_a_trial_was_best() -> None:
    searching = search(activations=PARTICULAR)
    for trial in (0, 3):
        settings = searching._settings("wire", "image", trial)
        found = TunedSettings(settings=settings, metric="psnr", score=1, trials=4, source="0")
        entries = Lock(suite="s", model={}, train={}, activations={"wire": {"image": found}}).applied(PARTICULAR)
        suite = validated(Suite, {**yaml.safe_load(SEARCHED), "activations": {"wire": entries["wire"]}}, "s")
        run = [job for job in expand.jobs(suite, PLUGINS, "s") if job.activation and job.repeat == 0]
        (tried,) = searching.jobs(0, {("wire", "image"): [trial]})
        assert [(job.activation, job.model, job.train) for job in run] == [(tried.activation, tried.model, tried.train)]


def test_a_search_on_what_is_reported_is_refused() -> None:
    with pytest.raises(BadInput, match="camera is among the signals reported"):
        search("{signals: {image: [camera]}}")
    with pytest.raises(BadInput, match=r"tuning\.signals\.image: missing"):
        search("{}")


@pytest.mark.parametrize(
    ("tuning", "said"),
    [
        ("{trials: 4, rounds: [{trials: 4}]}", "trials or rounds"),
        ("{rounds: [{trials: 4, share: 0.5}]}", "share of 1"),
        ("{rounds: [{trials: 2, share: 0.5}, {trials: 3}]}", "more trials than"),
    ],
)
def test_rounds_that_are_no_halving_are_refused(tuning: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        search(tuning)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"activations": {"siren": {"omega0": [10.0, 20.0]}}}, r"activations: siren\[omega0=10.0\] is of a sweep"),
        ({"train": {"steps": [4, 8]}}, r"relu\[steps=4\] is of a sweep"),
        ({"activations": {"siren": {"per_task": {"image": {"model": {"depth": [2, 3]}}}}}}, r"siren\[depth=2\]"),
        ({"tasks": {"image": {"task": "denoise", "size": 16, "sigma": [0.1, 0.2]}}}, r"image\[sigma=0.1\] is of a"),
        ({"activations": {"siren": {"per_task": {"image": 5}}}}, r"per_task\.image: 5 is not a mapping"),
        ({"activations": {"siren": {"train": 5}}}, r"train: 5 is not a mapping"),
    ],
)
def test_what_no_search_can_have_is_refused_before_a_trial_runs(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        search(**changes)


def test_an_activation_is_searched_on_its_own_tasks_alone() -> None:
    tasks = {"image": {"signals": ["camera"], "size": 16}, "denoise": {"signals": ["camera"], "size": 16}}
    tuning = "{signals: {image: [coins], denoise: [coins]}, trials: 2}"
    entries = {"siren": {}, "relu": {"tasks": ["image"]}, "wire": {"tasks": []}}
    values = {**yaml.safe_load(SEARCHED), "tuning": yaml.safe_load(tuning), "tasks": tasks, "activations": entries}
    for chosen, cells in (
        (["denoise"], {("siren", "denoise")}),
        ([], {("siren", "image"), ("siren", "denoise"), ("relu", "image")}),
    ):
        searching = Search(select_tasks(validated(Suite, values, "s"), chosen), PLUGINS, "s")
        assert set(searching.all()) == cells
        assert {(job.method.partition("-")[0], job.task_key) for job in first(searching)} == cells


def test_rounds_have_fewer_trials_and_more_steps() -> None:
    halving = search("{signals: {image: [coins]}, rounds: [{trials: 4, share: 0.5}, {trials: 1}]}")
    assert {job.train.steps for job in first(halving) if job.train} == {4}
    (last,) = halving.jobs(1, {("siren", "image"): [2]})
    assert last.train is not None
    assert last.train.steps == 8
    # the same trial as in the first round, with more steps
    assert last.train.lr == rates(first(halving), "siren")[2]
    assert values([last], "siren", "omega0") == [values(first(halving), "siren", "omega0")[2]]


def test_a_task_under_all_steps_is_searched_in_the_last_round_alone() -> None:
    tasks = {"image": {"signals": ["camera"], "size": 16}, "denoise": {"signals": ["camera"], "size": 16}}
    tuning = "{signals: {image: [coins], denoise: [coins]}, rounds: [{trials: 4, share: 0.5}, {trials: 1}], "
    both = search(tuning + "all_steps: [denoise]}", tasks=tasks)
    assert set(both.trials(0)) == {(name, "image") for name in ("relu", "siren", "wire")}
    assert both.trials(1) == {(name, "denoise"): [0, 1, 2, 3] for name in ("relu", "siren", "wire")}
    assert {job.train.steps for job in both.jobs(1, both.trials(1)) if job.train} == {8}
    with pytest.raises(BadInput, match="'denois' is no task of the suite — did you mean 'denoise'"):
        search(tuning + "all_steps: [denois]}", tasks=tasks)


def test_ranges_are_widened_for_all_alike_and_stay_within_the_bounds_of_a_parameter(tmp_path: Path) -> None:
    """`bounded` may have scales up to 12 only, and declares a range up to 10."""
    plugin = tmp_path / "bounded.py"
    plugin.write_text(
        "from inrbench.activations import Activation, LogUniform, Param\n\n"
        'class Bounded(Activation):\n    """Bounded."""\n\n    name, label, version = "bounded", "Bounded", 1\n'
        "    scale: float = Param(5.0, gt=0, le=12, tune=LogUniform(1, 10))\n\n"
        "    def forward(self, z):\n        return z * self.scale\n"
    )
    tuning = "{signals: {image: [coins]}, trials: 200, widen: 3}"
    suite = {**yaml.safe_load(SEARCHED), "tuning": yaml.safe_load(tuning), "activations": {"relu": {}, "bounded": {}}}
    jobs = first(Search(validated(Suite, suite, "s"), Plugins([plugin]), "s"))
    for name in ("relu", "bounded"):
        widened = LogUniform(Optimizer.rates.low / 3, Optimizer.rates.high * 3)
        assert widened.low <= min(rates(jobs, name)) < Optimizer.rates.low
        assert Optimizer.rates.high < max(rates(jobs, name)) <= widened.high
    scales = values(jobs, "bounded", "scale")
    assert 1 / 3 <= min(scales) < 1
    assert 10 < max(scales) <= 12


def test_the_command_halves_prints_and_locks_the_best_trial_of_each(tmp_path: Path, inrbench: Inrbench) -> None:
    path, lock_file = tmp_path / "tiny.yaml", tmp_path / "tiny.lock.yaml"
    path.write_text(SEARCHED)
    refused = inrbench("plan", path)
    assert refused.returncode == 2
    assert "inrbench tune" in refused.stderr

    done = inrbench("tune", path)
    assert done.returncode == 0, done.stderr
    found = yaml.safe_load(done.stdout)["activations"]
    assert set(found) == {"relu", "siren", "wire"}

    store = Store(tmp_path / "results", "tiny-tune")
    scores = store.scores()
    runs = store.runs().set_index("job_id")
    finals = scores[scores["metric"] == "psnr"].sort_values("step").groupby("job_id").tail(1).set_index("job_id")
    lock = Lock.read(lock_file)
    assert lock is not None
    for name in found:
        own = runs[runs["activation"] == name]
        all_of = {job: yaml.safe_load(own.loc[job, "train"]) for job in own.index}
        half = {job: finals.loc[job, "value"] for job in own.index if finals.loc[job, "step"] == 4}
        full = {job: finals.loc[job, "value"] for job in own.index if finals.loc[job, "step"] == 8}
        assert len(half) == 4
        (defaults,) = (job for job in half if all_of[job]["lr"] == DEFAULT_RATE)
        went_on = {*sorted(half, key=lambda job: -half[job])[:2], defaults}
        assert len(full) == len(went_on)
        assert {all_of[job]["lr"] for job in full} == {all_of[job]["lr"] for job in went_on}
        winner = max(full, key=lambda job: full[job])
        settings = found[name]["per_task"]["image"]
        if all_of[winner]["lr"] == DEFAULT_RATE:
            assert settings == {}
        else:
            params = yaml.safe_load(own.loc[winner, "activation_params"])
            assert settings == {**params, "train": {"lr": all_of[winner]["lr"]}}
        cell = lock.activations[name]["image"]
        assert (cell.settings, cell.metric, cell.trials, cell.failed) == (settings, "psnr", 4, 0)
        assert cell.score == pytest.approx(full[winner], rel=1e-3)
        tried = [all_of[job]["lr"] for job in half if job != defaults]
        assert ("lr low" in cell.edges) == (all_of[winner]["lr"] == min(tried))
        assert ("lr high" in cell.edges) == (all_of[winner]["lr"] == max(tried))

        archived = [row for row in Store(tmp_path / "results", "tiny").trials() if row["activation"] == name]
        assert {row["trial"]: row["score"] for row in archived if row["steps"] == 4} == {
            int(own.loc[job, "method"].partition("-t")[2]): half[job] for job in half
        }
        assert {row["score"] for row in archived if row["steps"] == 8} == set(full.values())
        first = json.loads(next(row["settings"] for row in archived if row["trial"] == 0))
        assert first["lr"] == DEFAULT_RATE

    # the same command makes the file of trials from what is stored, and trains nothing
    kept, before = Store(tmp_path / "results", "tiny").trials_file, store.runs()
    content = kept.read_bytes()
    kept.unlink()
    assert "0 of 12 jobs to run" in inrbench("tune", path).stderr
    assert kept.read_bytes() == content
    assert len(store.runs()) == len(before)

    # a search of one activation leaves what was found for the others
    again = inrbench("tune", path, "-a", "siren", "--trials", 2)
    assert again.returncode == 0, again.stderr
    updated = Lock.read(lock_file)
    assert updated is not None
    assert updated.activations["wire"] == lock.activations["wire"]
    assert updated.activations["siren"]["image"].trials == 2
    counts = Counter(row["activation"] for row in Store(tmp_path / "results", "tiny").trials())
    assert counts["wire"] >= 4 + 2
    assert counts["siren"] < counts["wire"]

    # and the suite has the settings found
    planned = inrbench("plan", path)
    assert planned.returncode == 0, planned.stderr
    assert "note" not in planned.stderr


LEFT_OUT = """
suite: tiny
repeats: 2
lock: tiny.lock.yaml
tuning: {leave_one_out: true, rates: [0.0005, 0.2], rounds: [{trials: 5, share: 0.5}, {trials: 2}]}
model: {depth: 2, width: 8}
train: {steps: 8, lr: 0.00301}
tasks: {image: {signals: [camera, coins, moon], size: 16}}
activations: {siren: {}}
"""


def test_a_signal_is_reported_with_the_setting_that_was_best_on_the_others(tmp_path: Path, inrbench: Inrbench) -> None:
    (tmp_path / "tiny.yaml").write_text(LEFT_OUT)
    assert inrbench("tune", tmp_path / "tiny.yaml").returncode == 0
    lock = Lock.read(tmp_path / "tiny.lock.yaml")
    assert lock is not None
    found = lock.activations["siren"]["image"].signals
    suite = validated(Suite, yaml.safe_load(LEFT_OUT), "s")
    searching = Search(suite, PLUGINS, "s")
    assert {job.signal for job in first(searching)} == set(found) == {"camera", "coins", "moon"}

    # An independent choice, from the stored scores of the last round by job id.
    store = Store(tmp_path / "results", "tiny")
    last = store.scores()
    values = last[last["metric"] == "psnr"].sort_values("step").groupby("job_id")["value"].last()
    trials = {trial: searching.jobs(1, {("siren", "image"): [trial]}) for trial in range(5)}
    scores = {
        trial: {job.signal: values[job.job_id] for job in jobs}
        for trial, jobs in trials.items()
        if all(job.job_id in values for job in jobs)
    }
    assert len(scores) >= 2
    for signal, settings in found.items():
        best = max(scores, key=lambda trial: sum(value for of, value in scores[trial].items() if of != signal))
        (job,) = (job for job in trials[best] if job.signal == signal)
        assert job.activation is not None
        assert job.train is not None
        assert settings.get("omega0", 30.0) == job.activation.params["omega0"]
        assert settings.get("train", {"lr": DEFAULT_RATE})["lr"] == job.train.lr

    # The first repeats are there already, each with its own setting; only the second ones are left.
    done = inrbench("run", tmp_path / "tiny.yaml")
    assert "3 of 6 jobs to run" in done.stderr, done.stderr


def test_the_command_searches_a_task_with_all_steps(tmp_path: Path, inrbench: Inrbench) -> None:
    (tmp_path / "tiny.yaml").write_text(
        LEFT_OUT.replace("rounds:", "all_steps: [noisy], rounds:").replace(
            "tasks: {", "tasks: {noisy: {task: denoise, signals: [camera, coins, moon], size: 16}, "
        )
    )
    for words in (("-t", "noisy"), ()):  # alone, and beside a task that is halved
        done = inrbench("tune", tmp_path / "tiny.yaml", *words)
        assert done.returncode == 0, done.stderr
    stored = pd.DataFrame(trials.read(tmp_path / "results/tiny/trials.parquet"))
    steps = stored.groupby(["task", "steps"])["trial"].nunique()
    assert (steps["noisy", 8], steps["image", 4]) == (5, 5)
    assert ("noisy", 4) not in steps
    lock = Lock.read(tmp_path / "tiny.lock.yaml")
    assert lock is not None
    cell = lock.activations["siren"]["noisy"]
    own = stored[stored["task"] == "noisy"].groupby("trial")["score"].mean()
    assert cell.score == pytest.approx(own.max(), rel=1e-3)
    assert (cell.trials, cell.failed) == (5, 0)
    assert "search by inrbench tune" in inrbench("plan", tmp_path / "tiny.yaml", "--hours").stdout


def test_a_search_whose_first_round_fails_ends_with_a_line(tmp_path: Path, inrbench: Inrbench) -> None:
    (tmp_path / "tiny.yaml").write_text(
        LEFT_OUT.replace("0.00301", "1.0e+30").replace("[0.0005, 0.2]", "[1.0e+29, 1.0e+31]")
    )
    done = inrbench("tune", tmp_path / "tiny.yaml")
    assert done.returncode == 0, done.stderr
    assert "every trial failed: siren on image" in done.stderr


def test_a_trial_that_fails_on_one_signal_is_out_whatever_it_reached_on_the_others(tmp_path: Path) -> None:
    searching = search("{signals: {image: [coins, moon]}, trials: 3}", activations={"siren": {}})
    jobs, store = first(searching), Store(tmp_path, "tiny-tune")
    reached = {("siren-t00", "coins"): 20.0, ("siren-t00", "moon"): 30.0, ("siren-t01", "moon"): 40.0}
    for job in jobs:
        if job.method == "siren-t02" and job.signal == "coins":  # has no row at all
            continue
        value = reached.get((job.method, job.signal), 50.0)
        ended = (job.method, job.signal) != ("siren-t01", "coins")
        outcome = (
            Outcome("ok", metric="psnr", scores=(Score(8, 0.1, "psnr", value, 1),))
            if ended
            else Outcome("timeout", "no result within the time limit")
        )
        store.commit(to_row(job, Attempt(1, "2024", "x.log"), Execution(outcome, True)), outcome.scores)
    scores = searching.scores(plan.make(jobs, store), store)
    assert len(scores) == 6
    assert searching.ranking(scores)[["trial", "value"]].values.tolist() == [[0, 25.0]]
    cell = searching.as_lock({0: scores}, PLUGINS.sources()).activations["siren"]["image"]
    assert (cell.settings, cell.score, cell.failed) == ({}, 25.0, 2)
    archived = {(row["trial"], row["signal"]): row["score"] for row in searching.archived({0: scores})}
    assert [key for key, score in archived.items() if score is None] == [(1, "coins"), (2, "coins")]


def test_two_entries_with_a_trial_in_common_have_its_score_both(tmp_path: Path) -> None:
    fixed = {"activation": "siren", "per_task": {"image": {"omega0": 30.0, "train": {"lr": DEFAULT_RATE}}}}
    searching = search(activations={"siren": {}, "siren-published": fixed})
    jobs, store = first(searching), Store(tmp_path, "tiny-tune")
    assert len({job.job_id for job in jobs}) == len(jobs) - 1
    for number, job in enumerate(distinct(jobs)):
        score = Score(8, 0.1, "psnr", 30.0 - number, 1)
        outcome = Outcome("ok", metric="psnr", scores=(score,))
        store.commit(to_row(job, Attempt(1, "2024", "x.log"), Execution(outcome, True)), outcome.scores)
    found = searching.as_lock({0: searching.scores(plan.make(jobs, store), store)}, PLUGINS.sources()).activations
    assert found["siren"]["image"].score == found["siren-published"]["image"].score == 30.0
    assert (found["siren"]["image"].failed, found["siren-published"]["image"].failed) == (0, 0)


def test_failed_trials_run_again_as_retry_says(tmp_path: Path, trouble: Path, inrbench: Inrbench) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(SEARCHED)
    command = ("tune", path, "--plugin", trouble, "-a", "trouble", "--trials", 1, "--set", "tuning.rounds=null")
    assert "1 of 1 jobs to run" in inrbench(*command).stderr
    assert "0 of 1 jobs to run (1 failed before; --retry runs them again)" in inrbench(*command).stderr
    assert "1 of 1 jobs to run" in inrbench(*command, "--retry", "error").stderr
    assert Store(tmp_path / "results", "tiny-tune").runs()["attempt"].tolist() == [2]
    refused = inrbench(*command, "--retry", "eror")
    assert (refused.returncode, "no such status 'eror'" in refused.stderr) == (2, True)


def test_leaving_one_out_needs_three_signals_and_no_others() -> None:
    with pytest.raises(BadInput, match="leave_one_out needs 3"):
        first(search("{leave_one_out: true, trials: 4}"))
    with pytest.raises(BadInput, match="signals or leave_one_out"):
        search("{leave_one_out: true, signals: {image: [coins]}}")


def test_a_search_has_one_trial_at_least() -> None:
    whole = search("{signals: {image: [coins]}, trials: 9}")
    with pytest.raises(BadInput, match="--trials 0: at least 1"):
        Search(whole._suite, whole._plugins, "s.yaml", 0)


def test_rates_of_a_suite_go_before_the_usual_ones() -> None:
    narrow = rates(first(search("{signals: {image: [coins]}, trials: 9, rates: [0.1, 0.2]}")), "relu")[1:]
    assert all(0.1 <= rate <= 0.2 for rate in narrow)
    with pytest.raises(BadInput, match="lowest rate comes first"):
        search("{signals: {image: [coins]}, rates: [0.2, 0.1]}")


def test_a_setting_among_the_three_outermost_of_many_trials_is_at_the_edge() -> None:
    many = search("{signals: {image: [coins]}, trials: 25}")
    tried = {trial: point["lr"] for trial, point in enumerate(many._points("relu", "image")) if point}
    order = sorted(tried, key=lambda trial: tried[trial])
    for place, trial in enumerate(order):
        assert many._edges("relu", "image", trial) == ["lr low"] * (place < 3) + ["lr high"] * (place >= len(order) - 3)


FIXED = """
suite: fixed
repeats: 1
tuning: {trials: 3, signals: {image: [coins]}}
model: {depth: 2, width: 8}
train: {steps: 4, lr: 1.0e-3}
tasks: {image: {signals: [camera], size: 16}}
activations:
  siren: {per_task: {image: {omega0: 7.0, train: {lr: 2.0e-3, lr_decay: 0.5}}}}
"""


def test_what_tune_writes_by_out_goes_over_the_settings_of_the_suite(tmp_path: Path, inrbench: Inrbench) -> None:
    path = tmp_path / "fixed.yaml"
    path.write_text(FIXED)
    plain = inrbench("tune", path, "--set", "repeats=2")
    assert "--out mine.lock.yaml" in plain.stderr
    done = inrbench("tune", path, "--set", "repeats=2", "--set", "tuning.repeats=1", "--out", "mine.lock.yaml")
    assert done.returncode == 0, done.stderr
    assert "0 of 3 jobs to run" in done.stderr
    found = Lock.read(tmp_path / "mine.lock.yaml")
    assert found is not None
    settings = found.activations["siren"]["image"].settings
    assert f"next: inrbench run {path} --set repeats=2 --lock mine.lock.yaml" in done.stderr

    assert inrbench("run", path, "--set", "repeats=2", "--lock", "mine.lock.yaml").returncode == 0
    (row, _) = Store(tmp_path / "results", "fixed").runs().to_dict("records")
    params, train = json.loads(row["activation_params"]), json.loads(row["train"])
    assert params["omega0"] == settings.get("omega0", 30.0) != 7.0
    assert train["lr"] == settings.get("train", {}).get("lr", 1e-3)
    assert train["lr_decay"] == 0.5, "what was not searched is left"

    missing = inrbench("run", path, "--lock", "other.lock.yaml")
    assert missing.returncode == 2
    assert f"make it with: inrbench tune {path} --out other.lock.yaml" in missing.stderr
    assert inrbench("tune", path, "--lock", "mine.lock.yaml").returncode == 2


def test_settings_of_an_optimiser_and_of_the_initialisation_are_searched_too() -> None:
    entries = {
        "relu": {},
        "relu-muon": {"activation": "relu", "train": {"optimizer": {"name": "muon", "momentum": 0.9}, "lr": 0.03}},
        "relu-variance": {"activation": "relu", "model": {"init": "variance"}},
    }
    searched = search("{signals: {image: [coins]}, trials: 6}", activations=entries)
    jobs = {job.method: job for job in first(searched)}
    muon = [jobs[f"relu-muon-t{trial:02d}"].train for trial in range(6)]
    rates, others = ([], [])
    for train in muon:
        assert train is not None
        assert train.optimizer.name == "muon"
        assert train.optimizer.options["momentum"] == 0.9
        rates.append(train.lr)
        others.append(train.optimizer.options.get("adam_lr"))
    assert rates[0] == 0.03
    assert others[0] is None
    ranges = PLUGINS.optimizers.get("muon")
    assert all(ranges.rates.low <= rate <= ranges.rates.high for rate in rates)
    assert len(set(others)) == len(set(rates)) == 6
    models = [jobs[f"relu-variance-t{trial:02d}"].model for trial in range(6)]
    spreads = [model.sigma_p for model in models if model is not None]
    assert spreads[0] is None
    assert all(0.1 <= spread <= 10 for spread in spreads[1:] if spread is not None)
    assert len(set(spreads)) == 6
    assert {model.init for model in models if model is not None} == {"variance"}
    assert {model.width for model in models if model is not None} == {8}
    assert jobs["relu-t01"].train is not None
    assert jobs["relu-t01"].train.optimizer.name == "adam"


def test_whole_numbers_are_searched_as_such_and_what_an_entry_turns_off_is_not_searched() -> None:
    chosen = {"relu-pe": {}, "grid": {"tv": None}, "grid-tv": {"activation": "grid", "tv": 1e-5}}
    jobs = first(search("{signals: {image: [coins]}, trials: 9}", activations=chosen))
    levels = values(jobs, "relu-pe", "levels")
    assert levels[0] is None
    assert all(isinstance(level, int) and 2 <= level <= 8 for level in levels[1:])
    assert len(set(levels)) > 4
    grids = [
        (job.method, job.activation.params["tv"]) for job in jobs if job.activation and "tv" in job.activation.params
    ]
    off = {value for method, value in grids if method.startswith("grid-t0")}
    on = [value for method, value in grids if method.startswith("grid-tv-t")]
    assert off == {None}
    assert on[0] == 1e-5
    assert len(set(on)) == 9
    assert all(1e-7 <= value <= 1e-3 for value in on)


def test_the_weight_of_total_variation_is_searched_where_an_entry_has_one() -> None:
    chosen = {"siren": {}, "siren-tv": {"activation": "siren", "train": {"tv": 1e-5}}}
    jobs = first(search("{signals: {image: [coins]}, trials: 6}", activations=chosen))
    weights = {job.method: job.train.tv for job in jobs if job.train}
    assert {value for method, value in weights.items() if "-tv-" not in method} == {None}
    with_tv = [value for method, value in weights.items() if "-tv-" in method]
    assert with_tv[0] == 1e-5
    assert len(set(with_tv)) == 6
    assert all(value is not None and 1e-7 <= value <= 1e-3 for value in with_tv)
    both = [{job.train.lr for job in jobs if job.train and ("-tv-" in job.method) is has} for has in (True, False)]
    assert len(both[0]) == len(both[1]) == 6
