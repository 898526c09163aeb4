"""The progress display: a line for each finished job, failures told, an estimate of the time left."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bench.config.job import Job, Plugin
from bench.config.settings import Model, Train
from bench.progress import Display


def job(repeat: int) -> Job:
    siren = Plugin("siren", 1, {"omega0": 30.0})
    image = Plugin("image", 1, {"size": 16})
    model, train = Model(width=8), Train(steps=100)
    return Job("s", "image", image, "camera", "camera", "siren", "SIREN", siren, None, model, train, repeat)


def test_a_log_has_one_line_for_each_job_with_its_score_or_its_failure() -> None:
    jobs = [job(repeat) for repeat in range(3)]
    file = io.StringIO()
    with Display(jobs, Console(file=file, width=200)) as display:
        display("start", jobs[0], {})
        display("progress", jobs[0], {"fraction": 0.5, "psnr": 20.0})
        display("end", jobs[0], {"status": "ok", "metric": "psnr", "headline": 28.314, "wall_s": 1.26})
        display("end", jobs[1], {"status": "diverged", "error": "loss nan at step 3"})
    first, second = file.getvalue().splitlines()
    assert first.startswith("[1/3] image · camera · SIREN · repeat 0  PSNR 28.31 dB  1.3 s  (left ")
    assert second.startswith("[2/3] image · camera · SIREN · repeat 1  DIVERGED: loss nan at step 3  (left ")


def test_the_time_left_is_in_proportion_to_the_steps_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 10.0, 30.0])
    monkeypatch.setattr("bench.progress.time.monotonic", lambda: next(clock))
    jobs = [job(repeat) for repeat in range(3)]
    file = io.StringIO()
    display = Display(jobs, Console(file=file, width=200))
    display("end", jobs[0], {"status": "ok"})
    display("end", jobs[1], {"status": "ok"})
    assert [line.partition("(left ")[2] for line in file.getvalue().splitlines()] == ["20 s)", "15 s)"]


def test_a_terminal_shows_what_runs_now() -> None:
    jobs = [job(repeat) for repeat in range(2)]
    file = io.StringIO()
    with Display(jobs, Console(file=file, width=100, force_terminal=True)) as display:
        display("start", jobs[0], {})
        display("progress", jobs[0], {"fraction": 0.25, "psnr": 21.5})
    text = file.getvalue()
    assert "0/2 jobs" in text
    assert "25%" in text
    assert "PSNR 21.50 dB" in text
