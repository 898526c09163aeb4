"""Suite files: overrides, scales, the choice of activations, and the suites that are shipped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inrbench.bench.config import expand
from inrbench.bench.config import suite as suites
from inrbench.bench.errors import BadInput
from tests.bench.config.layout import PLUGINS, lay_out


def test_selecting_keeps_the_suites_settings() -> None:
    text = "activations: {siren: {omega0: 10, per_task: {image: {omega0: 11}}}, relu: {}}"
    (kept,) = lay_out(text, activations=["siren"])
    assert kept.activation is not None
    assert kept.activation.params["omega0"] == 11
    (bracketed,) = lay_out(text, activations=["siren[omega0=12]"])
    assert bracketed.activation is not None
    assert bracketed.activation.params["omega0"] == 12
    two = lay_out(text, activations=["wire[omega0=10,20,s0=5]"])
    assert [job.method for job in two] == ["wire[omega0=10]", "wire[omega0=20]"]
    assert all(job.activation and job.activation.params["s0"] == 5 for job in two)


def test_overrides_reach_into_the_suite(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "suite: s\nmodel: {width: 8}\ntrain: {steps: 5}\ntasks: {image: {size: 16}}\nactivations: {relu: {}}"
    )
    chosen, _ = suites.load(str(path), ["train.steps=7", "tasks.image.signals=[coins]", "tasks.image.size=[16, 24]"])
    (job,) = [job for job in expand.jobs(chosen, PLUGINS, "s") if job.repeat == 0]
    assert job.train is not None
    assert (job.train.steps, job.signal, job.task.params["size"]) == (7, "coins", [16, 24])


def test_every_shipped_suite_can_be_laid_out() -> None:
    for name in suites.shipped():
        chosen, where = suites.load(name)
        assert chosen.suite == name
        assert chosen.description
        assert expand.jobs(chosen, PLUGINS, where)


def test_quick_was_not_tuned_on_what_it_reports() -> None:
    chosen, where = suites.load("quick")
    reported = {job.signal for job in expand.jobs(chosen, PLUGINS, where)}
    tuned = {signal for signals in chosen.tuning.signals.values() for signal in signals}
    assert tuned
    assert not reported & tuned


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("lr=0.01", "--set lr=0.01: a suite has no setting 'lr' — did you mean 'train.lr'?"),
        ("width=9", "did you mean 'model.width'?"),
        ("trian.lr=0.01", "a suite has no setting 'trian' — did you mean 'train'?"),
        ("train.step=10", "--set train.step=10: train has no setting 'step' — did you mean 'steps'?"),
        ("model.zzz=10", "model has no setting 'zzz'; known: depth"),
    ],
)
def test_an_override_of_nothing_says_what_is_like_it(override: str, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        suites.load("quick", [override])
    assert words in str(caught.value)


def test_a_file_beside_a_wrong_name_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=r"unknown suite 'mine'; known: .*or give the path"):
        suites.load("mine")
    Path("mine.yaml").touch()
    with pytest.raises(BadInput, match=r"unknown suite 'mine'; for the file here, write mine\.yaml"):
        suites.load("mine")


SCALED = """
suite: s
model: {width: 8}
train: {steps: 50}
tasks: {image: {size: 64}}
activations: {relu: {}}
scales:
  small: {train.steps: 5, tasks.image: {size: 16, signals: [coins]}}
"""


def test_a_scale_is_another_size_with_results_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(SCALED)
    full, _ = suites.load(str(path))
    small, where = suites.load(str(path), ["repeats=1"], "small")
    assert (full.suite, small.suite) == ("s", "s-small")
    (job,) = expand.jobs(small, PLUGINS, where)
    assert job.train is not None
    assert (job.train.steps, job.signal, job.task.params["size"]) == (5, "coins", 16)
    with pytest.raises(BadInput, match="did you mean 'small'"):
        suites.load(str(path), scale="smal")


def test_every_shipped_paper_suite_says_what_it_reproduces_and_has_a_size_for_everybody() -> None:
    papers = [name for name in suites.shipped() if name.startswith("paper-")]
    assert papers
    for name in papers:
        full, _ = suites.load(name)
        assert full.source, name
        assert full.deviations, name
        small, where = suites.load(name, scale="small")
        assert expand.jobs(small, PLUGINS, where)


def test_every_suite_of_a_paper_states_its_claim_and_whether_it_holds_at_which_size() -> None:
    papers = {name: suites.load(name)[0] for name in suites.shipped() if name.startswith("paper-")}
    assert len(papers) == 8
    for name, one in papers.items():
        assert one.claim, name
        first, full, small = one.claim.lines
        assert first.startswith(f"{one.claim.figure}: "), name
        assert re.match(r"Full size: (Holds|Does not hold|In part|Not run)", full), name
        assert re.match(r"Small scale: (Holds|Does not hold|Nothing to compare|Not comparable)", small), name


def test_a_scale_that_a_suite_lacks_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(BadInput, match=r"no such scale — did you mean 'small'\?"):
        suites.load("paper-ct", scale="smal")
    with pytest.raises(BadInput, match="no such scale and no other; leave it out"):
        suites.load("quick", scale="small")


def test_an_activation_is_chosen_once_or_with_the_same_settings() -> None:
    with pytest.raises(BadInput, match=r"-a siren\[omega0=20\]: siren is chosen before with other settings; write a s"):
        lay_out("", activations=["siren[omega0=10]", "siren[omega0=20]"])
    assert len(lay_out("", activations=["siren[omega0=10]", "siren[omega0=10]", "relu"])) == 2
