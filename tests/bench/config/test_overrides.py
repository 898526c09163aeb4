"""Overrides that more particular settings hide: refused with the way to set all, and that way works."""

from __future__ import annotations

from pathlib import Path

import pytest

from inrbench.bench.arguments import SuiteArgs
from inrbench.bench.config.job import Job
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


def work(suite: str, *overrides: str, activations: tuple[str, ...] = (), tasks: tuple[str, ...] = ()) -> Workspace:
    return Workspace.of(SuiteArgs(suite=suite, overrides=[*overrides], activations=[*activations], tasks=[*tasks]))


def rates(jobs: list[Job]) -> dict[tuple[str, str], float | None]:
    return {(job.method.partition("[")[0], job.task_key): job.train.lr for job in jobs if job.train}


def test_a_rate_that_every_activation_has_itself_is_refused_and_can_be_set_for_all(suite: str) -> None:
    message = r"reaches nothing: activations\.relu, activations\.siren\.per_task go before it; .*all\.train\.lr=0\.01"
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
        ("activations.siren.omega0=10", r'per_task goes before it; set .* with -a "siren\[omega0=10\]"'),
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
    with pytest.raises(BadInput, match="reaches nothing: the lock file goes"):
        work(suite, "train.lr=0.01")
    assert set(rates(work(suite, "all.train.lr=0.01").jobs).values()) == {0.01}
    assert set(rates(work(suite, "activations.tanh.per_task.image.train.lr=0.03").jobs).values()) == {0.03, 0.004}


def test_a_part_that_is_reached_is_a_note_and_all_of_it_is_none(suite: str) -> None:
    (note,) = work(suite, "train.steps=9").hidden
    assert "reaches 2 of 4 pairs of activation and task; elsewhere tasks.superres goes before it" in note
    (note,) = work(suite, "model.params=500").hidden
    assert "reaches 3 of 4 pairs" in note
    assert not work(suite, "tasks.superres.train.steps=9").hidden
    assert not work(suite, "train.loss=l1").hidden
    assert work(suite, "all.train.steps=9").jobs[-1].train.steps == 9  # type: ignore[union-attr]


@pytest.mark.parametrize("override", ["all.lr=0.01", "all.train.lr", "all.train.rate=1", "all.tasks.image=1"])
def test_what_cannot_be_set_everywhere_is_told(suite: str, override: str) -> None:
    with pytest.raises(BadInput, match="--set all"):
        work(suite, override)
