"""Lock files: what is read back, whose settings count, and what a user is told of one that is old."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from inrbench.bench.arguments import SuiteArgs
from inrbench.bench.config.expand import declarations
from inrbench.bench.config.lock import Lock, TunedSettings, flow, source
from inrbench.bench.config.strict_yaml import read_yaml, validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.errors import BadInput
from inrbench.bench.workspace import Workspace
from tests.bench.config.layout import PLUGINS

SUITE: dict[str, Any] = {
    "suite": "s",
    "model": {"depth": 2, "width": 8},
    "train": {"steps": 8},
    "tasks": {"image": {"size": 16}},
    "activations": {"relu": {}, "siren": {}},
}
SOURCES = PLUGINS.sources()


def cell(activation: str, **changes: Any) -> TunedSettings:
    values: dict[str, Any] = {
        "settings": {"train": {"lr": 0.01}},
        "metric": "psnr",
        "score": 21.5,
        "trials": 4,
        "source": source(SOURCES, "image", activation),
    }
    return TunedSettings(**{**values, **changes})


def lock(**cells: TunedSettings) -> Lock:
    activations = {name: {"image": found} for name, found in cells.items()}
    return Lock(suite="s", model=SUITE["model"], train=SUITE["train"], activations=activations)


def notes(of: Lock, **changes: Any) -> list[str]:
    suite = validated(Suite, {**SUITE, **changes}, "s")
    return of.notes(declarations(suite, PLUGINS, "s"), SOURCES, suite, "inrbench tune s.yaml --scale small")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    written = lock(
        relu=cell("relu"),
        siren=cell("siren", settings={"omega0": 21.4, "train": {"lr": 0.01}}, failed=1, edges=["omega0 high"]),
    )
    path = tmp_path / "s.lock.yaml"
    assert Lock.read(path) is None
    written.write(path)
    assert Lock.read(path) == written


@pytest.mark.parametrize("text", ["[1, 2]", "suite: s", "a: [", "suite: s\nmodel: {}\ntrain: {}\nactivations: 3"])
def test_a_file_that_is_no_lock_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.lock.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"s\.lock\.yaml"):
        Lock.read(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        lock(relu=cell("relu")).write(tmp_path / "file" / "s.lock.yaml")


def test_an_update_keeps_what_was_not_searched_again() -> None:
    first = lock(relu=cell("relu"), siren=cell("siren"))
    second = lock(siren=cell("siren", score=30.0))
    both = first.updated(second).activations
    assert both["relu"]["image"].score == 21.5
    assert both["siren"]["image"].score == 30.0


def test_what_the_suite_says_of_a_task_comes_before_what_was_found() -> None:
    found = lock(siren=cell("siren", settings={"omega0": 21.4, "train": {"lr": 0.01}}))
    entry = found.applied({"siren": {"omega0": 30}, "relu": None})
    assert entry["siren"] == {"omega0": 30, "per_task": {"image": {"omega0": 21.4, "train": {"lr": 0.01}}}}
    assert entry["relu"] == {"per_task": {}}
    said = {"siren": {"per_task": {"image": {"omega0": 12, "train": {"steps": 3}}}}}
    assert found.applied(said)["siren"]["per_task"]["image"] == {"omega0": 12, "train": {"lr": 0.01, "steps": 3}}


def test_a_model_an_optimiser_and_a_signal_of_the_suite_come_before_what_was_found_too() -> None:
    muon = {"name": "muon", "adam_lr": 0.3, "momentum": 0.8}
    settings = {"model": {"sigma_p": 2.0}, "train": {"lr": 0.01, "optimizer": muon}}
    found = lock(siren=cell("siren", settings=settings, signals={"camera": {"omega0": 7.0}}))
    said = {
        "image": {"model": {"depth": 4}, "train": {"optimizer": {"name": "muon", "momentum": 0.9}}},
        "image/camera": {"omega0": 5.0},
    }
    applied = found.applied({"siren": {"per_task": said}})["siren"]["per_task"]
    assert applied["image"] == {
        "model": {"sigma_p": 2.0, "depth": 4},
        "train": {"lr": 0.01, "optimizer": {**muon, "momentum": 0.9}},
    }
    assert (applied["image/camera"]["omega0"], applied["image/camera"]["model"]) == (5.0, {"depth": 4})
    over = found.applied({"siren": {"per_task": said}}, over=True)["siren"]["per_task"]
    assert (over["image"], over["image/camera"]["omega0"]) == (applied["image"], 7.0)
    other = found.applied({"siren": {"per_task": {"image": {"train": {"optimizer": "adamw"}}}}})["siren"]["per_task"]
    assert other["image"]["train"]["optimizer"] == {"name": "adamw"}


def test_a_lock_that_fits_needs_no_note() -> None:
    assert notes(lock(relu=cell("relu"), siren=cell("siren"))) == []


def test_settings_older_than_their_plugin_missing_or_for_another_network_are_told() -> None:
    (old,) = notes(lock(relu=cell("relu"), siren=cell("siren", source="0" * 12)))
    assert "older" in old
    assert "again with: inrbench tune s.yaml --scale small -a siren" in old
    (missing,) = notes(lock(relu=cell("relu")))
    assert "siren" in missing
    assert "defaults" in missing
    (other,) = notes(lock(relu=cell("relu"), siren=cell("siren")), train={"steps": 9})
    assert "another model or train" in other


def test_a_hash_that_looks_like_a_number_comes_back_as_text() -> None:
    for text in ("12345e678901", "072235678901", "1e5", "07223f2fb3f7"):
        assert read_yaml(flow({"source": text, "lr": 1e-05}), "x") == {"source": text, "lr": 1e-05}


@pytest.mark.parametrize(
    ("scale", "given", "options"),
    [
        (None, None, ""),
        ("shared", None, ""),
        ("own", None, " --scale own"),
        ("shared", "other.lock.yaml", " --scale shared --out other.lock.yaml"),
    ],
)
def test_the_command_that_writes_a_missing_file_is_told(
    tmp_path: Path, scale: str | None, given: str | None, options: str
) -> None:
    scales = {"shared": {"train.steps": 3}, "own": {"lock": "own.lock.yaml"}}
    path = tmp_path / "my own.yaml"
    path.write_text(yaml.safe_dump({**SUITE, "lock": "s.lock.yaml", "scales": scales}))
    with pytest.raises(BadInput, match=re.escape(f"make it with: inrbench tune '{path}'{options}") + "$"):
        Workspace.of(SuiteArgs(suite=str(path), scale=scale, lock=Path(given) if given else None))
