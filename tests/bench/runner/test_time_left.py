"""The estimate of the time left, replayed against the stored timings of a real run."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from inrbench.bench.config.job import Job, Plugin
from inrbench.bench.config.settings import Model, Train
from inrbench.bench.runner.time_left import TimeLeft

RUN = Path(__file__).parent / "quick_timings.csv"
"""The jobs of a run of `quick`, in running order, with their seconds."""


def job(task: str, method: str, repeat: int, steps: int) -> Job:
    plugin = Plugin(method, 1, {})
    model, train = (Model(width=8), Train(steps=steps)) if steps else (None, None)
    activation, baseline = (plugin, None) if steps else (None, method)
    return Job("s", task, Plugin(task, 1, {}), "x", "x", method, method, activation, baseline, model, train, repeat)


def replay(rows: list[tuple[Job, float]], gap: float = 0.05) -> list[tuple[float | None, float]]:
    """Estimated and true seconds left after each job, on a clock that starts with the first."""
    estimate = TimeLeft([each for each, _ in rows])
    found, now = [], 0.0
    end = sum(seconds + gap for _, seconds in rows)
    for each, seconds in rows:
        estimate.started(each, now)
        now += seconds + gap
        estimate.ended(each, now)
        found.append((estimate.seconds(now), end - now))
    return found


def recorded() -> list[tuple[Job, float]]:
    with open(RUN, newline="") as file:
        return [
            (job(row["task"], row["method"], int(row["repeat"]), int(row["steps"] or 0)), float(row["wall_s"]))
            for row in csv.DictReader(file)
        ]


def test_a_real_run_is_estimated_within_a_factor_of_one_and_a_half_from_the_tenth_job_on() -> None:
    found = replay(recorded())
    assert len(found) > 50
    for estimated, left in found[9:-1]:
        assert estimated is not None
        assert left / 1.5 <= estimated <= left * 1.5


def test_unlike_methods_and_tasks_are_estimated_apart_and_one_slow_start_is_not_expected_again() -> None:
    seconds = {("a", "fast"): 1.0, ("a", "slow"): 10.0, ("b", "fast"): 3.0, ("b", "slow"): 30.0}
    jobs = [(job(*cell, repeat, 100), value) for repeat in range(4) for cell, value in seconds.items()]
    jobs[0] = (jobs[0][0], 41.0)  # with the compilation of its code
    for estimated, left in replay(jobs, gap=0.0)[11:]:
        assert estimated == pytest.approx(left)


def test_what_is_stored_counts_before_the_first_job_has_ended() -> None:
    jobs = [job("a", name, 0, 100) for name in ("fast", "slow", "new")]
    finished = [("a", "fast", 1.0), ("a", "fast", 3.0), ("a", "slow", 10.0)]
    assert TimeLeft(jobs, finished).seconds(0.0) == pytest.approx(2.0 + 10.0 + 3.0)
    assert TimeLeft(jobs).seconds(0.0) is None
    assert TimeLeft([]).seconds(0.0) == 0.0


def test_a_failed_job_tells_nothing_about_the_others() -> None:
    jobs = [job("a", "siren", repeat, 100) for repeat in range(2)]
    estimate = TimeLeft(jobs)
    estimate.started(jobs[0], 0.0)
    estimate.ended(jobs[0], 0.1, ok=False)
    assert estimate.seconds(0.1) is None


def test_a_single_long_job_is_estimated_from_its_progress_and_counted_down() -> None:
    one = job("image", "siren", 0, 1000)
    estimate = TimeLeft([one])
    estimate.started(one, 0.0)
    assert estimate.seconds(20.0) is None
    estimate.progressed(one, 0.25)
    assert estimate.seconds(25.0) == pytest.approx(75.0)
    again = TimeLeft([one], [("image", "siren", 100.0)])
    again.started(one, 0.0)
    assert [again.seconds(now) for now in (10.0, 99.0, 120.0)] == pytest.approx([90.0, 1.0, 0.0])


def test_two_slots_halve_the_time() -> None:
    jobs = [job("image", "siren", repeat, 100) for repeat in range(10)]
    estimate = TimeLeft(jobs)
    for index in (0, 1):
        estimate.started(jobs[index], 0.0)
    for index in (0, 1):
        estimate.ended(jobs[index], 10.0)
    assert estimate.seconds(10.0) == pytest.approx(40.0)
