"""The estimate of the time left, replayed against the stored timings of a real run."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from inrbench.bench.config.job import Job, Plugin
from inrbench.bench.config.settings import Model, Train
from inrbench.bench.runner.time_left import TimeLeft
from inrbench.bench.training.result import Outcome, Timings

RUN = Path(__file__).parent / "quick_timings.csv"
"""The jobs of a run of `quick`, in running order, with the seconds of each phase."""


def job(task: str, method: str, repeat: int, steps: int | None) -> Job:
    plugin = Plugin(method, 1, {})
    model, train = (Model(width=8), Train(steps=steps)) if steps else (None, None)
    activation, baseline = (plugin, None) if steps else (None, method)
    return Job("s", task, Plugin(task, 1, {}), "x", "x", method, method, activation, baseline, model, train, repeat)


def replay(rows: list[tuple[Job, Timings]], gap: float = 0.05) -> list[tuple[float | None, float]]:
    """Estimated and true seconds left after each job, on a clock that starts with the first."""
    estimate = TimeLeft([each for each, _ in rows])
    found, now = [], 0.0
    end = sum(timings.wall_s + gap for _, timings in rows)
    for each, timings in rows:
        estimate.started(each, now)
        now += timings.wall_s + gap
        steps = each.train.steps if each.train else None
        estimate.ended(each, Outcome("ok", steps=steps, timings=timings), now)
        found.append((estimate.seconds(now), end - now))
    return found


def recorded() -> list[tuple[Job, Timings]]:
    rows = []
    with open(RUN, newline="") as file:
        for row in csv.DictReader(file):
            steps = int(row["steps"]) if row["steps"] else None
            seconds = (float(row[f"{name}_s"]) for name in ("setup", "warmup", "train", "eval", "wall"))
            rows.append((job(row["task"], row["method"], int(row["repeat"]), steps), Timings(*seconds)))
    return rows


def test_a_real_run_is_estimated_within_a_factor_of_one_and_a_half_from_the_tenth_job_on() -> None:
    found = replay(recorded())
    assert len(found) > 50
    for estimated, left in found[9:-1]:
        assert estimated is not None
        assert left / 1.5 <= estimated <= left * 1.5


def timings(warmup: float, train: float) -> Timings:
    return Timings(0.1, warmup, train, 0.1, 0.2 + warmup + train)


def test_what_happens_once_is_not_expected_again() -> None:
    rows = [(job("image", "siren", repeat, 100), timings(0.0 if repeat else 40.0, 1.0)) for repeat in range(5)]
    for estimated, left in replay(rows)[:-1]:
        assert estimated == pytest.approx(left, rel=0.2)


def test_unlike_methods_and_unlike_tasks_are_estimated_apart() -> None:
    speed = {"fast": 1.0, "slow": 10.0}
    rows = [(job("a", name, 0, 100), timings(0, seconds)) for name, seconds in speed.items()]
    rows += [(job("b", name, 0, 300), timings(0, 15 * seconds)) for name, seconds in speed.items()]
    found = replay(rows)
    # After three jobs the fourth is known: 10 times as slow as the method beside it, at the rate of this task.
    assert found[2][0] == pytest.approx(found[2][1], rel=0.01)


def test_a_single_long_job_is_estimated_from_its_checkpoints() -> None:
    one = job("image", "siren", 0, 1000)
    estimate = TimeLeft([one])
    estimate.started(one, 0.0)
    assert estimate.seconds(20.0) is None
    estimate.progressed(one, 0.1, 30.0)  # 30 s, of which most were set-up
    estimate.progressed(one, 0.3, 50.0)
    assert estimate.seconds(50.0) == pytest.approx(70.0)


def test_two_slots_halve_the_time() -> None:
    jobs = [job("image", "siren", repeat, 100) for repeat in range(10)]
    estimate = TimeLeft(jobs)
    for index in (0, 1):
        estimate.started(jobs[index], 0.0)
    for index in (0, 1):
        estimate.ended(jobs[index], Outcome("ok", steps=100, timings=timings(0, 9.8)), 10.0)
    assert estimate.seconds(10.0) == pytest.approx(40.0)
