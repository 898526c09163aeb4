"""The estimate of a run's time before anything like it has been run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inrbench.bench.config.expand import jobs
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Model
from inrbench.bench.config.suite import load
from inrbench.bench.runner import rough_time
from inrbench.bench.runner.rough_time import CALLS, RoughTime, Speed
from tests.bench.command import Inrbench

SPEED = Speed(flops=1e11, unit=4e-9)
PLUGINS = Plugins()


def seconds(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> float:
    monkeypatch.setattr(Speed, "measured", classmethod(lambda _: SPEED))
    suite = {
        "suite": "s",
        "repeats": 1,
        "model": {"depth": 3, "width": 64},
        "train": {"steps": 100},
        "tasks": {"image": {"signals": ["camera"], "size": 64}},
        "activations": {"relu": {}},
    }
    loaded, where = load(suite | changes)
    return RoughTime(PLUGINS).seconds(jobs(loaded, PLUGINS, where))


def test_a_step_is_products_arithmetic_and_calls() -> None:
    step = SPEED.step(1000, Model(depth=3, width=64))
    assert step == pytest.approx(1000 * (2 * 6 * 64**2 / 1e11 + 3 * 64 * 4e-9) + CALLS)
    near = SPEED.step(1000, Model(depth=3, params=2 * 64**2))
    assert near == pytest.approx(step)


def test_all_steps_of_all_networks_count_and_points_that_are_not_measured_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    once = seconds(monkeypatch)
    assert once == pytest.approx(100 * SPEED.step(64 * 64, Model(depth=3, width=64)))
    assert seconds(monkeypatch, train={"steps": 200}, repeats=3) == pytest.approx(6 * once)
    few = seconds(monkeypatch, tasks={"inpaint": {"signals": ["camera"], "size": 64, "keep": 0.25}})
    assert few == pytest.approx(100 * SPEED.step(1024, Model(depth=3, width=64)))
    mixed = seconds(monkeypatch, tasks={"superres": {"signals": ["camera"], "size": 64, "factor": 2}})
    assert mixed == pytest.approx(once)  # evaluated everywhere, measured at a quarter


def test_a_step_on_a_part_of_the_measurements_evaluates_fewer_points(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(**train: Any) -> int:
        taken = seconds(monkeypatch, train={"steps": 100, **train})
        return next(n for n in range(1, 4097) if taken == pytest.approx(100 * SPEED.step(n, Model(depth=3, width=64))))

    assert points(batch=0.01) == 41
    assert points(batch=512) == 512
    assert points(batch=0.5, holdout=0.5) == 1024
    assert points(batch=0.01, tv=1e-3) == 4096  # on the whole grid
    mixed = {"superres": {"signals": ["camera"], "size": 64, "factor": 2}}
    assert seconds(monkeypatch, tasks=mixed, train={"steps": 100, "batch": 0.01}) == seconds(monkeypatch, tasks=mixed)


def test_the_machine_is_measured_in_plausible_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rough_time, "ROUNDS", 5)
    speed = Speed.measured()
    assert 1e8 < speed.flops < 1e13
    assert 1e-11 < speed.unit < 1e-5


def test_plan_tells_the_hours_of_the_run_and_of_the_search(inrbench: Inrbench) -> None:
    out = inrbench("plan", "quick", "-t", "image", "-a", "siren", "--hours").stdout
    assert "training: about" in out
    assert "search by inrbench tune, all of it: about" in out
    assert "siren" not in out.lower()
    found = json.loads(inrbench("plan", "quick", "-t", "image", "-a", "siren", "--hours", "--json").stdout)
    assert 0 < found["seconds_training"] < found["seconds_search"]
    assert found["todo"]


def test_hours_of_a_run_that_no_search_can_precede(inrbench: Inrbench) -> None:
    done = inrbench("plan", "quick", "-t", "image", "-a", "siren[omega0=10,20]", "--hours")
    assert done.returncode == 0
    assert "training: about" in done.stdout
    assert "search" not in done.stdout
    assert "inrbench tune cannot search this: quick.yaml: activations: siren[omega0=10] is of a sweep" in done.stderr


def test_hours_of_a_picture_that_is_not_there(
    inrbench: Inrbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INRBENCH_DATA", str(tmp_path))
    monkeypatch.setenv("INRBENCH_OFFLINE", "1")
    done = inrbench("plan", "paper-superres", "--hours")
    assert done.returncode == 2
    assert done.stderr.startswith("inrbench: signal 'set5-butterfly' needs a file that is not in the folder")
    assert done.stderr.count("\n") == 1
