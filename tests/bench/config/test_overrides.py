"""Overrides that more particular settings hide: refused with the way to set all, and that way works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inrbench.bench.arguments import SuiteArgs
from inrbench.bench.config import overrides
from inrbench.bench.config.job import Job
from inrbench.bench.config.suite import Tuning
from inrbench.bench.errors import BadInput
from inrbench.bench.workspace import Workspace

SUITE = """
suite: s
repeats: 1
model: {depth: 2, width: 16}
train: {steps: 5, lr: 1.0e-3}
tasks:
  image: {signals: [camera], size: 16}
  superres: {signals: [coffee], size: [16, 24], train: {steps: 7}}
activations:
  relu: {train: {lr: 2.0e-3}}
  siren:
    per_task:
      image: {omega0: 57.4, train: {lr: 2.5e-3}, model: {width: 8}}
      superres: {omega0: 18.9, train: {lr: 8.0e-4}}
"""


@pytest.fixture
def suite(tmp_path: Path) -> str:
    path = tmp_path / "s.yaml"
    path.write_text(SUITE)
    return str(path)


def work(suite: str, *changes: str, activations: tuple[str, ...] = (), tasks: tuple[str, ...] = ()) -> Workspace:
    return Workspace.of(SuiteArgs(suite=suite, overrides=[*changes], activations=[*activations], tasks=[*tasks]))


def rates(jobs: list[Job]) -> dict[tuple[str, str], float | None]:
    return {(job.method.partition("[")[0], job.task_key): job.train.lr for job in jobs if job.train}


def test_a_rate_that_every_activation_has_itself_is_refused_and_can_be_set_for_all(suite: str) -> None:
    message = r"reaches nothing: activations\.relu, activations\.siren\.per_task override it; .*all\.train\.lr=0\.01"
    with pytest.raises(BadInput, match=message):
        work(suite, "train.lr=0.01")
    assert set(rates(work(suite, "all.train.lr=0.01").jobs).values()) == {0.01}


def test_brackets_set_a_rate_on_every_task(suite: str) -> None:
    for key in ("lr", "train.lr"):
        found = rates(work(suite, activations=(f"siren[{key}=0.01]", "relu")).jobs)
        assert found == {
            ("siren", "image"): 0.01, ("siren", "superres"): 0.01, ("relu", "image"): 2e-3, ("relu", "superres"): 2e-3,
        }  # fmt: skip
    swept = work(suite, activations=("siren[lr=0.01,0.02]",), tasks=("image",)).jobs
    assert {job.method: job.train.lr for job in swept if job.train} == {"siren[lr=0.01]": 0.01, "siren[lr=0.02]": 0.02}
    (job,) = (job for job in work(suite, activations=("siren[width=12]",), tasks=("image",)).jobs if job.model)
    assert (job.model and job.model.width, job.activation and job.activation.params["omega0"]) == (12, 57.4)


def test_a_parameter_of_the_activation_goes_before_a_setting_of_that_name(suite: str) -> None:
    (job,) = (job for job in work(suite, activations=("grid[tv=0.01]",), tasks=("image",)).jobs if job.train)
    assert (job.train and job.train.tv, job.activation and job.activation.params["tv"]) == (None, 0.01)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("activations.siren.omega0=10", r'per_task overrides it; set .* with -a "siren\[omega0=10\]"'),
        ("activations.siren.train.lr=0.01", r'with -a "siren\[lr=0\.01\]"'),
        ("tasks.image.train.lr=0.01", r"--set all\.train\.lr=0\.01 -t image"),
    ],
)  # fmt: skip
def test_what_reaches_nothing_says_what_hides_it(suite: str, override: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        work(suite, override)


def test_what_the_lock_file_hides_is_said(suite: str, tmp_path: Path) -> None:
    lock = "suite: s\nmodel: {}\ntrain: {}\nactivations: {tanh: {image: %s, superres: %s}}\n"
    found = "{settings: {train: {lr: 0.004}}, metric: psnr, score: 1.0, trials: 2, source: x}"
    (tmp_path / "s.lock.yaml").write_text(lock % (found, found))
    Path(suite).write_text(SUITE.partition("activations:")[0] + "lock: s.lock.yaml\nactivations: {tanh: {}}\n")
    assert set(rates(work(suite).jobs).values()) == {0.004}
    with pytest.raises(BadInput, match="reaches nothing: the lock file overrides"):
        work(suite, "train.lr=0.01")
    assert set(rates(work(suite, "all.train.lr=0.01").jobs).values()) == {0.01}
    assert set(rates(work(suite, "activations.tanh.per_task.image.train.lr=0.03").jobs).values()) == {0.03, 0.004}


def test_a_part_that_is_reached_is_a_note_and_all_of_it_is_none(suite: str) -> None:
    (note,) = work(suite, "train.steps=9").hidden
    assert "reaches 2 of 4 pairs of activation and task; elsewhere tasks.superres overrides it" in note
    (note,) = work(suite, "model.params=500").hidden
    assert "reaches 3 of 4 pairs" in note
    assert not work(suite, "tasks.superres.train.steps=9").hidden
    assert not work(suite, "train.loss=l1").hidden
    assert work(suite, "all.train.steps=9").jobs[-1].train.steps == 9  # type: ignore[union-attr]


@pytest.mark.parametrize("override", ["all.lr=0.01", "all.train.lr", "all.train.rate=1", "all.tasks.image=1"])
def test_what_cannot_be_set_everywhere_is_told(suite: str, override: str) -> None:
    with pytest.raises(BadInput, match="--set all"):
        work(suite, override)


MORE = """
suite: s
repeats: 1
model: {depth: 2, width: 16}
train: {steps: 5, lr: 1.0e-3}
lock: s.lock.yaml
scales: {small: {train.steps: 3}}
tasks:
  image: {signals: [camera, coffee], size: 16}
  ct: {signals: [ct-small], size: 16, classical: {tv: {tv_weight: 1.0e-3}}}
activations:
  siren:
    per_task:
      image: {omega0: 50.0}
      image/camera: {omega0: 57.4}
      image/coffee: {omega0: 30.0}
  relu: {tasks: [image]}
"""


@pytest.fixture
def more(tmp_path: Path) -> str:
    path = tmp_path / "more.yaml"
    path.write_text(MORE)
    (tmp_path / "s.lock.yaml").write_text("suite: s\nmodel: {}\ntrain: {}\nactivations: {}\n")
    return str(path)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("tasks.ct.tv_weight=0.1", r"reaches nothing: tasks\.ct\.classical\.tv overrides it; set it there"),
        ("activations.siren.per_task.image.omega0=10", r"reaches nothing: activations\.siren\.per_task overrides it"),
        ("scales.small.train.steps=2", "reaches nothing: it asks for no --scale; set the keys inside it themselves"),
        ("tuning.trials=2", "reaches nothing: only inrbench tune and inrbench try read it"),
    ],
)  # fmt: skip
def test_every_kind_of_key_that_something_hides_is_refused(more: str, override: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        work(more, override)


def test_a_mapping_is_refused_for_the_key_that_reaches_nothing(suite: str) -> None:
    message = r"--set train={steps: 9, lr: 0\.01}: train\.lr reaches nothing: .*; set each of its keys by itself"
    with pytest.raises(BadInput, match=message):
        work(suite, "train={steps: 9, lr: 0.01}")
    with pytest.raises(BadInput, match=r"activations\.siren\.omega0 reaches nothing"):
        work(suite, "activations={siren: {omega0: 5, per_task: {image: {omega0: 6}, superres: {omega0: 7}}}}")
    assert not work(suite, "tasks.image={size: 8, signals: [camera]}").hidden


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("tasks.ct.angles=9", "-t leaves ct out"),
        ("activations.relu.train.lr=0.01", "-a leaves relu out"),
        ("activations.siren.per_task.ct.omega0=9", "-t leaves ct out"),
    ],
)  # fmt: skip
def test_what_the_options_leave_out_is_no_place_for_an_override(more: str, override: str, message: str) -> None:
    with pytest.raises(BadInput, match=f"reaches nothing: {message}"):
        work(more, override, tasks=("image",), activations=("siren",))


def test_a_task_that_an_activation_takes_no_part_in_is_no_place_for_an_override(more: str) -> None:
    with pytest.raises(BadInput, match=r"reaches nothing: activations\.relu\.tasks leaves ct out"):
        work(more, "activations.relu.per_task.ct.train.lr=0.1")


def test_brackets_hide_what_is_set_for_all(suite: str) -> None:
    with pytest.raises(BadInput, match=r"all\.train\.lr=0\.01 reaches nothing: .*leave it out of the brackets of -a"):
        work(suite, "all.train.lr=0.01", activations=("siren[lr=0.02]",))


def test_a_lock_file_on_the_command_line_hides_that_of_the_suite(more: str, tmp_path: Path) -> None:
    options = SuiteArgs(suite=more, overrides=["lock=other.lock.yaml"], lock=tmp_path / "s.lock.yaml")
    with pytest.raises(BadInput, match=r"--set lock=other\.lock\.yaml reaches nothing: --lock .* overrides it"):
        Workspace.of(options)
    with pytest.raises(BadInput, match="it comes after --scale small"):
        Workspace.of(SuiteArgs(suite=more, overrides=["scales.small.train.steps=2"], scale="small"))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("repeats=2", "is for the run: trials are repeated as tuning.repeats says"),
        ("tasks.image.signals=[photo.png]", "trials are on coins, as tuning.signals.image says; .* inrbench try"),
    ],
)  # fmt: skip
def test_what_a_search_does_not_read_is_said(override: str, message: str) -> None:
    tuning = Tuning(signals={"image": ["coins"]})
    (note,) = overrides.unread_by_search([override], tuning)
    assert re.search(message, note)
    assert not overrides.unread_by_search(["train.steps=3", "tasks.image.size=16"], tuning)
    both = ["tasks.image.signals=[a.png]", "tuning.signals.image=[b.png]"]
    assert not overrides.unread_by_search(both, tuning)
    assert not overrides.unread_by_search(both[:1], Tuning(leave_one_out=True))
